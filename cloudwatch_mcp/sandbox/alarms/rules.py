"""A composite alarm's AlarmRule: the alarms in it, and whether it is true."""

from collections.abc import Callable
from functools import cache, lru_cache, partial

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput
from moto.cloudwatch.exceptions import ValidationError

_GRAMMAR = r"""
    ?start: or
    ?or: and ("OR" and)*
    ?and: negated ("AND" negated)*
    ?negated: "NOT" negated -> not | "(" or ")" | constant | alarm
    constant: TRUE | FALSE
    alarm: STATE "(" (QUOTED | BARE) ")"

    STATE: "ALARM" | "OK" | "INSUFFICIENT_DATA"
    TRUE: "TRUE"i
    FALSE: "FALSE"i
    QUOTED: /"[^"]+"/
    BARE: /[^\s"()]+/
    %ignore /\s+/
    """
_parser = cache(partial(Lark, _GRAMMAR, parser="lalr"))

Rule = Tree[Token]


@lru_cache(maxsize=256)
def parse(rule: str) -> Rule:
    if rule != rule.strip():
        raise ValidationError("AlarmRule must not contain leading or trailing whitespace or be null")
    try:
        return _parser().parse(rule)
    except UnexpectedInput as error:
        raise ValidationError(
            f"AlarmRule must be a valid expression: invalid syntax at position {error.pos_in_stream}"
        ) from error


def children(rule: str) -> list[str]:
    """The names of the rule's alarms, without duplicates, in the rule's order."""
    names = parse(rule).scan_values(lambda child: isinstance(child, Token) and child.type in {"QUOTED", "BARE"})
    return list(dict.fromkeys(_name(name) for name in names))


def holds(rule: str, state_of: Callable[[str], str | None]) -> bool:
    return _holds(parse(rule), state_of)


def name_in(reference: str) -> str:
    """An alarm's name, from itself or from its ARN."""
    return reference.split(":", 6)[-1] if reference.startswith("arn:") else reference


def _holds(rule: Rule, state_of: Callable[[str], str | None]) -> bool:
    parts = (_holds(child, state_of) for child in rule.children if isinstance(child, Tree))
    match rule.data:
        case "constant":
            return str(rule.children[0]).upper() == "TRUE"
        case "alarm":
            return state_of(_name(rule.children[1])) == rule.children[0]
        case "not":
            return not next(parts)
        case "and":
            return all(parts)
    return any(parts)


def _name(alarm: Rule | Token) -> str:
    return name_in(str(alarm).strip('"'))
