"""get_metric_metadata: what metrics mean, and which the account has."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.support.asking import Ask

pytestmark = pytest.mark.anyio


@pytest.mark.vcr
async def test_metric(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A published metric has its meaning and the combinations of dimensions that exist."""
    reply = await ask("get_metric_metadata", namespace="AWS/EC2", metric_name="CPUUtilization")

    assert reply.data["unit"] == "Percent"
    assert "InstanceId" in reply.rows("combinations")[0]
    assert reply == snapshot


@pytest.mark.vcr
async def test_namespace(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A namespace lists the metrics that the account has, and its short name finds it."""
    reply = await ask("get_metric_metadata", namespace="sqs")

    assert reply.data["namespace"] == "AWS/SQS"
    assert reply.rows("in_account")
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_custom_namespace(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A custom namespace lists its metrics with their dimensions."""
    reply = await ask("get_metric_metadata", namespace="Shop/Checkout")

    assert "Latency" in str(reply.rows("in_account"))
    assert reply == snapshot


@pytest.mark.vcr
async def test_account(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Without a namespace, those of the account are listed, custom ones first."""
    reply = await ask("get_metric_metadata")

    assert reply.rows("namespaces")[0]["namespace"].startswith("Shop")
    assert reply == snapshot


@pytest.mark.vcr
async def test_access_denied(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Without permission the catalogue answers, and a note says so."""
    reply = await ask("get_metric_metadata", namespace="AWS/Lambda", metric_name="Errors")

    assert reply.data["found"] is True
    assert "cloudwatch:ListMetrics" in reply.notes[-1]
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.settings(max_response_chars=2000)
async def test_over_the_budget(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The note says how to ask for one metric."""
    reply = await ask("get_metric_metadata", namespace="AWS/NATGateway")

    assert reply.notes[-1].endswith("give namespace or metric_name.")
    assert reply == snapshot


@pytest.mark.vcr
async def test_unknown_namespace(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A namespace that is not in the catalogue is not found, with the nearest names."""
    reply = await ask("get_metric_metadata", namespace="AWS/Lamda", metric_name="Errors")

    assert reply.data["found"] is False
    assert "Nearest: AWS/Lambda" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
async def test_unknown_metric(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A metric that is not in the catalogue is not found, with the nearest names."""
    reply = await ask("get_metric_metadata", namespace="AWS/Lambda", metric_name="Erors")

    assert reply.data["found"] is False
    assert "no metric 'Erors' in AWS/Lambda" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
async def test_part_of_a_name(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A word of a name finds the metrics that contain it."""
    reply = await ask("get_metric_metadata", namespace="AWS/Lambda", metric_name="Invocation")

    assert "Invocations" in [row["metric"] for row in reply.rows("metrics")]
    assert reply == snapshot


@pytest.mark.vcr
async def test_no_namespace(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Without a namespace, those that have the metric are listed."""
    reply = await ask("get_metric_metadata", metric_name="Latency")

    assert "Shop/Checkout" in [row["namespace"] for row in reply.rows("namespaces")]
    assert reply == snapshot
