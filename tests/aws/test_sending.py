"""Slots, threads and deadlines, with a function in place of boto3."""

from __future__ import annotations

from contextlib import suppress
from threading import Event
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.aws.sending import Sender, Transmit
from cloudwatch_mcp.errors import AwsError

pytestmark = pytest.mark.anyio

_PATIENCE = 20  # seconds


def aws_of(transmit: Transmit, timeout: float = _PATIENCE) -> Aws:
    return Aws(Sender(transmit, timeout).send, "us-east-1", None)


@pytest.fixture
def released() -> Any:
    """An event for hanging threads to wait for; set at the end of a test."""
    event = Event()
    yield event
    event.set()


def hanging(released: Event) -> Transmit:
    def transmit(*_: Any) -> dict[str, Any]:
        released.wait()
        return {}

    return transmit


async def test_a_call_fails_when_its_deadline_passes(released: Event) -> None:
    aws = aws_of(hanging(released), timeout=0.05)
    with pytest.raises(AwsError, match=r"no answer within 0\.05 s, retries included"):
        await aws.call("DescribeAlarms")


async def test_a_call_that_gets_no_slot_fails_without_being_sent(released: Event) -> None:
    """A call that was given up keeps its slot until its thread ends, so that no more than 32 threads can hang."""
    aws = aws_of(hanging(released), timeout=0.05)
    async with anyio.create_task_group() as group:
        for _ in range(32):
            group.start_soon(_expect_no_answer, aws)
    with pytest.raises(AwsError, match=r"DescribeAlarms in us-east-1 was not sent: no free slot for 0\.05 s"):
        await aws.call("DescribeAlarms")


async def _expect_no_answer(aws: Aws) -> None:
    with pytest.raises(AwsError, match="no answer within"):
        await aws.call("DescribeAlarms")


@pytest.mark.parametrize("cancelled", [False, True], ids=["deadline", "cancellation"])
async def test_a_query_that_starts_after_its_call_was_given_up_is_stopped(cancelled: bool) -> None:
    sent, answered, stopped = anyio.Event(), Event(), Event()
    loop = anyio.lowlevel.current_token()

    def transmit(_: Aws, operation: str, parameters: Any, __: Any) -> dict[str, Any]:
        if operation == "StartQuery":
            anyio.from_thread.run_sync(sent.set, token=loop)
            answered.wait()
            return {"queryId": "late"}
        assert (operation, parameters) == ("StopQuery", {"queryId": "late"})
        stopped.set()
        return {"success": True}

    aws = aws_of(transmit, timeout=30.0 if cancelled else 0.05)
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(_cancel_once, sent, scope if cancelled else None)
            with suppress(AwsError):
                await aws.call("StartQuery")
    answered.set()
    assert await anyio.to_thread.run_sync(stopped.wait, _PATIENCE)


async def _cancel_once(sent: anyio.Event, scope: anyio.CancelScope | None) -> None:
    await sent.wait()
    if scope is not None:
        scope.cancel()


async def test_stop_query_is_sent_while_every_slot_is_in_use() -> None:
    released = Event()

    def transmit(_: Aws, operation: str, *__: Any) -> dict[str, Any]:
        if operation == "StopQuery":
            return {"success": True}
        released.wait()
        return {}

    aws = aws_of(transmit)
    async with anyio.create_task_group() as group:
        for _ in range(40):
            group.start_soon(aws.call, "DescribeAlarms")
        await anyio.lowlevel.checkpoint()
        assert await aws.call("StopQuery", queryId="one") == {"success": True}
        released.set()


async def test_stop_query_goes_on_after_its_caller_was_cancelled() -> None:
    released, stopped = Event(), Event()

    def transmit(*_: Any) -> dict[str, Any]:
        released.wait()
        stopped.set()
        return {"success": True}

    aws = aws_of(transmit)
    with anyio.move_on_after(0.01):
        await aws.call("StopQuery", queryId="one")
    released.set()
    assert await anyio.to_thread.run_sync(stopped.wait, _PATIENCE)
