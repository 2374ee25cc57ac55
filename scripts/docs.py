#!/usr/bin/env python3
"""Writes what follows from the code: parts of README.md and docs/, docs/demo.svg, members of the manifests, tools.json.

--check writes nothing and fails when one of them has drifted. The table of tokens may be up to 5% off.
"""

from __future__ import annotations

if __name__ == "__main__":
    import in_venv  # noqa: F401 - restarts in .venv

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from loguru import logger

from cloudwatch_mcp.commands.options import parser
from cloudwatch_mcp.commands.policy import document
from cloudwatch_mcp.config import variables
from cloudwatch_mcp.prompts import prompts as all_prompts
from cloudwatch_mcp.tools import TOOLS
from scripts.generated import behaviour, definitions, manifests, picture, tokens
from scripts.generated.markdown import replaced, table

ROOT = Path(__file__).resolve().parent.parent


def tools() -> str:
    rows = []
    for entry in TOOLS:
        use = manifests.first_sentence(entry.function.__doc__)
        rows.append((f"`{entry.function.__name__}`", use, ", ".join(entry.operations) or "none"))
    return table(["tool", "use", "AWS operations"], rows)


def policy() -> str:
    return f"```json\n{json.dumps(document(), indent=2)}\n```"


def settings() -> str:
    return table(["variable", "meaning", "default"], [(f"`{name}`", *about) for name, *about in variables()])


def usage() -> str:
    return f"```text\n{parser().format_help().split('environment:')[0].strip()}\n```"


def prompts() -> str:
    rows = []
    for prompt in all_prompts().values():
        named = (f"`{each.name}`" if each.required else f"`{each.name}` (optional)" for each in prompt.arguments)
        rows.append((f"`{prompt.name}`", prompt.description, ", ".join(named)))
    return table(["prompt", "use", "arguments"], rows)


def cassettes() -> str:
    """How many cassettes of each tool, and of AWS's own answers, are from AWS, from the sandbox, or written by hand."""
    targets = ("aws", "sandbox", "authored")
    counts: dict[str, Counter[str]] = {entry.function.__name__: Counter() for entry in TOOLS}
    for path in sorted((ROOT / "cassettes").rglob("*.yaml")):
        target = re.search(r"(?m)^  target: (\w+)$", path.read_text("utf-8"))
        counts.setdefault(path.parent.name, Counter())[target[1] if target else "unknown"] += 1
    total = sum(counts.values(), Counter())
    counts = {f"`{name}`": count for name, count in counts.items() if count} | {"**all**": total}
    rows = [(name, *(count[target] for target in targets)) for name, count in counts.items()]
    return table(["cassettes of", *targets], rows, "--:")


PARTS: dict[str, tuple[Callable[[], str], ...]] = {
    "README.md": (tools,),
    "docs/aws-behaviour.md": (behaviour.behaviour, behaviour.authored_cassettes),
    "docs/install.md": (manifests.install_links,),
    "docs/permissions.md": (policy,),
    "docs/reference.md": (usage, settings, prompts),
    "docs/testing.md": (cassettes,),
}
TOKENS = ROOT / "docs" / "tokens.md"


def drift() -> Iterator[str]:
    """What has drifted, one line each."""
    for name, content in generated():
        file = ROOT / name
        if file.read_text("utf-8") != content:
            yield f"{name} has drifted from the code"
    yield from tokens.complaints(tokens.measure(), tokens.parse(TOKENS.read_text("utf-8")))


def generated() -> Iterator[tuple[str, str]]:
    """Each file by name, and its text as it should be."""
    for name, parts in PARTS.items():
        text = (ROOT / name).read_text("utf-8")
        for part in parts:
            text = replaced(text, part.__name__, part())
        yield name, text
    for name in manifests.MANIFESTS:
        yield name, manifests.updated(name, (ROOT / name).read_text("utf-8"))
    yield definitions.FILE, definitions.as_json()
    yield "docs/demo.svg", picture.draw()


def write() -> None:
    for name, content in generated():
        (ROOT / name).write_text(content, "utf-8")
    tables = tokens.as_markdown(tokens.measure())
    TOKENS.write_text(replaced(TOKENS.read_text("utf-8"), "tokens", tables), "utf-8")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--check", action="store_true", help="only compare")
    logger.remove()  # a line for each tool call
    if not options.parse_args().check:
        write()
    elif wrong := list(drift()):
        sys.exit("\n".join([*wrong, "scripts/docs.py writes all of it anew."]))


if __name__ == "__main__":
    main()
