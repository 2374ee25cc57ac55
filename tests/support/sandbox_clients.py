"""boto3 clients of an embedded endpoint, without parameter validation and retries."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config


def client_of(service: str, endpoint_url: str, region: str = "us-east-1") -> Any:
    config = Config(proxies={}, retries={"total_max_attempts": 1}, parameter_validation=False)
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=config,
    )
