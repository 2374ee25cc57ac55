"""A server whose boto3 clients are stubbed with botocore's Stubber."""

from __future__ import annotations

from threading import Lock
from typing import Any

from botocore import xform_name
from botocore.exceptions import UnStubbedResponseError
from botocore.stub import Stubber

from cloudwatch_mcp.aws.allow_list import OPERATIONS
from cloudwatch_mcp.server.tool_calls import CloudWatchServer
from tests.support.asking import Reply, asking

_CHOSEN = "chosen"
_SERVICES = {xform_name(operation): service for operation, service in OPERATIONS.items()}


class _AnyOrder(Stubber):  # type: ignore[misc]  # botocore has no types
    """A Stubber with one queue for each operation.

    Stubber demands one fixed order of calls, which concurrent calls do not have. Its queue is private, but nothing else
    validates both the parameters and the responses of a test against AWS's service model.
    """

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self._lock = Lock()

    def _assert_expected_params(self, model: Any, params: Any, context: Any, **more: Any) -> None:
        with self._lock:
            context[_CHOSEN] = chosen = self._choose(model.name, params)
            self._bring_forward(chosen)
            super()._assert_expected_params(model, params, context, **more)

    def _get_response_handler(self, model: Any, params: Any, context: Any, **more: Any) -> Any:
        with self._lock:
            self._bring_forward(context[_CHOSEN])
            return super()._get_response_handler(model, params, context, **more)

    def _choose(self, operation: str, params: Any) -> dict[str, Any]:
        """The first response to the operation that no other request has chosen and whose `where` the params fit."""
        queue: list[dict[str, Any]] = list(self._queue)
        for answer in queue:
            fits = all(params.get(name) == value for name, value in answer.get("where", {}).items())
            if answer["operation_name"] == operation and fits and not answer.get(_CHOSEN):
                answer[_CHOSEN] = True
                return answer
        raise UnStubbedResponseError(operation_name=operation, reason=f"no response is left for {params}")

    def _bring_forward(self, chosen: dict[str, Any]) -> None:
        self._queue.remove(chosen)
        self._queue.appendleft(chosen)


class StubbedServer:
    """A server whose boto3 clients return a test's responses, in the given order for each operation."""

    def __init__(self, server: CloudWatchServer) -> None:
        self.server = server
        self._stubs: dict[tuple[str, ...], _AnyOrder] = {}

    def _stub(self, method: str) -> Stubber:
        client = ("logs", "standard") if method == "stop_query" else (_SERVICES[method],)
        if client not in self._stubs:
            self._stubs[client] = _AnyOrder(self.server.runtime.clients.client(None, "us-east-1", *client))
            self._stubs[client].activate()
        return self._stubs[client]

    def answer(self, method: str, answer: dict[str, Any], expected: dict[str, Any] | None = None, **where: Any) -> None:
        """Answer a request that has the parameters of `where`; it must have those of `expected` and no others."""
        stub = self._stub(method)
        stub.add_response(method, answer, expected)
        stub._queue[-1]["where"] = where

    def refuse(self, method: str, code: str, message: str = "", status: int = 400, **more: Any) -> None:
        self._stub(method).add_client_error(method, code, message, status, modeled_fields=more or None)

    async def ask(self, tool: str, **arguments: Any) -> Reply:
        """Call the tool; it must use every response that the test gave."""
        async with asking(self.server) as ask:
            reply = await ask(tool, **arguments)
        for stub in self._stubs.values():
            stub.assert_no_pending_responses()
        return reply
