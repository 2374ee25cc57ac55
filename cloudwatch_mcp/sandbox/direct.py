"""Clients that write to the sandbox without HTTP: with boto3's methods, on the services' own objects."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from botocore import xform_name
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.core.utils import get_service_model

from cloudwatch_mcp.sandbox.cloudwatch import SandboxCloudWatchResponse
from cloudwatch_mcp.sandbox.logs import SandboxLogsResponse


def clients(region: str, account: str = DEFAULT_ACCOUNT_ID) -> tuple[Any, Any]:
    """Clients for CloudWatch Logs and for CloudWatch."""
    return (
        DirectClient("logs", SandboxLogsResponse, region, account),
        DirectClient("cloudwatch", SandboxCloudWatchResponse, region, account),
    )


class DirectClient:
    """Its parameters must be as botocore would send them: times in epoch seconds, no missing members."""

    def __init__(self, service: str, response: Callable[[], Any], region: str, account: str) -> None:
        self._actions = {xform_name(name): name for name in get_service_model(service).operation_names}
        self._response, self._region, self._account = response, region, account

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        return partial(self._call, method, self._actions[method])

    def _call(self, method: str, action: str, **parameters: Any) -> dict[str, Any]:
        response = self._response()
        response.region, response.current_account = self._region, self._account
        asked = {"Action": [action], **{name: [value] for name, value in parameters.items()}}
        vars(response).update(querystring=asked, params=parameters, body=parameters)
        answer = getattr(response, method)()
        result: Any = answer.result if isinstance(answer, ActionResult) else json.loads(answer or "{}")
        return dict(result or {})
