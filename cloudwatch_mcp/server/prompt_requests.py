"""The answers to prompts/list and prompts/get."""

from __future__ import annotations

from collections.abc import Mapping

from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, GetPromptResult, PromptArgument, PromptMessage, TextContent
from mcp.types import Prompt as PromptDefinition

from cloudwatch_mcp.errors import InputError
from cloudwatch_mcp.prompts import prompt_named, prompts


def prompt_definitions() -> list[PromptDefinition]:
    return [
        PromptDefinition(
            name=prompt.name,
            title=prompt.title,
            description=prompt.description,
            arguments=[
                PromptArgument(
                    name=each.name,
                    title=each.name.replace("_", " ").capitalize(),
                    description=each.description,
                    required=each.required,
                )
                for each in prompt.arguments
            ],
        )
        for prompt in prompts().values()
    ]


def prompt_result(name: str, arguments: Mapping[str, str]) -> GetPromptResult:
    """The prompt as a message of the user.

    Raises:
        MCPError: there is no such prompt, or the arguments do not fit.
    """
    try:
        prompt = prompt_named(name)
        text = prompt.render(arguments)
    except InputError as error:
        raise MCPError(INVALID_PARAMS, str(error)) from None
    message = PromptMessage(role="user", content=TextContent(type="text", text=text))
    return GetPromptResult(description=prompt.description, messages=[message])
