"""The prompts, asked for by a client."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import TextContent

from cloudwatch_mcp.prompts import prompts
from cloudwatch_mcp.server.definitions import definitions
from cloudwatch_mcp.server.tool_calls import CloudWatchServer

pytestmark = pytest.mark.anyio

Mode = Literal["auto", "legacy"]
both_protocols = pytest.mark.parametrize("mode", ["auto", "legacy"])
FOUR = ["hand_over", "triage_alarm", "what_changed", "why_failing"]


async def text_of(server: CloudWatchServer, name: str, mode: Mode = "auto", **arguments: str) -> str:
    async with Client(server, mode=mode) as client:
        result = await client.get_prompt(name, arguments)
    (message,) = result.messages
    assert message.role == "user"
    assert isinstance(message.content, TextContent)
    return message.content.text


async def error_of(server: CloudWatchServer, name: str, **arguments: str) -> str:
    async with Client(server) as client:
        with pytest.raises(MCPError) as raised:
            await client.get_prompt(name, arguments)
    return raised.value.message


@both_protocols
async def test_four_prompts_are_listed_with_their_arguments(server: CloudWatchServer, mode: Mode) -> None:
    async with Client(server, mode=mode) as client:
        listed = (await client.list_prompts()).prompts
    assert [prompt.name for prompt in listed] == FOUR
    assert all(prompt.title and prompt.description for prompt in listed)
    triage = listed[FOUR.index("triage_alarm")]
    assert [(each.name, each.title, each.required) for each in triage.arguments or []] == [
        ("alarm_name", "Alarm name", True),
        ("region", "Region", False),
        ("profile_name", "Profile name", False),
    ]


@both_protocols
async def test_a_prompt_has_the_arguments_in_its_text(server: CloudWatchServer, mode: Mode) -> None:
    text = await text_of(server, "triage_alarm", mode, alarm_name="checkout {latency}", region="eu-west-1")
    assert text.startswith('Triage the CloudWatch alarm "checkout {latency}".\nPass region="eu-west-1" to each tool.\n')


async def test_a_line_with_an_argument_that_was_not_given_is_left_out(server: CloudWatchServer) -> None:
    text = await text_of(server, "hand_over", since=" ")
    assert text.startswith("Write a hand-over for the next on call.\n\nUse what")
    assert "{" not in text


async def test_a_missing_argument_is_an_error_that_names_it(server: CloudWatchServer) -> None:
    assert await error_of(server, "triage_alarm") == "triage_alarm needs alarm_name."


async def test_an_unknown_argument_is_an_error_that_names_the_known_ones(server: CloudWatchServer) -> None:
    error = await error_of(server, "what_changed", since="1h", when="1h")
    assert error == "what_changed has no argument 'when'; it has since, service, region, profile_name."


async def test_an_unknown_prompt_is_an_error_with_the_nearest(server: CloudWatchServer) -> None:
    assert await error_of(server, "triage_alarms") == "There is no prompt 'triage_alarms'. There is triage_alarm."


@pytest.mark.parametrize("name", FOUR)
def test_a_prompt_names_existing_tools_only_and_logs_after_alarms_and_metrics(name: str) -> None:
    named = re.findall(r"`(\w+)`", prompts()[name].text)
    assert set(named) <= definitions().keys()
    assert len(set(named)) >= 4
    first = {tool: named.index(tool) for tool in reversed(named)}
    assert first["get_alarm_history"] < first["get_metric_data"] < first["execute_log_insights_query"]


@pytest.mark.parametrize("name", FOUR)
def test_every_argument_of_a_prompt_is_in_its_text(name: str) -> None:
    prompt = prompts()[name]
    assert set(re.findall(r"\{(\w+)\}", prompt.text)) == {argument.name for argument in prompt.arguments}


async def test_no_prompt_is_read_before_a_client_asks_for_prompts(server: CloudWatchServer) -> None:
    prompts.cache_clear()
    async with Client(server) as client:
        await client.list_tools()
        assert prompts.cache_info().currsize == 0
        await client.list_prompts()
    assert prompts.cache_info().currsize == 1
