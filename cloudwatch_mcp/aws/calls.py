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
    """Counts one tool call's requests to AWS and the bytes of their responses.

    `omitted` lists, by operation, the parts of responses that do not fit AWS's service model.
    """

    region: str | None = None
    calls: int = 0
    response_bytes: int = 0
    omitted: dict[str, list[str]] = field(default_factory=dict)

    def add(self, operation: str, size: int, omitted: list[str]) -> None:
        self.response_bytes += size
        if omitted:
            self.omitted.setdefault(operation, []).extend(omitted)

    def notes(self) -> list[str]:
        return [
            f"AWS's answer to {operation} does not fit its service model in {len(paths):,} "
            f"{'place, which is' if len(paths) == 1 else 'places, which are'} left out: "
            f"{', '.join(paths[:_MAX_SHOWN])}{', …' if len(paths) > _MAX_SHOWN else ''}."
            for operation, paths in self.omitted.items()
        ]


_MAX_SHOWN = 5
_MAX_PAGES, _LISTING_BYTES, _LISTING_SECONDS = 300, 24_000_000, 120
tally: ContextVar[Tally | None] = ContextVar("tally", default=None)

Send: TypeAlias = "Callable[[Aws, str, Mapping[str, Any]], Awaitable[dict[str, Any]]]"


@dataclass(frozen=True)
class Aws:
    """One account and Region for one tool call; `notes` state the assumptions.

    `console` is where the console's links for the Region begin, or None where it has no known console.
    """

    send: Send = field(repr=False)
    region: str
    profile: str | None
    notes: tuple[str, ...] = ()
    console: str | None = None

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """AWS's parsed response. Parameters that are None are not sent.

        Raises:
            AwsError: AWS returned an error, or could not be reached.
        """
        if (count := tally.get()) is not None:
            count.region, count.calls = self.region, count.calls + 1
        set_parameters = {name: value for name, value in parameters.items() if value is not None}
        return await self.send(self, operation, set_parameters)

    async def pages(self, operation: str, **parameters: Any) -> AsyncIterator[dict[str, Any]]:
        """The pages of a paginated operation.

        Raises:
            AwsError: as `call`; also when AWS repeats a page token, or the listing exceeds 300 pages, two minutes, or
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
            if count.response_bytes > _LISTING_BYTES or anyio.current_time() > deadline:
                break
        reason = "AWS repeated a page token" if repeated else f"it did not end after {len(tokens):,} pages"
        raise AwsError(
            f"{operation} in {self.region} failed: the listing was given up: {reason}. Ask for less, or call again.",
            code="EndlessListing",
            operation=operation,
        )


async def settle(*calls: Coroutine[Any, Any, Any]) -> list[Any]:
    """Run `calls` concurrently; the result of a call that fails is its CloudWatchError."""
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
