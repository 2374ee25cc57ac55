"""The caller's identity: the source of the credentials, their expiry, and their account."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from cloudwatch_mcp.aws.failures import from_botocore
from cloudwatch_mcp.aws.secrets import hidden, known_secrets
from cloudwatch_mcp.errors import AwsError

if TYPE_CHECKING:
    import boto3

    from cloudwatch_mcp.config import Settings

# keys: the METHOD of botocore's credential providers
_SOURCES = {
    "env": "the environment",
    "shared-credentials-file": "the shared credentials file",
    "config-file": "the shared config file",
    "sso": "SSO (IAM Identity Center)",
    "login": "`aws login`",
    "assume-role": "an assumed role",
    "assume-role-with-web-identity": "a role assumed by web identity",
    "custom-process": "a credential process",
    "container-role": "the container's role",
    "iam-role": "the EC2 instance's role",
}


@dataclass(frozen=True)
class Credentials:
    """The source of credentials in words, and their time of expiry if botocore knows it."""

    source: str
    expires: datetime | None


@dataclass(frozen=True)
class Caller:
    """The account and ARN of the credentials, or AWS's error; and AWS's time, if AWS responded."""

    account: str | None = None
    arn: str | None = None
    error: AwsError | None = None
    aws_time: datetime | None = None


def find_credentials(session: boto3.Session, region: str, profile: str | None) -> Credentials | None:
    """The session's resolved credentials, or None without any. May block, and call AWS.

    Raises:
        AwsError: they cannot be used, for example because a login has expired or a role may not be assumed.
    """
    try:
        credentials = session.get_credentials()
        if credentials is None:
            return None
        credentials.get_frozen_credentials()
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        operation = getattr(error, "operation_name", "GetCredentials")
        raise _hidden(session, from_botocore(error, region, profile, "sts", operation)) from error
    except (OSError, RuntimeError, ValueError) as error:
        # botocore raises these for a missing credential_process and an invalid AWS_CREDENTIAL_EXPIRATION
        text = f"The credentials cannot be used: {error} Renew them, or fix how they are configured."
        raise _hidden(session, AwsError(text, code=type(error).__name__, operation="")) from error
    source = _SOURCES.get(credentials.method, credentials.method)
    return Credentials(source, getattr(credentials, "_expiry_time", None))


def find_caller(session: boto3.Session, region: str, profile: str | None, settings: Settings) -> Caller:
    """Call GetCallerIdentity, which needs no permission. May block.

    The operation is not on the allow-list, so the server's own clients refuse it: only `check` uses this client.
    """
    config = Config(
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        retries={"mode": "standard", "total_max_attempts": 2},
    )
    try:
        answer = session.client("sts", region_name=region, config=config).get_caller_identity()
    except (BotoCoreError, ClientError, ResponseParserError, ValueError) as error:
        failure = _hidden(session, from_botocore(error, region, profile, "sts", "GetCallerIdentity"))
        return Caller(error=failure, aws_time=_aws_time(error.response) if isinstance(error, ClientError) else None)
    return Caller(answer["Account"], answer["Arn"], aws_time=_aws_time(answer))


def _hidden(session: boto3.Session, error: AwsError) -> AwsError:
    return hidden(error, known_secrets(session, os.environ))


def _aws_time(answer: Mapping[str, Any]) -> datetime | None:
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return parsedate_to_datetime(date).replace(tzinfo=timezone.utc) if date else None
    except ValueError:
        return None
