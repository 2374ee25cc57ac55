"""Links to the CloudWatch console: an alarm, a metric graph, a Logs Insights query with its window.

The console keeps its state after `#`, where a `$` stands for the `%` of percent-encoding. Graphs and queries are JSURL
there: `~'text`, `~1`, `~(~'item)`, `~(key~'value)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import quote

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.aws.sessions import known_regions
from cloudwatch_mcp.timerange import Window, utc_text

Link: TypeAlias = dict[str, str]  # title and url

# The partitions that are not here have no public console.
_HOSTS = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-eusc": "console.amazonaws-eusc.eu",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
_MAX_ALARMS = 20  # links in one answer
_MAX_CHARS = 32_000  # of a link; some browsers cut longer ones
_ESCAPED = re.compile(r"[^\w.-]", re.ASCII)


def console_of(region: str) -> str | None:
    """Where the links for a Region begin; None if botocore does not know it, or its partition's console is unknown."""
    host = _HOSTS.get(known_regions().get(region, ""))
    return f"https://{region}.{host}/cloudwatch/home?region={region}#" if host else None


def alarm_links(aws: Aws, names: Sequence[str]) -> list[Link]:
    """A link for each of the first alarms.

    The console's own links have `$2F` for the `/` in a name (terraform-aws-notify-slack, issue 203).
    """
    links = [_link(aws, f"Alarm {name}", "alarmsV2:alarm/" + _quoted(name)) for name in names[:_MAX_ALARMS]]
    return [link for each in links for link in each]


def metric_links(aws: Aws, queries: Sequence[Mapping[str, Any]], shown: Iterable[str], window: Window) -> list[Link]:
    """The graph of GetMetricData's `queries`: of those `shown`, by id, or of all where one is an expression."""
    if not any("Expression" in query for query in queries):
        ids = set(shown)
        queries = [query for query in queries if query["Id"] in ids]
    graph = {
        "metrics": [_graphed(query) for query in queries],
        "view": "timeSeries",
        "stacked": False,
        "region": aws.region,
        "start": utc_text(window.start),
        "end": utc_text(window.end),
    }
    return _link(aws, "Metric graph", "metricsV2?graph=" + _jsurl(graph)) if queries else []


def query_links(
    aws: Aws, text: str, window: Window, groups: Sequence[str] | None, language: str = "CWLI"
) -> list[Link]:
    """The query in Logs Insights, with its window; `groups` are names or ARNs of log groups."""
    detail = {
        "end": _millis_text(window.end),
        "start": _millis_text(window.start),
        "timeType": "ABSOLUTE",
        "tz": "UTC",
        "editorString": text,
        **({"source": list(groups)} if groups else {}),
        "lang": language,
    }
    return _link(aws, "Logs Insights query", "logsV2:logs-insights$3FqueryDetail$3D" + _jsurl(detail))


def _link(aws: Aws, title: str, state: str) -> list[Link]:
    """One link, or none where the Region has no known console or the link would be too long."""
    url = (aws.console or "") + state
    return [{"title": title, "url": url}] if aws.console and len(url) <= _MAX_CHARS else []


def _graphed(query: Mapping[str, Any]) -> list[Any]:
    """A query as an item of `metrics` in the source of a graph."""
    options = {"id": query["Id"], "label": query.get("Label"), "visible": query.get("ReturnData", True)}
    metric: list[Any] = []
    if stat := query.get("MetricStat"):
        options |= {"stat": stat["Stat"], "period": stat["Period"]}
        pairs = ((each["Name"], each["Value"]) for each in stat["Metric"]["Dimensions"])
        metric = [stat["Metric"]["Namespace"], stat["Metric"]["MetricName"], *(part for pair in pairs for part in pair)]
    else:
        options |= {"expression": query["Expression"], "period": query["Period"]}
    return [*metric, {name: value for name, value in options.items() if value is not None}]


def _millis_text(moment: datetime) -> str:
    return utc_text(moment).replace("Z", ".000Z")


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace").replace("%", "$")


def _jsurl(value: Any) -> str:
    if isinstance(value, dict):
        return "~(" + "~".join(_escaped(key) + _jsurl(item) for key, item in value.items()) + ")"
    if isinstance(value, list):
        return "~(" + "".join(map(_jsurl, value)) + ")"
    if isinstance(value, str):
        return "~'" + _escaped(value)
    return f"~{str(value).lower()}"


def _escaped(text: str) -> str:
    return _ESCAPED.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    """`!` for a dollar sign, `*28` for a byte, and `**20ac` for each UTF-16 unit of another character."""
    if match[0] == "$":
        return "!"
    units = match[0].encode("utf-16-be", "surrogatepass")
    codes = (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2))
    return "".join(f"*{code:02x}" if code < 0x100 else f"**{code:04x}" for code in codes)
