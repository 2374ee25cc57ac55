"""The end of the server process, by EOF or a signal: it is fast, and stops the running queries."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import pytest

from cloudwatch_mcp import cli
from tests.support.endpoint import Endpoint, Request, Response
from tests.support.forked_process import ForkedProcess
from tests.support.running_queries import QUERY, begin_query, cancelled_queries
from tests.support.sandbox_process import HELD
from tests.support.server_process import COMMAND, ForkedServer, ServerProcess

TIME_LIMIT = 2  # seconds after which MCP clients kill a server whose input they have closed

EXIT_CODES = {"EOF": 0, **{number.name: 128 + number for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}}


def end(process: ServerProcess, by: str) -> None:
    if by == "EOF":
        process.end_input()
    else:
        process.signal(signal.Signals[by])


@contextmanager
def server_for_each_end(endpoint_url: Callable[[], str]) -> Iterator[dict[str, ForkedServer]]:
    """A server for each way to end one. They start together, as starting takes longest."""
    with ExitStack() as stack:
        servers = {by: stack.enter_context(ForkedServer(AWS_ENDPOINT_URL=endpoint_url())) for by in EXIT_CODES}
        for server in servers.values():
            server.initialize()
        yield servers


@pytest.fixture(scope="module")
def querying(sandbox: str) -> Iterator[dict[str, ForkedServer]]:
    """Servers that each have a query running."""
    with server_for_each_end(lambda: sandbox) as servers:
        for by, server in servers.items():
            begin_query(server, f"fields @message {HELD} until {by}")
        yield servers


@pytest.mark.parametrize("by", EXIT_CODES)
def test_a_running_query_is_stopped_when_the_server_ends(
    querying: dict[str, ForkedServer], by: str, sandbox: str
) -> None:
    end(querying[by], by)
    assert querying[by].wait_at_most(TIME_LIMIT) == EXIT_CODES[by]
    assert f"fields @message {HELD} until {by}" in cancelled_queries(sandbox)


def test_a_signal_ends_the_server_while_it_starts() -> None:
    with ServerProcess() as process:
        process.signal(signal.SIGTERM)
        assert process.wait_at_most(TIME_LIMIT) in {-signal.SIGTERM, 128 + signal.SIGTERM}


def test_a_signal_ends_the_server_while_the_sandbox_starts() -> None:
    with ForkedServer("--sandbox") as process:
        process.initialize()
        process.begin_call("get_active_alarms")
        process.wait_for(lambda message: message.get("method") == "notifications/progress")
        process.signal(signal.SIGTERM)
        assert process.wait_at_most(TIME_LIMIT) == 128 + signal.SIGTERM


def test_an_endless_regular_expression_in_the_sandbox_delays_neither_answers_nor_signals() -> None:
    with ForkedServer("--sandbox", "--incident", "quiet-day") as process:
        process.initialize()
        endless = {"log_group_names": ["/ecs/shop/booking"], "query_string": "filter @message like /(.|.)*[~^]/"}
        process.begin_call("execute_log_insights_query", **endless, start_time="1h")
        process.wait_for(lambda message: "Scheduled" in str(message))  # the next GetQueryResults runs it
        assert [process.request("ping")["result"] for _ in range(20)] == [{}] * 20
        process.signal(signal.SIGTERM)
        assert process.wait_at_most(TIME_LIMIT) == 128 + signal.SIGTERM


@pytest.mark.parametrize(("process_id", "signals"), [(1, {signal.SIGTERM, signal.SIGINT}), (2, set())])
def test_the_first_process_of_a_container_handles_signals_while_it_starts(
    monkeypatch: pytest.MonkeyPatch, process_id: int, signals: set[signal.Signals]
) -> None:
    handlers: dict[int, Any] = {}
    monkeypatch.setattr(os, "getpid", lambda: process_id)
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert handlers.keys() == signals


class WithNohup(ForkedServer):
    """A server that was started while hangups are ignored."""

    def _start(self, command: Sequence[str], env: Mapping[str, str]) -> ForkedProcess:
        ignore = partial(signal.signal, signal.SIGHUP, signal.SIG_IGN)
        return ForkedProcess(command[len(COMMAND) :], env, before=ignore)


def test_a_hangup_does_not_end_a_server_started_with_nohup() -> None:
    with WithNohup() as process:
        for _ in range(2):
            assert process.request("ping")["result"] == {}
            process.signal(signal.SIGHUP)
        process.end_input()
        assert process.wait() == 0


def start_one_query(request: Request) -> Response | None:
    """Answer StartQuery of the query `fields starts`, and nothing else."""
    starts = request.operation == "StartQuery" and "starts" in request.json["queryString"]
    return Response(b'{"queryId": "one"}') if starts else None


@pytest.fixture(scope="module")
def hanging() -> Iterator[dict[str, ForkedServer]]:
    """Servers that each wait for alarms, for a query's results and for another query to start; AWS answers none."""
    with ExitStack() as stack:
        endpoints = [stack.enter_context(Endpoint(start_one_query)) for _ in EXIT_CODES]
        urls = iter([endpoint.url for endpoint in endpoints])
        servers = stack.enter_context(server_for_each_end(lambda: next(urls)))
        for server, endpoint in zip(servers.values(), endpoints, strict=True):
            server.begin_call("get_active_alarms")
            endpoint.wait_for("DescribeAlarms")
            server.begin_call("execute_log_insights_query", query_string="fields starts", **QUERY)
            endpoint.wait_for("GetQueryResults")
            server.begin_call("execute_log_insights_query", query_string="fields hangs", **QUERY)
            endpoint.wait_for("StartQuery")
        yield servers


def test_the_server_ends_in_time_while_aws_does_not_answer(hanging: dict[str, ForkedServer]) -> None:
    for by, server in hanging.items():
        end(server, by)
    with ThreadPoolExecutor() as pool:
        codes = pool.map(lambda server: server.wait_at_most(TIME_LIMIT), hanging.values())
        assert dict(zip(EXIT_CODES, codes, strict=True)) == EXIT_CODES
