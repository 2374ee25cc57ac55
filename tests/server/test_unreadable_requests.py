from __future__ import annotations

from typing import Any

import pytest

from cloudwatch_mcp.server.unreadable_requests import request_id_in
from tests.support.server_process import ForkedServer


@pytest.mark.parametrize(
    ("line", "request_id"),
    [
        ('{"method":"a","params":{"id":1,"x":[{"id":2}]},"jsonrpc":"2.0","id":7}', 7),
        ('{"id":"a-b","params":' + "[" * 5_000, "a-b"),
        ('{"params":{"x":"\\"id\\":3"},"id" : 4}', 4),
        ('{"params":"' + "\ud800" + '","id":5', 5),
        ('{"id":"\\ud800"}', None),
        ('{"id":' + "1" * 5_000 + "}", None),
        ('{"id":1.5}', None),
        ('{"params":{"id":6}}', None),
        ('{"id', None),
        ("", None),
    ],
)
def test_a_request_id_is_found_even_in_malformed_json(line: str, request_id: Any) -> None:
    assert request_id_in(line) == request_id


def test_an_unreadable_request_gets_an_error_and_the_server_goes_on() -> None:
    unreadable = [
        '{"namespace": "\\ud800"}',
        '{"namespace": ' + "[" * 5_000 + "]" * 5_000 + "}",
        '{"namespace": ' + "1" * 10_000 + "}",
        '{"namespace": "x"',
    ]
    call = '"method": "tools/call", "params": {"name": "get_recommended_metric_alarms", "arguments": %s}'
    with ForkedServer() as process:
        process.initialize()
        for number, arguments in enumerate(unreadable, start=100):
            process.write(f'{{"jsonrpc": "2.0", "id": {number}, {call % arguments}}}'.encode())
            assert "this server cannot read its JSON" in process.answer(number)["error"]["message"]
        process.write(b'{"jsonrpc": "2.0", "id": 200, "method": 5}')
        assert "not a JSON-RPC request" in process.answer(200)["error"]["message"]
        assert process.call("get_recommended_metric_alarms", namespace="AWS/Lambda", metric_name="Errors").data[
            "recommendations"
        ]
