"""Reads AWS's responses and validates them against its service model.

Only the parts that do not fit the model are left out: one alarm of a list, or an alarm's threshold. A response without
its main part is an error, and so is a proxy's error page: neither may be read as "no alarms".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from cloudwatch_mcp.aws.calls import tally
from cloudwatch_mcp.aws.embedded_json import parse_json
from cloudwatch_mcp.aws.scalars import INVALID, read_scalar

_MAX_ITEMS = 3_000_000  # commas and brackets; each takes about 100 bytes of memory
_ERROR_CHARS = 300
_MAX_PATHS = 1_000

# A response, or an item of a list, is useless without these members. The model itself requires hardly any.
_REQUIRED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "DescribeAlarmHistoryOutput": ("AlarmHistoryItems",),
        "DescribeLogGroupsResponse": ("logGroups",),
        "DescribeQueryDefinitionsResponse": ("queryDefinitions",),
        "GetMetricDataOutput": ("MetricDataResults",),
        "GetQueryResultsResponse": ("status", "results"),
        "ListAnomaliesResponse": ("anomalies",),
        "ListLogAnomalyDetectorsResponse": ("anomalyDetectors",),
        "ListMetricsOutput": ("Metrics",),
        "StartQueryResponse": ("queryId",),
        "StopQueryResponse": ("success",),
        "MetricAlarm": ("AlarmName",),
        "CompositeAlarm": ("AlarmName",),
        "LogAlarm": ("AlarmName",),
        "AlarmHistoryItem": ("Timestamp", "HistoryItemType"),
        "MetricDataQuery": ("Id",),
        "MetricDataResult": ("Id",),
        "Metric": ("MetricName",),
        "Dimension": ("Name", "Value"),
        "LogGroup": ("logGroupName",),
        "QueryDefinition": ("name",),
        "ResultField": ("field",),
        "Anomaly": ("firstSeen", "lastSeen", "logGroupArnList"),
        "AnomalyDetector": ("anomalyDetectorArn",),
    }
)
_ALARMS = ("MetricAlarms", "CompositeAlarms", "LogAlarms")  # DescribeAlarms returns at least one of them
_TOKENS = ("NextToken", "nextToken")  # without its token, a listing would silently end early
_PARALLEL = ("Timestamps", "DatapointValues")  # parallel lists: an invalid item becomes None


class InvalidResponse(ValueError):
    """The response is not one of the operation; the message says why without quoting it."""


def read_response(
    operation_model: Any, response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    """Handle botocore's event before-parse: read the response in place of botocore's own parser.

    botocore's parser fails on a value of a wrong type, and reads a body that is not JSON as an empty response.
    """
    from botocore.parsers import ResponseParserError

    if operation_model.service_model.resolved_protocol != "json":
        return
    body, status = response_dict["body"], response_dict["status_code"]
    if status >= 300:
        response_dict["body"] = read_error(body, status)
        return
    response_dict["body"] = b"{}"
    try:
        response, omitted = read(body, operation_model.output_shape)
    except InvalidResponse as error:
        raise ResponseParserError(f"the answer with status {status} is not one of AWS's: {error}.") from None
    customized_response_dict.update(response)
    if (count := tally.get()) is not None:
        count.add(operation_model.name, len(body), omitted)


def read(body: bytes, shape: Any) -> tuple[dict[str, Any], list[str]]:
    """A JSON body, parsed as botocore would for the output `shape`, and the paths of the omitted parts.

    Raises:
        InvalidResponse: it is not a JSON object, or its main part is missing or of a wrong type.
    """
    parsed = _parse(body)
    if not isinstance(parsed, dict):
        raise InvalidResponse("it is not a JSON object")
    present = {name for name, value in parsed.items() if value is not None}
    reader = _Reader()
    response = reader.members(shape, parsed, "")
    alarms = _ALARMS if shape.name == "DescribeAlarmsOutput" else ()
    for name in (*_REQUIRED.get(shape.name, ()), *alarms, *_TOKENS):
        if name in present and name in shape.members and name not in response:
            raise InvalidResponse(f"its {name} is not a {shape.members[name].type_name}")
    if missing := [name for name in _REQUIRED.get(shape.name, ()) if name not in response]:
        raise InvalidResponse(f"it has no {missing[0]}")
    if alarms and not any(name in response for name in alarms):
        raise InvalidResponse(f"it has no {', '.join(alarms)}")
    return response, reader.omitted


def read_error(body: bytes, status: int) -> bytes:
    """The body of an error response, with only the members that botocore reads, where they have the right type."""
    try:
        error = _parse(body)
    except InvalidResponse:
        error = None
    if not isinstance(error, dict):
        if status >= 500:
            return b""  # botocore's error then names the status
        return json.dumps({"message": body[:_ERROR_CHARS].decode(errors="replace")}).encode()
    members: dict[str, Any] = {
        name: error[name] for name in ("__type", "code", "message", "Message") if isinstance(error.get(name), str)
    }
    if isinstance(compile_error := error.get("queryCompileError"), dict):
        location, message = compile_error.get("location"), compile_error.get("message")
        offsets = location.items() if isinstance(location, dict) else ()
        members["queryCompileError"] = {
            **({"message": message} if isinstance(message, str) else {}),
            "location": {name: offset for name, offset in offsets if type(offset) is int},
        }
    return json.dumps(members).encode()


def _parse(body: bytes) -> Any:
    if sum(map(body.count, (b",", b"[", b"{"))) > _MAX_ITEMS:
        raise InvalidResponse("it is too large to read")
    try:
        return parse_json(body)
    except ValueError:
        raise InvalidResponse("it is not JSON") from None


class _Reader:
    """Reads values of any shape, and changes them in place: a copy of a large response would take much memory.

    `omitted` has the paths of the parts that do not fit their shape, at most 1,000.
    """

    def __init__(self) -> None:
        self.omitted: list[str] = []

    def value(self, shape: Any, raw: Any, path: str) -> Any:
        read: Callable[[Any, Any, str], Any] = getattr(self, shape.type_name, self._scalar)
        value = read(shape, raw, path)
        if value is INVALID and len(self.omitted) < _MAX_PATHS:
            self.omitted.append(path)
        return value

    def structure(self, shape: Any, raw: Any, path: str) -> Any:
        if not isinstance(raw, dict):
            return INVALID
        members = self.members(shape, raw, f"{path}.")
        return members if all(name in members for name in _REQUIRED.get(shape.name, ())) else INVALID

    def members(self, shape: Any, raw: dict[str, Any], prefix: str) -> dict[str, Any]:
        known = shape.members
        for name, item in list(raw.items()):
            fits = item is not None and name in known
            value = self.value(known[name], item, prefix + name) if fits else INVALID
            if value is INVALID:
                del raw[name]
            elif value is not item:
                raw[name] = value
        return raw

    def list(self, shape: Any, raw: Any, path: str) -> Any:
        if not isinstance(raw, list):
            return INVALID
        for index, item in enumerate(raw):
            raw[index] = self.value(shape.member, item, f"{path}[{index}]")
        if INVALID in raw:
            parallel = shape.name in _PARALLEL
            raw[:] = [None if item is INVALID else item for item in raw if parallel or item is not INVALID]
        return raw

    def map(self, shape: Any, raw: Any, path: str) -> Any:
        if not isinstance(raw, dict):
            return INVALID
        for key, item in list(raw.items()):
            if (value := self.value(shape.value, item, f"{path}{{}}")) is INVALID:
                del raw[key]
            else:
                raw[key] = value
        return raw

    def _scalar(self, shape: Any, raw: Any, _: str) -> Any:
        return read_scalar(shape, raw)
