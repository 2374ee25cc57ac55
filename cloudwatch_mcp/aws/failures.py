"""Turns botocore's errors into errors for the reader: what failed, AWS's reason, and what to do next."""

from __future__ import annotations

import re
from typing import Any

from cloudwatch_mcp.errors import AwsError

# What services append to a message: "(Service: AWSLogs; Status Code: 400; Error Code: …; Request ID: …; Proxy: null)".
_REQUEST_DETAILS = re.compile(r" ?\(Service: [^()]*Status Code: [^()]*\)$")
EXPIRED_CODES = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_EXPIRED_EXCEPTIONS = frozenset(
    {"SSOTokenLoadError", "UnauthorizedSSOTokenError", "TokenRetrievalError", "SSOError", "LoginRefreshRequired"}
)
DENIED_CODES = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"})
_THROTTLED_CODES = frozenset(
    {"Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException"}
)
_AFTER_SENDING = frozenset({"ReadTimeoutError", "ConnectionClosedError", "ResponseStreamingError", "HTTPClientError"})
_BAD_KEY_CODES = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
)


def has_expired(error: Exception) -> bool:
    """Whether the call may succeed with a new session, which reads the credentials again."""
    return aws_code(error) in EXPIRED_CODES or type(error).__name__ in _EXPIRED_EXCEPTIONS


def aws_code(error: Exception) -> str:
    """AWS's error code, or the name of botocore's exception."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code") or type(error).__name__)


def from_botocore(error: Exception, region: str, profile: str | None, service: str, operation: str) -> AwsError:
    """The error for botocore's `error`. Its text may contain a secret: see `secrets.hidden`."""
    code = aws_code(error)
    message = _aws_message(error)
    text = f"{operation} in {region} failed: {message}"
    step = _next_step(error, code, message, action=f"{service}:{operation}", region=region, profile=profile)
    if operation == "StartQuery" and code in _AFTER_SENDING:
        step += " The query may have started anyway; it ends by itself."
    return AwsError(f"{text} {step}".strip(), code=code, operation=operation)


def no_answer(operation: str, region: str, seconds: float) -> AwsError:
    """The error for a call that ran out of time."""
    text = f"{operation} in {region} failed: no answer within {seconds:g} s, retries included."
    return AwsError(f"{text} {_STEPS['ReadTimeoutError']}", code="NoAnswer", operation=operation)


def no_free_slot(operation: str, region: str, seconds: float) -> AwsError:
    """The error for a call that was not sent, because too many others were waiting for AWS."""
    text = f"{operation} in {region} was not sent: no free slot for {seconds:g} s, too many concurrent AWS calls."
    return AwsError(f"{text} Ask for less at once, or call again in a minute.", code="NoFreeSlot", operation=operation)


def too_large(operation: str, region: str, limit: int) -> AwsError:
    """The error for a response of more than `limit` bytes."""
    text = f"{operation} in {region} failed: the answer has more than {limit // 1_000_000} MB."
    return AwsError(
        f"{text} Ask for less: fewer fields or items, or a shorter window.", code="TooLarge", operation=operation
    )


def not_sent(operation: str, region: str, error: Exception) -> AwsError:
    """The error for a call that botocore could not prepare, for example because of a missing credential_process."""
    text = f"{operation} in {region} could not be sent: {str(error) or type(error).__name__}"
    hint = (
        "Renew the credentials, or fix how they and AWS_ENDPOINT_URL are configured; "
        "`cloudwatch-mcp check` shows where they come from."
    )
    return AwsError(f"{text.rstrip('.')}. {hint}", code="NotSent", operation=operation)


def _aws_message(error: Exception) -> str:
    response: dict[str, Any] = getattr(error, "response", None) or {}
    details = response.get("Error", {})
    message = _without_request_details(str(details.get("Message", error)))
    compile_error = response.get("queryCompileError") or {}
    compile_message = _without_request_details(compile_error.get("message") or "")
    if compile_message not in message:
        message = f"{message} {compile_message}"
    location = compile_error.get("location") or {}
    if "startCharOffset" in location:
        # StartQuery: the offsets count what CloudWatch Logs puts before the query, such as a SOURCE command.
        end = location.get("endCharOffset", "?")
        message += f" (characters {location['startCharOffset']} to {end} of the query as AWS expands it)"
    code = details.get("Code")
    text = f"{code}: {message}" if code and message and code not in message else message or str(code)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _without_request_details(message: str) -> str:
    return _REQUEST_DETAILS.sub("", " ".join(message.split()))


def _next_step(error: Exception, code: str, message: str, *, action: str, region: str, profile: str | None) -> str:
    login = f"aws sso login --profile {profile}" if profile else "aws sso login"
    name = type(error).__name__
    if name in _EXPIRED_EXCEPTIONS:
        return f"The SSO session has expired or is missing: run `{login}` and call again; no restart is needed."
    if code in EXPIRED_CODES:
        return f"The credentials have expired: renew them (`{login}` for SSO) and call again; no restart is needed."
    if code in DENIED_CODES:
        return f"Allow the IAM action {action} (`cloudwatch-mcp policy` prints all), or use another profile_name."
    if code in _THROTTLED_CODES:
        return "AWS throttles this account's calls: wait some seconds, then ask for less or call again."
    if code in _BAD_KEY_CODES:
        return f"AWS does not accept these credentials: check the keys, the profile and that {region} is enabled."
    return _STEPS.get(code) or _STEPS.get(name) or _step_of_code(code, message, action)


def _step_of_code(code: str, message: str, action: str) -> str:
    if code == "InvalidParameterException" and action == "logs:StopQuery":
        return "It has already ended: get_logs_insight_query_results gives its rows."
    if code == "MalformedQueryException":
        fix = "Fix the query: commands are separated by |, strings are quoted, regexes are /…/."
        later = "Choose a later window: describe_log_groups shows how long a group keeps its events, and since when."
        return later if "retention" in message else fix
    if code == "LimitExceededException":
        return "Too many Logs Insights queries run in this account: cancel one or wait, then call again."
    if code == "ResourceNotFoundException" and re.search(r"quer(y|ies)", message, re.IGNORECASE):
        return "Check the query_id and the region: results are kept for 7 days, in the Region they were queried in."
    if code == "ResourceNotFoundException" or (code == "InvalidParameterException" and "does not exist" in message):
        return "Check the name and the region; describe_log_groups lists what exists."
    not_from_aws = "The answer came from AWS or from a proxy: check proxies and AWS_ENDPOINT_URL, then call again."
    return not_from_aws if code.isdigit() else ""


_NO_CREDENTIALS = (
    "Set AWS_PROFILE or pass profile_name, run `aws sso login` or `aws configure`, "
    "or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. `cloudwatch-mcp --sandbox` needs none."
)
_UNREACHABLE = "Check the network, the region's name, proxy variables and AWS_ENDPOINT_URL, then call again."
_STEPS = {
    "NoCredentialsError": _NO_CREDENTIALS,
    "PartialCredentialsError": _NO_CREDENTIALS,
    "CredentialRetrievalError": _NO_CREDENTIALS,
    "NoRegionError": "Pass region, or set AWS_REGION or the profile's region.",
    "EndpointConnectionError": _UNREACHABLE,
    "ConnectionClosedError": _UNREACHABLE,
    "ConnectTimeoutError": _UNREACHABLE,
    "ReadTimeoutError": "AWS throttles, is slow or cannot be reached: narrow the request, or call again in a minute.",
    "ProxyConnectionError": "Check HTTPS_PROXY and NO_PROXY.",
    "SSLError": "The TLS certificate was not accepted: check the proxy and AWS_CA_BUNDLE.",
    "ResponseParserError": "The answer was not AWS's format: check proxies and AWS_ENDPOINT_URL, then call again.",
    "RequestTimeTooSkewed": "The machine's clock is wrong: correct it.",
    "InvalidSignatureException": "Check the secret key and that the machine's clock is right.",
    "InternalServiceError": "This is AWS's fault: call again in a moment.",
    "InternalServiceFault": "This is AWS's fault: call again in a moment.",
    "InternalFailure": "This is AWS's fault: call again in a moment.",
    "ServiceUnavailableException": "This is AWS's fault: call again in a moment.",
}
