"""The data of PutMetricData, by metric and in order of time."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime, timezone
from itertools import groupby
from math import fsum
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple, TypeVar

from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue, ValidationError
from moto.core.exceptions import ServiceException
from moto.core.models import DEFAULT_ACCOUNT_ID

MAX_DATUMS = 1000
# ListMetrics and SEARCH omit metrics without data in the past two weeks, and Metrics Insights such data.
MAX_AGE = 14 * 86_400
_MAX_VALUE = 2.0**360

T = TypeVar("T")
_BY_TIME = attrgetter("time")


class MissingParameter(ServiceException):
    code = "MissingParameter"


class Metric(NamedTuple):
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]

    @property
    def description(self) -> dict[str, Any]:
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions]
        return {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions}


class Observation(NamedTuple):
    """One datum. `values` are the raw values and `weights` their numbers of samples; None: unknown."""

    time: int
    unit: str
    high_resolution: bool
    samples: float
    total: float
    minimum: float
    maximum: float
    values: Sequence[float] | None
    weights: Sequence[float] | None


def metric_of(members: Mapping[str, Any]) -> Metric:
    """The metric of a structure that has its Namespace, MetricName and Dimensions."""
    dimensions = sorted((each["Name"], each["Value"]) for each in members.get("Dimensions") or ())
    return Metric(members["Namespace"], members["MetricName"], tuple(dimensions))


def epoch(moment: datetime | float) -> float:
    """Epoch seconds. moto's times are UTC without a zone."""
    if not isinstance(moment, datetime):
        return moment
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


class MetricStore:
    """The metrics of an account in one Region."""

    def __init__(self, account: str = DEFAULT_ACCOUNT_ID, region: str = "us-east-1") -> None:
        self.account, self.region = account, region
        self._observations: defaultdict[Metric, list[Observation]] = defaultdict(list)  # in order of time
        self._computed: dict[Hashable, Any] = {}

    def put(self, namespace: str, data: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Store all datums, or none when one is invalid."""
        if len(data) > MAX_DATUMS:
            raise ValidationError(f"The collection MetricData must not have a size greater than {MAX_DATUMS}.")
        observed = [_observation(datum, f"MetricData.member.{position}", now) for position, datum in enumerate(data, 1)]
        names = [(datum["MetricName"], datum.get("Dimensions")) for datum in data]
        for (name, dimensions), group in groupby(zip(names, observed, strict=True), itemgetter(0)):
            metric = metric_of({"Namespace": namespace, "MetricName": name, "Dimensions": dimensions})
            for _, observation in group:
                insort(self._observations[metric], observation, key=_BY_TIME)
        self._computed.clear()

    def computed_once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """What `compute` gives, kept until there is new data."""
        if key not in self._computed:
            self._computed[key] = compute()
        value: T = self._computed[key]
        return value

    def metrics(self, since: float = 0) -> list[Metric]:
        """The metrics with data since a time in epoch seconds."""
        return sorted(metric for metric, observations in self._observations.items() if observations[-1].time >= since)

    def between(self, metric: Metric, start: float, end: float) -> list[Observation]:
        """The observations from `start` to before `end`, oldest first."""
        observations = self._observations.get(metric, [])
        first = bisect_left(observations, start, key=_BY_TIME)
        return observations[first : bisect_left(observations, end, lo=first, key=_BY_TIME)]


def _observation(datum: Mapping[str, Any], name: str, now: datetime) -> Observation:
    high_resolution = datum.get("StorageResolution", 60) == 1
    time = int(epoch(datum.get("Timestamp", now)))
    if not high_resolution:
        time -= time % 60
    forms = [form for form in _FORMS if form in datum]
    if not forms:
        raise MissingParameter(f"The parameter {name}.Value or {name}.StatisticValues must be specified.")
    if len(forms) > 1:
        raise InvalidParameterCombination(
            f"The parameters {name}.{forms[0]} and {name}.{forms[1]} are mutually exclusive "
            "and you have specified both."
        )
    return Observation(time, datum.get("Unit", "None"), high_resolution, *_FORMS[forms[0]](datum, name))


def _from_value(datum: Mapping[str, Any], name: str) -> tuple[Any, ...]:
    (value,) = _numbers([datum["Value"]], f"{name}.Value")
    return 1.0, value, value, value, (value,), None


def _from_values(datum: Mapping[str, Any], name: str) -> tuple[Any, ...]:
    values = _numbers(datum["Values"], f"{name}.Values")
    weights = datum.get("Counts")
    if not 0 < len(values) <= 150:
        raise InvalidParameterValue(f"The collection {name}.Values must have a size between 1 and 150.")
    if weights is None:
        return float(len(values)), sum(values), min(values), max(values), values, None
    if len(weights) != len(values):
        raise InvalidParameterValue(f"The parameters {name}.Values and {name}.Counts must be of the same size.")
    total = fsum(value * weight for value, weight in zip(values, weights, strict=True))
    return float(sum(weights)), total, min(values), max(values), values, weights


def _from_statistics(datum: Mapping[str, Any], name: str) -> tuple[Any, ...]:
    """A set with one distinct value counts as raw values (docs: Statistics-definitions)."""
    count, total, minimum, maximum = (
        _numbers([datum["StatisticValues"][member]], f"{name}.StatisticValues.{member}")[0]
        for member in ("SampleCount", "Sum", "Minimum", "Maximum")
    )
    if minimum == maximum and total == minimum * count:
        return count, total, minimum, maximum, (minimum,), (count,)
    return count, total, minimum, maximum, None, None


_FORMS = {"Value": _from_value, "Values": _from_values, "StatisticValues": _from_statistics}


def _numbers(values: Sequence[float], parameter: str) -> list[float]:
    for value in values:
        if not -_MAX_VALUE <= float(value) <= _MAX_VALUE:
            raise InvalidParameterValue(f"The value {value} for parameter {parameter} is invalid.")
    return [*map(float, values)]
