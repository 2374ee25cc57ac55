"""The structure of a cassette file in both its forms, with errors in one sentence."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from cloudwatch_mcp.recording.matching import canonical, is_deep
from cloudwatch_mcp.recording.models import without_times

_M = TypeVar("_M", bound=BaseModel)


def _time(value: Any) -> Any:
    """A time in YAML or in a journal's JSON. A tool's window reaches back from it: the first years are not allowed."""
    try:
        time = datetime.fromisoformat(value.replace("Z", "+00:00")) if isinstance(value, str) else value
    except ValueError:
        time = None
    if not isinstance(time, datetime) or time.tzinfo is None:
        raise PydanticCustomError("time", "is not a time with a time zone")
    if not 2000 <= time.year < 3000:
        raise PydanticCustomError("time", "is not between the years 2000 and 2999")
    return time


def _body(value: Any) -> Any:
    """The text of a body."""
    if isinstance(value, dict | list):
        return json.dumps(without_times(value), ensure_ascii=False)
    if not isinstance(value, str):
        raise PydanticCustomError("body", "is not text, a mapping or a list")
    return value.encode(errors="replace").decode()


def _header(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _uri(value: str) -> str:
    try:
        host = urlsplit(value).hostname
    except ValueError:
        host = None
    if not host:
        raise PydanticCustomError("uri", "has no host")
    return value


def _arguments(value: dict[str, Any]) -> dict[str, Any]:
    try:
        canonical(value)
    except TypeError:
        raise PydanticCustomError("arguments", "has a time without quotes") from None
    if is_deep(value):
        raise PydanticCustomError("arguments", "is nested too deeply")
    return value


Time = Annotated[datetime, BeforeValidator(_time)]
Body = Annotated[str, BeforeValidator(_body)]
Headers = dict[str, Annotated[str, BeforeValidator(_header)]]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class _Request(_Part):
    method: str
    uri: Annotated[str, AfterValidator(_uri)]
    headers: Headers
    body: Body
    profile: str | None = None
    call: Annotated[int, Field(ge=1)] | None = None


class _Status(_Part):
    code: Annotated[int, Field(ge=100, le=599)]
    message: str | None = None


class _Response(_Part):
    status: _Status
    headers: Headers
    body: Body


class Interaction(_Part):
    """A request and its response, with bodies as text."""

    request: _Request
    response: _Response


class Call(_Part):
    """A tool call."""

    tool: str
    arguments: Annotated[dict[str, Any], AfterValidator(_arguments)]
    at: Time


class Metadata(_Part):
    """What a replay needs to know about a recording; other members are allowed."""

    model_config = ConfigDict(strict=True, extra="allow")
    recorded_at: Time
    region: str | None = None
    profile: str | None = None
    profiles: dict[str, str | None] = Field(default_factory=dict)
    calls: list[Call] = Field(default_factory=list)


class Document(_Part):
    """A cassette; its metadata is validated separately, as not every use needs it."""

    version: Literal[1] = 1
    metadata: dict[str, Any] | None = None
    interactions: list[Interaction] | None


def document(value: Any) -> Document:
    """Validate a cassette.

    Raises:
        ValueError: a member is missing, unknown or of the wrong type.
    """
    return _validated(Document, value)


def metadata(value: dict[str, Any]) -> dict[str, Any]:
    """Validate the metadata, and parse its times.

    Raises:
        ValueError: as `document`.
    """
    about = _validated(Metadata, value, "metadata")
    calls = {"calls": [dict(call) for call in about.calls]} if "calls" in value else {}
    return {**value, "recorded_at": about.recorded_at, **calls}


def _validated(kind: type[_M], value: Any, *place: str) -> _M:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, (*place, *first["loc"])))
        raise ValueError(f"its {where[:150] or 'text'} {_complaint(first['type'], first['msg'])}") from None


def _complaint(kind: str, message: str) -> str:
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "is not known"
    if kind == "model_type":
        return "should be a mapping"
    return message.removeprefix("Input ").removeprefix("Value error, ")
