"""CloudWatch Logs in the sandbox: moto's log groups, and the operations that moto lacks."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.logs.models import logs_backends

from cloudwatch_mcp.sandbox.clock import Clock
from cloudwatch_mcp.sandbox.logs.anomalies import AnomalyOperations
from cloudwatch_mcp.sandbox.logs.groups import LogGroupOperations
from cloudwatch_mcp.sandbox.logs.operations import State
from cloudwatch_mcp.sandbox.logs.queries import QueryDefinitionOperations, QueryOperations


class SandboxLogsResponse(LogGroupOperations, QueryOperations, QueryDefinitionOperations, AnomalyOperations):
    pass


def install(clock: Clock, *, polls_to_complete: int | None = 2, linked_accounts: Sequence[str] = ()) -> None:
    """Route moto's CloudWatch Logs, process-wide, to this module, with nothing stored.

    Args:
        clock: the source of every time.
        polls_to_complete: how often a query is polled before it is Complete: first Scheduled, then Running
            with partial results; None: it runs until it is stopped.
        linked_accounts: the source accounts; every account is their monitoring account.
    """
    logs_backends.reset()
    SandboxLogsResponse.state = State(clock, polls_to_complete, linked_accounts)


def add_anomalies(region: str, anomalies: Iterable[Mapping[str, Any]], account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Add anomalies in the form in which ListAnomalies returns them; no operation can create them."""
    state = SandboxLogsResponse.state
    with state.lock:
        state.regional[account_id, region].anomalies += map(dict, anomalies)
