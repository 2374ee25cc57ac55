"""CloudWatch metrics: requests, results, the reason for an empty result, and the catalogue."""
