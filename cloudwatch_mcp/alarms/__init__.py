"""CloudWatch alarms: listing, history, rules and wording."""
