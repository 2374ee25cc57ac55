"""Where the time of calls goes, as cProfile sees it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from cProfile import Profile
from pstats import Stats
from typing import Any

import anyio
from mcp import Client

from cloudwatch_mcp.aws import sending
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.server.tool_calls import build_server
from tests.support.large_aws import answer_at_large
from tests.support.measured_aws import NOW, MeasuredAws, measured_sandbox
from tests.support.questions import ONE_PER_TOOL, arguments_of
from tests.support.sandbox_clients import client_of
from tests.support.server_process import use_environment

_LINES = 40
Calls = Callable[[], Iterable[tuple[str, dict[str, Any]]]]


def show() -> None:
    """Print own time by function: of a call of each tool, and of a query of 10,000 rows."""
    with measured_sandbox() as aws:
        logs = client_of("logs", aws.url)
        sys.stdout.write("each tool called 20 times\n")
        _show(aws.url, lambda: [(each.tool, arguments_of(each, logs, NOW)) for each in ONE_PER_TOOL], 20)
    with MeasuredAws(answer_at_large) as aws:
        query = {"query_string": "fields @message", "start_time": "1h", "log_group_names": ["a"], "limit": 10_000}
        sys.stdout.write("a query of 10,000 rows, 3 times\n")
        _show(f"{aws.url}/rows/10000", lambda: [("execute_log_insights_query", query)], 3)


class _Inline(Executor):
    """Runs in the calling thread: a profile is of one thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - as the executor of threads does it
            future.set_exception(error)
        return future


def _show(endpoint: str, calls: Calls, times: int) -> None:
    environment = use_environment(AWS_ENDPOINT_URL=endpoint)
    vars(sending)["ThreadPoolExecutor"] = lambda *_: _Inline()
    profile = Profile()

    async def ask() -> None:
        async with Client(build_server(Settings(), environment)) as client:
            for time in range(times + 1):
                asked = list(calls())
                if time:  # the first calls load boto3
                    profile.enable()
                for tool, arguments in asked:
                    await client.call_tool(tool, arguments)
                profile.disable()

    anyio.run(ask)
    Stats(profile).sort_stats("tottime").print_stats(_LINES)
