"""CloudWatch metrics: queries, why one is empty, and what each of them means."""
