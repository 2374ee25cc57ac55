"""What metrics mean, which the account has, and which alarms are recommended."""

from __future__ import annotations

from tests.support.cases.case import Case

_METADATA, _ALARMS = "get_metric_metadata", "get_recommended_metric_alarms"

CASES = (
    Case(
        name=f"{_METADATA}/metric",
        arguments={"namespace": "AWS/EC2", "metric_name": "CPUUtilization"},
        target="sandbox",
        says="A published metric has its meaning and the combinations of dimensions that exist.",
        holds=lambda reply: reply.data["unit"] == "Percent" and "InstanceId" in reply.rows("combinations")[0],
    ),
    Case(
        name=f"{_METADATA}/namespace",
        arguments={"namespace": "sqs"},
        target="sandbox",
        says="A namespace lists the metrics that the account has, however it is written.",
        holds=lambda reply: reply.data["namespace"] == "AWS/SQS" and bool(reply.rows("in_account")),
    ),
    Case(
        name=f"{_METADATA}/custom_namespace",
        arguments={"namespace": "Shop/Checkout"},
        target="aws",
        says="A custom namespace lists its metrics with their dimensions.",
        holds=lambda reply: "Latency" in str(reply.rows("in_account")),
    ),
    Case(
        name=f"{_METADATA}/account",
        arguments={},
        target="sandbox",
        says="Without a namespace, those of the account are listed, custom ones first.",
        holds=lambda reply: reply.rows("namespaces")[0]["namespace"].startswith("Shop"),
    ),
    Case(
        name=f"{_METADATA}/access_denied",
        arguments={"namespace": "AWS/Lambda", "metric_name": "Errors"},
        target="authored",
        says="Without permission the catalogue answers, and a note says so.",
        holds=lambda reply: reply.data["found"] is True and "cloudwatch:ListMetrics" in reply.notes[-1],
    ),
    Case(
        name=f"{_METADATA}/over_the_budget",
        arguments={"namespace": "AWS/NATGateway"},
        settings={"max_response_chars": 2_000},
        target="sandbox",
        says="A listing over the budget loses whole rows, and says how to ask for one metric.",
        holds=lambda reply: len(reply.text) <= 2_000 and "metric_name" in reply.notes[-1],
    ),
    Case(
        name=f"{_METADATA}/unknown_namespace",
        arguments={"namespace": "AWS/Lamda", "metric_name": "Errors"},
        target="sandbox",
        says="A namespace that is not in the catalogue is not found, with the nearest.",
        holds=lambda reply: reply.data["found"] is False and "Nearest: AWS/Lambda" in reply.notes[0],
    ),
    Case(
        name=f"{_METADATA}/unknown_metric",
        arguments={"namespace": "AWS/Lambda", "metric_name": "Erors"},
        target="sandbox",
        says="A metric that is not in the catalogue is not found, with the nearest.",
        holds=lambda reply: reply.data["found"] is False and "no metric 'Erors' in AWS/Lambda" in reply.notes[0],
    ),
    Case(
        name=f"{_METADATA}/part_of_a_name",
        arguments={"namespace": "AWS/Lambda", "metric_name": "Invocation"},
        target="sandbox",
        says="A word of a name finds those that hold it.",
        holds=lambda reply: "Invocations" in [row["metric"] for row in reply.rows("metrics")],
    ),
    Case(
        name=f"{_METADATA}/no_namespace",
        arguments={"metric_name": "Latency"},
        target="sandbox",
        says="Without a namespace, those that have the metric are listed.",
        holds=lambda reply: "Shop/Checkout" in [row["namespace"] for row in reply.rows("namespaces")],
    ),
    Case(
        name=f"{_ALARMS}/metric",
        arguments={"namespace": "AWS/ApiGateway", "metric_name": "5XXError"},
        target="none",
        says="Each recommended alarm comes ready to be configured.",
        holds=lambda reply: reply.data["recommendations"][0]["threshold"] == 0.05,
    ),
    Case(
        name=f"{_ALARMS}/threshold_to_choose",
        arguments={"namespace": "AWS/Lambda", "metric_name": "Duration"},
        target="none",
        says="Where no threshold is published, how to choose it is told instead.",
        holds=lambda reply: (
            "threshold" not in reply.data["recommendations"][0]
            and reply.data["recommendations"][0]["threshold_guide"].endswith(".")
        ),
    ),
    Case(
        name=f"{_ALARMS}/dimensions",
        arguments={
            "namespace": "AWS/ApiGateway",
            "metric_name": "IntegrationLatency",
            "dimensions": [{"name": "ApiId", "value": "a1"}, {"name": "Stage", "value": "live"}],
        },
        target="none",
        says="Only alarms whose dimensions are given are recommended.",
        holds=lambda reply: (
            [each["dimensions"] for each in reply.data["recommendations"]] == [[{"name": "ApiId"}, {"name": "Stage"}]]
        ),
    ),
    Case(
        name=f"{_ALARMS}/none_for_the_dimensions",
        arguments={
            "namespace": "AWS/Lambda",
            "metric_name": "Errors",
            "dimensions": [{"name": "Alias", "value": "live"}],
        },
        target="none",
        says="Where alarms are recommended for other dimensions, the note names them.",
        holds=lambda reply: "recommendations" not in reply.data and "none with dimensions 'Alias'" in reply.notes[0],
    ),
    Case(
        name=f"{_ALARMS}/none",
        arguments={"namespace": "AWS/Lambda", "metric_name": "Invocations"},
        target="none",
        says="Where no alarm is recommended, the note says so.",
        holds=lambda reply: reply.notes[0].startswith("No alarm is recommended for Invocations."),
    ),
    Case(
        name=f"{_ALARMS}/unknown_statistic",
        arguments={"namespace": "AWS/Lambda", "metric_name": "Errors", "statistic": "median"},
        target="none",
        fails=True,
        says="A statistic that CloudWatch does not have is refused, with those it has.",
        holds=lambda reply: "statistic: 'median' is not one of Average" in reply.error,
    ),
)
