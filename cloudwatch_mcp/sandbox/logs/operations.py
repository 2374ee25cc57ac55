"""The base of CloudWatch Logs operations: requests, pages, errors, and the state that moto's backends lack."""

import json
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from threading import RLock
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from moto.core.exceptions import JsonRESTError
from moto.core.utils import get_service_model
from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import logs_backends
from moto.logs.responses import LogsResponse

from cloudwatch_mcp.sandbox.clock import Clock
from cloudwatch_mcp.sandbox.insights import QueryError
from cloudwatch_mcp.sandbox.logs.running_query import RunningQuery
from cloudwatch_mcp.sandbox.model_constraints import violations


@dataclass
class Regional:
    """An account's state in one Region."""

    queries: dict[str, RunningQuery] = field(default_factory=dict)
    query_definitions: dict[str, dict[str, Any]] = field(default_factory=dict)
    detectors: dict[str, dict[str, Any]] = field(default_factory=dict)
    anomalies: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class State:
    """The state of all accounts and Regions, and the lock for changes to it."""

    clock: Clock
    polls_to_complete: int | None = 2
    linked_accounts: Sequence[str] = ()
    lock: RLock = field(default_factory=RLock)
    regional: dict[tuple[str, str], Regional] = field(default_factory=lambda: defaultdict(Regional))

    def now(self) -> int:
        """The sandbox's time in milliseconds since the epoch."""
        return int(self.clock.now().timestamp() * 1000)


class MalformedQueryException(JsonRESTError):
    code = 400

    def __init__(self, error: QueryError) -> None:
        request_id = uuid5(NAMESPACE_OID, error.message)
        tail = f"(Service: AWSLogs; Status Code: 400; Error Code: MalformedQueryException; Request ID: {request_id}; "
        message = f"{error.message} {tail}Proxy: null)"
        super().__init__("MalformedQueryException", message)
        location = {"startCharOffset": error.start, "endCharOffset": error.end}
        details = {"queryCompileError": {"location": location, "message": error.message}}
        self.description = json.dumps({**json.loads(self.description), **details})


class Operations(LogsResponse):
    """Each method is an operation; `state` belongs to the installed sandbox."""

    state: State

    @property
    def regional(self) -> Regional:
        with self.state.lock:
            return self.state.regional[self.current_account, self.region]

    @property
    def accounts(self) -> list[str]:
        """The request's account and its source accounts."""
        return list(dict.fromkeys([self.current_account, *self.state.linked_accounts]))

    def groups_of(self, accounts: Container[str]) -> list[Any]:
        """The log groups of those of the accounts that the request can see, in its Region."""
        included = [account for account in self.accounts if account in accounts]
        return [group for account in included for group in logs_backends[account][self.region].groups.values()]

    def call_action(self) -> Any:
        """One request at a time, except that reading the results of a query may take seconds."""
        with nullcontext() if self._get_action() == "GetQueryResults" else self.state.lock:
            return super().call_action()

    def sent(self) -> dict[str, Any]:
        """The request's parameters."""
        parameters: dict[str, Any] = self.body if isinstance(self.body, dict) else json.loads(self.body)
        return parameters

    def request(self) -> dict[str, Any]:
        """The request's parameters, validated against the service model."""
        parameters = self.sent()
        violation = violations(get_service_model("logs").operation_model(self._get_action()).input_shape, parameters)
        if violation:
            raise InvalidParameterException(violation)
        return parameters


def page(request: Mapping[str, Any], name: str, items: Sequence[Any], size: int, **more: Any) -> str:
    """The answer with a page of items, and with a token when more follow."""
    start = _position(request["nextToken"]) if "nextToken" in request else 0
    end = start + size
    following = {"nextToken": b64encode(f"from:{end}".encode()).decode()} if end < len(items) else {}
    return json.dumps({name: items[start:end], **following, **more})


def _position(token: str) -> int:
    try:
        return int(b64decode(token, validate=True).decode().removeprefix("from:"))
    except ValueError as error:
        raise InvalidParameterException("The specified nextToken is invalid.") from error
