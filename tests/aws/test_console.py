"""Links to the console.

The expected URLs are of the forms in these places: the console's own, shared in public issues and documents
(terraform-aws-notify-slack, issue 203: `alarm/ecs$2Fservice$2Fupscale`), and the tests of Grafana's CloudWatch data
source, which encodes queries with Sage's jsurl.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.aws.console import alarm_links, console_of, metric_links, query_links
from cloudwatch_mcp.aws.sessions import known_regions
from cloudwatch_mcp.metrics.requests import Metric, metric_query
from cloudwatch_mcp.timerange import Window
from tests.support.console_links import ConsoleLink, read_link

WINDOW = Window(datetime(2026, 11, 20, 11, tzinfo=timezone.utc), datetime(2026, 11, 20, 12, tzinfo=timezone.utc))
HOSTILE = (
    "plain",
    "ecs/service/upscale",
    "High 5XX error % from reminders (ApiGateway)",
    'it\'s "quoted"',
    "~)(~'*28!$24%24&=?#;+",
    "line\nbreak\ttab\r\0",
    "Ünïcode 中文 😀",
    "\ud800 lone",
    "..",
)


async def no_send(*_: object) -> dict[str, Any]:
    raise AssertionError("a link needs no call to AWS")


def aws_in(region: str) -> Aws:
    return Aws(no_send, region, None, console=console_of(region))


AWS = aws_in("eu-west-1")


def alarm(name: str, region: str = "eu-west-1") -> ConsoleLink:
    (link,) = alarm_links(aws_in(region), [name])
    assert link["title"] == f"Alarm {name}"
    return read_link(link["url"])


def query(text: str, groups: Sequence[str] | None = None, language: str = "CWLI") -> ConsoleLink:
    (link,) = query_links(AWS, text, WINDOW, groups, language)
    return read_link(link["url"])


def graph(queries: list[dict[str, Any]], *shown: str) -> Any:
    (link,) = metric_links(AWS, queries, shown, WINDOW)
    read = read_link(link["url"])
    assert (read.host, read.page) == ("eu-west-1.console.aws.amazon.com", "metricsV2")
    return read.state


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "us-east-1.console.aws.amazon.com"),
        ("cn-northwest-1", "cn-northwest-1.console.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ("eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu"),
    ],
)
def test_each_partition_has_its_own_console(region: str, host: str) -> None:
    assert alarm("a", region) == ConsoleLink(host, region, "alarm", "a")


@pytest.mark.parametrize(
    "region",
    ["us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1", "local-1", "", "evil.example/#us-east-1"],
)
def test_a_region_without_a_known_console_has_no_link(region: str) -> None:
    assert alarm_links(aws_in(region), ["a"]) == []
    assert query_links(aws_in(region), "fields @message", WINDOW, ["g"]) == []
    assert metric_links(aws_in(region), [metric_query("m1", Metric("N", "M", []), "Sum", 60)], ["m1"], WINDOW) == []


def test_every_region_outside_the_isolated_partitions_has_a_console() -> None:
    without = {partition for region, partition in known_regions().items() if console_of(region) is None}
    assert without == {"aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"}


def test_an_alarm_has_the_consoles_own_encoding() -> None:
    (link,) = alarm_links(AWS, ["ecs/service/upscale"])
    assert link["url"] == (
        "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
        "#alarmsV2:alarm/ecs$2Fservice$2Fupscale"
    )


def test_a_query_has_the_consoles_own_encoding_and_its_window() -> None:
    text = 'fields @timestamp\n| filter level = "ERROR"'
    (link,) = query_links(AWS, text, WINDOW, ["/aws/lambda/checkout"])
    assert link == {
        "title": "Logs Insights query",
        "url": "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
        "#logsV2:logs-insights$3FqueryDetail$3D~(end~'2026-11-20T12*3a00*3a00.000Z"
        "~start~'2026-11-20T11*3a00*3a00.000Z~timeType~'ABSOLUTE~tz~'UTC"
        "~editorString~'fields*20*40timestamp*0a*7c*20filter*20level*20*3d*20*22ERROR*22"
        "~source~(~'*2faws*2flambda*2fcheckout)~lang~'CWLI)",
    }


def test_a_graph_has_the_consoles_own_encoding() -> None:
    metric = Metric("AWS/EC2", "CPUUtilization", [("InstanceId", "i-0abcd1234efgh5678")])
    (link,) = metric_links(AWS, [metric_query("m1", metric, "Average", 300)], ["m1"], WINDOW)
    assert link["url"].partition("#")[2] == (
        "metricsV2?graph=~(metrics~(~(~'AWS*2fEC2~'CPUUtilization~'InstanceId~'i-0abcd1234efgh5678"
        "~(id~'m1~visible~true~stat~'Average~period~300)))~view~'timeSeries~stacked~false~region~'eu-west-1"
        "~start~'2026-11-20T11*3a00*3a00Z~end~'2026-11-20T12*3a00*3a00Z)"
    )


def test_metric_math_keeps_its_hidden_inputs() -> None:
    errors = metric_query("e", Metric("N", "Errors", [("A", "1"), ("B", "2")]), "Sum", 60) | {"ReturnData": False}
    rate = {"Id": "rate", "Expression": "e / PERIOD(e)", "Period": 60, "Label": "${LABEL} rate", "ReturnData": True}
    assert graph([errors, rate], "rate")["metrics"] == [
        ["N", "Errors", "A", "1", "B", "2", {"id": "e", "visible": False, "stat": "Sum", "period": 60}],
        [{"id": "rate", "label": "${LABEL} rate", "visible": True, "expression": "e / PERIOD(e)", "period": 60}],
    ]


def test_a_graph_has_the_metrics_that_the_answer_shows() -> None:
    queries = [metric_query(f"m{i}", Metric("N", f"Metric{i}", []), "Sum", 60) for i in range(3)]
    assert [metric[1] for metric in graph(queries, "m2", "m0")["metrics"]] == ["Metric0", "Metric2"]
    assert metric_links(AWS, queries, [], WINDOW) == []


def test_a_sql_query_names_its_log_groups_itself() -> None:
    state = query('SELECT * FROM "group"', language="SQL").state
    assert "source" not in state
    assert state["lang"] == "SQL"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    known = "".join("?" if "\ud800" <= each <= "\udfff" else each for each in text)
    assert alarm(text).state == known
    assert query(text, [text, "arn:aws:logs:eu-west-1:123456789012:log-group:g"]).state["editorString"] == text
    metric = Metric(text, text, [(text, text)])
    ((namespace, name, dimension, value, _),) = graph([metric_query("m1", metric, "Sum", 60)], "m1")["metrics"]
    assert {namespace, name, dimension, value} == {text}


@given(st.text(max_size=50))
def test_any_query_is_read_back_as_it_was(text: str) -> None:
    link = query(text, ["g"])
    assert (link.host, link.region, link.page) == (
        "eu-west-1.console.aws.amazon.com",
        "eu-west-1",
        "logsV2:logs-insights",
    )
    assert link.state["editorString"] == text


def test_the_longest_query_has_a_link_and_one_that_browsers_would_cut_has_none() -> None:
    longest = ("fields @message | " * 600)[:10_000]
    assert query(longest, ["g"]).state["editorString"] == longest
    assert query_links(AWS, "中" * 10_000, WINDOW, ["g"]) == []


def test_an_answer_has_links_to_twenty_alarms_at_most() -> None:
    names = [f"alarm-{i}" for i in range(30)]
    assert [link["title"] for link in alarm_links(AWS, names)] == [f"Alarm {name}" for name in names[:20]]
