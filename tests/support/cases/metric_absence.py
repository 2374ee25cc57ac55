"""Why a metric has no data: its name, its dimensions, its window, or what AWS says."""

from __future__ import annotations

from tests.support.cases.case import Case
from tests.support.cases.metric_data import APP, LATENCY

CASES = (
    Case(
        name="get_metric_data/unknown_namespace",
        arguments={"namespace": "Shop/Chekout", "metric_name": "Latency"},
        target="aws",
        says="No data as there is no such namespace.",
        holds=lambda reply: "Namespace 'Shop/Chekout' has no metrics in us-east-1" in reply.notes[0],
    ),
    Case(
        name="get_metric_data/unknown_metric",
        arguments={"namespace": "Shop/Checkout", "metric_name": "Latencies"},
        target="aws",
        says="No data as the namespace has no such metric: the note names the nearest.",
        holds=lambda reply: "it has 'Latency'" in reply.notes[0],
    ),
    Case(
        name="get_metric_data/other_dimensions",
        arguments={"namespace": "Shop/Checkout", "metric_name": "Latency"},
        target="aws",
        says="No data as the metric has other dimensions: the note lists real ones.",
        holds=lambda reply: (
            "does not exist without dimensions; it exists with: " in reply.notes[0]
            and "Service=checkout" in reply.notes[0]
        ),
    ),
    Case(
        name="get_metric_data/no_data_in_the_window",
        arguments={**LATENCY, "start_time": "13d", "end_time": "12d"},
        target="aws",
        says="No data in the window, of a metric that exists.",
        holds=lambda reply: "'Latency' exists but has no data in the window" in reply.notes[0],
    ),
    Case(
        name="get_metric_data/grouped_by_another_schema",
        arguments={"namespace": "Shop/Checkout", "metric_name": "Latency", "group_by_dimension": "Nope"},
        target="aws",
        says="No data as the schema is another: the note names those that the metric has, and blames no window.",
        holds=lambda reply: reply.notes[0].endswith("can be one of: 'Endpoint', 'Region', 'Service'; 'Service'."),
    ),
    Case(
        name="get_metric_data/empty_expression",
        arguments={
            "queries": [
                {
                    "id": "a",
                    "metric_stat": {"namespace": "Shop/Checkout", "metric_name": "Nothing"},
                    "return_data": False,
                },
                {"id": "b", "expression": "a * 2"},
            ]
        },
        target="aws",
        says="An expression without data says how to find out why.",
        holds=lambda reply: (
            reply.notes == ["b: the expression gave no data; return the data of its inputs to see which is empty."]
        ),
    ),
    Case(
        name="get_metric_data/cause_unknown",
        arguments=APP,
        target="authored",
        says="Where metrics may not be listed, why there is no data stays open, and the missing IAM action is named.",
        holds=lambda reply: "cloudwatch:ListMetrics" in reply.notes[0],
    ),
    Case(
        name="get_metric_data/messages",
        arguments=APP,
        target="authored",
        says="What AWS says of the whole and of a series is noted.",
        holds=lambda reply: (
            reply.notes[:2]
            == [
                "MaxMetricsExceeded: The query exceeded 10,000 metrics.",
                "'Latency' is Forbidden: AWS gives no reason.",
            ]
        ),
    ),
)
