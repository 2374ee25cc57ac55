"""Manifests for the MCP registry, MCP bundles and Claude Code's plugins, and links that install the server."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

from cloudwatch_mcp import WEBSITE
from cloudwatch_mcp.config import variables
from cloudwatch_mcp.tools import TOOLS

PROJECT = ProjectMetadata(str(Path(__file__).resolve().parents[2]), PluginManager())
# The registry asks for proof of who owns a namespace: the publisher's domain, reversed.
REGISTRY_NAME = f"{'.'.join(reversed((urlsplit(WEBSITE).hostname or '').split('.')))}/{PROJECT.core.name}"
AUTHORS = {"name": f"The {PROJECT.core.name} authors"}
PUBLISHED = {"command": "uvx", "args": [PROJECT.core.name]}  # how hosts start it once it is published
AWS_VARIABLES = {
    "AWS_PROFILE": "The profile of your AWS configuration that is used unless a tool call names another.",
    "AWS_REGION": "The Region that is asked unless a tool call names another, such as eu-west-1.",
}


def server() -> str:
    environment = [{"name": name, "description": about} for name, about in AWS_VARIABLES.items()]
    for name, about, default in variables():
        known = {} if default == "none" else {"default": default}
        environment.append({"name": name, "description": about, **known})
    package = {
        "registryType": "pypi",
        "identifier": PROJECT.core.name,
        "version": PROJECT.version,
        "runtimeHint": "uvx",
        "transport": {"type": "stdio"},
        "environmentVariables": environment,
    }
    document = {
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": REGISTRY_NAME,
        "title": "AWS CloudWatch",
        "description": PROJECT.core.description,
        "version": PROJECT.version,
        "websiteUrl": WEBSITE,
        "packages": [package],
    }
    return _dump(document)


def bundle() -> str:
    run = ["run", "--directory", "${__dirname}", PROJECT.core.name]
    # The host replaces a placeholder inside a longer argument even when the field is empty.
    run += ["--profile=${user_config.profile}", "--region=${user_config.region}"]
    document = {
        "manifest_version": "0.4",
        "name": PROJECT.core.name,
        "display_name": "AWS CloudWatch",
        "version": PROJECT.version,
        "description": PROJECT.core.description,
        "author": AUTHORS,
        "homepage": WEBSITE,
        "server": {
            "type": "uv",
            "entry_point": "cloudwatch_mcp/__main__.py",
            "mcp_config": {"command": "uv", "args": run},
        },
        "tools": [
            {"name": entry.function.__name__, "description": first_sentence(entry.function.__doc__)} for entry in TOOLS
        ],
        "prompts_generated": True,
        "keywords": PROJECT.core.keywords,
        "license": PROJECT.core.license_expression,
        "privacy_policies": ["https://aws.amazon.com/privacy/"],
        "compatibility": {
            "platforms": ["darwin", "win32", "linux"],
            "runtimes": {"python": PROJECT.core.requires_python},
        },
        "user_config": {
            "profile": _field("AWS profile", AWS_VARIABLES["AWS_PROFILE"]),
            "region": _field("AWS Region", AWS_VARIABLES["AWS_REGION"]),
        },
    }
    return _dump(document)


def plugin() -> str:
    document = {
        "name": PROJECT.core.name,
        "version": PROJECT.version,
        "description": PROJECT.core.description,
        "author": AUTHORS,
        "homepage": WEBSITE,
        "license": PROJECT.core.license_expression,
        "keywords": PROJECT.core.keywords,
        "mcpServers": {"cloudwatch": PUBLISHED},
    }
    return _dump(document)


def marketplace() -> str:
    """The repository as a marketplace of Claude Code, with this one plugin."""
    entry = {"name": PROJECT.core.name, "source": "./", "description": PROJECT.core.description}
    document = {"name": PROJECT.core.name, "owner": AUTHORS, "plugins": [entry]}
    return _dump(document | {"metadata": {"description": PROJECT.core.description}})


def install_links() -> str:
    """A link for each host that installs a server from one; it has the configuration as JSON, in Cursor's in Base64."""
    config = json.dumps(PUBLISHED, separators=(",", ":"))
    in_base64, in_url = quote(b64encode(config.encode())), quote(config, safe="")
    rows = ["| host | link |", "|---|---|"]
    rows.append(f"| Cursor | <https://cursor.com/en/install-mcp?name=cloudwatch&config={in_base64}> |")
    rows.append(f"| VS Code | <https://insiders.vscode.dev/redirect/mcp/install?name=cloudwatch&config={in_url}> |")
    rows.append(f"| Kiro | <https://kiro.dev/launch/mcp/add?name=cloudwatch&config={in_url}> |")
    return "\n".join(rows)


def _dump(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _field(title: str, about: str) -> dict[str, Any]:
    about = f"{about} Empty: as AWS's own tools find it."
    return {"type": "string", "title": title, "description": about, "required": False, "default": ""}


def first_sentence(docstring: str | None) -> str:
    return " ".join((docstring or "").strip().split("\n\n")[0].split())
