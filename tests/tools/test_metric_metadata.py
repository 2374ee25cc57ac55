"""What get_metric_metadata says of the metrics that the account has."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.asking import Connected
from tests.support.stubbed_server import StubbedServer

pytestmark = pytest.mark.anyio

TOOL = "get_metric_metadata"


def listed(*metrics: tuple[str, str, dict[str, str]], **page: Any) -> dict[str, Any]:
    """A page of ListMetrics, of (namespace, name, dimensions)."""
    return {
        "Metrics": [
            {
                "Namespace": namespace,
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
            }
            for namespace, name, dimensions in metrics
        ],
        **page,
    }


async def test_without_a_namespace_it_lists_those_of_the_account_custom_ones_first(stubbed: StubbedServer) -> None:
    metrics = [
        ("AWS/Lambda", "Errors", {"FunctionName": "a"}),
        ("AWS/Lambda", "Errors", {}),
        ("Shop", "Latency", {}),
        ("Shop", "Orders", {}),
    ]
    stubbed.answer("list_metrics", listed(*metrics), {})
    reply = await stubbed.ask(TOOL)
    assert reply.rows("namespaces") == [
        {"namespace": "Shop", "metrics": 2, "combinations": 2},
        {"namespace": "AWS/Lambda", "metrics": 1, "combinations": 2},
    ]
    assert (reply.data["found"], reply.data["region"], reply.notes) == (True, "us-east-1", [])


async def test_a_metric_without_a_namespace_is_looked_for_in_all(stubbed: StubbedServer) -> None:
    stubbed.answer("list_metrics", listed(("Shop", "Errors", {"Service": "a"})), {"MetricName": "Errors"})
    reply = await stubbed.ask(TOOL, metric_name="Errors")
    assert reply.rows("namespaces") == [{"namespace": "Shop", "metrics": 1, "combinations": 1}]


async def test_a_custom_namespace_has_its_metrics_by_their_dimensions_with_a_few_values(
    stubbed: StubbedServer,
) -> None:
    services = [{"Service": name} for name in ("a", "b", "c", "d", "e")]
    metrics = [("Shop", name, service) for name in ("Latency", "Errors") for service in services]
    stubbed.answer("list_metrics", listed(*metrics, ("Shop", "Latency", {})), {"Namespace": "Shop"})
    reply = await stubbed.ask(TOOL, namespace="Shop")
    assert reply.data["found"] is True
    assert reply.rows("in_account") == [
        {
            "metrics": "Errors, Latency",
            "dimensions": "Service",
            "combinations": 5,
            "values": "Service: a, b, c (+2)",
        },
        {"metrics": "Latency", "dimensions": "none", "combinations": 1, "values": None},
    ]
    assert not reply.notes


async def test_a_published_namespace_names_metrics_that_the_account_does_not_have(stubbed: StubbedServer) -> None:
    stubbed.answer("list_metrics", listed(("AWS/Lambda", "Errors", {"FunctionName": "a"})))
    reply = await stubbed.ask(TOOL, namespace="lambda")
    assert [row["metrics"] for row in reply.rows("in_account")] == ["Errors"]
    assert reply.notes[0].startswith("AWS also publishes ")
    assert reply.notes[0].endswith(" more; metric_name describes one.")
    assert "Errors," not in reply.notes[0]


async def test_a_published_metric_has_its_meaning_and_up_to_ten_combinations(stubbed: StubbedServer) -> None:
    functions = [("AWS/Lambda", "Errors", {"FunctionName": f"f{number:02}"}) for number in range(20)]
    versions = [("AWS/Lambda", "Errors", {"FunctionName": "f00", "Resource": f"f00:{number}"}) for number in range(2)]
    stubbed.answer(
        "list_metrics",
        listed(*functions, *versions, ("AWS/Lambda", "Errors", {})),
        {"Namespace": "AWS/Lambda", "MetricName": "Errors"},
    )
    reply = await stubbed.ask(TOOL, namespace="AWS/Lambda", metric_name="errors")
    assert reply.data["unit"] == "Count"
    rows = reply.rows("combinations")
    assert len(rows) == 10
    assert [row["Resource"] for row in rows if row.get("Resource")] == ["f00:0", "f00:1"]
    assert reply.notes == [
        "It exists without dimensions, too.",
        "10 of 22 combinations are shown: 20 of FunctionName; 2 of FunctionName, Resource.",
    ]


async def test_a_custom_metric_is_found_without_a_meaning(stubbed: StubbedServer) -> None:
    stubbed.answer("list_metrics", listed(("Shop", "Orders", {"Zone": "eu"}), ("Shop", "Orders", {"Zone": "us"})))
    reply = await stubbed.ask(TOOL, namespace="Shop", metric_name="Orders")
    assert (reply.data["found"], reply.data["namespace"], reply.data["metric_name"]) == (True, "Shop", "Orders")
    assert reply.rows("combinations") == [{"Zone": "eu"}, {"Zone": "us"}]
    assert reply.notes == ["The catalogue does not have this metric; the account does."]


async def test_a_misspelled_custom_metric_has_the_nearest_of_its_namespace(stubbed: StubbedServer) -> None:
    stubbed.answer("list_metrics", listed(), MetricName="Ordrs")
    stubbed.answer("list_metrics", listed(("Shop", "Orders", {}), ("Shop", "Latency", {})), {"Namespace": "Shop"})
    reply = await stubbed.ask(TOOL, namespace="Shop", metric_name="Ordrs")
    assert reply.data["found"] is False
    assert "'Shop' has no metric 'Ordrs' in us-east-1; it has 'Orders' (" in reply.notes[1]


async def test_an_unknown_namespace_says_that_the_account_has_none(stubbed: StubbedServer) -> None:
    stubbed.answer("list_metrics", listed())
    reply = await stubbed.ask(TOOL, namespace="Zzzyqx")
    assert reply.data["found"] is False
    assert reply.notes[1].startswith("The account has none in us-east-1 ")


async def test_all_pages_are_read_up_to_a_bound_that_a_note_states(stubbed: StubbedServer) -> None:
    for page in range(20):
        metrics = [("Shop", f"m{page}", {"Item": str(number)}) for number in range(500)]
        stubbed.answer("list_metrics", listed(*metrics, NextToken=str(page)))
    reply = await stubbed.ask(TOOL)
    assert reply.rows("namespaces") == [{"namespace": "Shop", "metrics": 20, "combinations": 10_000}]
    assert reply.notes == ["More than 10,000 metrics match; 10,000 were read, in CloudWatch's own order."]


@pytest.mark.parametrize(
    ("arguments", "member"),
    [
        ({"namespace": "AWS/Lambda", "metric_name": "Errors"}, "description"),
        ({"namespace": "AWS/SQS"}, "metrics"),
        ({}, "namespaces"),
        ({"metric_name": "CPUUtilization"}, "namespaces"),
    ],
)
async def test_without_permission_the_catalogue_answers_and_a_note_says_so(
    stubbed: StubbedServer, arguments: dict[str, str], member: str
) -> None:
    stubbed.refuse("list_metrics", "AccessDenied", "User is not authorized to perform: cloudwatch:ListMetrics")
    reply = await stubbed.ask(TOOL, **arguments)
    assert reply.data["found"] is True
    assert reply.data[member]
    assert reply.notes[-1].startswith("What the account has is unknown: ")
    assert "cloudwatch:ListMetrics" in reply.notes[-1]


async def test_a_profile_that_does_not_exist_is_an_error(stubbed: StubbedServer) -> None:
    reply = await stubbed.ask(TOOL, namespace="AWS/SQS", profile_name="nobody")
    assert "nobody" in reply.error


async def test_a_region_is_asked(connected: Connected) -> None:
    async with connected() as ask:
        here = await ask(TOOL, namespace="Shop/Checkout")
        elsewhere = await ask(TOOL, namespace="Shop/Checkout", region="eu-west-1")
    assert any("Latency" in row["metrics"] for row in here.rows("in_account"))
    assert (elsewhere.data["region"], elsewhere.data["found"]) == ("eu-west-1", False)
