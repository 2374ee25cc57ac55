"""NextToken: the offset of the next page, bound to its request."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

from moto.core.exceptions import ServiceException

# Parameters that may change from one page to the next.
_CHANGEABLE = {"NextToken", "MaxRecords", "MaxResults", "MaxDatapoints"}


class InvalidNextToken(ServiceException):
    code = "InvalidNextToken"


def next_token(offset: int, request: Mapping[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps([offset, _fingerprint(request)]).encode()).decode()


def offset_of(request: Mapping[str, Any]) -> int:
    """0 without a token.

    Raises:
        InvalidNextToken: the token is not from a request with these parameters.
    """
    token = request.get("NextToken")
    if not token:
        return 0
    try:
        offset, fingerprint = json.loads(urlsafe_b64decode(token))
    except ValueError:
        offset, fingerprint = None, None
    if fingerprint != _fingerprint(request) or not isinstance(offset, int):
        raise InvalidNextToken("The next token specified is invalid.")
    return offset


def page(request: Mapping[str, Any], name: str, items: Sequence[Any], size: int) -> dict[str, Any]:
    """The answer with a page of items, and with a token when more follow."""
    start = offset_of(request)
    end = start + size
    return {name: items[start:end], "NextToken": next_token(end, request) if end < len(items) else None}


def _fingerprint(request: Mapping[str, Any]) -> int:
    fixed = {name: value for name, value in request.items() if name not in _CHANGEABLE}
    return crc32(json.dumps(fixed, sort_keys=True, default=str).encode())
