"""The completion of prompt arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from mcp import Client
from mcp.types import Completion, CompletionArgument, PromptReference, ResourceTemplateReference

from cloudwatch_mcp.aws.sending import Sender
from cloudwatch_mcp.server.completion import SeenNames
from cloudwatch_mcp.server.tool_calls import CloudWatchServer

pytestmark = pytest.mark.anyio

Mode = Literal["auto", "legacy"]
both_protocols = pytest.mark.parametrize("mode", ["auto", "legacy"])
PROMPT = PromptReference(type="ref/prompt", name="triage_alarm")


async def complete(client: Client, argument: str, text: str = "") -> Completion:
    return (await client.complete(PROMPT, {"name": argument, "value": text})).completion


@both_protocols
async def test_the_names_in_earlier_answers_complete_the_arguments(
    on_sandbox: Callable[..., CloudWatchServer], mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Client(on_sandbox(), mode=mode) as client:
        assert (await complete(client, "alarm_name")).values == []
        for tool in ("get_active_alarms", "describe_log_groups", "get_metric_metadata"):
            await client.call_tool(tool, {})
        monkeypatch.setattr(Sender, "send", None)  # no more calls to AWS
        assert (await complete(client, "alarm_name", "shop-check")).values == [
            "shop-checkout-latency-p99",
            "shop-checkout-5xx-rate",
            "shop-checkout-degraded",
        ]
        assert (await complete(client, "service", "PAYMENTS")).values[0] == "payments latency (p99) eu"
        assert {"/ecs/shop/payments", "Shop/Payments"} <= {*(await complete(client, "service", "payments")).values}
        assert (await complete(client, "region")).values == ["us-east-1"]
        assert (await complete(client, "symptom")).values == []


async def test_a_failed_call_teaches_nothing(on_sandbox: Callable[..., CloudWatchServer]) -> None:
    async with Client(on_sandbox()) as client:
        assert (await client.call_tool("get_alarm_history", {"alarm_name": "no-such-alarm"})).is_error
        assert (await complete(client, "alarm_name")).values == []


async def completed(seen: SeenNames, name: str, text: str = "") -> Completion:
    return await seen.complete(PROMPT, CompletionArgument(name=name, value=text), None)


def alarms(*names: str) -> dict[str, object]:
    return {"metric_alarms": {"columns": ["name", "since"], "rows": [[name] for name in names]}}


async def test_names_that_begin_with_the_text_come_first_and_the_last_seen_before_others() -> None:
    seen = SeenNames()
    seen.learn({}, alarms("old cpu", "CPU old", "memory"))
    seen.learn({}, alarms("cpu new", "memory"))
    assert (await completed(seen, "alarm_name", "Cpu")).values == ["cpu new", "CPU old", "old cpu"]
    assert (await completed(seen, "alarm_name")).values[0] == "memory"


async def test_the_value_that_all_rows_share_and_the_arguments_of_a_call_are_seen_too() -> None:
    seen = SeenNames()
    table = {"columns": ["arn"], "rows": [["a"], ["b"]], "same": {"name": "/shared"}}
    seen.learn({"log_group_names": ["/asked"], "namespace": "N", "region": None}, {"log_groups": table})
    assert (await completed(seen, "service")).values == ["/shared", "/asked", "N"]
    assert (await completed(seen, "region")).values == []


async def test_a_hundred_values_are_sent_and_a_thousand_names_are_kept() -> None:
    seen = SeenNames()
    for first in range(0, 1_200, 100):
        seen.learn({}, alarms(*(f"alarm-{number}" for number in range(first, first + 100))))
    completion = await completed(seen, "alarm_name", "alarm")
    assert (len(completion.values), completion.total, completion.has_more) == (100, 1_000, True)
    assert completion.values[0] == "alarm-1199"
    assert (await completed(seen, "alarm_name", "alarm-150")).values == []


async def test_a_resource_has_no_completion() -> None:
    seen = SeenNames()
    seen.learn({}, {"region": "us-east-1"})
    resource = ResourceTemplateReference(type="ref/resource", uri="file:///{region}")
    assert (await seen.complete(resource, CompletionArgument(name="region", value=""), None)).values == []
