"""The errors of this package. Each message tells the reader what failed, why, and what to do next.

CloudWatchError
├── InputError          an argument or a setting is wrong; nothing was sent to AWS
├── OperationRefused    the operation is not on the allow-list; nothing was sent to AWS
├── NotFound            there is no such resource in this account and Region
├── QueryFailed         a Logs Insights query ended without rows
└── AwsError            AWS returned an error, or could not be reached
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

MAX_ERROR_CHARS = 1_000
_MAX_NAME_CHARS = 600  # AWS has no longer names, and comparing them would take long


class CloudWatchError(Exception):
    """The base of all errors that a tool call can end with; `str(error)` is the text of the tool error."""


class InputError(CloudWatchError):
    """An argument or a setting is wrong; raised before any call to AWS."""


class OperationRefused(CloudWatchError):
    """The operation is not on the allow-list."""


class NotFound(CloudWatchError):
    """There is no such resource; the message has the most similar names."""


class QueryFailed(CloudWatchError):
    """A Logs Insights query ended without rows."""


class AwsError(CloudWatchError):
    """AWS returned an error, or could not be reached.

    `code` is AWS's error code or the name of botocore's exception; `operation` is the API operation.
    """

    def __init__(self, message: str, *, code: str, operation: str) -> None:
        super().__init__(message)
        self.code = code
        self.operation = operation


def quote(value: object, limit: int = 200) -> str:
    """A value from outside for a message: in quotes, escaped, and clipped to `limit` characters.

    The server's instructions warn the model that text in quotes is data.
    """
    try:
        shown = repr(value[: limit + 1] if isinstance(value, str) else value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, a list of thousands of levels
        return "a value that cannot be shown"
    if len(shown) <= limit:
        return shown
    end = shown[0] if isinstance(value, str) else ""
    return shown[: limit - 2].rstrip("\\") + "…" + end


def quote_all(values: Iterable[object]) -> str:
    """Several values in quotes, separated by commas."""
    return ", ".join(map(quote, values))


def nearest(name: str, known: Iterable[str], count: int = 5) -> list[str]:
    """The names most similar to `name`, best first and ignoring case; empty if none is similar."""
    by_folded = {candidate.casefold(): candidate for candidate in known if len(candidate) <= _MAX_NAME_CHARS}
    folded = name[:_MAX_NAME_CHARS].casefold()
    matches = get_close_matches(folded, by_folded, n=count, cutoff=0.5)
    similarity = {match: SequenceMatcher(None, match, folded).ratio() for match in matches}
    return [by_folded[match] for match in matches if similarity[match] > similarity[matches[0]] - 0.1]
