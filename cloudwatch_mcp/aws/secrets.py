"""Hides credentials in texts: botocore's errors quote the headers and URLs that it cannot send."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from cloudwatch_mcp.errors import AwsError

HIDDEN = "[hidden]"
_SECRET_NAME = re.compile(r"AWS_\w*(?:ACCESS_KEY|TOKEN|SECRET|PASSWORD)\w*", re.IGNORECASE)
_IN_URL = re.compile(r"(?<=://)[^/\s'\"]*@")
_BEFORE_HOST = re.compile(r"://(?:[^:@]*:)?(?P<secret>.+)@")
_KEY_ID = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")
_MIN_CHARS = 4  # hiding a shorter text would also hide parts of ordinary words


def known_secrets(session: Any, environment: Mapping[str, str]) -> set[str]:
    """The secrets in a boto3 session, its profile and the environment. `session` is None if it could not be opened."""
    profile = _profile(session)
    secrets = [*_strings(environment, only=_SECRET_NAME), *_strings(profile, only=_SECRET_NAME), *_credentials(session)]
    for url in (*environment.values(), *_strings(profile)):
        secrets += _userinfo(url)
    return {secret for secret in secrets if secret}


def hidden(error: AwsError, secrets: Iterable[str]) -> AwsError:
    """The same error without secrets in its text."""
    return AwsError(hide(str(error), secrets), code=error.code, operation=error.operation)


def hide(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without the secrets, access key ids, and user names and passwords in URLs."""
    pieces = {piece for secret in secrets for piece in _pieces(secret)}
    for piece in sorted(pieces, key=len, reverse=True):
        text = text.replace(piece, HIDDEN)
    return _KEY_ID.sub(HIDDEN, _IN_URL.sub(f"{HIDDEN}@", text))


def _pieces(secret: str) -> Iterator[str]:
    """The secret's runs of printable ASCII: errors may escape other characters in many ways."""
    for text in (secret, unquote(secret)):
        yield from (piece for piece in re.split(r"[^\x21-\x7e]+", text) if len(piece) >= _MIN_CHARS)


def _profile(session: Any) -> Mapping[str, Any]:
    try:
        config: Mapping[str, Any] = session._session.get_scoped_config()  # noqa: SLF001 - boto3 has no public way
    except Exception:  # noqa: BLE001 - a profile that cannot be read has no secrets to hide
        return {}
    return config


def _credentials(session: Any) -> Iterator[str]:
    """The credentials that the session has already loaded; loading them could call AWS."""
    credentials = getattr(getattr(session, "_session", None), "_credentials", None)
    for name, value in getattr(credentials, "__dict__", {}).items():
        if name.lstrip("_") in ("access_key", "secret_key", "token") and isinstance(value, str):
            yield value


def _strings(value: Mapping[str, Any], only: re.Pattern[str] | None = None) -> Iterator[str]:
    for name, item in value.items():
        if isinstance(item, Mapping):
            yield from _strings(item, only)
        elif isinstance(item, str) and (only is None or only.fullmatch(name)):
            yield item


def _userinfo(url: str) -> Iterator[str]:
    """The password or token before the @ of a URL, and its parts: a parser may take a / in it for the path."""
    if match := _BEFORE_HOST.search(url):
        yield match["secret"]
        yield from match["secret"].split("/")
