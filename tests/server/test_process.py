"""The server as a process: what it writes, what ends it, and what it survives."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from mcp import Client, StdioServerParameters

from cloudwatch_mcp import __version__, cli
from cloudwatch_mcp.answers.text import dumps
from cloudwatch_mcp.commands import demo
from tests.server.test_definitions import TEN
from tests.support.sandbox_process import HELD
from tests.support.stdio import COMMAND, PATIENCE, SECRET, Endpoint, Request, Response, ServerProcess, environment

# Begins in the past of any machine's clock and ends at the sandbox's NOW.
QUERY: dict[str, Any] = {
    "log_group_names": ["/ecs/shop/payments"],
    "start_time": "2020-01-01T00:00:00Z",
    "end_time": "2026-11-20T12:00:00Z",
    "max_timeout": 600,
}
HEAVY = {"anyio", "boto3", "botocore", "loguru", "mcp", "moto", "pydantic"}


@pytest.fixture(scope="module", autouse=True)
def embedded() -> Iterator[ServerProcess]:
    """A server of its own sandbox, without a home or credentials; begun first, as it takes longest to start."""
    with ServerProcess("--sandbox", env={"PATH": os.defpath, "AWS_PROFILE": "missing"}) as process:
        yield process


def _run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def _imported(import_times: str) -> set[str]:
    """The top-level packages that `-X importtime` tells of."""
    return {
        line.rpartition("|")[2].strip().partition(".")[0]
        for line in import_times.splitlines()
        if line.startswith("import time:")
    }


def test_the_version_is_printed() -> None:
    done = _run("-m", "cloudwatch_mcp", "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"cloudwatch-mcp {__version__}\n", "")


def test_the_help_is_printed() -> None:
    done = _run("-m", "cloudwatch_mcp", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: cloudwatch-mcp ")
    assert "CLOUDWATCH_MCP_LOG_LEVEL" in done.stdout


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_and_version_import_nothing_heavy(flag: str) -> None:
    imported = _imported(_run("-X", "importtime", "-m", "cloudwatch_mcp", flag).stderr)
    assert "argparse" in imported
    assert not imported & HEAVY


def test_serving_imports_neither_boto3_nor_moto_before_the_first_call_to_aws() -> None:
    with ServerProcess(interpreter=("-X", "importtime")) as process:
        process.initialize()
        assert not process.call("get_metric_metadata", namespace="AWS/Lambda", metric_name="Errors").failed
        process.end_input()
        process.wait()
        assert HEAVY & _imported(process.stderr) == HEAVY - {"boto3", "botocore", "moto"}


def test_an_unreadable_variable_is_one_clear_line_and_a_failure() -> None:
    done = _run("-m", "cloudwatch_mcp", CLOUDWATCH_MCP_MAX_SCAN_GB="lots")
    assert done.returncode == 1
    assert done.stdout == ""
    complaint = "CLOUDWATCH_MCP_MAX_SCAN_GB='lots' cannot be read: it takes a positive number."
    assert done.stderr == f"cloudwatch-mcp: {complaint}\n"


FOREIGN = {
    "AWS_PROFILE": "missing",
    "AWS_ENDPOINT_URL_LOGS": "http://127.0.0.1:1",
    "CLOUDWATCH_MCP_PROFILES": "missing",
    "http_proxy": "http://127.0.0.1:1",
    "no_proxy": "aws.test",
}


def test_the_sandbox_works_whatever_aws_and_proxies_are_configured() -> None:
    done = _run("-m", "cloudwatch_mcp", "--sandbox", "check", **FOREIGN)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_demo_hands_down_nothing_of_a_configured_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FOREIGN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(demo, "run", lambda _: len(FOREIGN.keys() & os.environ.keys()))
    with pytest.raises(SystemExit) as ended:
        cli.main(["demo"])
    assert ended.value.code == 2  # the proxy's, which the sandbox's environment overrides


MALFORMED = {
    "garbage": Response(b"\x00\xff\xfe garbage"),
    "truncated": Response(b'{"status": "Complete", "results": [[{"fie', promised=400),
    "array": Response(b"[]"),
    "page": Response(b"<html><body>Please sign in.</body></html>", content_type="text/html"),
    "bad-gateway": Response(b"<html><body>502 Bad Gateway</body></html>", status=502, content_type="text/html"),
}
NO_ALARMS = Response(b'{"MetricAlarms": [], "CompositeAlarms": []}')


def _malformed_where_named(request: Request) -> Response:
    if request.operation == "DescribeAlarms":
        return MALFORMED["page"] if "/eu-west-1/" in request.headers["Authorization"] else NO_ALARMS
    return MALFORMED[request.json["queryId"]]


@pytest.fixture(scope="module")
def serving() -> Iterator[ServerProcess]:
    """A server for all the tests that it has to survive."""
    with Endpoint(_malformed_where_named) as endpoint, ServerProcess(AWS_ENDPOINT_URL=endpoint.url) as process:
        process.initialize()
        yield process


def _call_about(namespace: bytes) -> bytes:
    arguments = b'{"namespace": "%s"}' % namespace
    call = b'{"jsonrpc": "2.0", "id": "mine", "method": "tools/call", "params": {"name": "get_metric_metadata", '
    return call + b'"arguments": %s}}' % arguments


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"help", id="no JSON"),
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"jsonrpc": "2.0", "id": "mine", "meth', id="half a message"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="an empty batch"),
        pytest.param(b"[" * 100_000, id="deep nesting"),
        pytest.param(b"\xff\xfe\xc3(", id="no UTF-8"),
        pytest.param(b'{"jsonrpc": "2.0", "id": "mine", "method": "\xff"}', id="no UTF-8 in a message"),
        pytest.param(b"x" * 8_000_000, id="a huge line"),
        pytest.param(_call_about(b"x" * 8_000_000), id="a huge argument"),
        pytest.param(_call_about(b"\\ud800"), id="half a surrogate pair"),
        pytest.param(b'{"jsonrpc": "1.0", "id": "mine", "method": "ping"}', id="another JSON-RPC"),
        pytest.param(b'{"jsonrpc": "2.0", "id": {}, "method": "ping"}', id="an id that is none"),
        pytest.param(b'{"jsonrpc": "2.0", "id": "mine", "method": 7}', id="a method that is none"),
        pytest.param(
            b'{"jsonrpc": "2.0", "id": "mine", "method": "tools/call", "params": []}', id="an array of params"
        ),
        pytest.param(b'{"jsonrpc": "2.0", "id": "mine", "method": "tools/call"}', id="a call of nothing"),
        pytest.param(b'{"jsonrpc": "2.0", "id": "mine", "result": {}}', id="an answer to nothing"),
        pytest.param(b'{"jsonrpc": "2.0", "method": "notifications/nonsense"}', id="an unknown notification"),
        pytest.param(b'{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {}}', id="cancelling nothing"),
    ],
)
def test_the_server_answers_on_after_nonsense(serving: ServerProcess, line: bytes) -> None:
    serving.write(line)
    assert serving.request("ping")["result"] == {}
    assert serving.call("get_metric_metadata", namespace="AWS/Lambda", metric_name="Errors").data["found"]


def test_an_unknown_method_is_an_error_and_not_the_end(serving: ServerProcess) -> None:
    assert serving.request("tools/burn")["error"]["code"] == -32601  # JSON-RPC: method not found
    assert serving.request("ping")["result"] == {}


def test_arguments_of_the_wrong_type_are_a_protocol_error(serving: ServerProcess) -> None:
    answer = serving.request("tools/call", name=5, arguments="x")
    assert answer["error"]["code"] == -32602  # JSON-RPC: invalid params


def test_any_endpoint_that_speaks_aws_json_will_do(serving: ServerProcess) -> None:
    reply = serving.call("get_active_alarms")
    assert reply.notes[0].startswith("No alarm is in ALARM in us-east-1")


@pytest.mark.parametrize("malformed", MALFORMED)
def test_a_malformed_answer_is_said_to_be_one(serving: ServerProcess, malformed: str) -> None:
    error = serving.call("get_logs_insight_query_results", query_id=malformed).error
    assert error.startswith("GetQueryResults in us-east-1 failed: ")
    assert ("502" if malformed == "bad-gateway" else "AWS_ENDPOINT_URL") in error


def test_a_proxys_page_is_never_taken_for_no_alarms(serving: ServerProcess) -> None:
    assert serving.call("get_active_alarms", region="eu-west-1").error.startswith("DescribeAlarms in eu-west-1 failed")


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server without credentials; the profiles `good` and `unreachable` have some."""
    config = tmp_path_factory.mktemp("aws") / "config"
    keys = "aws_access_key_id = testing\naws_secret_access_key = testing\n"
    with Endpoint(lambda _: NO_ALARMS) as endpoint, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # held but not listened on: who connects is refused
        refusing = f"http://127.0.0.1:{closed.getsockname()[1]}"
        config.write_text(
            f"[profile good]\nendpoint_url = {endpoint.url}\n{keys}"
            f"[profile unreachable]\nendpoint_url = {refusing}\n{keys}"
        )
        without = environment(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_CONFIG_FILE=str(config))
        with ServerProcess(env=without) as process:
            process.initialize()
            yield process


def test_missing_credentials_are_an_error_that_says_what_to_do_and_the_next_call_works(
    profiles: ServerProcess,
) -> None:
    error = profiles.call("get_active_alarms").error
    assert "Unable to locate credentials" in error
    assert all(step in error for step in ("AWS_PROFILE", "profile_name", "aws configure", "--sandbox"))
    assert not profiles.call("get_active_alarms", profile_name="good").failed


def test_an_unreachable_endpoint_is_an_error_before_the_clients_patience_ends(profiles: ServerProcess) -> None:
    """Four attempts with at most 1, 2 and 4 s between them: the client waits for PATIENCE, which is 20 s."""
    error = profiles.call("get_active_alarms", profile_name="unreachable").error
    assert "Could not connect to the endpoint URL" in error
    assert "Check the network" in error
    assert "AWS_ENDPOINT_URL" in error


@pytest.mark.anyio
async def test_the_sdks_own_client_finds_the_ten_tools_and_calls_one(sandbox: str) -> None:
    server = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=environment(AWS_ENDPOINT_URL=sandbox))
    async with Client(server, read_timeout_seconds=PATIENCE) as client:
        assert sorted(tool.name for tool in (await client.list_tools()).tools) == TEN
        result = await client.call_tool("describe_log_groups", {"log_group_name_prefix": "/ecs/"})
        assert not result.is_error
        assert result.structured_content is not None


IN_TIME = 2  # seconds after which MCP clients kill a server whose input they have closed

ENDS = {"EOF": 0, **{number.name: 128 + number for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}}
each_end = pytest.mark.parametrize("end", ENDS)


def _end(process: ServerProcess, end: str) -> None:
    if end == "EOF":
        process.end_input()
    else:
        process.signal(signal.Signals[end])


def _begin_query(process: ServerProcess, query: str) -> int:
    """A query that runs: its progress has been told."""
    request = process.begin_call("execute_log_insights_query", query_string=query, **QUERY)
    process.wait_for(lambda message: message.get("method") == "notifications/progress")
    return request


def _cancelled_queries(endpoint: str) -> list[str]:
    client = boto3.Session(region_name="us-east-1").client("logs", endpoint_url=endpoint)
    return [query["queryString"] for query in client.describe_queries(status="Cancelled")["queries"]]


@contextmanager
def _one_for_each_end(endpoint: Callable[[], str]) -> Iterator[dict[str, ServerProcess]]:
    """Started together, as starting is what takes longest."""
    with ExitStack() as stack:
        processes = {end: stack.enter_context(ServerProcess(AWS_ENDPOINT_URL=endpoint())) for end in ENDS}
        for process in processes.values():
            process.initialize()
        yield processes


def _forwarding_to(url: str) -> Callable[[Request], Response]:
    def forward(request: Request) -> Response:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
        connection.request("POST", "/", request.body, dict(request.headers))
        answer = connection.getresponse()
        response = Response(answer.read(), answer.status, answer.headers["Content-Type"])
        connection.close()
        return response

    return forward


def test_a_cancelled_query_is_stopped_and_never_answered(sandbox: str) -> None:
    with (
        Endpoint(_forwarding_to(sandbox)) as endpoint,
        ServerProcess(AWS_ENDPOINT_URL=endpoint.url) as process,
    ):
        process.initialize()
        request = _begin_query(process, f"fields @message {HELD} until cancelled")
        process.write({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": request}})
        endpoint.wait_for("StopQuery")
        assert f"fields @message {HELD} until cancelled" in _cancelled_queries(sandbox)
        assert process.request("ping")["result"] == {}
        process.end_input()
        assert process.wait() == 0
        assert [message for message in process.messages if message.get("id") == request] == []
        assert process.stderr == ""


@pytest.fixture(scope="module")
def querying(sandbox: str) -> Iterator[dict[str, ServerProcess]]:
    with _one_for_each_end(lambda: sandbox) as processes:
        for end, process in processes.items():
            _begin_query(process, f"fields @message {HELD} until {end}")
        yield processes


@each_end
def test_a_running_query_is_stopped_when_the_server_is_ended(
    querying: dict[str, ServerProcess], end: str, sandbox: str
) -> None:
    _end(querying[end], end)
    assert querying[end].wait_at_most(IN_TIME) == ENDS[end]
    assert f"fields @message {HELD} until {end}" in _cancelled_queries(sandbox)


@pytest.mark.parametrize("seconds", [0, 1])
def test_the_sandbox_can_be_ended_while_it_starts(seconds: float) -> None:
    with ServerProcess("--sandbox") as process:
        process.wait_at_most(seconds)
        process.signal(signal.SIGTERM)
        assert process.wait_at_most(IN_TIME) in {-signal.SIGTERM, 128 + signal.SIGTERM}


def test_a_regular_expression_that_backtracks_without_end_holds_up_neither_answers_nor_signals() -> None:
    with ServerProcess("--sandbox") as process:
        process.initialize()
        hopeless = {**QUERY, "start_time": "1h", "end_time": "now", "query_string": "filter @message like /(.|.)*[~^]/"}
        process.begin_call("execute_log_insights_query", **hopeless)
        process.wait_for(lambda message: "Scheduled" in str(message))  # the next look at its results runs it
        assert [process.request("ping")["result"] for _ in range(20)] == [{}] * 20
        process.signal(signal.SIGTERM)
        assert process.wait_at_most(IN_TIME) == 128 + signal.SIGTERM


@pytest.mark.parametrize(("number", "handled"), [(1, {signal.SIGTERM, signal.SIGINT}), (2, set())])
def test_the_first_process_of_a_container_can_be_ended_while_it_starts(
    monkeypatch: pytest.MonkeyPatch, number: int, handled: set[signal.Signals]
) -> None:
    handlers: dict[int, Any] = {}
    monkeypatch.setattr(os, "getpid", lambda: number)
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert handlers.keys() == handled


def test_who_ignores_hangups_is_not_ended_by_one() -> None:
    command = ["nohup", *COMMAND]
    with subprocess.Popen(
        command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in (1, 2):
            process.stdin.write(b'{"jsonrpc": "2.0", "id": %d, "method": "ping"}\n' % number)
            process.stdin.flush()
            assert b'"id":%d' % number in process.stdout.readline()
            process.send_signal(signal.SIGHUP)
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


def _only_one_query_starts(request: Request) -> Response | None:
    starts = request.operation == "StartQuery" and "starts" in request.json["queryString"]
    return Response(b'{"queryId": "one"}') if starts else None


@pytest.fixture(scope="module")
def hanging() -> Iterator[dict[str, ServerProcess]]:
    """Each waits for a query to start, for a query's results and for a list of alarms, which never come."""
    with ExitStack() as stack:
        endpoints = [stack.enter_context(Endpoint(_only_one_query_starts)) for _ in ENDS]
        urls = iter([endpoint.url for endpoint in endpoints])
        processes = stack.enter_context(_one_for_each_end(lambda: next(urls)))
        for process, endpoint in zip(processes.values(), endpoints, strict=True):
            process.begin_call("get_active_alarms")
            endpoint.wait_for("DescribeAlarms")
            process.begin_call("execute_log_insights_query", query_string="fields starts", **QUERY)
            endpoint.wait_for("GetQueryResults")
            process.begin_call("execute_log_insights_query", query_string="fields hangs", **QUERY)
            endpoint.wait_for("StartQuery")
        yield processes


def test_the_server_ends_in_time_though_aws_never_answers(hanging: dict[str, ServerProcess]) -> None:
    for end, process in hanging.items():
        _end(process, end)
    with ThreadPoolExecutor() as pool:
        codes = pool.map(lambda process: process.wait_at_most(IN_TIME), hanging.values())
        assert dict(zip(ENDS, codes, strict=True)) == ENDS


AUDIT = r"\d\d:\d\d:\d\d INFO tool={} region={} outcome={} seconds=\d+\.\d{{3}} aws_calls={} characters={}"


def test_each_call_is_one_audit_line_without_any_argument(sandbox: str) -> None:
    with ServerProcess(AWS_ENDPOINT_URL=sandbox, CLOUDWATCH_MCP_LOG_LEVEL="INFO") as process:
        process.initialize()
        process.request("tools/list")
        groups = process.call("describe_log_groups", log_group_name_prefix="/ecs/shop")
        unknown = process.call("get_alarm_history", alarm_name="hush-hush", start_time="2020-01-01", hush="hush")
        nowhere = process.call("hush_hush", hush="hush")
        process.end_input()
        process.wait()
        lines = [line for line in process.stderr.splitlines() if "tool=" in line]
        expected = [
            ("describe_log_groups", "us-east-1", "ok", "2", len(groups.text)),
            ("get_alarm_history", "None", "InputError", "0", len(unknown.text)),
            ("unknown", "None", "InputError", "0", len(nowhere.text)),
        ]
        assert len(lines) == len(expected)
        assert all(re.fullmatch(AUDIT.format(*fields), line) for fields, line in zip(expected, lines, strict=True)), (
            lines
        )
        assert "hush" not in process.stderr
        assert "/ecs/shop" not in process.stderr


def test_debug_leaks_neither_a_credential_nor_a_query_nor_log_content(sandbox: str) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "MADEUPKEY", "AWS_SESSION_TOKEN": "made-up-token"}
    debugging = environment(AWS_ENDPOINT_URL=sandbox, CLOUDWATCH_MCP_LOG_LEVEL="DEBUG", **keys)
    with ServerProcess(env=debugging) as process:
        process.initialize()
        good = process.call("execute_log_insights_query", query_string="fields @message | limit 3 # hush", **QUERY)
        bad = process.call("execute_log_insights_query", query_string="fields hush hush", **QUERY)
        process.end_input()
        process.wait()
        contents = [dumps(row["@message"]) for row in good.rows("results")]
        assert len(contents) == 3
        assert bad.failed
        assert process.stderr.count("tool=execute_log_insights_query") == 2
        secrets = [SECRET, *keys.values(), "Signature", "hush", "/ecs/shop", *[content[:40] for content in contents]]
        assert [secret for secret in secrets if secret in process.stderr] == []


def test_the_sandbox_needs_no_configuration_and_a_session_is_json_rpc_on_stdout_and_nothing_on_stderr(
    embedded: ServerProcess,
) -> None:
    assert embedded.initialize()["serverInfo"]["version"] == __version__
    tools = embedded.request("tools/list")["result"]["tools"]
    assert sorted(tool["name"] for tool in tools) == TEN
    assert embedded.call("get_active_alarms").rows("composite_alarms")
    embedded.end_input()
    assert embedded.wait() == 0
    assert embedded.stderr == ""
    assert [message["id"] for message in embedded.messages] == [1, 2, 3]
