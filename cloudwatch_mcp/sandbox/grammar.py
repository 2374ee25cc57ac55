"""What the small languages of metrics and alarms share: how a text is parsed, and its logic."""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from lark import Lark
from lark.exceptions import UnexpectedInput

# A lark.Tree. The grammar says which of its children are trees or tokens; the types do not.
Node = Any


def parse(grammar: str, text: str, invalid: Callable[[UnexpectedInput], Exception]) -> Node:
    """The tree of a text; if it does not follow the grammar, the exception that `invalid` makes is raised."""
    try:
        return _tree(grammar, text)
    except UnexpectedInput as error:
        raise invalid(error) from error


@lru_cache(maxsize=1024)
def _tree(grammar: str, text: str) -> Node:
    return _parser(grammar).parse(text)


@cache
def _parser(grammar: str) -> Lark:
    """Made when it is first needed: this takes longer than a request."""
    return Lark(grammar, parser="lalr", maybe_placeholders=False)


def holds(node: Node, is_true: Callable[[Node], bool]) -> bool:
    """Whether a tree of the rules `or`, `and` and `not` is true; `is_true` decides about its other nodes."""
    match node.data:
        case "or":
            return any(holds(child, is_true) for child in node.children)
        case "and":
            return all(holds(child, is_true) for child in node.children)
        case "not":
            return not holds(node.children[0], is_true)
    return is_true(node)
