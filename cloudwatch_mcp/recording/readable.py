"""The serializer: a cassette as YAML that a reviewer can read.

Bodies are mappings, times are YAML times, long strings are blocks, and keys keep their order. A body that is not a
JSON object or array, such as a proxy's page, is text.
"""

from __future__ import annotations

import gc
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from typing import Any

import yaml

from cloudwatch_mcp.recording import strict_yaml
from cloudwatch_mcp.recording.document import Interaction, document
from cloudwatch_mcp.recording.matching import CALL, PROFILE, TARGET, parsed
from cloudwatch_mcp.recording.models import operation_model, with_times

_LONG = 100
_SURROGATES = re.compile("[\ud800-\udfff]")
# Within a block, and without libyaml, these would be read back as line breaks or lost.
_NOT_IN_A_BLOCK = re.compile("[\r\x85\u2028\u2029\ufeff]")
_BaseDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_BaseDumper):  # type: ignore[misc]  # chosen at run time
    def ignore_aliases(self, _: Any) -> bool:
        return True


def _represent_text(dumper: Any, text: str) -> Any:
    text = _SURROGATES.sub("\ufffd", text)
    style = None
    if _NOT_IN_A_BLOCK.search(text):
        style = '"'
    elif "\n" in text or len(text) > _LONG:
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


def _represent_time(dumper: Any, time: datetime) -> Any:
    text = time.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    return dumper.represent_scalar("tag:yaml.org,2002:timestamp", text)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(datetime, _represent_time)


def serialize(cassette: dict[str, Any]) -> str:
    """The text of vcrpy's cassette: version, metadata, interactions."""
    shown = {
        "version": cassette["version"],
        **({"metadata": cassette["metadata"]} if cassette.get("metadata") else {}),
        "interactions": [_shown(each) for each in cassette["interactions"]],
    }
    with _uncollected():
        text: str = yaml.dump(shown, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text


def deserialize(text: str) -> dict[str, Any]:
    """The mapping that `serialize` was given.

    Raises:
        ValueError: the text is not a cassette.
    """
    with _uncollected():
        try:
            value = strict_yaml.parse(text)
        except ValueError as error:
            raise ValueError(f"it is not a cassette ({error})") from None
        if not isinstance(value, dict):
            raise ValueError("it is not a cassette (it is not a mapping)")  # noqa: TRY004 - the file is wrong, not an argument's type
        return mapping(value)


def mapping(value: dict[str, Any]) -> dict[str, Any]:
    """Validate what was read from a file, and return it as vcrpy has it.

    Raises:
        ValueError: it is not a valid cassette.
    """
    read = document(value)
    return {
        "version": read.version,
        "metadata": read.metadata or {},
        "interactions": [_hidden(each) for each in read.interactions or []],
    }


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection: none of the million new objects is garbage, and looking for it takes most of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _shown(interaction: dict[str, Any]) -> dict[str, Any]:
    request, response = interaction["request"], interaction["response"]
    headers = {name: values[0] for name, values in request["headers"].items()}
    profile, call = headers.pop(PROFILE, None), headers.pop(CALL, None)
    model = operation_model(headers.get(TARGET, ""))
    status = response["status"]
    output = model.output_shape if model and status["code"] < 300 else None
    return {
        "request": {
            "method": request["method"],
            "uri": request["uri"],
            **({"profile": profile} if profile else {}),
            **({"call": int(call)} if call else {}),
            "headers": headers,
            "body": with_times(model.input_shape if model else None, _parsed(request["body"])),
        },
        "response": {
            "status": status,
            "headers": {name: values[0] for name, values in response["headers"].items()},
            "body": with_times(output, _parsed(response["body"]["string"])),
        },
    }


def _hidden(interaction: Interaction) -> dict[str, Any]:
    request, response = interaction.request, interaction.response
    headers = dict(request.headers)
    if request.profile is not None:
        headers[PROFILE] = request.profile
    if request.call is not None:
        headers[CALL] = str(request.call)
    return {
        "request": {
            "method": request.method,
            "uri": request.uri,
            "headers": {name: [value] for name, value in headers.items()},
            "body": request.body,
        },
        "response": {
            "status": response.status.model_dump(exclude_unset=True),
            "headers": {name: [value] for name, value in response.headers.items()},
            "body": {"string": response.body},
        },
    }


def _parsed(body: str | bytes | None) -> Any:
    text = decoded(body or "")
    value = parsed(text)
    return value if isinstance(value, dict | list) else text


def decoded(body: str | bytes) -> str:
    """The body's text, unzipped if it is zipped."""
    if isinstance(body, str):
        return body
    with suppress(OSError, EOFError, zlib.error):  # it only looks zipped
        body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    return body.decode(errors="replace")
