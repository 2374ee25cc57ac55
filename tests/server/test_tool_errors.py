"""Tool errors: invalid arguments, defects, and the log line of a failed call."""

from __future__ import annotations

from typing import Any

import pytest
from loguru import logger
from syrupy.assertion import SnapshotAssertion

from cloudwatch_mcp.aws.sending import Sender
from cloudwatch_mcp.server.tool_calls import CloudWatchServer
from tests.support.asking import asking
from tests.support.stubbed_server import StubbedServer

pytestmark = pytest.mark.anyio


async def test_an_error_is_at_most_a_thousand_characters_on_one_line(stubbed: StubbedServer) -> None:
    stubbed.refuse("get_metric_data", "ValidationError", "long\n" * 5_000)
    error = (await stubbed.ask("get_metric_data", namespace="N", metric_name="M")).error
    assert len(error) <= 1_000
    assert "\n" not in error
    assert "characters]" in error


async def test_all_invalid_arguments_are_reported_in_one_error_without_links(
    server: CloudWatchServer, snapshot: SnapshotAssertion
) -> None:
    async with asking(server) as ask:
        reply = await ask("get_alarm_history", alarm_name="", max_items="many", history_item_type="Nope")
    assert "https://" not in reply.error
    assert reply.text == snapshot


async def test_the_error_for_an_unknown_argument_lists_the_valid_ones(server: CloudWatchServer) -> None:
    async with asking(server) as ask:
        reply = await ask("get_active_alarms", max_item=3)
    assert reply.error == (
        "get_active_alarms has no argument 'max_item'. Did you mean max_items? "
        "Its arguments are state, name_prefix, max_items, region, profile_name."
    )


async def test_the_error_for_an_unknown_tool_names_the_most_similar_one(server: CloudWatchServer) -> None:
    async with asking(server) as ask:
        assert (await ask("get_active_alarm")).error.endswith("There is get_active_alarms.")


async def test_null_is_the_default_of_an_optional_argument(stubbed: StubbedServer) -> None:
    reply = await stubbed.ask("get_metric_metadata", namespace="AWS/Lambda", metric_name="Errors", region=None)
    assert not reply.failed


async def test_a_defect_is_reported_with_its_file_and_line_but_without_data(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raise_key_error(*_: Any) -> None:
        raise KeyError("customer secret")

    records: list[str] = []
    sink = logger.add(records.append, level="TRACE")
    monkeypatch.setattr(server.runtime.clients, "session", raise_key_error)
    async with asking(server) as ask:
        error = (await ask("get_active_alarms")).error
        working = await ask("get_recommended_metric_alarms", namespace="AWS/Lambda", metric_name="Errors")
        assert not working.failed
    logger.remove(sink)
    assert "get_active_alarms failed by a defect of this server (KeyError at test_tool_errors.py:" in error
    assert "customer secret" not in error + "".join(records)


async def test_a_defect_in_a_concurrent_call_is_reported_with_its_own_line(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def raise_key_error(*_: Any) -> None:
        raise KeyError("customer secret")

    monkeypatch.setattr(Sender, "send", raise_key_error)
    async with asking(server) as ask:
        assert "(KeyError at test_tool_errors.py:" in (await ask("describe_log_groups")).error


async def test_the_log_line_of_a_failed_call_has_the_errors_type_but_not_its_text(stubbed: StubbedServer) -> None:
    records: list[str] = []
    sink = logger.add(records.append, level="INFO", format="{message}")
    stubbed.refuse("get_metric_data", "ValidationError", "secret reason")
    await stubbed.ask("get_metric_data", namespace="Secret/Namespace", metric_name="M")
    logger.remove(sink)
    (line,) = records
    assert line.startswith(
        "tool=get_metric_data region=us-east-1 outcome=AwsError seconds=0.000 aws_calls=1 characters="
    )
    assert "secret" not in line.lower()
