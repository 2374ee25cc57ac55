"""GetMetricData: metrics and expressions. GetMetricStatistics."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from math import ceil
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterCombination, ValidationError

from cloudwatch_mcp.sandbox.metrics import expressions as metric_math
from cloudwatch_mcp.sandbox.metrics import metrics_insights
from cloudwatch_mcp.sandbox.metrics.aggregation import find_statistic, points, statistic_named
from cloudwatch_mcp.sandbox.metrics.anomaly_band import expected_of
from cloudwatch_mcp.sandbox.metrics.queries import Query, check, is_period
from cloudwatch_mcp.sandbox.metrics.results import Result, default_labels, label, page
from cloudwatch_mcp.sandbox.metrics.search import found_metrics
from cloudwatch_mcp.sandbox.metrics.series import Expected, ExpressionError, Series
from cloudwatch_mcp.sandbox.metrics.store import MAX_AGE, Metric, MetricStore, Observation, epoch, metric_of

# The age in seconds up to which a start has points, and the divisor that its period needs.
RETENTION = ((3 * 3600, 1), (15 * 86_400, 60), (63 * 86_400, 300), (455 * 86_400, 3600))

# GetMetricStatistics: the maximum of its datapoints.
MAX_STATISTICS = 1440


def get_metric_data(request: Mapping[str, Any], store: MetricStore, now: datetime) -> Result:
    """The answer, its timestamps in epoch seconds."""
    queries = request["MetricDataQueries"]
    start, end = epoch(request["StartTime"]), epoch(request["EndTime"])
    check(queries, start, end)
    evaluation = _Evaluation(queries, store, int(start), int(-(-end // 1)), now.timestamp())
    return page(list(evaluation.results()), request)


def get_metric_statistics(request: Mapping[str, Any], store: MetricStore) -> dict[str, Any]:
    """The answer, with a datapoint for each period and unit, oldest first."""
    start, end, period = epoch(request["StartTime"]), epoch(request["EndTime"]), request["Period"]
    _check_statistics(request, ceil((end - start) / period))
    observations = [
        observation
        for observation in store.between(metric_of(request), start - start % period, end)
        if request.get("Unit", observation.unit) == observation.unit and (period >= 60 or observation.high_resolution)
    ]
    datapoints: dict[tuple[int, str], dict[str, Any]] = {}
    for unit in sorted({observation.unit for observation in observations}):
        of_unit = [observation for observation in observations if observation.unit == unit]
        for member in ("Statistics", "ExtendedStatistics"):
            for name in request.get(member) or ():
                for time, value in points(of_unit, period, statistic_named(name)).items():
                    datapoint = datapoints.setdefault((time, unit), {"Timestamp": time, "Unit": unit})
                    target = datapoint if member == "Statistics" else datapoint.setdefault(member, {})
                    target[name] = value
    return {"Label": request["MetricName"], "Datapoints": [datapoints[key] for key in sorted(datapoints)]}


def _check_statistics(request: Mapping[str, Any], requested: int) -> None:
    if not request.get("Statistics") and not request.get("ExtendedStatistics"):
        raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
    if requested <= 0:
        raise ValidationError("The parameter StartTime must be less than the parameter EndTime.")
    if not is_period(request["Period"]):
        raise ValidationError("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.")
    if requested > MAX_STATISTICS:
        raise InvalidParameterCombination(
            f"You have requested up to {requested:,} datapoints, which exceeds the limit of 1,440. You may reduce the "
            "datapoints requested by increasing Period, or decreasing the time range."
        )


def read_series(store: MetricStore, queries: Sequence[Query], start: int, end: int) -> dict[str, list[Series]]:
    """Each query's series, as of `end`; their periods begin at `start`, as those of alarms do."""
    evaluation = _Evaluation(queries, store, start, end, end, phase=start)
    return {query["Id"]: _several(evaluation.value_of(query["Id"])) for query in queries}


@dataclass
class _Evaluation:
    """One request's queries: its metrics, and its expressions, each evaluated once, when first needed."""

    queries: Sequence[Query]
    store: MetricStore
    start: int
    end: int
    now: float
    phase: int = 0
    _in_progress: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._by_id = {query["Id"]: query for query in self.queries}
        stats = {query["Id"]: query["MetricStat"] for query in self.queries if "MetricStat" in query}
        self._metrics = dict(zip(stats, self._all_series(stats.values()), strict=True))
        self._values: dict[str, Series | list[Series]] = {**self._metrics}

    def results(self) -> Iterator[tuple[Query, Series]]:
        """The returned queries and their labelled series. Expressions that are not returned are evaluated too."""
        for query in self.queries:
            value = self.value_of(query["Id"])
            for series in _several(value) if query.get("ReturnData", True) else []:
                text = label(query.get("Label"), series, one_of_many=isinstance(value, list))
                yield query, replace(series, label=text)

    def value_of(self, query_id: str) -> Series | list[Series]:
        if query_id not in self._by_id:
            raise ExpressionError(f"ID '{query_id}' not found")
        if query_id not in self._values:
            if query_id in self._in_progress:
                raise ExpressionError(f"ID '{query_id}' refers to itself")
            self._in_progress.add(query_id)
            try:
                self._values[query_id] = self._evaluate(self._by_id[query_id])
            finally:
                self._in_progress.discard(query_id)
        return self._values[query_id]

    def metrics(self, id_contains: str) -> list[Series]:
        return [series for query_id, series in self._metrics.items() if id_contains in query_id]

    def search(self, expression: str, statistic: str, period: int) -> list[Series]:
        if find_statistic(statistic) is None or not is_period(period):
            raise ExpressionError(f"SEARCH has an invalid statistic '{statistic}' or period {period}")
        metrics = found_metrics(expression, self.store.metrics(since=self.now - MAX_AGE))
        return self._all_series([{"Metric": each.description, "Stat": statistic, "Period": period} for each in metrics])

    def _evaluate(self, query: Query) -> Series | list[Series]:
        try:
            if metrics_insights.is_query(query["Expression"]):
                value = self._insights(query)
            else:
                value = metric_math.evaluate(query["Expression"], self)
        except ExpressionError as error:
            raise ValidationError(f"Error in expression '{query['Id']}': {error}") from error
        if isinstance(value, list):
            return value
        return Series(value.points, value.period, query["Id"], dropped_points=value.dropped_points)

    def _insights(self, query: Query) -> Series | list[Series]:
        # Metrics Insights aggregates high-resolution data to the minute: its limits page.
        period = max(query["Period"], 60)
        start = max(self.start, int(self.now) - MAX_AGE)
        start -= (start - self.phase) % period
        return metrics_insights.run(query["Expression"], self.store, start=start, end=self.end, period=period)

    def _all_series(self, stats: Collection[Mapping[str, Any]]) -> list[Series]:
        return [self._series(stat, label) for stat, label in zip(stats, default_labels(stats), strict=True)]

    def _series(self, stat: Mapping[str, Any], label: str) -> Series:
        period, unit = stat["Period"], stat.get("Unit")
        metric = metric_of(stat["Metric"])
        start = self.start - (self.start - self.phase) % period
        compute = partial(points, period=period, statistic=statistic_named(stat["Stat"]), phase=start)

        def observed(start: float, end: float) -> tuple[list[Observation], list[dict[str, str]]]:
            observations = self.store.between(metric, start, end)
            if period < 60:
                observations = [each for each in observations if each.high_resolution]
            return _of_one_unit(observations, unit)

        def expected() -> Expected:
            return expected_of(compute(observed(0, float("inf"))[0]))

        age = self.now - self.start
        is_retained = any(age <= oldest and period % multiple == 0 for oldest, multiple in RETENTION)
        observations, messages = observed(start, self.end) if is_retained else ([], [])
        key = (metric, stat["Stat"], unit, period, start % period)
        expected_once = partial(self.store.computed_once, key, expected)
        return Series(compute(observations), period, label, messages, self._properties(metric, stat), expected_once)

    def _properties(self, metric: Metric, stat: Mapping[str, Any]) -> dict[str, str]:
        return {
            "AccountId": self.store.account,
            "MetricName": metric.name,
            "Namespace": metric.namespace,
            "Period": str(stat["Period"]),
            "Region": self.store.region,
            "Stat": stat["Stat"],
            **{f"Dim.{name}": value for name, value in metric.dimensions},
        }


def _several(value: Series | list[Series]) -> list[Series]:
    return value if isinstance(value, list) else [value]


def _of_one_unit(observations: list[Observation], unit: str | None) -> tuple[list[Observation], list[dict[str, str]]]:
    """AWS converts no units: without a Unit it uses the first one by name, with a message."""
    units = sorted({observation.unit for observation in observations})
    if unit is None and len(units) < 2:
        return observations, []
    used = unit or units[0]
    message = {"Code": "MultipleUnits", "Value": f"Multiple units returned: '[{', '.join(units)}]'"}
    return [o for o in observations if o.unit == used], [] if unit else [message]
