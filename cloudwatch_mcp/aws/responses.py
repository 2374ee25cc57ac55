"""Reads AWS's answers and validates them against its service model.

Only what does not fit the model is left out: one alarm of a list, or an alarm's threshold. An answer without its main
part is refused, and so is a proxy's error page: neither may read as "no alarm".
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any

from cloudwatch_mcp.aws.calls import tally

_UNFIT = object()
_MAX_ITEMS = 3_000_000  # commas and brackets; each takes about 100 bytes of memory
_LONG = 2**63
_ERROR_CHARS = 300
_MAX_PATHS = 1_000
_SHORT, _MAX_SHARED = 40, 10_000  # characters, texts
_EARLIEST_YEAR = 1970
_LATEST_MILLIS = 253_402_300_799_000  # the end of year 9999

# Without these members an answer, or an item of a list, is useless. The model itself requires next to nothing.
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
_ALARMS = ("MetricAlarms", "CompositeAlarms", "LogAlarms")  # of DescribeAlarms: at least one of them
_TOKENS = ("NextToken", "nextToken")  # a listing without its token would silently end early
_PARALLEL = ("Timestamps", "DatapointValues")  # parallel lists: an item that does not fit becomes None


class UnfitAnswer(ValueError):
    """The answer is not one of the operation; the text says why, without quoting the answer."""


def read_response(
    operation_model: Any, response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    """Handle botocore's event before-parse: read the answer in place of botocore's own parser.

    That one fails on a value of a wrong type, and reads a body that is no JSON as an empty answer.
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
        answer, left_out = read(body, operation_model.output_shape)
    except UnfitAnswer as error:
        raise ResponseParserError(f"the answer with status {status} is not one of AWS's: {error}.") from None
    customized_response_dict.update(answer)
    if (count := tally.get()) is not None:
        count.add(operation_model.name, len(body), left_out)


def read(body: bytes, shape: Any) -> tuple[dict[str, Any], list[str]]:
    """A JSON body, parsed as botocore would for the output `shape`, and the paths of what was left out.

    Raises:
        UnfitAnswer: it is not a JSON object, or its main part is missing or of a wrong type.
    """
    parsed = _parse(body)
    if not isinstance(parsed, dict):
        raise UnfitAnswer("it is not a JSON object")
    given = {name for name, value in parsed.items() if value is not None}
    reader = _Reader()
    answer = reader.members(shape, parsed, "")
    alarms = _ALARMS if shape.name == "DescribeAlarmsOutput" else ()
    for name in (*_REQUIRED.get(shape.name, ()), *alarms, *_TOKENS):
        if name in given and name in shape.members and name not in answer:
            raise UnfitAnswer(f"its {name} is not a {shape.members[name].type_name}")
    if missing := [name for name in _REQUIRED.get(shape.name, ()) if name not in answer]:
        raise UnfitAnswer(f"it has no {missing[0]}")
    if alarms and not any(name in answer for name in alarms):
        raise UnfitAnswer(f"it has no {', '.join(alarms)}")
    return answer, reader.left_out


def read_error(body: bytes, status: int) -> bytes:
    """The body of a refusal, with only the members that botocore reads, where they have the right type."""
    try:
        error = _parse(body)
    except UnfitAnswer:
        error = None
    if not isinstance(error, dict):  # of an empty body with a status of 500 and more, botocore names the status
        text = body[:_ERROR_CHARS].decode(errors="replace")
        return b"" if status >= 500 else json.dumps({"message": text}).encode()
    kept: dict[str, Any] = {
        name: error[name] for name in ("__type", "code", "message", "Message") if isinstance(error.get(name), str)
    }
    if isinstance(compile_error := error.get("queryCompileError"), dict):
        location, message = compile_error.get("location"), compile_error.get("message")
        offsets = location.items() if isinstance(location, dict) else ()
        kept["queryCompileError"] = {
            **({"message": message} if isinstance(message, str) else {}),
            "location": {name: offset for name, offset in offsets if type(offset) is int},
        }
    return json.dumps(kept).encode()


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text that AWS or a user wrote.

    Raises:
        ValueError: it is not JSON, or nested more deeply than Python can read.
    """
    # Callbacks in Python let other threads run while C code reads a long text. Equal short texts become one object:
    # each of the 10,000 rows of a query repeats the names of its fields.
    texts: dict[str, str] = {}

    def shared(read: dict[str, Any]) -> dict[str, Any]:
        for name, value in read.items():
            if type(value) is str and len(value) <= _SHORT and (value in texts or len(texts) < _MAX_SHARED):
                read[name] = texts.setdefault(value, value)
        return read

    try:
        return json.loads(text, object_hook=shared, parse_int=_whole, parse_float=_float)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _parse(body: bytes) -> Any:
    if sum(map(body.count, (b",", b"[", b"{"))) > _MAX_ITEMS:
        raise UnfitAnswer("it is too large to read")
    try:
        return parse_json(body)
    except ValueError:
        raise UnfitAnswer("it is not JSON") from None


def _float(digits: str) -> float:
    return float(digits)


def _whole(digits: str) -> float:
    return int(digits) if len(digits) < 400 else math.inf


def moment_in_utc(given: Any) -> datetime:
    """A timestamp of AWS, epoch seconds or ISO 8601, as a datetime in UTC.

    botocore's own parser looks up the machine's time zone for each timestamp, which takes most of the time of a long
    series.
    """
    if isinstance(given, int | float) and not isinstance(given, bool):
        return datetime.fromtimestamp(given, timezone.utc)
    moment = datetime.fromisoformat(given.replace("Z", "+00:00"))
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment


class _Reader:
    """Reads values of any shape, changing them in place, as a copy of a large answer would take much memory.

    `left_out` has the paths of what does not fit, at most 1,000.
    """

    def __init__(self) -> None:
        self.left_out: list[str] = []

    def value(self, shape: Any, given: Any, path: str) -> Any:
        by_type: Callable[[Any, Any, str], Any] = getattr(self, shape.type_name, self._scalar)
        read = by_type(shape, given, path)
        if read is _UNFIT and len(self.left_out) < _MAX_PATHS:
            self.left_out.append(path)
        return read

    def structure(self, shape: Any, given: Any, path: str) -> Any:
        if not isinstance(given, dict):
            return _UNFIT
        kept = self.members(shape, given, f"{path}.")
        return kept if all(name in kept for name in _REQUIRED.get(shape.name, ())) else _UNFIT

    def members(self, shape: Any, given: dict[str, Any], prefix: str) -> dict[str, Any]:
        known = shape.members
        for name, value in list(given.items()):
            fits = value is not None and name in known
            read = self.value(known[name], value, prefix + name) if fits else _UNFIT
            if read is _UNFIT:
                del given[name]
            elif read is not value:
                given[name] = read
        return given

    def list(self, shape: Any, given: Any, path: str) -> Any:
        if not isinstance(given, list):
            return _UNFIT
        for index, item in enumerate(given):
            given[index] = self.value(shape.member, item, f"{path}[{index}]")
        if _UNFIT in given:
            parallel = shape.name in _PARALLEL
            given[:] = [None if item is _UNFIT else item for item in given if parallel or item is not _UNFIT]
        return given

    def map(self, shape: Any, given: Any, path: str) -> Any:
        if not isinstance(given, dict):
            return _UNFIT
        for key, item in list(given.items()):
            if (read := self.value(shape.value, item, f"{path}{{}}")) is _UNFIT:
                del given[key]
            else:
                given[key] = read
        return given

    def _scalar(self, shape: Any, given: Any, _: str) -> Any:
        check = _SCALARS.get(shape.type_name, _text)
        try:
            return check(given, shape.name)
        except (ValueError, OverflowError, OSError, TypeError, AttributeError):
            return _UNFIT


def _text(given: Any, _: str) -> Any:
    return given if isinstance(given, str) else _UNFIT


def _boolean(given: Any, _: str) -> Any:
    return given if isinstance(given, bool) else _UNFIT


def _number(given: Any, _: str) -> Any:
    return given if type(given) in (int, float) and math.isfinite(given) else _UNFIT


def _integer(given: Any, name: str) -> Any:
    number = int(given) if type(given) in (int, float) and given == int(given) else _LONG
    if name in ("Timestamp", "EpochMillis"):
        return number if 0 <= number <= _LATEST_MILLIS else _UNFIT
    return number if -_LONG <= number < _LONG else _UNFIT


def _timestamp(given: Any, _: str) -> Any:
    moment = moment_in_utc(given)
    return moment if moment.year >= _EARLIEST_YEAR else _UNFIT


_SCALARS: Mapping[str, Callable[[Any, str], Any]] = MappingProxyType(
    {
        "string": _text,
        "boolean": _boolean,
        "double": _number,
        "float": _number,
        "integer": _integer,
        "long": _integer,
        "timestamp": _timestamp,
    }
)
