"""The ARN of a log group."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cloudwatch_mcp.errors import InputError, quote

_NAME = r"[-._/#A-Za-z0-9*?]{1,512}"
_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):logs:(?P<region>[a-z0-9*?-]+):(?P<account>[0-9]{12}|\*)"
    rf":log-group:(?P<name>{_NAME})(?::\*)?"
)
_WILDCARD = re.compile(r"[*?]")  # of IAM policies


@dataclass(frozen=True)
class LogGroupArn:
    """The parts of a log group's ARN; as text it does not end with `:*`."""

    partition: str
    region: str
    account: str
    name: str

    @classmethod
    def match(cls, text: str, *, wildcards: bool = False) -> LogGroupArn | None:
        """The ARN in `text`, with or without `:*` at its end; None if it is anything else."""
        matched = _ARN.fullmatch(text)
        if matched is None or (not wildcards and any(map(_WILDCARD.search, matched.groups()))):
            return None
        return cls(**matched.groupdict())

    @classmethod
    def parse(cls, text: str, argument: str) -> LogGroupArn:
        """The ARN that a caller gave as `argument`.

        Raises:
            InputError: `text` is not the ARN of a log group.
        """
        if (arn := cls.match(text)) is None:
            form = "arn:aws:logs:REGION:ACCOUNT:log-group:NAME"
            raise InputError(f"{argument}: {quote(text)} is not a log group's ARN; use {form}.")
        return arn

    @property
    def prefix(self) -> str:
        """All but the name: the same for all log groups of an account and Region."""
        return f"arn:{self.partition}:logs:{self.region}:{self.account}:log-group:"

    def __str__(self) -> str:
        return self.prefix + self.name


def is_arn(text: str) -> bool:
    """Whether `text` is meant as an ARN: the name of a log group has no colon."""
    return text.startswith("arn:")


def is_log_group_name(text: str, *, wildcards: bool = False) -> bool:
    return re.fullmatch(_NAME, text) is not None and (wildcards or not _WILDCARD.search(text))
