"""get_recommended_metric_alarms: the built-in catalogue; nothing is asked of AWS."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.support.asking import Ask

pytestmark = pytest.mark.anyio


async def test_metric(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A recommended alarm comes with its complete configuration."""
    reply = await ask("get_recommended_metric_alarms", namespace="AWS/ApiGateway", metric_name="5XXError")

    assert reply.data["recommendations"][0]["threshold"] == 0.05
    assert reply == snapshot


async def test_threshold_to_choose(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If no threshold is published, the answer says how to choose one."""
    reply = await ask("get_recommended_metric_alarms", namespace="AWS/Lambda", metric_name="Duration")

    assert "threshold" not in reply.data["recommendations"][0]
    assert reply.data["recommendations"][0]["threshold_guide"].endswith(".")
    assert reply == snapshot


async def test_dimensions(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Only alarms with the given dimensions are recommended."""
    reply = await ask(
        "get_recommended_metric_alarms",
        namespace="AWS/ApiGateway",
        metric_name="IntegrationLatency",
        dimensions=[{"name": "ApiId", "value": "a1"}, {"name": "Stage", "value": "live"}],
    )

    assert [each["dimensions"] for each in reply.data["recommendations"]] == [[{"name": "ApiId"}, {"name": "Stage"}]]
    assert reply == snapshot


async def test_none_for_the_dimensions(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If alarms are recommended for other dimensions only, the note names them."""
    reply = await ask(
        "get_recommended_metric_alarms",
        namespace="AWS/Lambda",
        metric_name="Errors",
        dimensions=[{"name": "Alias", "value": "live"}],
    )

    assert "recommendations" not in reply.data
    assert "none with dimensions 'Alias'" in reply.notes[0]
    assert reply == snapshot


async def test_none(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If no alarm is recommended, a note says so."""
    reply = await ask("get_recommended_metric_alarms", namespace="AWS/Lambda", metric_name="Invocations")

    assert reply.notes[0].startswith("No alarm is recommended for Invocations.")
    assert reply == snapshot
