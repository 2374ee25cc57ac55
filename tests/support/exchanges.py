"""Clients to record and replay with, an endpoint to record from, and a disk that is full."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from botocore.config import Config

from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.recording import Recorder, Replay
from tests.support.endpoint import Request, Response

ACCOUNT = "998877665544"
ARN = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/a"
AT = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
STANDING_STILL = Clock(lambda: AT)


def make_recorder(**options: Any) -> Recorder:
    return Recorder(**{"base": STANDING_STILL, "region": "us-east-1", **options})


def client(
    of: Recorder | Replay,
    service: str = "logs",
    *,
    url: str | None = None,
    region: str = "us-east-1",
    profile: str | None = None,
) -> Any:
    """A client as the server makes it, whose exchanges are recorded or replayed."""
    config = Config(retries={"mode": "adaptive", "total_max_attempts": 4}, max_pool_connections=32)
    return of.open_session(profile).client(service, region_name=region, endpoint_url=url, config=config)


def answer(**body: Any) -> Response:
    return Response(json.dumps(body).encode())


def one_group(_: Request | None) -> Response:
    return answer(logGroups=[{"logGroupName": "/a", "arn": ARN}])


def error(code: str, status: int = 400, **body: Any) -> Response:
    return Response(json.dumps({"__type": code, **body}).encode(), status=status)


def interaction(
    operation: str,
    request: dict[str, Any],
    response: Any,
    *,
    status: int = 200,
    region: str = "us-east-1",
    profile: str | None = None,
    **headers: str,
) -> dict[str, Any]:
    """An interaction as a cassette's YAML has it."""
    logs = operation[0] not in "DGL" or operation in ("GetQueryResults", "DescribeLogGroups", "ListAnomalies")
    service, target = ("logs", "Logs_20140328") if logs else ("monitoring", "GraniteServiceVersion20100801")
    return {
        "request": {
            "method": "POST",
            "uri": f"https://{service}.{region}.amazonaws.com/",
            **({"profile": profile} if profile else {}),
            "headers": {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{target}.{operation}"},
            "body": request,
        },
        "response": {"status": {"code": status, "message": ""}, "headers": headers, "body": response},
    }


def document(*interactions: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    """A cassette's YAML."""
    about = {"target": "authored", "recorded_at": AT, "region": "us-east-1", "protocol": "json", **metadata}
    return {"version": 1, "metadata": about, "interactions": list(interactions)}


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file of this process, or of one that is started meanwhile, may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
