"""Files that no test uses, and the protocol that cassettes are recorded in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from inspect import getmembers, isfunction
from pathlib import Path

import pytest

from cloudwatch_mcp.aws.clients import Clients
from cloudwatch_mcp.config import Settings
from tests.support.places import ROOT


def test_every_cassette_is_used() -> None:
    used = {path for module in Path(__file__).parent.glob("test_*.py") for path in _cassettes(module.stem)}
    unused = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "cassettes").rglob("*.*")) if path not in used]
    assert not unused, f"No test uses these cassettes: git rm {' '.join(unused)}"


def _cassettes(module: str) -> Iterator[Path]:
    """The cassettes of a module's tests marked `vcr`."""
    folder = ROOT / "cassettes" / module.removeprefix("test_")
    for name, test in getmembers(import_module(f"tests.tools.{module}"), isfunction):
        marks = {mark.name: mark for mark in getattr(test, "pytestmark", ())}
        if "vcr" in marks:
            given = marks["default_cassette"].args[0] if "default_cassette" in marks else name.removeprefix("test_")
            yield folder / f"{given}.yaml"


@pytest.mark.parametrize("service", ["cloudwatch", "logs"])
def test_clients_speak_json(service: str) -> None:
    client = Clients(Settings(), os.environ).client(None, "us-east-1", service)
    protocol = client.meta.service_model.resolved_protocol
    assert protocol == "json", f"cassettes are in json, not {protocol}: pin a botocore that prefers json"
