"""Traces: what a span has, and that OpenTelemetry costs and breaks nothing where it is not configured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from cloudwatch_mcp import __version__
from cloudwatch_mcp.server.span_export import provider_of, shut_down
from cloudwatch_mcp.server.tool_calls import CloudWatchServer
from cloudwatch_mcp.server.tracing import start_tracing
from tests.support.endpoint import PATIENCE
from tests.support.server_process import ForkedServer

CUSTOMER = "customer-4711"
TRACE, PARENT = "ab" * 16, "cd" * 8
CATALOG_ONLY = ("get_recommended_metric_alarms", {"namespace": "AWS/Lambda", "metric_name": "Errors"})


class Spans:
    """The spans that an exporter would send."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._exporter = InMemorySpanExporter()
        self._provider = provider_of([self._exporter])
        monkeypatch.setattr("mcp.shared._otel._tracer", self._provider.get_tracer("mcp-python-sdk"))
        self.tracer = self._provider.get_tracer

    def all(self) -> list[ReadableSpan]:
        self._provider.force_flush()
        return [span for span in self._exporter.get_finished_spans() if span.kind.name == "SERVER"]

    def named(self, name: str) -> ReadableSpan:
        (span,) = [span for span in self.all() if span.name == name]
        return span


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Spans:
    return Spans(monkeypatch)


@pytest.mark.anyio
async def test_the_span_of_a_call_has_tool_region_aws_calls_outcome_and_size(
    on_sandbox: Callable[..., CloudWatchServer], spans: Spans
) -> None:
    async with Client(on_sandbox()) as client:
        result = await client.call_tool("describe_log_groups", {"log_group_name_prefix": "/ecs/"})
    (content,) = result.content
    assert content.type == "text"
    span = spans.named("tools/call describe_log_groups")
    assert dict(span.attributes or {}) == {
        "mcp.method.name": "tools/call",
        "mcp.protocol.version": "2026-07-28",
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "describe_log_groups",
        "cloud.region": "us-east-1",
        "cloudwatch_mcp.aws_calls": 2,
        "cloudwatch_mcp.outcome": "ok",
        "cloudwatch_mcp.answer_characters": len(content.text),
    }
    resource = span.resource.attributes
    assert (resource["service.name"], resource["service.version"]) == ("cloudwatch-mcp", __version__)


@pytest.mark.anyio
async def test_a_failed_call_has_its_kind_of_error(server: CloudWatchServer, spans: Spans) -> None:
    async with Client(server) as client:
        assert (await client.call_tool("describe_log_groups", {"region": CUSTOMER})).is_error
    span = spans.named("tools/call describe_log_groups")
    assert span.attributes
    assert (span.attributes["cloudwatch_mcp.outcome"], span.attributes["error.type"]) == ("InputError", "tool_error")
    assert "cloud.region" not in span.attributes


@pytest.mark.anyio
async def test_a_span_has_no_argument_no_name_that_the_client_made_up_and_no_message(
    server: CloudWatchServer, spans: Spans
) -> None:
    async with Client(server) as client:
        await client.call_tool(CUSTOMER, {CUSTOMER: CUSTOMER})
        await client.call_tool("describe_log_groups", {"log_group_name_prefix": CUSTOMER, CUSTOMER: 1})
        for prompt in (CUSTOMER, "triage_alarm"):
            with pytest.raises(MCPError):
                await client.get_prompt(prompt, {CUSTOMER: CUSTOMER})
        with pytest.raises(MCPError):
            await client.read_resource(f"file:///{CUSTOMER}")
    with spans.tracer("mcp-python-sdk").start_as_current_span("tools/call", attributes={"x": CUSTOMER}) as span:
        span.record_exception(ValueError(CUSTOMER))
    names = [span.name for span in spans.all()]
    assert {"tools/call", "tools/call describe_log_groups", "prompts/get", "resources/read"} <= {*names}
    assert CUSTOMER not in "".join(span.to_json() for span in spans.all())


def test_the_spans_of_other_libraries_are_not_exported(spans: Spans) -> None:
    with spans.tracer("another").start_as_current_span(CUSTOMER, kind=SpanKind.SERVER):
        pass
    assert spans.all() == []


@pytest.mark.anyio
async def test_a_span_continues_the_trace_of_the_request(server: CloudWatchServer, spans: Spans) -> None:
    name, arguments = CATALOG_ONLY
    meta: Any = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
    async with Client(server) as client:
        await client.call_tool(name, arguments, meta=meta)
    span = spans.named(f"tools/call {name}")
    assert span.context
    assert span.parent
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, PARENT)


NOT_CONFIGURED: list[dict[str, str]] = [
    {},
    {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"},
    {"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "otlp"},
    {"OTEL_SERVICE_NAME": "mine"},
]


@pytest.mark.parametrize("variables", NOT_CONFIGURED)
def test_variables_that_ask_for_no_traces_do_not_import_opentelemetrys_sdk(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "cloudwatch_mcp.server.span_export", None)  # to import it is an error
    start_tracing(variables)()
    assert capsys.readouterr().err == ""


@pytest.fixture
def collector() -> Iterator[tuple[str, SimpleQueue[tuple[str, bytes]]]]:
    """The URL of an OTLP collector, and the requests that it gets: path and body."""
    requests: SimpleQueue[tuple[str, bytes]] = SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            requests.put((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", requests
        server.shutdown()


def test_the_spans_reach_a_collector_before_the_process_ends(
    collector: tuple[str, SimpleQueue[tuple[str, bytes]]],
) -> None:
    url, requests = collector
    name, arguments = CATALOG_ONLY
    with ForkedServer(OTEL_EXPORTER_OTLP_ENDPOINT=url, OTEL_SERVICE_NAME="on-call") as server:
        server.initialize()
        assert not server.call(name, **arguments).failed
        server.end_input()
        assert server.wait() == 0
        assert not server.stderr
    path, body = requests.get(timeout=PATIENCE)
    assert path == "/v1/traces"
    assert all(text in body for text in (name.encode(), b"on-call", b"cloudwatch_mcp.outcome"))
    assert b"AWS/Lambda" not in body


def test_a_collector_that_cannot_be_reached_breaks_no_call(unused_url: str) -> None:
    name, arguments = CATALOG_ONLY
    with ForkedServer(OTEL_EXPORTER_OTLP_ENDPOINT=unused_url, OTEL_BSP_SCHEDULE_DELAY="1") as server:
        server.initialize()
        assert not server.call(name, **arguments).failed
        server.end_input()
        assert server.wait() == 0


@pytest.fixture
def unused_url() -> str:
    """A URL on loopback where nothing listens."""
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return f"http://127.0.0.1:{server.server_port}"


def test_the_end_does_not_wait_for_a_collector_that_hangs() -> None:
    hangs, ended = Event(), Event()

    class Hanging(InMemorySpanExporter):
        def shutdown(self) -> None:
            hangs.wait(PATIENCE)
            ended.set()

    shut_down(provider_of([Hanging()]))
    assert not ended.is_set()
    hangs.set()


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "no package has the exporter zipkin"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "otlp_proto_grpc"),
    ],
)
def test_an_exporter_that_is_not_installed_is_one_line_on_stderr(
    variables: dict[str, str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    start_tracing(variables)()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("cloudwatch-mcp: the OTEL_ variables ask for traces, but none are exported: ")
    assert reason in line


def test_without_the_extra_one_line_on_stderr_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "cloudwatch_mcp.server.span_export")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    start_tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})()
    (line,) = capsys.readouterr().err.splitlines()
    assert "install cloudwatch-mcp[otel]" in line


def test_the_console_exporter_writes_to_stderr() -> None:
    name, arguments = CATALOG_ONLY
    with ForkedServer(OTEL_TRACES_EXPORTER="console") as server:
        server.initialize()
        server.call(name, **arguments)
        server.end_input()
        server.wait()
        assert f'"name": "tools/call {name}"' in server.stderr
