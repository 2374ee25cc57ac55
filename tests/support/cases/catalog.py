"""What the tools answer from the built-in catalogue: AWS is not asked."""

from __future__ import annotations

from tests.support.cases.case import Case

_METADATA, _ALARMS = "get_metric_metadata", "get_recommended_metric_alarms"

CASES = (
    Case(
        name=f"{_METADATA}/metric",
        arguments={"namespace": "AWS/Lambda", "metric_name": "Errors", "region": "eu-west-1"},
        target="none",
        says="A published metric is told in full.",
        holds=lambda reply: reply.data["found"] is True and reply.data["unit"] == "Count",
    ),
    Case(
        name=f"{_METADATA}/namespace",
        arguments={"namespace": "sqs"},
        target="none",
        says="A namespace lists its metrics, however it is written.",
        holds=lambda reply: reply.data["namespace"] == "AWS/SQS" and len(reply.rows("metrics")) > 10,
    ),
    Case(
        name=f"{_METADATA}/over_the_budget",
        arguments={"namespace": "AWS/NATGateway"},
        settings={"max_response_chars": 2_000},
        target="none",
        says="A listing over the budget loses whole rows, and says how to ask for one metric.",
        holds=lambda reply: len(reply.text) <= 2_000 and "metric_name" in reply.notes[-1],
    ),
    Case(
        name=f"{_METADATA}/unknown_namespace",
        arguments={"namespace": "AWS/Lamda", "metric_name": "Errors"},
        target="none",
        says="A namespace that is not in the catalogue is not found, with the nearest.",
        holds=lambda reply: reply.data["found"] is False and "Nearest: AWS/Lambda" in reply.notes[0],
    ),
    Case(
        name=f"{_METADATA}/unknown_metric",
        arguments={"namespace": "AWS/Lambda", "metric_name": "Erors"},
        target="none",
        says="A metric that is not in the catalogue is not found, with the nearest.",
        holds=lambda reply: reply.data["found"] is False and "no metric 'Erors' in AWS/Lambda" in reply.notes[0],
    ),
    Case(
        name=f"{_METADATA}/part_of_a_name",
        arguments={"namespace": "AWS/Lambda", "metric_name": "Invocation"},
        target="none",
        says="A word of a name finds those that hold it.",
        holds=lambda reply: "Invocations" in [row["metric"] for row in reply.rows("metrics")],
    ),
    Case(
        name=f"{_METADATA}/no_namespace",
        arguments={"metric_name": "Errors"},
        target="none",
        fails=True,
        says="What is missing is named.",
        holds=lambda reply: "namespace" in reply.error,
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
