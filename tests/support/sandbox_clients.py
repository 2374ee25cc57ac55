"""boto3 clients of an embedded endpoint, without parameter validation and retries. They refuse a malformed answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.model import OperationModel

from cloudwatch_mcp.recording import model_check


def client_of(service: str, endpoint_url: str, region: str = "us-east-1") -> Any:
    config = Config(proxies={}, retries={"total_max_attempts": 1}, parameter_validation=False)
    client = boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=config,
    )
    client.meta.events.register("before-parse", _check_answer)
    return client


def _check_answer(operation_model: OperationModel, response_dict: Mapping[str, Any], **_: Any) -> None:
    """The answer has only what the service model allows."""
    if response_dict["status_code"] == 200 and response_dict["body"].startswith(b"{"):
        complaints = model_check.shape_problems(operation_model.output_shape, json.loads(response_dict["body"]), "")
        assert [*complaints] == []
