"""botocore's service models of the operations in a cassette."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timezone
from functools import cache
from typing import Any

from botocore import xform_name
from botocore.loaders import create_loader
from botocore.model import OperationModel, ServiceModel

# The first part of an X-Amz-Target header, and botocore's name of the service.
_SERVICES = {"GraniteServiceVersion20100801": "cloudwatch", "Logs_20140328": "logs"}
_OPERATION = re.compile(r"(?P<prefix>\w+)\.(?P<name>\w+)")


@cache
def service_model(service: str) -> ServiceModel:
    return ServiceModel(create_loader().load_service_model(service, "service-2"), service)


@cache
def member_names() -> frozenset[str]:
    """The names of all members of the two services, as AWS spells them and as the tools do."""
    descriptions = [create_loader().load_service_model(service, "service-2") for service in _SERVICES.values()]
    shapes = [shape for description in descriptions for shape in description["shapes"].values()]
    names = {name for shape in shapes if shape["type"] == "structure" for name in shape["members"]}
    return frozenset({"__type", "Message", "message", *names, *map(xform_name, names)})


def operation_model(target: str) -> OperationModel | None:
    """The operation that an X-Amz-Target header names, or None."""
    named = _OPERATION.fullmatch(target)
    if named is None or named["prefix"] not in _SERVICES:
        return None
    model = service_model(_SERVICES[named["prefix"]])
    return model.operation_model(named["name"]) if named["name"] in model.operation_names else None


def with_times(shape: Any, value: Any) -> Any:
    """The JSON value of `shape` with its epoch times as aware datetimes."""
    return _each(shape, value, _as_time)


def without_times(value: Any) -> Any:
    """The value with every datetime as an epoch number, as in JSON."""
    if isinstance(value, datetime):
        seconds = value.timestamp()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, dict):
        return {name: without_times(each) for name, each in value.items()}
    if isinstance(value, list):
        return [without_times(each) for each in value]
    return value


def _each(shape: Any, value: Any, convert: Callable[[Any], Any]) -> Any:
    kind = shape.type_name if shape is not None else None
    if kind == "timestamp":
        return convert(value)
    if kind == "structure" and isinstance(value, dict):
        members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        return {name: _each(members.get(name), each, convert) for name, each in value.items()}
    if kind == "list" and isinstance(value, list):
        return [_each(shape.member, each, convert) for each in value]
    if kind == "map" and isinstance(value, dict):
        return {name: _each(shape.value, each, convert) for name, each in value.items()}
    return value


def _as_time(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    try:
        time = datetime.fromtimestamp(value, timezone.utc)
    except (OverflowError, ValueError, OSError):
        return value
    return time if without_times(time) == value else value  # finer than a microsecond: keep the number
