"""What can go wrong with a recording, each told in a sentence."""

from cloudwatch_mcp.errors import CloudWatchError


class CannotRecord(ValueError):
    """The file or a pattern to record with is of no use."""


class CassetteUnreadable(ValueError):
    """A file that is no cassette."""


class NotRecorded(CloudWatchError):
    """The recording has no answer to what was asked."""
