"""Writes an incident to the sandbox, with what only it can have: AWS's metrics, past alarm states, anomalies."""

from datetime import timedelta

from moto.core.models import DEFAULT_ACCOUNT_ID

from cloudwatch_mcp.sandbox import logs as sandbox_logs
from cloudwatch_mcp.sandbox.clock import Clock
from cloudwatch_mcp.sandbox.cloudwatch import evaluate_alarms
from cloudwatch_mcp.sandbox.direct import clients
from cloudwatch_mcp.sandbox.insights import budget
from cloudwatch_mcp.sandbox.kit.anomalies import anomalies
from cloudwatch_mcp.sandbox.kit.incident import Incident
from cloudwatch_mcp.sandbox.kit.seed import CREATED, Target, log_group_arn, seed, write_log_group, write_metrics
from cloudwatch_mcp.sandbox.kit.timeline import before

ON_CALL = "arn:aws:sns:us-east-1:123456789012:shop-on-call"
_FIRST_REASON = "Threshold Crossed: no datapoint was beyond the threshold."


def seed_sandbox(incident: Incident, region: str, clock: Clock, linked_account: str) -> None:
    now = clock.now()
    to, linked = (
        Target(*clients(region, account), now=now, actions=[ON_CALL], clock=clock)
        for account in (DEFAULT_ACCOUNT_ID, linked_account)
    )
    with budget.garbage_collection_paused():
        seed(incident, to)
        write_metrics(to, [each for each in incident.metrics if each.is_of_aws])
        _write_alarm_history(to, incident)
        _add_anomalies(to, incident, region)
        for group in incident.linked_log_groups:
            write_log_group(linked, group)
    clock.resume()


def _write_alarm_history(to: Target, incident: Incident) -> None:
    """The alarms' edits, and their states by their metrics. The first state is OK, as there are no metrics so old."""
    for alarm in incident.alarms:
        if alarm.series.samples(CREATED / timedelta(minutes=1)):
            to.travel(to.now - CREATED + timedelta(minutes=5))
            to.cloudwatch.set_alarm_state(AlarmName=alarm.name, StateValue="OK", StateReason=_FIRST_REASON)
        for days_ago, members in alarm.edits:
            to.days_ago(days_ago)
            to.cloudwatch.put_metric_alarm(**{**alarm.parameters("", []), **members})
    for start, end in incident.evaluated:
        to.travel(before(to.now, end))
        evaluate_alarms(since=before(to.now, start))


def _add_anomalies(to: Target, incident: Incident, region: str) -> None:
    groups = {group.name: group for group in incident.log_groups}
    for detector in [each for each in incident.detectors if each.anomalies]:
        group = log_group_arn(to.logs, detector.log_group)
        (trained,) = to.logs.list_log_anomaly_detectors(filterLogGroupArn=group)["anomalyDetectors"]
        found = anomalies(detector, groups[detector.log_group], to.now, trained["anomalyDetectorArn"], group)
        sandbox_logs.add_anomalies(region, found)
