"""Fills the sandbox: log groups and active alarms beyond the incident's, and a fifth service, through the API."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from itertools import islice, product
from typing import Any

from cloudwatch_mcp.sandbox import Sandbox
from tests.support.sandbox_clients import client_of

_SERVICES = ("accounts", "basket", "emails", "fraud", "invoices", "loyalty", "refunds", "search", "shipping", "stock")
_PARTS = ("api", "worker", "import", "export")
_CONDITIONS: dict[str, dict[str, Any]] = {
    "Errors": {"Statistic": "Sum", "Threshold": 5, "Period": 60, "EvaluationPeriods": 3},
    "Throttles": {"Statistic": "Sum", "Threshold": 0, "Period": 300, "EvaluationPeriods": 1},
    "Duration": {"ExtendedStatistic": "p99", "Threshold": 3000, "Period": 60, "EvaluationPeriods": 5},
    "ConcurrentExecutions": {"Statistic": "Maximum", "Threshold": 400, "Period": 60, "EvaluationPeriods": 3},
}


def fill_up(sandbox: Sandbox, size: int = 50) -> None:
    """Write log groups and active alarms until the running `sandbox` has `size` of each, and a fifth service."""
    now = sandbox.clock.now()
    logs, cloudwatch = (client_of(service, sandbox.endpoint_url) for service in ("logs", "cloudwatch"))
    missing = size - len(logs.describe_log_groups()["logGroups"])
    for number, (service, part) in enumerate(islice(product(_SERVICES, _PARTS), missing)):
        sandbox.clock.travel(now - timedelta(days=40 + 7 * number))
        _write_log_group(logs, f"/aws/lambda/shop-{service}-{part}", number, sandbox)
    active = cloudwatch.describe_alarms(StateValue="ALARM", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    missing = size - len(active["MetricAlarms"]) - len(active["CompositeAlarms"])
    sandbox.hold_alarms(True)
    for number, (service, metric) in enumerate(islice(product(_SERVICES, _CONDITIONS), missing)):
        sandbox.clock.travel(now - timedelta(minutes=2 * number, seconds=50))
        _write_alarm(cloudwatch, service, metric, number)
    sandbox.hold_alarms(False)
    sandbox.clock.resume()
    _write_usage(cloudwatch, "search", sandbox)


def _write_log_group(logs: Any, name: str, number: int, sandbox: Sandbox) -> None:
    logs.create_log_group(logGroupName=name)
    if number % 4:
        logs.put_retention_policy(logGroupName=name, retentionInDays=(7, 14, 30)[number % 3])
    logs.create_log_stream(logGroupName=name, logStreamName="one")
    event = {"timestamp": int(sandbox.clock.now().timestamp() * 1000), "message": "x" * (1_000 + 4_321 * number)}
    logs.put_log_events(logGroupName=name, logStreamName="one", logEvents=[event])


def _write_alarm(cloudwatch: Any, service: str, metric: str, number: int) -> None:
    name, condition = f"shop-{service}-{metric.lower()}", _CONDITIONS[metric]
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        AlarmDescription=f"Customers notice soon: look at the latest release of {service}.",
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": "FunctionName", "Value": f"shop-{service}"}],
        ComparisonOperator="GreaterThanThreshold",
        **condition,
    )
    over = [condition["Threshold"] + 3.25 * number + step for step in range(1, condition["EvaluationPeriods"] + 1)]
    cloudwatch.set_alarm_state(
        AlarmName=name,
        StateValue="ALARM",
        StateReason="Threshold Crossed",
        StateReasonData=json.dumps({"version": "1.0", "recentDatapoints": over}),
    )


def _write_usage(cloudwatch: Any, service: str, sandbox: Sandbox) -> None:
    dimensions = [{"Name": "ClusterName", "Value": "shop"}, {"Name": "ServiceName", "Value": service}]
    data = [
        {
            "MetricName": "CpuUtilized",
            "Dimensions": dimensions,
            "Timestamp": sandbox.clock.now() - timedelta(minutes=minute),
            "Value": round(40 + 6 * math.sin(minute / 17) + math.sin(minute * minute), 2),
        }
        for minute in range(1, 181)
    ]
    cloudwatch.put_metric_data(Namespace="ECS/ContainerInsights", MetricData=data)
