"""A composite alarm's AlarmRule: the alarms in it, and whether it is true."""

from collections.abc import Callable

from moto.cloudwatch.exceptions import ValidationError

from cloudwatch_mcp.sandbox import grammar
from cloudwatch_mcp.sandbox.grammar import Node

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


def parse(rule: str) -> Node:
    if rule != rule.strip():
        raise ValidationError("AlarmRule must not contain leading or trailing whitespace or be null")
    invalid = "AlarmRule must be a valid expression: invalid syntax at position"
    return grammar.parse(_GRAMMAR, rule, lambda error: ValidationError(f"{invalid} {error.pos_in_stream}"))


def children(rule: str) -> list[str]:
    """The names of the rule's alarms, without duplicates, in the rule's order."""
    names = [_name(alarm.children[1]) for alarm in parse(rule).iter_subtrees_topdown() if alarm.data == "alarm"]
    return list(dict.fromkeys(names))


def holds(rule: str, state_of: Callable[[str], str | None]) -> bool:
    def is_true(node: Node) -> bool:
        if node.data == "constant":
            return str(node.children[0]).upper() == "TRUE"
        state, alarm = node.children
        return state_of(_name(alarm)) == str(state)

    return grammar.holds(parse(rule), is_true)


def name_in(reference: str) -> str:
    """An alarm's name, from itself or from its ARN."""
    return reference.split(":", 6)[-1] if reference.startswith("arn:") else reference


def _name(alarm: str) -> str:
    return name_in(alarm.strip('"'))
