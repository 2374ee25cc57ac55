"""The server's standard streams: whatever becomes of them, it serves on or ends, and leaves no query running."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from tests.support.stdio import PATIENCE, Endpoint, Request, Response, environment

IN_TIME = 4  # seconds: 1.6 for the calls to end, 1 for their answers to be read, and what a busy machine takes
COMMAND = [sys.executable, "-m", "cloudwatch_mcp"]
CALL = {"name": "get_metric_metadata", "arguments": {"namespace": "AWS/Lambda", "metric_name": "Errors"}}
QUERY = {
    "name": "execute_log_insights_query",
    "arguments": {"query_string": "fields a", "log_group_names": ["/a"], "start_time": "1h"},
}


@contextmanager
def _started(
    command: Sequence[str] = COMMAND, stdout: Any = subprocess.PIPE, stderr: Any = None, **changes: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A server that nothing reads from, but by `_answer`; killed in the end, or once it took too long."""
    process = subprocess.Popen(
        command, env=environment(**changes), stdin=subprocess.PIPE, stdout=stdout, stderr=stderr, bufsize=0
    )
    watchdog = Timer(PATIENCE, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.wait(PATIENCE)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def _say(process: subprocess.Popen[bytes], method: str, number: int | None = None, **params: Any) -> None:
    message = {"jsonrpc": "2.0", "method": method, "params": params, **({"id": number} if number else {})}
    assert process.stdin is not None
    process.stdin.write(json.dumps(message).encode() + b"\n")


def _greet(process: subprocess.Popen[bytes]) -> None:
    about = {"name": "tests", "version": "1"}
    _say(process, "initialize", 1, protocolVersion="2025-06-18", capabilities={}, clientInfo=about)
    _say(process, "notifications/initialized")


def _answer(process: subprocess.Popen[bytes], number: int) -> Any:
    assert process.stdout is not None
    while True:
        message = json.loads(process.stdout.readline())
        if message.get("id") == number:
            return message["result"]


def _running_query(request: Request) -> Response:
    answers = {"StartQuery": {"queryId": "one"}, "StopQuery": {"success": True}}
    return Response(json.dumps(answers.get(request.operation, {"status": "Running", "results": []})).encode())


@pytest.fixture
def aws() -> Iterator[Endpoint]:
    """An AWS whose query runs until it is stopped."""
    with Endpoint(_running_query) as endpoint:
        yield endpoint


def _close_stdout_and_ping(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    process.stdout.close()
    _say(process, "ping", 3)


def _close_stdout_and_stdin(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdout.close()
    process.stdin.close()


def _read_nothing_and_close_stdin(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    for number in range(10, 30):
        _say(process, "tools/list", number)  # its answers are more than a pipe holds
    process.stdin.close()


@pytest.mark.parametrize(
    "leave",
    [_close_stdout_and_ping, _close_stdout_and_stdin, _read_nothing_and_close_stdin],
    ids=lambda each: each.__name__,
)
def test_a_client_that_does_not_read_ends_the_server_and_its_query(
    aws: Endpoint, leave: Callable[[subprocess.Popen[bytes]], None]
) -> None:
    with _started(stderr=subprocess.PIPE, AWS_ENDPOINT_URL=aws.url) as process:
        _greet(process)
        _say(process, "tools/call", 2, **QUERY)
        aws.wait_for("GetQueryResults")
        leave(process)
        aws.wait_for("StopQuery")
        code = process.wait(IN_TIME)
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
        assert code == 1 or leave is _close_stdout_and_stdin


def test_a_full_disk_for_stdout_ends_the_server() -> None:
    with Path("/dev/full").open("wb") as full, _started(stdout=full, stderr=subprocess.PIPE) as process:
        _greet(process)
        assert process.wait(PATIENCE) == 1
        assert process.stderr is not None
        (line,) = process.stderr.read().splitlines()
        assert b" WARNING The " in line


def _without(stream: int) -> list[str]:
    return ["/bin/sh", "-c", f'exec "$@" {stream}>&-', "sh", *COMMAND]


@pytest.mark.parametrize(("stream", "name"), [(0, "stdin"), (1, "stdout")])
def test_a_server_without_stdin_or_stdout_ends_with_one_line(stream: int, name: str) -> None:
    with _started(_without(stream), stderr=subprocess.PIPE) as process:
        assert process.wait(PATIENCE) == 1
        assert process.stderr is not None
        expected = f"cloudwatch-mcp: {name} is closed: an MCP client talks to the server over stdin and stdout.\n"
        assert process.stderr.read().decode() == expected


def test_a_closed_stream_s_number_is_not_given_to_a_file_or_connection() -> None:
    program = (
        "import sys; from cloudwatch_mcp import cli; cli._open_closed_streams(); print(open('/dev/zero').fileno())"
    )
    for stream in (0, 2):
        done = subprocess.run(
            [*_without(stream)[:4], sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True
        )
        assert int(done.stdout) > 2


def _serves(process: subprocess.Popen[bytes], calls: int = 3) -> None:
    """Answers calls, each of which is a line in the log, and ends well."""
    _greet(process)
    _answer(process, 1)
    for number in range(2, 2 + calls):
        _say(process, "tools/call", number, **CALL)
        assert _answer(process, number)["structuredContent"]["found"]
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(PATIENCE) == 0


def test_it_serves_without_stderr() -> None:
    with _started(_without(2), CLOUDWATCH_MCP_LOG_LEVEL="TRACE") as process:
        _serves(process)


def test_it_serves_when_stderr_is_a_full_disk() -> None:
    with Path("/dev/full").open("wb") as full, _started(stderr=full, CLOUDWATCH_MCP_LOG_LEVEL="TRACE") as process:
        _serves(process)


def test_it_serves_when_the_log_file_is_on_a_full_disk() -> None:
    with _started(
        stderr=subprocess.PIPE, CLOUDWATCH_MCP_LOG_FILE="/dev/full", CLOUDWATCH_MCP_LOG_LEVEL="TRACE"
    ) as process:
        _serves(process)
        assert process.stderr is not None
        written = process.stderr.read().decode()
        assert written.count("tool=get_metric_metadata") == 3
        assert "Traceback" not in written


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
        with suppress(OSError):  # it is closed already
            os.close(end)


def test_it_serves_when_nobody_reads_stderr_and_says_what_was_dropped(full_pipe: tuple[int, int]) -> None:
    reading, writing = full_pipe
    with _started(stderr=writing, CLOUDWATCH_MCP_LOG_LEVEL="TRACE") as process:
        _greet(process)
        for number in (2, 3):
            _say(process, "tools/call", number, **CALL)
            assert _answer(process, number)["structuredContent"]["found"]
        os.read(reading, 1_000_000)
        _say(process, "tools/call", 4, **CALL)
        _answer(process, 4)
        lines = os.read(reading, 1_000_000).decode().splitlines()
    assert lines[0].startswith("(")
    assert lines[0].endswith(" log records were dropped: stderr is not read.)")
    assert any("tool=get_metric_metadata" in line for line in lines[1:])


def test_it_serves_when_stderr_is_a_broken_pipe(full_pipe: tuple[int, int]) -> None:
    reading, writing = full_pipe
    os.close(reading)
    with _started(stderr=writing, CLOUDWATCH_MCP_LOG_LEVEL="TRACE") as process:
        _serves(process)
