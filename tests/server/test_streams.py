"""Broken standard streams: the server goes on or ends, and leaves no query running."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from tests.support.endpoint import PATIENCE, Endpoint, Request, Response
from tests.support.forked_process import ForkedProcess
from tests.support.server_process import COMMAND, environment

TIME_LIMIT = 4  # seconds: 1.6 for the calls to end, 1 for their responses to be read, and a margin
CALL = {"name": "get_recommended_metric_alarms", "arguments": {"namespace": "AWS/Lambda", "metric_name": "Errors"}}
QUERY = {
    "name": "execute_log_insights_query",
    "arguments": {"query_string": "fields a", "log_group_names": ["/a"], "start_time": "1h"},
}


@contextmanager
def _started(
    stdout: int | None = None, stderr: int | None = None, before: Callable[[], object] = bool, **changes: str
) -> Iterator[ForkedProcess]:
    """A server whose output only `_response` reads; its streams are pipes, unless their descriptors are given."""
    with ForkedProcess([], environment(**changes), stdout=stdout, stderr=stderr, before=before) as process:
        watchdog = Timer(PATIENCE, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()


def _without(stream: int, *command: str) -> list[str]:
    return ["/bin/sh", "-c", f'exec "$@" {stream}>&-', "sh", *command]


def _send(process: ForkedProcess, method: str, number: int | None = None, **params: Any) -> None:
    message = {"jsonrpc": "2.0", "method": method, "params": params, **({"id": number} if number else {})}
    assert process.stdin is not None
    process.stdin.write(json.dumps(message).encode() + b"\n")


def _initialize(process: ForkedProcess) -> None:
    client = {"name": "tests", "version": "1"}
    _send(process, "initialize", 1, protocolVersion="2025-06-18", capabilities={}, clientInfo=client)
    _send(process, "notifications/initialized")


def _response(process: ForkedProcess, number: int) -> Any:
    assert process.stdout is not None
    while True:
        message = json.loads(process.stdout.readline())
        if message.get("id") == number:
            return message["result"]


def _running_query(request: Request) -> Response:
    bodies = {"StartQuery": {"queryId": "one"}, "StopQuery": {"success": True}}
    return Response(json.dumps(bodies.get(request.operation, {"status": "Running", "results": []})).encode())


@pytest.fixture
def aws() -> Iterator[Endpoint]:
    """An AWS whose query runs until it is stopped."""
    with Endpoint(_running_query) as endpoint:
        yield endpoint


def _close_stdout_and_ping(process: ForkedProcess) -> None:
    assert process.stdout is not None
    process.stdout.close()
    _send(process, "ping", 3)


def _close_stdout_and_stdin(process: ForkedProcess) -> None:
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdout.close()
    process.stdin.close()


def _read_nothing_and_close_stdin(process: ForkedProcess) -> None:
    assert process.stdin is not None
    for number in range(10, 30):
        _send(process, "tools/list", number)  # the responses do not fit into a pipe
    process.stdin.close()


@pytest.mark.parametrize(
    "disconnect",
    [_close_stdout_and_ping, _close_stdout_and_stdin, _read_nothing_and_close_stdin],
    ids=lambda each: each.__name__,
)
def test_the_server_and_its_query_end_when_the_client_does_not_read(
    aws: Endpoint, disconnect: Callable[[ForkedProcess], None]
) -> None:
    with _started(AWS_ENDPOINT_URL=aws.url) as process:
        _initialize(process)
        _send(process, "tools/call", 2, **QUERY)
        aws.wait_for("GetQueryResults")
        disconnect(process)
        aws.wait_for("StopQuery")
        code = process.wait(TIME_LIMIT)
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
        assert code == 1 or disconnect is _close_stdout_and_stdin


def test_the_server_ends_when_stdout_is_a_full_disk() -> None:
    with Path("/dev/full").open("wb") as full, _started(stdout=full.fileno()) as process:
        _initialize(process)
        assert process.wait(PATIENCE) == 1
        assert process.stderr is not None
        (line,) = process.stderr.read().splitlines()
        assert b" WARNING The " in line


@pytest.mark.parametrize(("stream", "name"), [(0, "stdin"), (1, "stdout")])
def test_a_server_without_stdin_or_stdout_ends_with_a_one_line_error(stream: int, name: str) -> None:
    done = subprocess.run(
        _without(stream, *COMMAND), env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 1
    assert (
        done.stderr == f"cloudwatch-mcp: {name} is closed: an MCP client talks to the server over stdin and stdout.\n"
    )


def test_a_new_file_does_not_get_the_number_of_a_closed_stream() -> None:
    program = (
        "import sys; from cloudwatch_mcp import cli; cli._open_closed_streams(); print(open('/dev/zero').fileno())"
    )
    for stream in (0, 2):
        done = subprocess.run(
            _without(stream, sys.executable, "-c", program), stdout=subprocess.PIPE, text=True, check=True
        )
        assert int(done.stdout) > 2


def _assert_serves(process: ForkedProcess, calls: int = 3) -> None:
    """The server answers calls, each with a line in the log, and exits with 0."""
    _initialize(process)
    _response(process, 1)
    for number in range(2, 2 + calls):
        _send(process, "tools/call", number, **CALL)
        assert _response(process, number)["structuredContent"]["recommendations"]
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(PATIENCE) == 0


def test_the_server_works_without_stderr() -> None:
    with _started(before=partial(os.close, 2), CLOUDWATCH_MCP_LOG_LEVEL="TRACE") as process:
        _assert_serves(process)


def test_the_server_works_when_stderr_is_a_full_disk() -> None:
    with (
        Path("/dev/full").open("wb") as full,
        _started(stderr=full.fileno(), CLOUDWATCH_MCP_LOG_LEVEL="TRACE") as process,
    ):
        _assert_serves(process)


def test_the_server_works_when_the_log_file_is_on_a_full_disk() -> None:
    with _started(CLOUDWATCH_MCP_LOG_FILE="/dev/full", CLOUDWATCH_MCP_LOG_LEVEL="TRACE") as process:
        _assert_serves(process)
        assert process.stderr is not None
        log = process.stderr.read().decode()
        assert log.count("tool=get_recommended_metric_alarms") == 3
        assert "Traceback" not in log


@pytest.fixture
def full_pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    os.set_blocking(writing, True)
    yield reading, writing
    for end in (reading, writing):
        with suppress(OSError):  # already closed
            os.close(end)


def test_the_server_works_while_nobody_reads_stderr_and_logs_how_many_records_were_dropped(
    full_pipe: tuple[int, int],
) -> None:
    reading, writing = full_pipe
    with _started(stderr=writing, CLOUDWATCH_MCP_LOG_LEVEL="TRACE") as process:
        _initialize(process)
        for number in (2, 3):
            _send(process, "tools/call", number, **CALL)
            assert _response(process, number)["structuredContent"]["recommendations"]
        os.read(reading, 1_000_000)
        _send(process, "tools/call", 4, **CALL)
        _response(process, 4)
        lines = os.read(reading, 1_000_000).decode().splitlines()
    assert lines[0].startswith("(")
    assert lines[0].endswith(" log records were dropped: stderr is not read.)")
    assert any("tool=get_recommended_metric_alarms" in line for line in lines[1:])


def test_the_server_works_when_stderr_is_a_broken_pipe(full_pipe: tuple[int, int]) -> None:
    reading, writing = full_pipe
    os.close(reading)
    with _started(stderr=writing, CLOUDWATCH_MCP_LOG_LEVEL="TRACE") as process:
        _assert_serves(process)
