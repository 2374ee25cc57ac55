"""Metrics that AWS publishes. AWS refuses PutMetricData in their namespaces; the sandbox accepts it."""

from collections.abc import Iterator

from cloudwatch_mcp.sandbox.incident.metrics_shop import errors, orders, requests
from cloudwatch_mcp.sandbox.incident.timeline import BATCH_HOST_BUSY, NIGHTLY_BATCH, failing, severity
from cloudwatch_mcp.sandbox.kit.metrics import SampledMetric, Sampler, count, gauge
from cloudwatch_mcp.sandbox.kit.timeline import traffic, within

LOAD_BALANCER = "app/shop-public/50dc6c495c0c9188"
BATCH_HOST = "i-0a1b2c3d4e5f60001"
HOSTS = {BATCH_HOST: 22.0, "i-0a1b2c3d4e5f60002": 31.0, "i-0a1b2c3d4e5f60003": 12.0}


def aws_metrics() -> list[SampledMetric]:
    return [*_load_balancer(), *_queue(), *_database(), *_function(), *_hosts()]


def _load_balancer() -> Iterator[SampledMetric]:
    def answer_time(minute: float) -> float:
        return 0.118 + 5.1 * 0.45 * (failing(minute - 0.5) - 0.002)

    series: dict[str, tuple[str, Sampler]] = {
        "RequestCount": ("Count", count("elb requests", lambda m: 1.6 * requests(m))),
        "HTTPCode_Target_5XX_Count": ("Count", count("elb 5xx", lambda m: 1.02 * errors(m))),
        "TargetResponseTime": ("Seconds", gauge("elb time", answer_time)),
    }
    for name, (unit, samples) in series.items():
        yield SampledMetric("AWS/ApplicationELB", name, {"LoadBalancer": LOAD_BALANCER}, unit, samples)


def _queue() -> Iterator[SampledMetric]:
    series: dict[str, tuple[str, Sampler]] = {
        "ApproximateAgeOfOldestMessage": ("Seconds", gauge("queue age", lambda m: 4 + 12.5 * max(0.0, 52 - m))),
        "ApproximateNumberOfMessagesVisible": ("Count", count("queue", lambda m: 6 + 31 * max(0.0, 52 - m))),
        "NumberOfMessagesSent": ("Count", count("queue sent", orders)),
    }
    for name, (unit, samples) in series.items():
        yield SampledMetric("AWS/SQS", name, {"QueueName": "shop-orders"}, unit, samples)


def _database() -> Iterator[SampledMetric]:
    def busy(minute: float) -> float:
        return 11 + 24 * traffic(minute) + 23 * within(minute, *NIGHTLY_BATCH)

    series: dict[str, tuple[str, Sampler]] = {
        "CPUUtilization": ("Percent", gauge("database cpu", busy)),
        "DatabaseConnections": ("Count", count("connections", lambda m: 40 + 45 * traffic(m) + 38 * severity(m))),
        "FreeLocalStorage": ("Bytes", gauge("storage", lambda m: 3.1e10 + 2.0e5 * m, 0.001)),
    }
    for name, (unit, samples) in series.items():
        yield SampledMetric("AWS/RDS", name, {"DBClusterIdentifier": "shop"}, unit, samples, basic=True)


def _function() -> Iterator[SampledMetric]:
    series: dict[str, tuple[str, Sampler]] = {
        "Invocations": ("Count", count("thumbnails", lambda m: 40 * traffic(m))),
        "Errors": ("Count", count("thumbnail errors", lambda _: 0.12)),
        "Duration": ("Milliseconds", gauge("thumbnail time", lambda _: 410.0, 0.12)),
    }
    for name, (unit, samples) in series.items():
        yield SampledMetric("AWS/Lambda", name, {"FunctionName": "shop-thumbnailer"}, unit, samples, basic=True)


def _hosts() -> Iterator[SampledMetric]:
    for host, usual in HOSTS.items():

        def busy(minute: float, host: str = host, usual: float = usual) -> float:
            flapping = host == BATCH_HOST and any(within(minute, *span) for span in BATCH_HOST_BUSY)
            return 93.0 if flapping else usual + 14 * traffic(minute)

        cpu = gauge(f"cpu {host}", busy, 0.03)
        yield SampledMetric("AWS/EC2", "CPUUtilization", {"InstanceId": host}, "Percent", cpu, basic=True)
