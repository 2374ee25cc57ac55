"""AWS as one tool call sees it: eleven operations in one account and Region, counted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

import anyio

from cloudwatch_mcp.errors import AwsError, CloudWatchError

# The allow-list, and the source of the IAM policy in the documents. StopQuery ends a query of one's own; all others
# only read.
OPERATIONS: Mapping[str, str] = MappingProxyType(
    {
        "DescribeAlarmHistory": "cloudwatch",
        "DescribeAlarms": "cloudwatch",
        "GetMetricData": "cloudwatch",
        "ListMetrics": "cloudwatch",
        "DescribeLogGroups": "logs",
        "DescribeQueryDefinitions": "logs",
        "GetQueryResults": "logs",
        "ListAnomalies": "logs",
        "ListLogAnomalyDetectors": "logs",
        "StartQuery": "logs",
        "StopQuery": "logs",
    }
)


@dataclass
class Tally:
    """What one tool call has cost so far: the Region it spoke to and its calls to AWS."""

    region: str | None = None
    calls: int = 0


tally: ContextVar[Tally | None] = ContextVar("tally", default=None)


Send: TypeAlias = "Callable[[Aws, str, Mapping[str, Any]], Awaitable[dict[str, Any]]]"


@dataclass(frozen=True)
class Aws:
    """One account and Region as one tool call sees them; `notes` say what was assumed."""

    send: Send = field(repr=False)
    region: str
    profile: str | None
    notes: tuple[str, ...] = ()

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """AWS's answer, as botocore parsed it. Parameters that are None are left out.

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
            AwsError: as `call`; also when AWS hands out the same token twice, which would never end.
        """
        name = "nextToken" if OPERATIONS.get(operation) == "logs" else "NextToken"
        token: str | None = None
        seen: set[str] = set()
        while token is None or token not in seen:
            if token is not None:
                seen.add(token)
                parameters[name] = token
            page = await self.call(operation, **parameters)
            yield page
            token = page.get(name)
            if not token:
                return
        raise AwsError(
            f"{operation} in {self.region} repeated a page token; the listing was given up. Call again.",
            code="RepeatedToken",
            operation=operation,
        )


async def settle(*calls: Coroutine[Any, Any, Any]) -> list[Any]:
    """The results of `calls`, run at once; one that failed gives its CloudWatchError as the result."""
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
