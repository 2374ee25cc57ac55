"""The prompts: a Markdown file each, with title, description and arguments in its first lines.

Nothing is read before a client asks for prompts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from cloudwatch_mcp.errors import InputError, nearest, quote

_HEADER = re.compile(r"---\n(.*?)\n---\n", re.DOTALL)
_ARGUMENT = re.compile(r"(required|optional) (\w+)")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Argument(NamedTuple):
    name: str
    description: str
    required: bool


class Prompt(NamedTuple):
    """`text` has `{name}` where an argument's value goes."""

    name: str
    title: str
    description: str
    arguments: tuple[Argument, ...]
    text: str

    def render(self, values: Mapping[str, str]) -> str:
        """The text with these arguments; a line with an argument that was not given is left out.

        Raises:
            InputError: an argument is missing or unknown.
        """
        given = {name: value for name, value in values.items() if value.strip()}
        known = [argument.name for argument in self.arguments]
        for name in given:
            if name not in known:
                raise InputError(f"{self.name} has no argument {quote(name)}; it has {', '.join(known)}.")
        if missing := [each.name for each in self.arguments if each.required and each.name not in given]:
            raise InputError(f"{self.name} needs {', '.join(missing)}.")
        lines = (line for line in self.text.splitlines() if set(_PLACEHOLDER.findall(line)) <= given.keys())
        return _PLACEHOLDER.sub(lambda match: given[match[1]], "\n".join(lines))


@cache
def prompts() -> Mapping[str, Prompt]:
    """The prompts by name, in alphabetical order."""
    found = sorted((file.name, file) for file in files(__package__).iterdir() if file.name.endswith(".md"))
    parsed = [_parse(name.removesuffix(".md"), file.read_text("utf-8")) for name, file in found]
    return {prompt.name: prompt for prompt in parsed}


def prompt_named(name: str) -> Prompt:
    """The prompt of this name.

    Raises:
        InputError: there is none.
    """
    if name not in prompts():
        near = nearest(name, prompts()) or prompts()
        raise InputError(f"There is no prompt {quote(name)}. There is {', '.join(near)}.")
    return prompts()[name]


def _parse(name: str, file: str) -> Prompt:
    header = _HEADER.match(file)
    if header is None:
        raise ValueError(f"{name}.md does not begin with a header between lines of ---")
    fields = dict(line.split(": ", 1) for line in header[1].splitlines())
    arguments = [
        Argument(match[2], description, match[1] == "required")
        for field, description in fields.items()
        if (match := _ARGUMENT.fullmatch(field))
    ]
    return Prompt(name, fields["title"], fields["description"], tuple(arguments), file[header.end() :].strip())
