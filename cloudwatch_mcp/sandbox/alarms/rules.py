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
        tree = _parser().parse(rule)
    except UnexpectedInput as error:
        raise ValidationError(
            f"AlarmRule must be a valid expression: invalid syntax at position {error.pos_in_stream}"
        ) from error
    return tree


def children(rule: Rule) -> list[str]:
    """The names of the rule's alarms, without duplicates, in the rule's order."""
    return list(dict.fromkeys(_name(alarm) for alarm in _alarms_in_order(rule)))


def holds(rule: Rule, state_of: Callable[[str], str | None]) -> bool:
    match rule.data:
        case "constant":
            return str(rule.children[0]).upper() == "TRUE"
        case "alarm":
            return state_of(_name(rule)) == rule.children[0]
    parts = (holds(child, state_of) for child in rule.children if isinstance(child, Tree))
    match rule.data:
        case "not":
            return not next(parts)
        case "and":
            return all(parts)
    return any(parts)


def name_in(reference: str) -> str:
    """An alarm's name, from itself or from its ARN."""
    return reference.split(":", 6)[-1] if reference.startswith("arn:") else reference


def _alarms_in_order(rule: Rule) -> list[Rule]:
    if rule.data == "alarm":
        return [rule]
    subrules = [child for child in rule.children if isinstance(child, Tree)]
    return [alarm for subrule in subrules for alarm in _alarms_in_order(subrule)]


def _name(alarm: Rule) -> str:
    return name_in(str(alarm.children[1]).strip('"'))
