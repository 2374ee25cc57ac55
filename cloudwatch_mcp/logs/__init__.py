"""CloudWatch Logs: query text, the life of a query, patterns and log group names."""
