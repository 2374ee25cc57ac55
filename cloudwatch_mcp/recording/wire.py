"""Between botocore's requests and answers and vcrpy's: hosts are AWS's, and only the headers that matter are left."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http.client import responses
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSResponse
from vcr.request import Request

from cloudwatch_mcp.recording.matching import PROFILE, TARGET
from cloudwatch_mcp.recording.readable import decoded

# Their names in botocore's events. A session also sends what gets it credentials: that is not to be heard.
SERVICES = ("cloudwatch", "cloudwatch-logs")
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_REQUEST_HEADERS = ("Content-Type", TARGET)
# botocore takes CloudWatch's error code from x-amzn-query-error, and how long to wait from x-amz-retry-after.
_RESPONSE_HEADERS = ("Content-Type", "x-amzn-errortype", "x-amzn-query-error", "retry-after", "x-amz-retry-after")
_REQUEST_ID = "00000000-0000-0000-0000-000000000000"


def as_request(prepared: Any, profile: str | None) -> Request:
    """A signed request as it is recorded and matched, wherever it was to be sent."""
    scope = _SCOPE.search(_text(prepared.headers.get("Authorization", "")))
    uri = f"https://{scope['service']}.{scope['region']}.amazonaws.com/" if scope else prepared.url
    headers = {name: _text(prepared.headers[name]) for name in _REQUEST_HEADERS if name in prepared.headers}
    if profile is not None:
        headers[PROFILE] = profile
    return Request(prepared.method, uri, decoded(prepared.body or b""), headers)


def as_response(response: Mapping[str, Any]) -> dict[str, Any]:
    """A response_dict of botocore's as vcrpy's response."""
    code, headers = response["status_code"], response["headers"]
    kept = {name: [_text(headers[name])] for name in _RESPONSE_HEADERS if name in headers}
    return {
        "status": {"code": code, "message": responses.get(code, "")},
        "headers": {**kept, "x-amzn-RequestId": [_REQUEST_ID]},
        "body": {"string": decoded(response["body"]).encode()},
    }


def as_answer(response: Mapping[str, Any], url: str) -> AWSResponse:
    """What botocore takes for an answer from the network."""
    headers = {name: values[0] for name, values in response["headers"].items()}
    return AWSResponse(url, response["status"]["code"], headers, _Raw(response["body"]["string"]))


class _Raw(BytesIO):
    """As much of urllib3's response as botocore reads."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
