"""Faults on demand: throttling, latency, denials, expired credentials and failures, in AWS's wording."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from random import Random
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from cloudwatch_mcp.sandbox.clock import Clock

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}
_FORMS = (
    "The faults are throttle=P and fail=P (a share of the requests, from 0 to 1), latency=TIME (300ms, 1.5s or 2m), "
    "expire or expire=TIME (after that time), and deny=SERVICE:OPERATION (* and ? as in IAM; may be repeated). "
    "For example: throttle=0.2,latency=300ms,deny=logs:StartQuery"
)


@dataclass(frozen=True)
class Plan:
    """Shares of the requests from 0 to 1, times in seconds, and IAM actions in lower case with wildcards."""

    throttle: float = 0.0
    fail: float = 0.0
    latency: float = 0.0
    expire: float | None = None
    deny: tuple[str, ...] = ()


def parse(spec: str) -> Plan:
    """The faults in a text such as "throttle=0.2,expire". A ValueError says what is wrong, and the valid forms."""
    plan: dict[str, Any] = {"deny": ()}
    for fault in filter(None, (part.strip() for part in spec.split(","))):
        name, _, value = fault.partition("=")
        if name == "deny":
            plan["deny"] += (_action(fault, value),)
        elif name not in _PARSERS:
            raise _invalid(fault, "is not a fault")
        elif name in plan:
            raise _invalid(fault, f"repeats {name}")
        else:
            plan[name] = 0.0 if fault == "expire" else _PARSERS[name](fault, value)
    return Plan(**plan)


def _invalid(fault: str, problem: str) -> ValueError:
    return ValueError(f"{fault} {problem}. {_FORMS}")


def _share(fault: str, value: str) -> float:
    if re.fullmatch(r"0?\.\d+|[01](\.0*)?", value):
        return float(value)
    raise _invalid(fault, "needs a number from 0 to 1")


def _time(fault: str, value: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m)", value)
    if match is None:
        raise _invalid(fault, "needs a time with its unit")
    return float(match[1]) * _SECONDS[match[2]]


_PARSERS = {"throttle": _share, "fail": _share, "latency": _time, "expire": _time}


def _action(fault: str, value: str) -> str:
    from moto.core.utils import get_service_model  # noqa: PLC0415  # moto takes time to import

    service, _, operation = value.lower().partition(":")
    known = get_service_model(service).operation_names if service in {"cloudwatch", "logs"} else []
    if not any(fnmatchcase(name.lower(), operation) for name in known):
        raise _invalid(fault, "names no operation of cloudwatch or logs")
    return value.lower()


class Refusal(NamedTuple):
    """AWS's error; `code` is the one of the query protocol."""

    status: int
    code: str
    message: str

    def as_json(self) -> bytes:
        kind = self.code if self.status == 500 else f"{self.code}Exception"
        return json.dumps({"__type": kind, "message": self.message}).encode()

    def as_xml(self) -> bytes:
        error = f"<Type>Sender</Type><Code>{self.code}</Code><Message>{escape(self.message)}</Message>"
        return f"<ErrorResponse><Error>{error}</Error></ErrorResponse>".encode()


class Faults:
    """Decides about each request. The same requests meet the same faults in each run."""

    def __init__(self, plan: Plan, clock: Clock, sleep: Callable[[float], object] = time.sleep) -> None:
        self._plan, self._clock, self._sleep = plan, clock, sleep
        self._started = clock.now()
        self._throttled, self._failed = Random("throttle"), Random("fail")  # noqa: S311  # reproducible on purpose

    def meet(self, action: str, region: str, account: str) -> Refusal | None:
        """Wait for the latency; the error that answers the IAM action, or None."""
        plan = self._plan
        self._sleep(plan.latency)
        if plan.expire is not None and self._clock.now() - self._started >= timedelta(seconds=plan.expire):
            return Refusal(403, "ExpiredToken", "The security token included in the request is expired")
        if self._throttled.random() < plan.throttle:
            return Refusal(400, "Throttling", "Rate exceeded")
        if any(fnmatchcase(action.lower(), pattern) for pattern in plan.deny):
            return Refusal(403, "AccessDenied", _denial(action, region, account))
        if self._failed.random() < plan.fail:
            return Refusal(500, "InternalFailure", "The request processing has failed because of an unknown error.")
        return None


def _denial(action: str, region: str, account: str) -> str:
    who = f"User: arn:aws:sts::{account}:user/moto is not authorized to perform: {action}"
    if action.startswith("logs:"):
        who += f" on resource: arn:aws:logs:{region}:{account}:log-group::log-stream:"
    return f"{who} because no identity-based policy allows the {action} action"
