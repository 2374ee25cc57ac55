"""The way to AWS: allow-list, calls, clients, sessions and identity."""
