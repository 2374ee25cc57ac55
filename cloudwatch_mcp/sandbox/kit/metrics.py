"""Metrics: functions of time, and their datapoints for PutMetricData."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

from cloudwatch_mcp.sandbox.kit.timeline import Level, anchor, function, noise

Samples = list[tuple[float, float]]
"""Values and how often each was measured within a minute."""
OfMinute = Callable[[float], float]
Kind = Callable[[OfMinute, OfMinute, float], Samples]
"""The samples of a minute, from noise and a level by the minutes before the end, and that minute."""
Series = tuple[str, str, Kind, Level]
"""Name, unit, kind and level."""

HISTORY = timedelta(hours=48)

# A lognormal distribution by its quantiles: factors of the median, each with its weight.
_QUANTILES = [
    (math.exp(0.39 * z), weight)
    for z, weight in ((-1.3, 0.25), (-0.25, 0.25), (0.4, 0.25), (1.1, 0.15), (1.64, 0.07), (2.17, 0.02), (2.75, 0.01))
]


@dataclass(frozen=True)
class SampledMetric:
    """One metric with its dimensions."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    unit: str
    samples: Callable[[float], Samples]
    basic: bool = False
    """Measured every five minutes, like EC2's basic monitoring."""
    fine: timedelta = timedelta(hours=6)
    """The age up to which there is a datapoint every minute. Before, there is one for every five minutes."""

    @property
    def is_of_aws(self) -> bool:
        return self.namespace.startswith("AWS/")

    def published_in(self, prefix: str) -> str:
        """The namespace with the prefix; AWS's own namespaces keep their name."""
        return self.namespace if self.is_of_aws else prefix + self.namespace

    @property
    def description(self) -> dict[str, Any]:
        """Its name and dimensions, for PutMetricData and PutMetricAlarm."""
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions.items()]
        return {"MetricName": self.name, "Dimensions": dimensions}

    def datapoints(self, now: datetime) -> Iterator[dict[str, Any]]:
        """Members of PutMetricData's MetricData, oldest first."""
        end = int(anchor(now).timestamp())
        start, fine_from = (int((now - ago).timestamp()) // 300 * 300 for ago in (HISTORY, self.fine))
        coarse_to = end if self.basic else fine_from
        same = {**self.description, "Unit": self.unit}
        for time in chain(range(start, coarse_to, 300), range(coarse_to, end, 60)):
            if samples := self.samples((end - time) / 60):
                times = 1 if self.basic or time >= coarse_to else 5
                yield {**same, "Timestamp": time, **_values(samples, times)}


def _values(samples: Samples, times: int) -> dict[str, Any]:
    if len(samples) == times == 1:
        return {"Value": samples[0][0]}
    return {"Values": [value for value, _ in samples], "Counts": [weight * times for _, weight in samples]}


def gauge(draw: OfMinute, level: OfMinute, minute: float, jitter: float = 0.04) -> Samples:
    """One measurement per minute around a level; none where the level is nan."""
    value = round(level(minute) * max(0.0, 1 + jitter * draw(minute)), 3)
    return [] if math.isnan(value) else [(value, 1.0)]


def count(draw: OfMinute, level: OfMinute, minute: float, jitter: float = 0.04) -> Samples:
    """An integer per minute around a level; small levels give mostly zeros."""
    expected = level(minute)
    spread = max(jitter * expected, math.sqrt(expected) * 0.5)
    return [(float(max(0, round(expected + spread * draw(minute)))), 1.0)]


def latency(requests: Level, *waits: tuple[float, Level]) -> Kind:
    """Milliseconds around a median, lognormal, except for the shares of the requests that wait a given time."""
    total, shares = function(requests), [(time, function(share)) for time, share in waits]

    def samples(draw: OfMinute, median: OfMinute, minute: float) -> Samples:
        waiting = [(time * (1 + 0.01 * draw(minute + time)), share(minute)) for time, share in shares]
        usual, centre = 1 - math.fsum(share for _, share in waiting), median(minute) * (1 + 0.03 * draw(minute))
        body = [(centre * distance, usual * weight) for distance, weight in _QUANTILES]
        tail = [(time, share) for time, share in waiting if share]
        return [(round(value, 1), float(max(1, round(total(minute) * share)))) for value, share in body + tail]

    return samples


def metrics(
    namespace: str, *series: Series, basic: bool = False, fine: timedelta = SampledMetric.fine, **dimensions: str
) -> list[SampledMetric]:
    """Metrics with the same dimensions, each with its own noise."""
    made = []
    for name, unit, kind, level in series:
        samples = partial(kind, noise(f"{namespace} {name} {dimensions}"), function(level))
        made.append(SampledMetric(namespace, name, dimensions, unit, samples, basic, fine))
    return made


def metric(namespace: str, name: str, unit: str, kind: Kind, level: Level, /, **more: Any) -> SampledMetric:
    """One metric; its kind is `count`, `gauge` or a `latency`, and `more` is as for `metrics`."""
    return metrics(namespace, (name, unit, kind, level), **more)[0]
