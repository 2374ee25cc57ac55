"""What an incident is made of; docs/incidents.md says how to write one."""
