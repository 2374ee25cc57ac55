"""Log groups, log streams and PutLogEvents."""

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time_millis
from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.models import logs_backends

from cloudwatch_mcp.sandbox.insights import EventLog
from cloudwatch_mcp.sandbox.logs.operations import Operations, page

_MAX_NAME = 512
_LOW_COST = ("INFREQUENT_ACCESS", "ESSENTIALS")


class LogGroupOperations(Operations):
    def create_log_group(self) -> str:
        _check_length(self.sent()["logGroupName"])
        request = self.request()
        name = request["logGroupName"]
        group: Any = self.logs_backend.create_log_group(name, request.get("tags", {}), kmsKeyId=request.get("kmsKeyId"))
        group.creation_time = self._utc_now()
        group.log_group_class = request.get("logGroupClass", "STANDARD")
        group.deletion_protection = request.get("deletionProtectionEnabled", False)
        group.event_log = EventLog(self.current_account, name)
        return ""

    def create_log_stream(self) -> str:
        _check_length(self.sent()["logStreamName"])
        request = self.request()
        group = self._group(request["logGroupName"])
        name = request["logStreamName"]
        if name in group.streams:
            raise JsonRESTError("ResourceAlreadyExistsException", "The specified log stream already exists")
        group.create_log_stream(name)
        group.streams[name].creation_time = self._utc_now()
        return ""

    def delete_log_stream(self) -> str:
        request = self.request()
        group, stream = self._group(request["logGroupName"]), request["logStreamName"]
        group.delete_log_stream(stream)
        group.event_log.drop_stream(stream)
        return ""

    def put_log_events(self) -> str:
        # Not validated against the model: a batch has up to 10,000 events.
        request = self.sent()
        events = request["logEvents"]
        group = self._group(request["logGroupName"])
        stream = group.streams.get(request["logStreamName"])
        if stream is None:
            raise ResourceNotFoundException("The specified log stream does not exist.")
        times = [event["timestamp"] for event in events]
        if any(later < earlier for earlier, later in pairwise(times)):
            raise InvalidParameterException(
                "Log events in a single PutLogEvents request must be in chronological order."
            )
        stream.events += group.event_log.put(stream.log_stream_name, events, self.state.now())
        stream.last_ingestion_time = self._utc_now()
        stream.upload_sequence_token += 1
        return json.dumps({"nextSequenceToken": f"{stream.upload_sequence_token:056d}"})

    def describe_log_groups(self) -> str:
        request = self.request()
        if request.get("logGroupNamePrefix") and request.get("logGroupNamePattern"):
            raise InvalidParameterException(
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
            )
        accounts = [self.current_account]
        if request.get("includeLinkedAccounts"):
            accounts = request.get("accountIdentifiers") or self.accounts
        groups = [group for group in self.groups_of(accounts) if _matches(group, request)]
        groups.sort(key=lambda group: (group.name, group.account_id))
        description = [self._description(group) for group in groups]
        if request.get("logGroupNamePattern"):
            # The model of DescribeLogGroups: with a pattern, only these members are included.
            members = ("arn", "creationTime", "logGroupName")
            description = [{member: group[member] for member in members} for group in description]
        return page(request, "logGroups", description, request.get("limit", 50))

    def _description(self, group: Any) -> dict[str, Any]:
        filters = logs_backends[group.account_id][self.region].filters.metric_filters
        optional = {"retentionInDays": group.retention_in_days, "kmsKeyId": group.kms_key_id}
        return {
            "logGroupName": group.name,
            "creationTime": created(group),
            **{name: value for name, value in optional.items() if value is not None},
            "metricFilterCount": sum(each["logGroupName"] == group.name for each in filters),
            "arn": f"{group.arn}:*",
            "storedBytes": group.event_log.stored_bytes,
            "logGroupClass": group.log_group_class,
            "logGroupArn": group.arn,
            "deletionProtectionEnabled": group.deletion_protection,
            "bearerTokenAuthenticationEnabled": False,
        }

    def _group(self, name: str) -> Any:
        group = self.logs_backend.groups.get(name)
        if group is None:
            raise ResourceNotFoundException
        return group

    def _utc_now(self) -> Any:
        return self.state.clock.now().replace(tzinfo=None)  # moto's times have no zone


def created(group: Any) -> int:
    """A log group's creation time in milliseconds since the epoch."""
    milliseconds: int = int(unix_time_millis(group.creation_time))
    return milliseconds


def _check_length(name: str) -> None:
    if len(name) > _MAX_NAME:
        raise InvalidParameterException(
            "Invalid LogGroup or LogStream, both must have length less than or equal to 512."
        )


def _matches(group: Any, request: Mapping[str, Any]) -> bool:
    identifiers = request.get("logGroupIdentifiers")
    if identifiers:
        return group.name in identifiers or group.arn in identifiers
    log_class = request.get("logGroupClass", group.log_group_class)
    return (
        group.name.startswith(request.get("logGroupNamePrefix", ""))
        and request.get("logGroupNamePattern", "") in group.name
        and (group.log_group_class == log_class or {group.log_group_class, log_class} <= set(_LOW_COST))
    )
