"""The errors of recording and replay; each message is one sentence."""

from cloudwatch_mcp.errors import CloudWatchError


class CannotRecord(ValueError):
    """The file cannot be written, or a pattern is not a regular expression."""


class CassetteUnreadable(ValueError):
    """The file is not a valid cassette."""


class NotRecorded(CloudWatchError):
    """The recording has no answer to a request."""
