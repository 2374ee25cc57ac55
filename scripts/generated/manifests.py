"""What the manifests for the MCP registry, MCP bundles and Claude Code's plugins repeat of the project, and links."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

from cloudwatch_mcp import WEBSITE
from cloudwatch_mcp.config import variables
from cloudwatch_mcp.tools import TOOLS
from scripts.generated.markdown import table
from tests.support.places import ROOT

Manifest = dict[str, Any]
PROJECT = ProjectMetadata(str(ROOT), PluginManager())
NAME, DESCRIPTION = PROJECT.core.name, PROJECT.core.description
AUTHORS = {"name": f"The {NAME} authors"}
PUBLISHED = {"command": "uvx", "args": [NAME]}  # how hosts start it once it is published
ABOUT = {
    "name": NAME,
    "version": PROJECT.version,
    "description": DESCRIPTION,
    "author": AUTHORS,
    "homepage": WEBSITE,
    "license": PROJECT.core.license_expression,
    "keywords": PROJECT.core.keywords,
}


def server(manifest: Manifest) -> None:
    # The registry asks for proof of who owns a namespace: the publisher's domain, reversed.
    namespace = ".".join(reversed((urlsplit(WEBSITE).hostname or "").split(".")))
    manifest |= {"name": f"{namespace}/{NAME}", "websiteUrl": WEBSITE}
    manifest |= {"description": DESCRIPTION, "version": PROJECT.version}
    (package,) = manifest["packages"]
    package |= {"identifier": NAME, "version": PROJECT.version}
    environment = [each for each in package["environmentVariables"] if each["name"].startswith("AWS_")]
    for name, about, default in variables():
        known = {} if default == "none" else {"default": default}
        environment.append({"name": name, "description": about, **known})
    package["environmentVariables"] = environment


def bundle(manifest: Manifest) -> None:
    tools = [{"name": each.function.__name__, "description": first_sentence(each.function.__doc__)} for each in TOOLS]
    manifest |= {**ABOUT, "tools": tools}
    manifest["compatibility"]["runtimes"]["python"] = PROJECT.core.requires_python


def plugin(manifest: Manifest) -> None:
    manifest |= {**ABOUT, "mcpServers": {"cloudwatch": PUBLISHED}}


def marketplace(manifest: Manifest) -> None:
    """The repository as a marketplace of Claude Code, with this one plugin."""
    entry = {"name": NAME, "source": "./", "description": DESCRIPTION}
    manifest |= {"name": NAME, "owner": AUTHORS, "plugins": [entry], "metadata": {"description": DESCRIPTION}}


MANIFESTS: dict[str, Callable[[Manifest], None]] = {
    "server.json": server,
    "manifest.json": bundle,
    ".claude-plugin/plugin.json": plugin,
    ".claude-plugin/marketplace.json": marketplace,
}


def updated(name: str, text: str) -> str:
    """The text of a manifest, with what it repeats as it is in the project."""
    manifest: Manifest = json.loads(text)
    MANIFESTS[name](manifest)
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def install_links() -> str:
    """A link for each host that installs a server from one; it has the configuration as JSON, in Cursor's in Base64."""
    config = json.dumps(PUBLISHED, separators=(",", ":"))
    in_base64, in_url = quote(b64encode(config.encode())), quote(config, safe="")
    links = {
        "Cursor": f"https://cursor.com/en/install-mcp?name=cloudwatch&config={in_base64}",
        "VS Code": f"https://insiders.vscode.dev/redirect/mcp/install?name=cloudwatch&config={in_url}",
        "Kiro": f"https://kiro.dev/launch/mcp/add?name=cloudwatch&config={in_url}",
    }
    return table(["host", "link"], [(host, f"<{link}>") for host, link in links.items()])


def first_sentence(docstring: str | None) -> str:
    return " ".join((docstring or "").strip().split("\n\n")[0].split())
