"""Access to AWS: the allow-list, calls, clients, sessions and identity."""
