"""Data that only the sandbox can have: AWS's metrics, past alarm states, anomalies, a linked account."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cloudwatch_mcp.sandbox import logs as sandbox_logs
from cloudwatch_mcp.sandbox.clock import Clock
from cloudwatch_mcp.sandbox.incident.alarm_catalog import metric_alarms
from cloudwatch_mcp.sandbox.incident.anomalies import PAYMENTS, anomalies
from cloudwatch_mcp.sandbox.incident.metrics_aws import aws_metrics
from cloudwatch_mcp.sandbox.incident.sandbox_clients import sandbox_clients
from cloudwatch_mcp.sandbox.incident.seed import log_group_arn, seed, write_metrics
from cloudwatch_mcp.sandbox.incident.state_changes import state_changes
from cloudwatch_mcp.sandbox.insights import budget

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LINKED_ACCOUNT = "111122223333"
ON_CALL = "arn:aws:sns:us-east-1:123456789012:shop-on-call"


def seed_sandbox(application: WSGIApplication, region: str, clock: Clock) -> None:
    now = clock.now()
    logs, cloudwatch = sandbox_clients(application, region)
    with budget.garbage_collection_paused():
        seed(logs, cloudwatch, now=now, actions=[ON_CALL], clock=clock)
        write_metrics(cloudwatch, aws_metrics(), now)
        _write_alarm_history(cloudwatch, now, clock)
        _add_anomalies(logs, region, now)
        _write_linked_account(logs, now, clock)
    clock.resume()


def _write_alarm_history(cloudwatch: Any, now: datetime, clock: Clock) -> None:
    alarms = metric_alarms()
    latency = next(alarm for alarm in alarms if alarm.name == "shop-checkout-latency-p99")
    for days_ago, threshold in ((20, 3000.0), (6, latency.threshold)):
        clock.travel(now - timedelta(days=days_ago))
        cloudwatch.put_metric_alarm(**{**latency.parameters("", []), "Threshold": threshold})
    for change in state_changes(alarms, now):
        clock.travel(change.at)
        cloudwatch.set_alarm_state(**change.parameters())


def _add_anomalies(logs: Any, region: str, now: datetime) -> None:
    group = log_group_arn(logs, PAYMENTS.log_group)
    detectors = logs.list_log_anomaly_detectors(filterLogGroupArn=group)["anomalyDetectors"]
    sandbox_logs.add_anomalies(region, anomalies(now, detectors[0]["anomalyDetectorArn"], group))


def _write_linked_account(logs: Any, now: datetime, clock: Clock) -> None:
    logs.meta.events.register("before-call.logs", _to_linked_account)
    for name, age_in_days in (("/ecs/logistics/shipping", 260), ("/shared/ingress", 700)):
        clock.travel(now - timedelta(days=age_in_days))
        logs.create_log_group(logGroupName=name)
        logs.put_retention_policy(logGroupName=name, retentionInDays=30)


def _to_linked_account(params: dict[str, Any], **_: Any) -> None:
    """Moto takes the account from this header."""
    params["headers"]["x-moto-account-id"] = LINKED_ACCOUNT
