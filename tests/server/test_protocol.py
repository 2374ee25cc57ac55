"""The JSON-RPC protocol over stdin and stdout: malformed lines, protocol errors and cancellation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from tests.support.endpoint import Endpoint, forward
from tests.support.running_queries import begin_query, cancelled_queries
from tests.support.sandbox_process import HELD
from tests.support.server_process import ForkedServer, ServerProcess

HUGE_CALL = (
    b'{"jsonrpc": "2.0", "id": "mine", "method": "tools/call", '
    b'"params": {"name": "get_recommended_metric_alarms", "arguments": {"namespace": "' + b"x" * 8_000_000 + b'"}}}'
)


@pytest.fixture(scope="module")
def process() -> Iterator[ServerProcess]:
    """One server for all tests: each of them leaves it running."""
    with ForkedServer() as server:
        server.initialize()
        yield server


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"help", id="not JSON"),
        pytest.param(b"", id="an empty line"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="an empty batch"),
        pytest.param(b"[" * 100_000, id="deep nesting"),
        pytest.param(b"\xff\xfe\xc3(", id="not UTF-8"),
        pytest.param(b'{"jsonrpc": "2.0", "id": "mine", "method": "\xff"}', id="not UTF-8 in a message"),
        pytest.param(b"x" * 8_000_000, id="a huge line"),
        pytest.param(HUGE_CALL, id="a huge argument"),
        pytest.param(b'{"jsonrpc": "1.0", "id": "mine", "method": "ping"}', id="another JSON-RPC version"),
        pytest.param(b'{"jsonrpc": "2.0", "id": {}, "method": "ping"}', id="an object as id"),
        pytest.param(
            b'{"jsonrpc": "2.0", "id": "mine", "method": "tools/call", "params": []}', id="an array as params"
        ),
        pytest.param(b'{"jsonrpc": "2.0", "id": "mine", "method": "tools/call"}', id="a call without params"),
        pytest.param(b'{"jsonrpc": "2.0", "id": "mine", "result": {}}', id="a response to no request"),
        pytest.param(b'{"jsonrpc": "2.0", "method": "notifications/nonsense"}', id="an unknown notification"),
        pytest.param(
            b'{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {}}', id="a cancellation of no request"
        ),
    ],
)
def test_the_server_still_answers_after_a_malformed_line(process: ServerProcess, line: bytes) -> None:
    process.write(line)
    assert process.request("ping")["result"] == {}
    assert process.call("get_recommended_metric_alarms", namespace="AWS/Lambda", metric_name="Errors").data[
        "recommendations"
    ]


def test_an_unknown_method_is_a_protocol_error(process: ServerProcess) -> None:
    assert process.request("tools/burn")["error"]["code"] == -32601  # JSON-RPC: method not found


def test_params_of_a_wrong_type_are_a_protocol_error(process: ServerProcess) -> None:
    response = process.request("tools/call", name=5, arguments="x")
    assert response["error"]["code"] == -32602  # JSON-RPC: invalid params


def test_a_cancelled_call_stops_its_query_and_gets_no_response(sandbox: str) -> None:
    query = f"fields @message {HELD} until cancelled"
    with Endpoint(partial(forward, sandbox)) as endpoint, ForkedServer(AWS_ENDPOINT_URL=endpoint.url) as process:
        process.initialize()
        request_id = begin_query(process, query)
        process.write({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": request_id}})
        endpoint.wait_for("StopQuery")
        assert query in cancelled_queries(sandbox)
        assert process.request("ping")["result"] == {}
        process.end_input()
        assert process.wait() == 0
        assert [message for message in process.messages if message.get("id") == request_id] == []
        assert process.stderr == ""
