"""Records a case, and asks it of any server."""

from __future__ import annotations

from collections.abc import Mapping

from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.recording import Recorder
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, build_server
from tests.support.asking import Reply, asking
from tests.support.cases.case import Case


async def record(case: Case, recorder: Recorder, environment: Mapping[str, str]) -> Reply:
    """Ask the case of the AWS that `environment` reaches, which is also the process's own; `recorder` hears it.

    The reply is not yet redacted: a snapshot is of the cassette, replayed.
    """
    settings = Settings(**case.settings)
    clients = recorder.clients(settings, environment)
    return await ask(case, build_server(settings, environment, clients=clients, clock=recorder.clock))


async def ask(case: Case, server: CloudWatchServer) -> Reply:
    arguments = dict(case.arguments)
    async with asking(server) as call:
        if case.after_query is not None:
            before = await call("execute_log_insights_query", **case.after_query)
            if before.failed:
                return before
            arguments["query_id"] = before.data["query_id"]
        return await call(case.tool, **arguments)
