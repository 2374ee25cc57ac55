"""CloudWatch: moto's API with the sandbox's own metrics and alarms. Dashboards and insight rules are moto's."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from threading import RLock
from typing import Any

from moto.cloudwatch import urls
from moto.cloudwatch.exceptions import ResourceNotFoundException, ValidationError
from moto.cloudwatch.models import cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import get_service_model

from cloudwatch_mcp.sandbox.alarms.anomaly_detectors import AnomalyDetectors
from cloudwatch_mcp.sandbox.alarms.store import Alarms
from cloudwatch_mcp.sandbox.clock import Clock
from cloudwatch_mcp.sandbox.metrics.data import Place, get_metric_data, read_series
from cloudwatch_mcp.sandbox.metrics.listing import list_metrics
from cloudwatch_mcp.sandbox.metrics.metric_statistics import get_metric_statistics
from cloudwatch_mcp.sandbox.metrics.store import MetricStore
from cloudwatch_mcp.sandbox.model_constraints import violations

_NAMESPACES = {"ValidationError": "com.amazon.coral.validate#"}
_NAMESPACE = "com.amazonaws.cloudwatch.v2010_08_01#"


class _Region:
    def __init__(self, clock: Clock, place: Place) -> None:
        self.place = place
        self.metrics = MetricStore()
        self.alarms = Alarms(clock, place.region, place.account, partial(read_series, store=self.metrics, place=place))
        self.detectors = AnomalyDetectors()


class _State:
    """All Regions of all accounts, behind one lock: requests arrive in several threads."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = RLock()
        self.hold_alarms = False
        self.regions: dict[Place, _Region] = {}

    def region(self, place: Place) -> _Region:
        with self.lock:
            return self.regions.setdefault(place, _Region(self.clock, place))


_state = _State(Clock())


def install(clock: Clock) -> None:
    """Route moto's CloudWatch, process-wide, to this module, with nothing stored."""
    global _state  # noqa: PLW0603  # moto makes a response object for each request, without arguments
    _state = _State(clock)
    cloudwatch_backends.reset()
    urls.url_paths = {"{0}/$": SandboxCloudWatchResponse.dispatch}


def hold_alarms(hold: bool) -> None:
    """Whether metric alarms put from now on keep their states whatever their metrics do."""
    _state.hold_alarms = hold


def evaluate_alarms(since: datetime) -> None:
    """Give all alarms, also the held ones, the states and the history that follow from their metrics `since` then."""
    with _state.lock:
        for region in _state.regions.values():
            region.alarms.evaluate(since)


class SandboxCloudWatchResponse(CloudWatchResponse):
    @property
    def _cloud(self) -> _Region:
        return _state.region(Place(self.current_account, self.region))

    @property
    def _alarms(self) -> Alarms:
        alarms = self._cloud.alarms
        alarms.evaluate()
        return alarms

    def parse_parameters(self, request: Any) -> None:
        # moto converts each of up to 1,000 datums by the model; JSON needs no conversion.
        if self._get_action() == "PutMetricData" and self._speaks_json():
            self.params = json.loads(request.data)
        else:
            super().parse_parameters(request)

    def call_action(self) -> Any:
        with _state.lock:
            action = self._get_action()
            if action != "PutMetricData":
                shape = get_service_model("cloudwatch").operation_model(action).input_shape
                problem = violations(shape, self.params) if shape else None
                if problem is not None:
                    return self.serialized(ActionResult(ValidationError(problem)))
            return super().call_action()

    def serialized(self, action_result: ActionResult) -> Any:
        status, headers, body = super().serialized(action_result)
        if self._speaks_json() and isinstance(action_result.result, ServiceException):
            del headers["X-Amzn-Errortype"]
            body = json.dumps(_wire_error(action_result.result, body))
        return status, headers, body

    def _speaks_json(self) -> bool:
        return str(self.headers.get("Content-Type", "")).startswith("application/x-amz-json")

    def put_metric_data(self) -> ActionResult:
        params = self._get_params()
        data = [*params.get("MetricData", [])]
        for entity in params.get("EntityMetricData", []):
            data += entity.get("MetricData", [])
        self._cloud.metrics.put(params["Namespace"], data, _state.clock.now())
        return EmptyResult()

    def list_metrics(self) -> ActionResult:
        cloud = self._cloud
        return ActionResult(list_metrics(self._get_params(), cloud.metrics, _state.clock.now(), cloud.place.account))

    def get_metric_data(self) -> Any:
        cloud = self._cloud
        answer = get_metric_data(self._get_params(), cloud.metrics, _state.clock.now(), cloud.place)
        if self._speaks_json():
            # moto would convert up to 100,800 timestamps, each in several steps.
            return 200, {}, json.dumps(answer)
        return ActionResult(answer)

    def get_metric_statistics(self) -> ActionResult:
        return ActionResult(get_metric_statistics(self._get_params(), self._cloud.metrics))

    def put_metric_alarm(self) -> ActionResult:
        self._alarms.put_metric_alarm(self._get_params(), hold=_state.hold_alarms)
        self._cloud.detectors.put_for_alarm(self._get_params())
        return EmptyResult()

    def put_composite_alarm(self) -> ActionResult:
        self._alarms.put_composite_alarm(self._get_params())
        return EmptyResult()

    def describe_alarms(self) -> ActionResult:
        return ActionResult(self._alarms.describe(self._get_params()))

    def describe_alarms_for_metric(self) -> ActionResult:
        raise NotImplementedError("The sandbox lacks DescribeAlarmsForMetric; AWS has it. Use DescribeAlarms.")

    def describe_alarm_history(self) -> ActionResult:
        return ActionResult(self._alarms.history(self._get_params()))

    def set_alarm_state(self) -> ActionResult:
        params = self._get_params()
        self._alarms.set_state(
            params["AlarmName"], params["StateValue"], params["StateReason"], params.get("StateReasonData")
        )
        return EmptyResult()

    def delete_alarms(self) -> ActionResult:
        self._alarms.delete(self._get_params()["AlarmNames"])
        return EmptyResult()

    def enable_alarm_actions(self) -> ActionResult:
        self._alarms.set_actions_enabled(self._get_params()["AlarmNames"], enabled=True)
        return EmptyResult()

    def disable_alarm_actions(self) -> ActionResult:
        self._alarms.set_actions_enabled(self._get_params()["AlarmNames"], enabled=False)
        return EmptyResult()

    def put_anomaly_detector(self) -> ActionResult:
        self._cloud.detectors.put(self._get_params())
        return ActionResult({})

    def delete_anomaly_detector(self) -> ActionResult:
        self._cloud.detectors.delete(self._get_params())
        return ActionResult({})

    def describe_anomaly_detectors(self) -> ActionResult:
        return ActionResult(self._cloud.detectors.describe(self._get_params()))

    def list_tags_for_resource(self) -> ActionResult:
        tags = self._tags()
        return ActionResult({"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]})

    def tag_resource(self) -> ActionResult:
        self._tags().update({tag["Key"]: tag["Value"] for tag in self._get_params()["Tags"]})
        return ActionResult({})

    def untag_resource(self) -> ActionResult:
        tags = self._tags()
        for key in self._get_params()["TagKeys"]:
            tags.pop(key, None)
        return ActionResult({})

    def _tags(self) -> dict[str, str]:
        arn, tags = self._get_params()["ResourceARN"], self._alarms.tags
        if arn not in tags:
            raise ResourceNotFoundException("Unknown")
        return tags[arn]


def _wire_error(error: ServiceException, body: str | bytes) -> Mapping[str, str]:
    """The error body as CloudWatch writes it: ResourceNotFound has no message."""
    shape = json.loads(body)["__type"].split("#")[-1]
    wire = {"__type": _NAMESPACES.get(error.code, _NAMESPACE) + shape}
    return wire if error.code == "ResourceNotFound" else {**wire, "message": error.message}
