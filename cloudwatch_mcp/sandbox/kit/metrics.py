"""Metrics: functions of time, and their datapoints for PutMetricData."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cloudwatch_mcp.sandbox.kit.timeline import Level, anchor, function, noise

Samples = list[tuple[float, float]]
"""Values and how often each was measured within a minute."""
Sampler = Callable[[float], Samples]
"""A function of the minutes before the anchor."""
Kind = Callable[[str, Level], Sampler]
"""Makes a sampler from a name for its noise and a level."""

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
    samples: Sampler
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

    def datapoints(self, now: datetime) -> Iterator[dict[str, Any]]:
        """Members of PutMetricData's MetricData, oldest first."""
        end = int(anchor(now).timestamp())
        start, fine_from = (int((now - ago).timestamp()) // 300 * 300 for ago in (HISTORY, self.fine))
        fine = () if self.basic else range(fine_from, end, 60)
        same = {
            "MetricName": self.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions.items()],
            "Unit": self.unit,
        }
        for times, grid in ((1 if self.basic else 5, range(start, end if self.basic else fine_from, 300)), (1, fine)):
            for time in grid:
                if samples := self.samples((end - time) / 60):
                    yield {**same, "Timestamp": time, **_values(samples, times)}


def _values(samples: Samples, times: int) -> dict[str, Any]:
    if len(samples) == times == 1:
        return {"Value": samples[0][0]}
    return {"Values": [value for value, _ in samples], "Counts": [weight * times for _, weight in samples]}


def gauge(name: str, level: Level, jitter: float = 0.04) -> Sampler:
    """One measurement per minute around a level; none where the level is nan."""
    draw, at = noise(name), function(level)

    def samples(minute: float) -> Samples:
        value = round(at(minute) * max(0.0, 1 + jitter * draw(minute)), 3)
        return [] if math.isnan(value) else [(value, 1.0)]

    return samples


def count(name: str, level: Level, jitter: float = 0.04) -> Sampler:
    """An integer per minute around a level; small levels give mostly zeros."""
    draw, at = noise(name), function(level)

    def samples(minute: float) -> Samples:
        expected = at(minute)
        spread = max(jitter * expected, math.sqrt(expected) * 0.5)
        return [(float(max(0, round(expected + spread * draw(minute)))), 1.0)]

    return samples


def latency(requests: Level, *waits: tuple[float, Level]) -> Kind:
    """Milliseconds around a median, lognormal, except for the shares of the requests that wait a given time."""
    total, shares = function(requests), [(time, function(share)) for time, share in waits]

    def kind(name: str, median: Level) -> Sampler:
        draw, at = noise(name), function(median)

        def samples(minute: float) -> Samples:
            waiting = [(time * (1 + 0.01 * draw(minute + time)), share(minute)) for time, share in shares]
            usual, centre = 1 - math.fsum(share for _, share in waiting), at(minute) * (1 + 0.03 * draw(minute))
            body = [(centre * distance, usual * weight) for distance, weight in _QUANTILES]
            tail = [(time, share) for time, share in waiting if share]
            return [(round(value, 1), float(max(1, round(total(minute) * share)))) for value, share in body + tail]

        return samples

    return kind


def metrics(namespace: str, *series: tuple[str, str, Kind, Level], **dimensions: str) -> list[SampledMetric]:
    """Metrics with the same dimensions, each by its name, unit, kind and level; each with its own noise."""
    return [
        SampledMetric(namespace, name, dimensions, unit, kind(f"{namespace} {name} {dimensions}", level))
        for name, unit, kind, level in series
    ]


def metric(
    namespace: str,
    name: str,
    unit: str,
    kind: Kind,
    level: Level,
    /,
    *,
    basic: bool = False,
    fine: timedelta = SampledMetric.fine,
    **dimensions: str,
) -> SampledMetric:
    """One metric; its kind is `count`, `gauge` or a `latency`."""
    (made,) = metrics(namespace, (name, unit, kind, level), **dimensions)
    return replace(made, basic=basic, fine=fine)
