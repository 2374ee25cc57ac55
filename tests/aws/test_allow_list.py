from __future__ import annotations

from typing import Any

import boto3
import pytest

from cloudwatch_mcp.aws.allow_list import OPERATIONS
from cloudwatch_mcp.aws.clients import Clients
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.errors import OperationRefused


def test_the_eleven_operations_on_the_allow_list_exist() -> None:
    assert len(OPERATIONS) == 11
    for operation, service in OPERATIONS.items():
        model = boto3.client(service, region_name="us-east-1").meta.service_model
        assert operation in model.operation_names


@pytest.mark.parametrize(
    ("service", "method", "arguments"),
    [
        ("cloudwatch", "delete_alarms", {"AlarmNames": ["a"]}),
        ("cloudwatch", "set_alarm_state", {"AlarmName": "a", "StateValue": "OK", "StateReason": "r"}),
        ("cloudwatch", "list_dashboards", {}),
        ("logs", "delete_log_group", {"logGroupName": "a"}),
        ("logs", "get_log_events", {"logGroupName": "a", "logStreamName": "b"}),
    ],
)
def test_a_client_refuses_an_operation_off_the_list_without_sending_it(
    environment: dict[str, str], service: str, method: str, arguments: dict[str, Any]
) -> None:
    client = Clients(Settings(), environment).client(None, "us-east-1", service)
    client.meta.events.register("before-send", lambda **_: pytest.fail("it was sent"))
    with pytest.raises(OperationRefused, match="is not one of the operations this server may send"):
        getattr(client, method)(**arguments)


@pytest.mark.anyio
async def test_a_call_of_an_operation_off_the_list_is_refused(environment: dict[str, str]) -> None:
    aws = await Clients(Settings(), environment).at(None, None)
    with pytest.raises(OperationRefused):
        await aws.call("DeleteLogGroup", logGroupName="a")
