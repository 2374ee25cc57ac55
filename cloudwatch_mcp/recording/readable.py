"""The serializer: a cassette as YAML that a reviewer can read.

Bodies are mappings, times are times, long strings are blocks, keys stay in order. A body that is no JSON object or
array, a proxy's page say, is its text.
"""

from __future__ import annotations

import gc
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from typing import Any

import yaml

from cloudwatch_mcp.recording.matching import PROFILE, TARGET
from cloudwatch_mcp.recording.models import operation_model, with_times, without_times

_LONG = 100
_SURROGATES = re.compile("[\ud800-\udfff]")
# Within a block, and without libyaml, these would be read back as line breaks or not at all.
_NOT_IN_A_BLOCK = re.compile("[\r\x85\u2028\u2029\ufeff]")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BaseDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_SCALARS: dict[str, Any] = {
    "tag:yaml.org,2002:str": lambda node: node.value,
    "tag:yaml.org,2002:float": _CONSTRUCTOR.construct_yaml_float,
    "tag:yaml.org,2002:int": _CONSTRUCTOR.construct_yaml_int,
    "tag:yaml.org,2002:timestamp": _CONSTRUCTOR.construct_yaml_timestamp,
}


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
    """The mapping that vcrpy serialized, again.

    Raises:
        ValueError: the text is no such cassette.
    """
    try:
        with _uncollected():
            cassette = _value(yaml.compose(text, Loader=_Loader))
            return {**cassette, "interactions": [_hidden(each) for each in cassette["interactions"] or []]}
    except (yaml.YAMLError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"it is no cassette ({type(error).__name__}: {' '.join(str(error).split())[:200]})") from None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Of a million new objects none is garbage: looking for it would take most of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _value(node: Any) -> Any:
    """What a node holds, in half of PyYAML's time; keys are text."""
    inside = node.value
    if isinstance(inside, str):
        scalar = _SCALARS.get(node.tag)
        return scalar(node) if scalar else _CONSTRUCTOR.construct_object(node)
    if isinstance(node, yaml.MappingNode):
        return {name.value: _value(each) for name, each in inside}
    return [_value(each) for each in inside]


def _shown(interaction: dict[str, Any]) -> dict[str, Any]:
    request, response = interaction["request"], interaction["response"]
    headers = {name: values[0] for name, values in request["headers"].items()}
    profile = headers.pop(PROFILE, None)
    model = operation_model(headers.get(TARGET, ""))
    status = response["status"]
    output = model.output_shape if model and status["code"] < 300 else None
    return {
        "request": {
            "method": request["method"],
            "uri": request["uri"],
            **({"profile": profile} if profile else {}),
            "headers": headers,
            "body": with_times(model.input_shape if model else None, _parsed(request["body"])),
        },
        "response": {
            "status": status,
            "headers": {name: values[0] for name, values in response["headers"].items()},
            "body": with_times(output, _parsed(response["body"]["string"])),
        },
    }


def _hidden(interaction: dict[str, Any]) -> dict[str, Any]:
    request, response = interaction["request"], interaction["response"]
    headers = dict(request["headers"])
    if "profile" in request:
        headers[PROFILE] = request["profile"]
    return {
        "request": {
            "method": request["method"],
            "uri": request["uri"],
            "headers": {name: [value] for name, value in headers.items()},
            "body": _unparsed(request["body"]),
        },
        "response": {
            "status": response["status"],
            "headers": {name: [value] for name, value in response["headers"].items()},
            "body": {"string": _unparsed(response["body"])},
        },
    }


def _parsed(body: str | bytes | None) -> Any:
    text = decoded(body or "")
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, dict | list) else text


def _unparsed(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(without_times(value), ensure_ascii=False)


def decoded(body: str | bytes) -> str:
    """The body's text, unzipped when it is zipped."""
    if isinstance(body, str):
        return body
    with suppress(OSError, EOFError, zlib.error):  # it only begins as if it were zipped
        body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    return body.decode(errors="replace")
