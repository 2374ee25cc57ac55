"""Converts between botocore's and vcrpy's requests and answers, with AWS's hosts and only the necessary headers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http.client import responses
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from vcr.request import Request

from cloudwatch_mcp.recording.matching import PROFILE, TARGET
from cloudwatch_mcp.recording.readable import decoded

# Their names in botocore's events. A session also requests credentials, which must not be recorded.
SERVICES = ("cloudwatch", "cloudwatch-logs")
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_DNS_SUFFIXES = (  # of every partition: botocore's endpoints.json
    ".amazonaws.com",
    ".api.aws",
    ".amazonaws.com.cn",
    ".api.amazonwebservices.com.cn",
    ".amazonaws.eu",
    ".api.amazonwebservices.eu",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
)
_REQUEST_HEADERS = ("Content-Type", TARGET)
# botocore takes CloudWatch's error code from x-amzn-query-error, and how long to wait from x-amz-retry-after.
_RESPONSE_HEADERS = ("Content-Type", "x-amzn-errortype", "x-amzn-query-error", "retry-after", "x-amz-retry-after")
_REQUEST_ID = "00000000-0000-0000-0000-000000000000"


def is_aws(url: str) -> bool:
    """Whether the endpoint is AWS's own, and neither a sandbox nor a proxy in front of AWS."""
    return (urlsplit(url).hostname or "").endswith(_DNS_SUFFIXES)


def as_request(prepared: Any, profile: str | None) -> Request:
    """A signed request as it is recorded and matched, independent of its endpoint."""
    scope = _SCOPE.search(_text(prepared.headers.get("Authorization", "")))
    uri = f"https://{scope['service']}.{scope['region']}.amazonaws.com/" if scope else prepared.url
    headers = {name: _text(prepared.headers[name]) for name in _REQUEST_HEADERS if name in prepared.headers}
    if profile is not None:
        headers[PROFILE] = profile
    return Request(prepared.method, uri, decoded(prepared.body or b""), headers)


def as_response(response: Mapping[str, Any]) -> dict[str, Any]:
    """Convert botocore's response_dict to vcrpy's response."""
    code, headers = response["status_code"], response["headers"]
    kept = {name: [_text(headers[name])] for name in _RESPONSE_HEADERS if name in headers}
    return {
        "status": {"code": code, "message": responses.get(code, "")},
        "headers": {**kept, "x-amzn-RequestId": [_REQUEST_ID]},
        "body": {"string": decoded(response["body"]).encode()},
    }


def as_answer(response: Mapping[str, Any], url: str) -> AWSResponse:
    """A recorded response as botocore's own, as if it came from the network."""
    headers = {name: values[0] for name, values in response["headers"].items()}
    return AWSResponse(url, response["status"]["code"], headers, _Raw(response["body"]["string"]))


class _Raw(BytesIO):
    """The part of urllib3's response that botocore reads."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
