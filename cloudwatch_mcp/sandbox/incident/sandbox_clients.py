"""boto3 clients that seed the sandbox directly, without sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from werkzeug.test import Client

from cloudwatch_mcp.sandbox.server import session

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# Operations with thousands of items in a request, and the member that has them.
_BULK = {"cloudwatch.PutMetricData": "MetricData", "logs.PutLogEvents": "logEvents"}


def sandbox_clients(application: WSGIApplication, region: str) -> tuple[Any, Any]:
    """Clients for CloudWatch Logs and for CloudWatch."""
    return _client("logs", application, region), _client("cloudwatch", application, region)


def _client(service: str, application: WSGIApplication, region: str) -> Any:
    config = Config(disable_request_compression=True, parameter_validation=False)
    client = session().client(service, region_name=region, endpoint_url="http://sandbox", config=config)
    client.meta.events.register("before-send", partial(_answer, Client(application, use_cookies=False)))
    for operation, member in _BULK.items():
        client.meta.events.register(f"provide-client-params.{operation}", partial(_set_aside, member))
        client.meta.events.register(f"before-call.{operation}", _serialise)
    return client


class _Raw(BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _answer(application: Client, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}
    response = application.open("/", method=request.method, headers=headers, data=request.body)
    return AWSResponse(request.url, response.status_code, dict(response.headers), _Raw(response.data))


# botocore's serialiser needs a second for 40,000 events and as many datapoints; json.dumps does not.


def _set_aside(member: str, params: dict[str, Any], context: dict[str, Any], **_: Any) -> dict[str, Any]:
    context["set_aside"] = params
    return {**params, member: []}


def _serialise(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    params["body"] = json.dumps(context["set_aside"]).encode()
