"""server.json for the MCP registry and manifest.json for MCP bundles. The gates also run scripts/docs.py --check."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from jsonschema import Draft7Validator, FormatChecker

from cloudwatch_mcp import WEBSITE, __version__
from cloudwatch_mcp.commands.options import parser
from cloudwatch_mcp.config import Settings, variables
from cloudwatch_mcp.tools import TOOLS
from tests.support.places import ROOT

SCHEMAS = Path(__file__).parent / "schemas"
DOCUMENTS = (("server.json", "server.schema.json"), ("manifest.json", "mcpb-manifest-v0.4.schema.json"))


def read(name: str) -> dict[str, Any]:
    return dict(json.loads((ROOT / name).read_text("utf-8")))


def problems(document: dict[str, Any], schema: str) -> list[str]:
    definition = json.loads((SCHEMAS / schema).read_text("utf-8"))
    return [
        error.message for error in Draft7Validator(definition, format_checker=FormatChecker()).iter_errors(document)
    ]


@pytest.mark.parametrize(("name", "schema"), DOCUMENTS)
def test_the_document_matches_its_published_schema(name: str, schema: str) -> None:
    assert problems(read(name), schema) == []


@pytest.mark.parametrize(("name", "schema"), DOCUMENTS)
def test_the_schema_rejects_a_document_without_a_version(name: str, schema: str) -> None:
    document = read(name)
    del document["version"]
    assert problems(document, schema) == ["'version' is a required property"]


def test_the_registry_entry_lists_every_setting() -> None:
    (package,) = read("server.json")["packages"]
    names = [each["name"] for each in package["environmentVariables"]]
    assert names == ["AWS_PROFILE", "AWS_REGION", *(name for name, _, _ in variables())]
    assert package["version"] == __version__


def test_the_bundle_lists_the_ten_tools() -> None:
    assert [tool["name"] for tool in read("manifest.json")["tools"]] == [each.function.__name__ for each in TOOLS]


def test_the_marketplace_lists_the_plugin_which_starts_the_published_command() -> None:
    plugin, marketplace = read(".claude-plugin/plugin.json"), read(".claude-plugin/marketplace.json")
    assert [(each["name"], each["source"]) for each in marketplace["plugins"]] == [(plugin["name"], "./")]
    assert plugin["mcpServers"] == {"cloudwatch": {"command": "uvx", "args": ["cloudwatch-mcp"]}}
    assert (plugin["version"], plugin["homepage"]) == (__version__, WEBSITE)


def test_each_install_link_has_the_published_command() -> None:
    links = re.findall(
        r"<(https://[^>]+\?name=cloudwatch&config=[^>]+)>", (ROOT / "docs/install.md").read_text("utf-8")
    )
    configs = {urlsplit(link).hostname: parse_qs(urlsplit(link).query)["config"][0] for link in links}
    configs["cursor.com"] = b64decode(configs["cursor.com"], validate=True).decode()
    assert configs.keys() == {"cursor.com", "insiders.vscode.dev", "kiro.dev"}
    assert {*configs.values()} == {'{"command":"uvx","args":["cloudwatch-mcp"]}'}


def test_the_registry_name_is_the_reversed_host_of_the_website() -> None:
    host = urlsplit(read("server.json")["websiteUrl"]).hostname or ""
    assert read("server.json")["name"] == f"{'.'.join(host.split('.')[::-1])}/cloudwatch-mcp"


def settings_from(**fields: str) -> Settings:
    """The settings after a host has put the user's entries, or the defaults, into the bundle's command."""
    manifest = read("manifest.json")
    values = {name: field["default"] for name, field in manifest["user_config"].items()} | fields
    arguments = manifest["server"]["mcp_config"]["args"]
    for name, value in values.items():
        arguments = [each.replace(f"${{user_config.{name}}}", value) for each in arguments]
    options = parser().parse_args(arguments[arguments.index("cloudwatch-mcp") + 1 :])
    return Settings.from_environment({}, profile=options.profile, region=options.region)


def test_the_bundle_passes_the_users_entries_to_the_server() -> None:
    settings = settings_from(profile="prod", region="eu-west-1")
    assert (settings.profile, settings.region) == ("prod", "eu-west-1")


def test_the_fields_of_the_bundle_may_be_left_empty() -> None:
    settings = settings_from()
    assert (settings.profile, settings.region) == (None, None)
