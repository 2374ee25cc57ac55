"""An MCP server that lets an AI assistant investigate AWS CloudWatch logs, metrics and alarms."""

__version__ = "0.1.0"
WEBSITE = "https://example.com/cloudwatch-mcp"  # the first release replaces it by the publisher's
