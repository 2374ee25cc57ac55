"""Calls to AWS in one account and Region, counted for each tool call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import anyio

from cloudwatch_mcp.aws.allow_list import OPERATIONS
from cloudwatch_mcp.errors import AwsError, CloudWatchError


@dataclass
class Tally:
    """Counts one tool call's requests to AWS and the bytes of their answers.

    `left_out` lists, by operation, the parts of answers that do not fit AWS's service model.
    """

    region: str | None = None
    calls: int = 0
    answer_bytes: int = 0
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def add(self, operation: str, size: int, left_out: list[str]) -> None:
        self.answer_bytes += size
        if left_out:
            self.left_out.setdefault(operation, []).extend(left_out)

    def notes(self) -> list[str]:
        return [
            f"AWS's answer to {operation} does not fit its service model in {len(parts):,} "
            f"{'place, which is' if len(parts) == 1 else 'places, which are'} left out: "
            f"{', '.join(parts[:_SHOWN])}{', …' if len(parts) > _SHOWN else ''}."
            for operation, parts in self.left_out.items()
        ]


_SHOWN = 5
_MAX_PAGES, _LISTING_BYTES, _LISTING_SECONDS = 300, 24_000_000, 120
tally: ContextVar[Tally | None] = ContextVar("tally", default=None)


Send: TypeAlias = "Callable[[Aws, str, Mapping[str, Any]], Awaitable[dict[str, Any]]]"


@dataclass(frozen=True)
class Aws:
    """One account and Region for one tool call; `notes` state what was assumed."""

    send: Send = field(repr=False)
    region: str
    profile: str | None
    notes: tuple[str, ...] = ()

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """AWS's parsed answer. Parameters that are None are not sent.

        Raises:
            AwsError: AWS refused, or could not be reached.
        """
        if (count := tally.get()) is not None:
            count.region, count.calls = self.region, count.calls + 1
        given = {name: value for name, value in parameters.items() if value is not None}
        return await self.send(self, operation, given)

    async def pages(self, operation: str, **parameters: Any) -> AsyncIterator[dict[str, Any]]:
        """Every page of a paginated operation.

        Raises:
            AwsError: as `call`; also when a page token is repeated, or the listing exceeds 300 pages, two minutes, or
                24 MB for the whole tool call.
        """
        name = "nextToken" if OPERATIONS.get(operation) == "logs" else "NextToken"
        count, deadline = tally.get() or Tally(), anyio.current_time() + _LISTING_SECONDS
        tokens: set[str] = set()
        repeated = False
        for _ in range(_MAX_PAGES):
            page = await self.call(operation, **parameters)
            yield page
            token = page.get(name)
            if not token:
                return
            if repeated := token in tokens:
                break
            tokens.add(token)
            parameters[name] = token
            if count.answer_bytes > _LISTING_BYTES or anyio.current_time() > deadline:
                break
        reason = "AWS repeated a page token" if repeated else f"it did not end after {len(tokens):,} pages"
        raise AwsError(
            f"{operation} in {self.region} failed: the listing was given up, as {reason}. Ask for less, or call again.",
            code="EndlessListing",
            operation=operation,
        )


async def settle(*calls: Coroutine[Any, Any, Any]) -> list[Any]:
    """Run `calls` at once; the result of one that failed is its CloudWatchError."""
    results: list[Any] = [None] * len(calls)

    async def run(position: int, call: Coroutine[Any, Any, Any]) -> None:
        try:
            results[position] = await call
        except CloudWatchError as error:
            results[position] = error

    async with anyio.create_task_group() as group:
        for position, call in enumerate(calls):
            group.start_soon(run, position, call)
    return results
