"""The alarms of one Region, and their history."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from heapq import merge
from operator import itemgetter
from typing import Any

from moto.cloudwatch.exceptions import InvalidFormat, ResourceNotFound, ValidationError
from moto.cloudwatch.utils import make_arn_for_alarm
from moto.utilities.tagging_service import TaggingService

from cloudwatch_mcp.sandbox.alarms import history as alarm_history
from cloudwatch_mcp.sandbox.alarms.evaluation import Evaluation, evaluate, state_changes
from cloudwatch_mcp.sandbox.alarms.requests import (
    ACTIONS,
    PAGE,
    check_describe_alarms,
    check_metric_alarm,
    matches_request,
)
from cloudwatch_mcp.sandbox.alarms.rules import children, holds, name_in
from cloudwatch_mcp.sandbox.alarms.state_reason import triggering_alarms
from cloudwatch_mcp.sandbox.clock import Clock
from cloudwatch_mcp.sandbox.metrics.data import read_series
from cloudwatch_mcp.sandbox.metrics.store import MetricStore, epoch
from cloudwatch_mcp.sandbox.next_token import page

Alarm = dict[str, Any]

LONGEST_PAUSE = timedelta(hours=3)
HISTORY_RETENTION = timedelta(days=30)

_STATE = ("StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp", "StateTransitionedTimestamp")
_SUPPRESSED = {"ActionsSuppressedBy": "Alarm", "ActionsSuppressedReason": "Actions suppressed by Alarm"}


class Alarms:
    """`metrics` are those that the alarms watch."""

    def __init__(self, clock: Clock, metrics: MetricStore) -> None:
        self._clock, self._metrics = clock, metrics
        self._read = partial(read_series, metrics)
        self._evaluated: dict[str, datetime] = {}
        self._held: set[str] = set()
        self._alarms: dict[str, Alarm] = {}
        self._history: list[alarm_history.Item] = []
        self.tagger = TaggingService()

    def put_metric_alarm(self, request: Mapping[str, Any], *, hold: bool) -> None:
        """With `hold` the alarm is evaluated only on demand."""
        check_metric_alarm(request)
        name = request["AlarmName"]
        alarm = {**request, "Dimensions": [] if "Metrics" in request else request.get("Dimensions", [])}
        evaluate(alarm, self._read, self._now())  # it raises for an expression that is invalid
        self._put(alarm)
        (self._held.add if hold else self._held.discard)(name)
        self._evaluated[name] = self._now()

    def evaluate(self, since: datetime | None = None) -> None:
        """Bring the alarms to the clock's time: their states, history and composite alarms.

        With `since` all alarms from that time on; without it those that are not held, for a long pause its last hours.
        """
        now, changes = self._now(), []
        for name, last in self._evaluated.items():
            alarm = self._alarms[name]
            if "ComparisonOperator" in alarm and last < now and (since or name not in self._held):
                after = max(last, since or now - LONGEST_PAUSE)
                changes.append(state_changes(alarm, self._read, after, now))
                self._evaluated[name] = now
        for at, alarm, evaluation in merge(*changes, key=itemgetter(0)):
            self._change_state(alarm, evaluation, at)

    def put_composite_alarm(self, request: Mapping[str, Any]) -> None:
        names = children(request["AlarmRule"])
        missing = [name for name in names if name not in self._alarms and name != request["AlarmName"]]
        if missing:
            raise ValidationError(
                f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule do not exist"
            )
        is_new = request["AlarmName"] not in self._alarms
        self._put(dict(request))
        alarm = self._alarms[request["AlarmName"]]
        state = self._state_by_rule(alarm)
        if state != alarm["StateValue"]:
            verb = "created" if is_new else "updated"
            reason = f"{alarm['AlarmArn']} was {verb} and its alarm rule evaluates to {state}"
            triggering = triggering_alarms([self._alarms[name] for name in names])
            self._change_state(alarm, Evaluation(state, reason, triggering), self._now())

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        check_describe_alarms(request)
        alarms, members = self._described(request)
        answer = page(request, "shown", alarms, request.get("MaxRecords", PAGE))
        answer |= {"CompositeAlarms": [], "MetricAlarms": [], "LogAlarms": []}
        for alarm in answer.pop("shown"):
            answer[f"{alarm_history.alarm_type(alarm)}s"].append({member: alarm[member] for member in members or alarm})
        return answer

    def delete(self, request: Mapping[str, Any]) -> None:
        """As on AWS, unknown names are ignored."""
        names = request["AlarmNames"]
        if sum("AlarmRule" in self._alarms.get(name, {}) for name in names) > 1:
            raise ValidationError("Only one composite alarm can be deleted at a time")
        for name in names:
            alarm = self._alarms.pop(name, None)
            self._evaluated.pop(name, None)
            if alarm is not None:
                self.tagger.delete_all_tags_for_resource(alarm["AlarmArn"])
                self._history.append(alarm_history.configuration_update("Delete", alarm, self._now()))

    def set_state(self, request: Mapping[str, Any]) -> None:
        name, reason_data = request["AlarmName"], request.get("StateReasonData")
        if name not in self._alarms:
            raise ResourceNotFound("")
        if reason_data is not None:
            try:
                json.loads(reason_data)
            except ValueError as error:
                raise InvalidFormat("StateReasonData must be valid JSON") from error
        new = Evaluation(request["StateValue"], request["StateReason"], reason_data)
        self._change_state(self._alarms[name], new, self._now())

    def set_actions_enabled(self, request: Mapping[str, Any], *, enabled: bool) -> None:
        for name in request["AlarmNames"]:
            if name in self._alarms and self._alarms[name]["ActionsEnabled"] != enabled:
                self._put({**self._alarms[name], "ActionsEnabled": enabled})

    def history(self, request: Mapping[str, Any]) -> dict[str, Any]:
        types = request.get("AlarmTypes") or ["MetricAlarm"]
        start = epoch(request.get("StartDate", 0.0))
        end = epoch(request.get("EndDate", float("inf")))
        oldest = (self._now() - HISTORY_RETENTION).timestamp()
        items = [
            item
            for item in sorted(self._history, key=lambda item: item["Timestamp"])
            if item["AlarmType"] in types
            and request.get("AlarmName", item["AlarmName"]) == item["AlarmName"]
            and request.get("HistoryItemType", item["HistoryItemType"]) == item["HistoryItemType"]
            and max(start, oldest) <= item["Timestamp"].timestamp() <= end
            and "AlarmContributorId" not in request
        ]
        if request.get("ScanBy") != "TimestampAscending":
            items.reverse()
        return page(request, "AlarmHistoryItems", items, request.get("MaxRecords", PAGE))

    def _now(self) -> datetime:
        now = self._clock.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def _put(self, request: Alarm) -> None:
        now, before = self._now(), self._alarms.get(request["AlarmName"])
        alarm: Alarm = {
            "ActionsEnabled": True,
            "OKActions": [],
            "AlarmActions": [],
            "InsufficientDataActions": [],
            **request,
            "AlarmArn": make_arn_for_alarm(self._metrics.region, self._metrics.account, request["AlarmName"]),
            "AlarmConfigurationUpdatedTimestamp": now,
        }
        tags = alarm.pop("Tags", [])
        if before is None:
            alarm |= {
                "StateValue": "INSUFFICIENT_DATA",
                "StateReason": "Unchecked: Initial alarm creation",
                "StateUpdatedTimestamp": now,
                "StateTransitionedTimestamp": now,
            }
            self.tagger.tag_resource(alarm["AlarmArn"], tags)
        else:
            alarm |= {member: before[member] for member in _STATE if member in before}
        self._alarms[alarm["AlarmName"]] = alarm
        kind = "Update" if before else "Create"
        self._history.append(alarm_history.configuration_update(kind, alarm, now, before))

    def _change_state(self, alarm: Alarm, new: Evaluation, now: datetime, path: tuple[str, ...] = ()) -> None:
        """Set the state, write history, execute actions, and evaluate the composite alarms that name this alarm.

        `path` has the alarms whose changes led here; as on AWS, evaluation stops at a cycle.
        """
        old = dict(alarm)
        alarm |= {"StateValue": new.state, "StateReason": new.reason, "StateUpdatedTimestamp": now}
        alarm.pop("StateReasonData", None)
        if new.reason_data is not None:
            alarm["StateReasonData"] = new.reason_data
        if new.state == old["StateValue"]:
            return
        alarm["StateTransitionedTimestamp"] = now
        self._history.append(alarm_history.state_update(old, alarm, now))
        if not self._suppress_actions(alarm) and alarm["ActionsEnabled"]:
            self._history += [
                alarm_history.action(alarm, old["StateValue"], arn, now) for arn in alarm[ACTIONS[new.state]]
            ]
        self._evaluate_parents(alarm, (*path, alarm["AlarmName"]))

    def _evaluate_parents(self, alarm: Alarm, path: tuple[str, ...]) -> None:
        for parent in self._parents(alarm["AlarmName"]):
            state = self._state_by_rule(parent)
            if parent["StateValue"] != state and parent["AlarmName"] not in path:
                moment = alarm["StateTransitionedTimestamp"]
                reason = (
                    f"{alarm['AlarmArn']} transitioned to {alarm['StateValue']} at {moment:%A %d %B, %Y %H:%M:%S} UTC"
                )
                self._change_state(parent, Evaluation(state, reason, triggering_alarms([alarm])), moment, path)

    def _suppress_actions(self, alarm: Alarm) -> bool:
        suppressor = self._alarms.get(name_in(alarm.get("ActionsSuppressor", "")), {})
        suppressed: bool = suppressor.get("StateValue") == "ALARM"
        for member, text in _SUPPRESSED.items():
            alarm.pop(member, None)
            if suppressed:
                alarm[member] = text
        return suppressed

    def _state_by_rule(self, composite: Alarm) -> str:
        in_alarm = holds(composite["AlarmRule"], lambda name: self._alarms.get(name, {}).get("StateValue"))
        return "ALARM" if in_alarm else "OK"

    def _parents(self, name: str) -> list[Alarm]:
        alarms = [alarm for _, alarm in sorted(self._alarms.items())]
        return [alarm for alarm in alarms if "AlarmRule" in alarm and name in children(alarm["AlarmRule"])]

    def _described(self, request: Mapping[str, Any]) -> tuple[list[Alarm], Sequence[str]]:
        """The alarms that DescribeAlarms asks for, and the few members that it answers with; empty: all of them."""
        if "ParentsOfAlarmName" in request:
            return self._parents(request["ParentsOfAlarmName"]), ("AlarmName", "AlarmArn")
        if "ChildrenOfAlarmName" in request:
            rule = self._alarms.get(request["ChildrenOfAlarmName"], {}).get("AlarmRule", "FALSE")
            alarms = [self._alarms[name] for name in children(rule) if name in self._alarms]
            return alarms, ("AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp")
        return [alarm for _, alarm in sorted(self._alarms.items()) if matches_request(alarm, request)], ()
