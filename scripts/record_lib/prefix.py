"""The prefix of a run on AWS: before every name that it writes or asks for, and in none of its files."""

from __future__ import annotations

import json
import re
import secrets
import string
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from cloudwatch_mcp.recording.readable import deserialize, serialize
from cloudwatch_mcp.recording.sensitive import OWN_ACCOUNT
from cloudwatch_mcp.sandbox.incident.metrics_shop import shop_metrics
from tests.support.cases import Case

FAMILY = "cwmcp-"
"""How the prefixes of all runs begin: what the IAM policy allows."""
_PREFIX = re.compile(rf"{FAMILY}[a-z0-9]{{10}}-")
_NAMES = frozenset(
    {
        "alarm_name",
        "log_group_arn",
        "log_group_identifiers",
        "log_group_name_prefix",
        "log_group_names",
        "namespace",
    }
)
_TEXTS = frozenset({"query_string", "expression"})
_ARN = re.compile(rf"(arn:aws:logs:[^:]+):{OWN_ACCOUNT}:log-group:")
_ANSWERED = frozenset({"AlarmName", "logGroupName", "detectorName"})


def new() -> str:
    alphabet = string.ascii_lowercase + string.digits
    return f"{FAMILY}{''.join(secrets.choice(alphabet) for _ in range(10))}-"


def is_prefix(text: str) -> bool:
    """Whether a run can have had this prefix: what is deleted goes by it."""
    return _PREFIX.fullmatch(text) is not None


def put_before_names(case: Case, prefix: str, account: str) -> Case:
    """The case as it is asked of the account."""
    before = case.after_query and _prefixed(dict(case.after_query), prefix, account)
    return replace(case, arguments=_prefixed(case.arguments, prefix, account), after_query=before)


def take_out(path: Path, prefix: str) -> list[str]:
    """Take the prefix out of a cassette; returns what is in it that is not of this run."""
    cassette = deserialize(path.read_text(encoding="utf-8"))
    strange = {name for each in cassette["interactions"] for name in _names_in(each) if not name.startswith(prefix)}
    text = serialize(_without(cassette, prefix))
    path.write_text(text, encoding="utf-8")
    return [
        *(
            f"an answer tells of {name}, which is not of this run: the account must be empty"
            for name in sorted(strange)
        ),
        *(["the prefix is in it in another form"] if prefix.strip("-") in text else []),
    ]


def _prefixed(value: Any, prefix: str, account: str, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _prefixed(each, prefix, account, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_prefixed(each, prefix, account, name) for each in value]
    if name in _NAMES:
        arn, found = _ARN.subn(rf"\1:{account}:log-group:{prefix}", value)
        return arn if found else prefix + value
    return _in_text(value, prefix) if name in _TEXTS else value


def _in_text(text: str, prefix: str) -> str:
    """In a query or an expression: the log groups of SOURCE, and namespaces."""
    text = text.replace("namePrefix: ['", f"namePrefix: ['{prefix}")
    for namespace in sorted({series.namespace for series in shop_metrics()}):
        text = re.sub(rf"(?<![\w/-]){re.escape(namespace)}(?![\w/-])", prefix + namespace, text)
    return text


def _names_in(interaction: dict[str, Any]) -> Iterator[str]:
    """The names of the things that an answer tells of."""
    try:
        body = json.loads(interaction["response"]["body"]["string"])
    except ValueError:
        return
    yield from _named(body)
    yield from (definition["name"] for definition in body.get("queryDefinitions", []))


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _named(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in _ANSWERED:
                yield each
            else:
                yield from _named(each)


def _without(value: Any, prefix: str) -> Any:
    if isinstance(value, dict):
        return {key: _without(each, prefix) for key, each in value.items()}
    if isinstance(value, list):
        return [_without(each, prefix) for each in value]
    return value.replace(prefix, "") if isinstance(value, str) else value
