"""What the MCP registry and the hosts of MCP bundles are told; scripts/manifests --check is a gate of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker

from cloudwatch_mcp import __version__
from cloudwatch_mcp.commands.options import parser
from cloudwatch_mcp.config import Settings, variables
from cloudwatch_mcp.tools import TOOLS
from tests.support.places import ROOT

SCHEMAS = Path(__file__).parent / "schemas"
DOCUMENTS = (("server.json", "server.schema.json"), ("manifest.json", "mcpb-manifest-v0.4.schema.json"))


def read(name: str) -> dict[str, Any]:
    return dict(json.loads((ROOT / name).read_text("utf-8")))


def problems(document: dict[str, Any], schema: str) -> list[str]:
    published = json.loads((SCHEMAS / schema).read_text("utf-8"))
    return [error.message for error in Draft7Validator(published, format_checker=FormatChecker()).iter_errors(document)]


@pytest.mark.parametrize(("name", "schema"), DOCUMENTS)
def test_it_is_as_its_published_schema_demands(name: str, schema: str) -> None:
    assert problems(read(name), schema) == []


@pytest.mark.parametrize(("name", "schema"), DOCUMENTS)
def test_the_schema_refuses_what_lacks_a_version(name: str, schema: str) -> None:
    document = read(name)
    del document["version"]
    assert problems(document, schema) == ["'version' is a required property"]


def test_the_registry_learns_of_every_setting() -> None:
    (package,) = read("server.json")["packages"]
    names = [each["name"] for each in package["environmentVariables"]]
    assert names == ["AWS_PROFILE", "AWS_REGION", *(name for name, _, _ in variables())]
    assert package["version"] == __version__


def test_the_bundle_lists_the_ten_tools() -> None:
    assert [tool["name"] for tool in read("manifest.json")["tools"]] == [each.function.__name__ for each in TOOLS]


def started_with(**fields: str) -> Settings:
    """The settings when a host has put what the user entered, or else the defaults, into the bundle's command."""
    manifest = read("manifest.json")
    entered = {name: field["default"] for name, field in manifest["user_config"].items()} | fields
    arguments = manifest["server"]["mcp_config"]["args"]
    for name, value in entered.items():
        arguments = [each.replace(f"${{user_config.{name}}}", value) for each in arguments]
    options = parser().parse_args(arguments[arguments.index("cloudwatch-mcp") + 1 :])
    return Settings.from_environment({}, profile=options.profile, region=options.region)


def test_the_bundle_hands_down_what_its_user_enters() -> None:
    settings = started_with(profile="prod", region="eu-west-1")
    assert (settings.profile, settings.region) == ("prod", "eu-west-1")


def test_the_bundle_s_fields_may_be_left_empty() -> None:
    settings = started_with()
    assert (settings.profile, settings.region) == (None, None)
