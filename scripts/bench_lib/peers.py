"""Another CloudWatch server, asked the same questions on the same endpoint: side by side, ours first."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from statistics import median
from typing import Any

import bpe_openai

from bench_lib.endpoint import Endpoint, sandbox
from bench_lib.own_time import default_calls
from bench_lib.start import OURS, after_warm_up, start
from bench_lib.stdio_server import Answer, StdioServer

Data = dict[str, Any]
_NOW = datetime.now(timezone.utc).replace(microsecond=0)
_END = {"end_time": _NOW.isoformat()}
_HOUR = {"start_time": (_NOW - timedelta(hours=1)).isoformat(), **_END}
_DAY = {"start_time": (_NOW - timedelta(days=1)).isoformat(), **_END}
_PAYMENTS = "/ecs/shop/payments"
_ARN = f"arn:aws:logs:us-east-1:123456789012:log-group:{_PAYMENTS}"
_LATENCY = {"namespace": "Shop/Checkout", "metric_name": "Latency", "statistic": "Average"}
_CHECKOUT = [{"name": "Service", "value": "checkout"}]
_LATEST = "fields @timestamp, @message | sort @timestamp desc | limit 50"
_HOURLY = "stats count(*) as events, avg(duration_ms) as avg_ms by bin(1h) as hour | sort hour"
_GROUPED = {
    "namespace": "ECS/ContainerInsights",
    "metric_name": "CpuUtilized",
    "group_by_dimension": "ServiceName",
    "schema_dimension_keys": ["ClusterName", "ServiceName"],
    "limit": 5,
    "sort_order": "DESC",
    "order_by_statistic": "MAX",
}
_METRIC = {"namespace": "AWS/EC2", "metric_name": "CPUUtilization"}
_ALARMS_FOR = {**_METRIC, "dimensions": [{"name": "InstanceId", "value": "i-0123456789abcdef0"}]}
_AT_ONCE, _LATENCY_AT_ONCE = 20, 0.5


@dataclass
class Found:
    """A server's figures by what they are of; a call that failed has None, and `failures` say why."""

    name: str
    seconds: dict[str, float | None] = field(default_factory=dict)
    characters: dict[str, int | None] = field(default_factory=dict)
    tokens: dict[str, int | None] = field(default_factory=dict)
    facts: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def _questions(aws: Endpoint) -> list[tuple[str, str, Callable[[], Data]]]:
    """(what is asked, the tool, what makes its arguments), by names that the AWS Labs server's tools have, too."""
    given = default_calls(aws)
    done, begun = given["get_logs_insight_query_results"], given["cancel_logs_insight_query"]

    def query(text: str, window: Data) -> Callable[[], Data]:
        return lambda: {"query_string": text, "log_group_names": [_PAYMENTS], **window}

    flapping, composite = {"alarm_name": "shop-batch-host-cpu"}, {"alarm_name": "shop-checkout-degraded"}
    return [
        ("50 active alarms", "get_active_alarms", dict),
        ("24 h of a flapping alarm's history", "get_alarm_history", lambda: flapping | _DAY),
        (
            "a composite alarm, with its children",
            "get_alarm_history",
            lambda: {**composite, **_DAY, "include_component_alarms": True},
        ),
        ("50 log groups", "describe_log_groups", lambda: {"max_items": 50}),
        ("a log group's anomalies and patterns", "analyze_log_group", lambda: {"log_group_arn": _ARN, **_HOUR}),
        ("50 rows of JSON logs", "execute_log_insights_query", query(_LATEST, _HOUR)),
        ("24 hourly rows of stats", "execute_log_insights_query", query(_HOURLY, _DAY)),
        ("results of a finished query", "get_logs_insight_query_results", done),
        ("a query cancelled", "cancel_logs_insight_query", begun),
        ("one day of one metric", "get_metric_data", lambda: {**_LATENCY, "dimensions": _CHECKOUT, **_DAY}),
        ("five series by group", "get_metric_data", lambda: {**_GROUPED, **_HOUR}),
        ("what a metric means", "get_metric_metadata", lambda: _METRIC),
        ("recommended alarms", "get_recommended_metric_alarms", lambda: _ALARMS_FOR),
    ]


def ask(peers: Sequence[str], calls: int) -> list[Found]:
    """This server's figures and those of each `NAME=COMMAND`; each thing is measured of all in turns."""
    commands = {"this server": OURS, **dict(map(_named, peers))}
    found = {name: Found(name) for name in commands}
    with sandbox(filled_up=True) as aws, ExitStack() as stack:
        _compare_starts(found, commands, aws, calls)
        servers = {
            name: stack.enter_context(StdioServer(command, aws.environment)) for name, command in commands.items()
        }
        definitions = {}
        for name, server in servers.items():
            server.initialize()
            definitions[name] = [_definition(tool) for tool in server.request("tools/list")["tools"]]
        for about, tool, arguments in _questions(aws):
            answers = [
                {name: server.call(tool, arguments()) for name, server in servers.items()} for _ in range(calls + 1)
            ]
            for name, each in found.items():
                _note(each, about, [answer[name] for answer in answers[1:]])
        for name, server in servers.items():
            found[name].facts["memory at its peak, MB"] = server.memory().peak
            found[name].facts[f"{_AT_ONCE} calls at once, × one call"] = _calls_at_once(server, aws)
            found[name].facts["tools"] = len(definitions[name])
            found[name].facts["tokens of their definitions"] = sum(map(_tokens, definitions[name]))
    return list(found.values())


def _named(peer: str) -> tuple[str, list[str]]:
    name, _, command = peer.partition("=")
    if not name or not command:
        sys.exit(f"--peer {peer}: it takes NAME=COMMAND")
    return name, shlex.split(command)


def _compare_starts(
    found: Mapping[str, Found], commands: Mapping[str, Sequence[str]], aws: Endpoint, rounds: int
) -> None:
    starts = [{name: start(command, aws.environment) for name, command in commands.items()} for _ in range(rounds)]
    for name, command in commands.items():
        found[name].facts["spawn to tools/list, s"] = median(each[name].tools_list for each in starts)
        found[name].facts["memory at rest, all loaded, MB"] = after_warm_up(command, aws.environment)


def _note(found: Found, about: str, answers: Sequence[Answer]) -> None:
    last = answers[-1]
    failed = any(answer.failed or _says_error(answer.text) for answer in answers)
    if failed:
        found.failures.append(f"{found.name}: {about}: {last.text[:300]}")
    found.seconds[about] = None if failed else median(answer.seconds for answer in answers)
    found.characters[about] = None if failed else len(last.text)
    found.tokens[about] = None if failed else _tokens(last.text)


def _says_error(text: str) -> bool:
    """Some servers tell of an error in an answer that is none by MCP."""
    try:
        said = json.loads(text)
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("status") == "Error"


def _calls_at_once(server: StdioServer, aws: Endpoint) -> float:
    arguments = {**_LATENCY, "dimensions": _CHECKOUT, **_HOUR}
    aws.delay(_LATENCY_AT_ONCE)
    try:
        server.at_once("get_metric_data", arguments, 1)
        one = median(server.at_once("get_metric_data", arguments, 1) for _ in range(3))
        return median(server.at_once("get_metric_data", arguments, _AT_ONCE) for _ in range(3)) / one
    except RuntimeError:
        return float("nan")
    finally:
        aws.delay(0)


def _definition(tool: Mapping[str, Any]) -> str:
    told = {"name": tool["name"], "description": tool.get("description"), "inputSchema": tool["inputSchema"]}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _tokens(text: str) -> int:
    return len(bpe_openai.get_encoding("o200k_base").encode_ordinary(text))


def as_markdown(found: Sequence[Found]) -> str:
    ours, *theirs = found
    return "\n\n".join("\n".join(_table(ours, their)) for their in theirs)


def _table(ours: Found, theirs: Found) -> Iterator[str]:
    yield f"| {theirs.name} and this server | ratio | {theirs.name} | this server |"
    yield "|---|--:|--:|--:|"
    for fact, our in ours.facts.items():
        yield f"| {fact} | {theirs.facts[fact] / our:.2f} | {_short(theirs.facts[fact])} | {_short(our)} |"
    yield ""
    yield "| question | ratio of time | of characters | of tokens | ms | tokens |"
    yield "|---|--:|--:|--:|--:|--:|"
    for about in ours.seconds:
        of_time = _ratio(ours.seconds[about], theirs.seconds[about])
        of_characters = _ratio(ours.characters[about], theirs.characters[about])
        of_tokens = _ratio(ours.tokens[about], theirs.tokens[about])
        milliseconds = f"{_cell(theirs.seconds[about], 1000)} / {_cell(ours.seconds[about], 1000)}"
        tokens = f"{_cell(theirs.tokens[about])} / {_cell(ours.tokens[about])}"
        yield f"| {about} | {of_time} | {of_characters} | {of_tokens} | {milliseconds} | {tokens} |"
    both = [about for about in ours.tokens if ours.tokens[about] and theirs.tokens[about]]
    our, their = (sum(each.tokens[about] or 0 for about in both) for each in (ours, theirs))
    yield f"| **all that both answered** | | | {their / our:.2f} | | {their:,} / {our:,} |"


def _ratio(ours: float | None, theirs: float | None) -> str:
    return f"{theirs / ours:.2f}" if ours and theirs else "failed"


def _cell(value: float | None, factor: int = 1) -> str:
    return "failed" if value is None else f"{value * factor:,.0f}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"
