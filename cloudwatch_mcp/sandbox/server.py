"""An HTTP server for moto's Logs, CloudWatch and STS on a free loopback port."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from io import BytesIO
from socket import create_server
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import boto3
import botocore.session
from moto.backends import SERVICE_NAMES
from moto.core.base_backend import AccountSpecificBackend
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from cloudwatch_mcp.sandbox.faults import Faults, Refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)

# The service's name in a SigV4 credential scope, and moto's name for its backend.
SERVICES: dict[str, SERVICE_NAMES] = {"logs": "logs", "monitoring": "cloudwatch", "sts": "sts"}
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
        self._by_service: dict[str, WSGIApplication] = {}
        self._lock = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        scope = _CREDENTIAL_SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        service = scope["service"] if scope else ""
        refusal: Refusal | None = Refusal(400, "UnknownOperation", "the sandbox does not have this service")
        try:
            if scope and service in SERVICES:
                action, region = _action(service, environ), scope["region"]
                refusal = self.faults.meet(action, region) if self.faults else None
            if not refusal:
                return self._service(service)(environ, _with_request_content_type(environ, start_response))
        except NotImplementedError as error:
            refusal = Refusal(400, "UnknownOperation", str(error))
        except Exception:  # botocore must be able to parse the answer
            logger.exception("%s failed", environ.get("HTTP_X_AMZ_TARGET", service))
            refusal = Refusal(500, "InternalFailure", "the sandbox failed")
        return _refuse(start_response, refusal, service, str(environ.get("CONTENT_TYPE", "")))

    def _service(self, service: str) -> WSGIApplication:
        from moto.moto_server.werkzeug_app import create_backend_app  # noqa: PLC0415  # Flask takes time to import

        with self._lock:
            if service not in self._by_service:
                self._by_service[service] = create_backend_app(SERVICES[service])
            return self._by_service[service]


def _action(service: str, environ: WSGIEnvironment) -> str:
    """The IAM action of a request: its target says the operation, or its form."""
    operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    if not operation:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        operation = parse_qs(body.decode("latin-1")).get("Action", [""])[0]
    return f"{SERVICES[service]}:{operation}"


def _refuse(start_response: StartResponse, refusal: Refusal, service: str, content_type: str) -> list[bytes]:
    """In the protocol of the request. CloudWatch's JSON has the code of the query protocol, in a header."""
    is_json = content_type.startswith("application/x-amz-json")
    body, kind = (refusal.as_json(), content_type) if is_json else (refusal.as_xml(), "text/xml")
    headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
    if is_json and service == "monitoring":
        headers.append(("x-amzn-query-error", f"{refusal.code};Sender"))
    status = HTTPStatus(400 if is_json and refusal.status < 500 else refusal.status)
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]


def _with_request_content_type(environ: WSGIEnvironment, start_response: StartResponse) -> StartResponse:
    """AWS answers with the request's JSON content type, moto with text/html or another protocol's."""
    content_type = str(environ.get("CONTENT_TYPE", ""))
    if not content_type.startswith("application/x-amz-json"):
        return start_response

    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        others = [(name, value) for name, value in headers if name.lower() != "content-type"]
        return start_response(status, [("Content-Type", content_type), *others], *more)

    return start


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
