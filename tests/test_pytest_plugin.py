"""The fixtures for people who test their own agents and AWS code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
import pytest
from mcp import Client

from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.pytest_plugin import CloudWatchMcp, CloudWatchReplay
from cloudwatch_mcp.recording import Recorder
from cloudwatch_mcp.sandbox import Sandbox
from cloudwatch_mcp.server.tool_calls import build_server
from tests.support.frozen_time import NOW
from tests.support.places import ROOT

pytestmark = pytest.mark.anyio
GROUPS: tuple[str, dict[str, Any]] = ("describe_log_groups", {})


async def answer(client: Client, tool: str, arguments: dict[str, Any]) -> str:
    result = await client.call_tool(tool, arguments)
    (content,) = result.content
    assert content.type == "text"
    return content.text


async def test_what_boto3_writes_the_tools_answer(cloudwatch_sandbox: Sandbox, cloudwatch_mcp: CloudWatchMcp) -> None:
    cloudwatch_sandbox.client("logs").create_log_group(logGroupName="/app/orders")
    boto3.client("cloudwatch").put_metric_data(Namespace="App", MetricData=[{"MetricName": "Orders", "Value": 3}])
    async with cloudwatch_mcp(cloudwatch_sandbox) as client:
        assert '"/app/orders"' in await answer(client, "describe_log_groups", {})
        assert '"Orders"' in await answer(client, "get_metric_metadata", {"namespace": "App"})


def test_the_sandbox_is_empty_and_no_variable_leads_elsewhere(cloudwatch_sandbox: Sandbox) -> None:
    assert cloudwatch_sandbox.incident is None
    assert cloudwatch_sandbox.client("logs").describe_log_groups()["logGroups"] == []
    ours = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    assert ours.items() <= cloudwatch_sandbox.environment.items()


@pytest.mark.cloudwatch_sandbox(incident="quiet-day", now=NOW)
async def test_the_marker_chooses_the_incident_and_its_time(
    cloudwatch_sandbox: Sandbox, cloudwatch_mcp: CloudWatchMcp
) -> None:
    assert cloudwatch_sandbox.incident is not None
    assert cloudwatch_sandbox.incident.name == "quiet-day"
    history = ("get_alarm_history", {"alarm_name": "batch-host-cpu", "start_time": "12h"})
    async with cloudwatch_mcp(cloudwatch_sandbox) as client:
        assert f"{NOW - timedelta(hours=12):%Y-%m-%dT%H:%M}" in await answer(client, *history)


async def test_settings_of_the_server_are_keyword_arguments(
    cloudwatch_sandbox: Sandbox, cloudwatch_mcp: CloudWatchMcp
) -> None:
    data = [{"MetricName": f"Metric{number}", "Value": 3} for number in range(500)]
    cloudwatch_sandbox.client("cloudwatch").put_metric_data(Namespace="App", MetricData=data)
    question = ("get_metric_metadata", {"namespace": "App"})
    async with (
        cloudwatch_mcp(cloudwatch_sandbox) as usual,
        cloudwatch_mcp(cloudwatch_sandbox, max_response_chars=2_000) as short,
    ):
        assert len(await answer(short, *question)) <= 2_000 < len(await answer(usual, *question))


async def test_a_recording_is_replayed_and_its_misses_are_listed(
    cloudwatch_sandbox: Sandbox, cloudwatch_mcp: CloudWatchMcp, cloudwatch_replay: CloudWatchReplay, tmp_path: Path
) -> None:
    cloudwatch_sandbox.client("logs").create_log_group(logGroupName="/app/orders")
    recorder = Recorder()
    clients = recorder.clients(Settings(), cloudwatch_sandbox.environment)
    async with Client(build_server(Settings(), {}, clients=clients, clock=recorder.clock)) as client:
        recorded = await answer(client, *GROUPS)
    recorder.save(tmp_path / "session.yaml")
    cloudwatch_sandbox.stop()

    assert '"/app/orders"' in recorded
    replay = cloudwatch_replay(tmp_path / "session.yaml")
    async with cloudwatch_mcp(replay) as client:
        assert [await answer(client, *GROUPS) for _ in range(2)] == [recorded, recorded]
        assert not replay.misses
        assert "not in the recording" in await answer(client, "get_active_alarms", {})
        assert replay.misses


def test_loading_the_plugin_imports_nothing_heavy() -> None:
    heavy = {"anyio", "boto3", "botocore", "mcp", "moto", "pydantic", "vcr"}
    program = f"import sys, cloudwatch_mcp.pytest_plugin; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_the_python_api_of_the_documentation_exists() -> None:
    document = (ROOT / "docs" / "testing-your-agent.md").read_text("utf-8")
    rows = re.findall(r"(?m)^\| `(cloudwatch_mcp\.\w+)\.(\w+)`(?:, `(\w+)`)? \|", document)
    assert len(rows) == 6
    for module, *names in rows:
        assert set(filter(None, names)) <= set(import_module(module).__all__)
