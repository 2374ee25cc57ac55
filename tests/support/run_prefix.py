"""The prefix of a recording run on AWS: before every name that it writes or asks for, and in none of its files."""

from __future__ import annotations

import json
import re
import secrets
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cloudwatch_mcp.recording.readable import deserialize, serialize
from cloudwatch_mcp.recording.sensitive import OWN_ACCOUNT

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
_RESOURCE_NAMES = frozenset({"AlarmName", "logGroupName", "detectorName"})


def new_prefix() -> str:
    alphabet = string.ascii_lowercase + string.digits
    return f"{FAMILY}{''.join(secrets.choice(alphabet) for _ in range(10))}-"


def is_prefix(text: str) -> bool:
    """Whether `text` can be the prefix of a run: teardown deletes everything that begins with it."""
    return _PREFIX.fullmatch(text) is not None


def with_prefix(arguments: Any, prefix: str, account: str, name: str = "") -> Any:
    """A tool's arguments, with the prefix before every name of a resource and the account's id in ARNs."""
    if isinstance(arguments, dict):
        return {key: with_prefix(each, prefix, account, key) for key, each in arguments.items()}
    if isinstance(arguments, list):
        return [with_prefix(each, prefix, account, name) for each in arguments]
    if name in _NAMES:
        arn, count = _ARN.subn(rf"\1:{account}:log-group:{prefix}", arguments)
        return arn if count else prefix + arguments
    return _with_prefix_in_text(arguments, prefix) if name in _TEXTS else arguments


def without_prefix(value: Any, prefix: str) -> Any:
    if isinstance(value, dict):
        return {key: without_prefix(each, prefix) for key, each in value.items()}
    if isinstance(value, list):
        return [without_prefix(each, prefix) for each in value]
    return value.replace(prefix, "") if isinstance(value, str) else value


def remove_prefix(path: Path, prefix: str) -> list[str]:
    """Remove the prefix from a cassette; returns what keeps the cassette from being used."""
    cassette = deserialize(path.read_text(encoding="utf-8"))
    foreign = {name for each in cassette["interactions"] for name in _names_in(each) if not name.startswith(prefix)}
    text = serialize(without_prefix(cassette, prefix))
    path.write_text(text, encoding="utf-8")
    problems = [f"{name} does not belong to this run: the account must be empty" for name in sorted(foreign)]
    return [*problems, *(["it still contains the run's prefix"] if prefix.strip("-") in text else [])]


def _with_prefix_in_text(text: str, prefix: str) -> str:
    """A query or an expression, with the prefix before log groups of SOURCE and before namespaces."""
    from cloudwatch_mcp.sandbox.incidents.checkout_failures import INCIDENT  # every test imports this module, not moto

    text = text.replace("namePrefix: ['", f"namePrefix: ['{prefix}")
    for namespace in sorted({series.namespace for series in INCIDENT.custom_metrics}):
        text = re.sub(rf"(?<![\w/-]){re.escape(namespace)}(?![\w/-])", prefix + namespace, text)
    return text


def _names_in(interaction: dict[str, Any]) -> Iterator[str]:
    """The names of the resources in an answer."""
    try:
        body = json.loads(interaction["response"]["body"]["string"])
    except ValueError:
        return
    yield from _resource_names(body)
    yield from (definition["name"] for definition in body.get("queryDefinitions", []))


def _resource_names(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _resource_names(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in _RESOURCE_NAMES:
                yield each
            else:
                yield from _resource_names(each)
