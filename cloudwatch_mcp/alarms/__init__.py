"""CloudWatch alarms: listing, rules and wording."""
