"""CloudWatch: moto's API with the sandbox's own metrics and alarms. Dashboards and insight rules are moto's."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from threading import RLock
from typing import Any

from moto.cloudwatch.exceptions import ResourceNotFoundException, ValidationError
from moto.cloudwatch.models import cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import get_service_model

from cloudwatch_mcp.sandbox.alarms.anomaly_detectors import AnomalyDetectors
from cloudwatch_mcp.sandbox.alarms.store import Alarms
from cloudwatch_mcp.sandbox.clock import Clock
from cloudwatch_mcp.sandbox.metrics.data import get_metric_data, get_metric_statistics
from cloudwatch_mcp.sandbox.metrics.search import list_metrics
from cloudwatch_mcp.sandbox.metrics.store import MetricStore
from cloudwatch_mcp.sandbox.model_constraints import violations

Request = Mapping[str, Any]

_NAMESPACES = {"ValidationError": "com.amazon.coral.validate#"}
_NAMESPACE = "com.amazonaws.cloudwatch.v2010_08_01#"


class _Region:
    def __init__(self, clock: Clock, account: str, name: str) -> None:
        self.metrics = MetricStore(account, name)
        self.alarms = Alarms(clock, self.metrics)
        self.detectors = AnomalyDetectors()

    @property
    def current_alarms(self) -> Alarms:
        self.alarms.evaluate()
        return self.alarms


class _State:
    """All Regions of all accounts, behind one lock: requests arrive in several threads."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = RLock()
        self.hold_alarms = False
        self.regions: dict[tuple[str, str], _Region] = {}

    def region(self, account: str, name: str) -> _Region:
        with self.lock:
            return self.regions.setdefault((account, name), _Region(self.clock, account, name))


_state = _State(Clock())


def install(clock: Clock) -> None:
    """Route moto's CloudWatch, process-wide, to this module, with nothing stored."""
    global _state  # noqa: PLW0603  # moto makes a response object for each request, without arguments
    _state = _State(clock)
    cloudwatch_backends.reset()


def hold_alarms(hold: bool) -> None:
    """Whether metric alarms put from now on keep their states whatever their metrics do."""
    _state.hold_alarms = hold


def evaluate_alarms(since: datetime) -> None:
    """Give all alarms, also the held ones, the states and the history that follow from their metrics `since` then."""
    with _state.lock:
        for region in _state.regions.values():
            region.alarms.evaluate(since)


def _put_metric_data(region: _Region, request: Request) -> None:
    entities = request.get("EntityMetricData", [])
    data = [datum for part in (request, *entities) for datum in part.get("MetricData", [])]
    region.metrics.put(request["Namespace"], data, _state.clock.now())


def _put_metric_alarm(region: _Region, request: Request) -> None:
    region.current_alarms.put_metric_alarm(request, hold=_state.hold_alarms)
    region.detectors.put_for_alarm(request)


def _describe_alarms_for_metric(_region: _Region, _request: Request) -> None:
    raise NotImplementedError("The sandbox lacks DescribeAlarmsForMetric; AWS has it. Use DescribeAlarms.")


def _operation(answer: Callable[[_Region, Request], Any]) -> Callable[[CloudWatchResponse], ActionResult]:
    def method(self: CloudWatchResponse) -> ActionResult:
        region = _state.region(self.current_account, self.region)
        return ActionResult(answer(region, self._get_params()) or {})

    return method


def _of_tags(method: str, *members: str) -> Callable[[CloudWatchResponse], ActionResult]:
    """A method of moto's tagger, with the alarm's ARN and the members of the request."""

    def answer(region: _Region, request: Request) -> Any:
        arn = request["ResourceARN"]
        if not region.alarms.tagger.has_tags(arn):
            raise ResourceNotFoundException("Unknown")
        return getattr(region.alarms.tagger, method)(arn, *(request[member] for member in members))

    return _operation(answer)


def _of_alarms(answer: Callable[[Alarms, Request], Any]) -> Callable[[CloudWatchResponse], ActionResult]:
    return _operation(lambda region, request: answer(region.current_alarms, request))


class SandboxCloudWatchResponse(CloudWatchResponse):
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
        error = action_result.result
        if self._speaks_json() and isinstance(error, ServiceException):
            del headers["X-Amzn-Errortype"]
            shape = json.loads(body)["__type"].split("#")[-1]
            wire = {"__type": _NAMESPACES.get(error.code, _NAMESPACE) + shape}
            # AWS writes ResourceNotFound without a message.
            body = json.dumps(wire if error.code == "ResourceNotFound" else {**wire, "message": error.message})
        return status, headers, body

    def _speaks_json(self) -> bool:
        return str(self.headers.get("Content-Type", "")).startswith("application/x-amz-json")

    def get_metric_data(self) -> Any:
        region = _state.region(self.current_account, self.region)
        answer = get_metric_data(self._get_params(), region.metrics, _state.clock.now())
        if self._speaks_json():
            # moto would convert up to 100,800 timestamps, each in several steps.
            return 200, {}, json.dumps(answer)
        return ActionResult(answer)

    put_metric_data = _operation(_put_metric_data)
    list_metrics = _operation(lambda region, request: list_metrics(request, region.metrics, _state.clock.now()))
    get_metric_statistics = _operation(lambda region, request: get_metric_statistics(request, region.metrics))

    put_metric_alarm = _operation(_put_metric_alarm)
    put_composite_alarm = _of_alarms(Alarms.put_composite_alarm)
    describe_alarms = _of_alarms(Alarms.describe)
    describe_alarms_for_metric = _operation(_describe_alarms_for_metric)
    describe_alarm_history = _of_alarms(Alarms.history)
    set_alarm_state = _of_alarms(Alarms.set_state)
    delete_alarms = _of_alarms(Alarms.delete)
    enable_alarm_actions = _of_alarms(partial(Alarms.set_actions_enabled, enabled=True))
    disable_alarm_actions = _of_alarms(partial(Alarms.set_actions_enabled, enabled=False))
    list_tags_for_resource = _of_tags("list_tags_for_resource")
    tag_resource = _of_tags("tag_resource", "Tags")
    untag_resource = _of_tags("untag_resource_using_names", "TagKeys")

    put_anomaly_detector = _operation(lambda region, request: region.detectors.put(request))
    delete_anomaly_detector = _operation(lambda region, request: region.detectors.delete(request))
    describe_anomaly_detectors = _operation(lambda region, request: region.detectors.describe(request))
