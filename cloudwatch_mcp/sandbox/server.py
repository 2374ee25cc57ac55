"""An HTTP server for moto's Logs, CloudWatch and STS on a free loopback port."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable
from functools import cache
from socket import create_server
from threading import Thread
from typing import TYPE_CHECKING

import boto3
import botocore.session
from moto.core.base_backend import AccountSpecificBackend
from moto.core.request import Request
from moto.core.responses import BaseResponse
from moto.sts.responses import TokenResponse
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Response

from cloudwatch_mcp.sandbox.cloudwatch import SandboxCloudWatchResponse
from cloudwatch_mcp.sandbox.faults import Faults, Refusal
from cloudwatch_mcp.sandbox.logs import SandboxLogsResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)

# By the name in a SigV4 credential scope: the prefix of the IAM actions, and what answers.
_SERVICES: dict[str, tuple[str, type[BaseResponse]]] = {
    "logs": ("logs", SandboxLogsResponse),
    "monitoring": ("cloudwatch", SandboxCloudWatchResponse),
    "sts": ("sts", TokenResponse),
}
_CREDENTIAL_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")


@cache
def session() -> boto3.Session:
    """A session that ignores the user's profiles, configuration files and credentials."""
    unset, no_file = (None, None, None, None), (None, None, os.devnull, None)
    variables = {"profile": unset, "config_file": no_file, "credentials_file": no_file}
    return boto3.Session(
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",  # noqa: S106  # the sandbox takes any credentials
        region_name="us-east-1",
        botocore_session=botocore.session.Session(session_vars=variables),
    )


# moto creates a session to list the Regions, which fails when AWS_PROFILE names a missing profile.
AccountSpecificBackend.get_session = staticmethod(session)  # type: ignore[assignment]  # a method of moto's is replaced


class _QuietHandler(WSGIRequestHandler):
    """Without werkzeug's access log, which goes to stderr."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  # werkzeug's name for it
        pass


class Application:
    """One WSGI application for all services; a request's signature says which service it is for."""

    def __init__(self) -> None:
        self.faults: Faults | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        scope = _CREDENTIAL_SCOPE.search(request.headers.get("Authorization", ""))
        if scope is None or scope["service"] not in _SERVICES:
            return _refused(request, "", Refusal(400, "UnknownOperation", "the sandbox does not have this service"))
        service, response_class = _SERVICES[scope["service"]]
        responder = response_class()
        try:
            responder.setup_class(request)
            action = f"{service}:{responder._get_action()}"  # noqa: SLF001  # it reads each protocol
            refusal = self.faults.meet(action, scope["region"], responder.current_account) if self.faults else None
            if refusal is None:
                status, headers, body = responder.call_action()
                response = Response(body, status, headers)
                if _speaks_json(request):
                    response.content_type = str(request.content_type)  # moto's is that of HTML or of another protocol
                return response
        except NotImplementedError as error:
            refusal = Refusal(400, "UnknownOperation", str(error))
        except Exception:  # botocore must be able to parse the answer
            logger.exception("%s failed", request.headers.get("X-Amz-Target", service))
            refusal = Refusal(500, "InternalFailure", "the sandbox failed")
        return _refused(request, service, refusal)


def _speaks_json(request: Request) -> bool:
    return str(request.content_type).startswith("application/x-amz-json")


def _refused(request: Request, service: str, refusal: Refusal) -> Response:
    """In the protocol of the request. CloudWatch's JSON has the code of the query protocol, in a header."""
    if not _speaks_json(request):
        return Response(refusal.as_xml(), refusal.status, content_type="text/xml")
    status = 400 if refusal.status < 500 else refusal.status
    headers = {"x-amzn-query-error": f"{refusal.code};Sender"} if service == "cloudwatch" else {}
    return Response(refusal.as_json(), status, headers, content_type=request.content_type)


class Server:
    """Listens as soon as it is constructed."""

    def __init__(self, application: WSGIApplication | None = None, port: int = 0) -> None:
        listening = create_server(("127.0.0.1", port))  # werkzeug would exit when the port is taken
        host, port = listening.getsockname()
        with listening:  # werkzeug duplicates the descriptor
            self._server = ThreadedWSGIServer(
                host, port, application or Application(), handler=_QuietHandler, fd=listening.fileno()
            )
        self.endpoint_url = f"http://127.0.0.1:{self._server.port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="cloudwatch-sandbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
