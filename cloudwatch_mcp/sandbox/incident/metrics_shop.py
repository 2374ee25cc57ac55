"""The metrics of the shop's services and the container agent."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from cloudwatch_mcp.sandbox.incident.timeline import (
    BETWEEN_BATCHES,
    BLIP,
    CHECKOUT_SHARE,
    DEPLOYMENT_COMPLETED,
    DEPLOYMENT_STARTED,
    DEPRECATION_STARTED,
    POOL_AFTER,
    POOL_BEFORE,
    REGIONS,
    failing,
    severity,
    slowed,
)
from cloudwatch_mcp.sandbox.kit.metrics import HISTORY, SampledMetric, Sampler, count, gauge, latency, with_gaps
from cloudwatch_mcp.sandbox.kit.timeline import traffic, within

PEAK = 620.0
"""Requests per minute to the checkout service."""
WALLET = 0.12
"""The share of payments through the other gateway."""


def requests(minute: float) -> float:
    return PEAK * traffic(minute)


def checkouts(minute: float) -> float:
    return requests(minute) * CHECKOUT_SHARE


def errors(minute: float) -> float:
    return checkouts(minute) * failing(minute - 0.5)


def orders(minute: float) -> float:
    abandoned = 0.15 * severity(minute - 0.5)
    return checkouts(minute) * 0.93 * (1 - failing(minute - 0.5)) * (1 - abandoned)


def retry_queue(minute: float) -> float:
    return 9 + 45 * max(0.0, 55 - minute)


def waits(share: float) -> Callable[[float], list[tuple[float, float]]]:
    """Waiting times for a gateway connection; `share` is the share of requests that need one."""

    def of(minute: float) -> list[tuple[float, float]]:
        slow, failed = share * slowed(minute - 0.5) / 2, share * 0.4 * severity(minute - 0.5) / 2
        if failed:
            return [(1100.0, slow), (3300.0, slow), (5040.0, failed), (5290.0, failed)]
        return [(2600.0, 0.3 * share)] if within(minute, *BLIP) else []

    return of


def no_waits(_: float) -> list[tuple[float, float]]:
    return []


def shop_metrics() -> list[SampledMetric]:
    return [*_checkout(), *_payments(), *_others(), *_containers()]


def _checkout() -> Iterator[SampledMetric]:
    def series(name: str, unit: str, samples: Sampler, **dimensions: str) -> SampledMetric:
        return SampledMetric("Shop/Checkout", name, {"Service": "checkout", **dimensions}, unit, samples)

    yield replace(series("Requests", "Count", count("requests", requests)), fine=HISTORY)
    yield replace(series("Errors5xx", "Count", count("errors", errors)), fine=HISTORY)
    yield series("Latency", "Milliseconds", latency("latency", 140, requests, waits(CHECKOUT_SHARE)))
    yield replace(series("OrdersPerMinute", "Count", count("orders", orders)), fine=HISTORY)

    cart = {"Endpoint": "/v1/cart"}
    yield series("Requests", "Count", count("cart", lambda m: requests(m) - checkouts(m)), **cart)
    yield series("Errors5xx", "Count", count("cart errors", lambda m: 0.001 * requests(m)), **cart)
    for region, share in REGIONS.items():
        here = {"Endpoint": "/v1/checkout", "Region": region}
        yield series("Requests", "Count", count(f"requests {region}", _share(checkouts, share)), **here)
        yield series("Errors5xx", "Count", count(f"errors {region}", _share(errors, share)), **here)
        samples = latency(f"latency {region}", 165, _share(checkouts, share), waits(1))
        yield series("Latency", "Milliseconds", samples, **here)


def _payments() -> Iterator[SampledMetric]:
    def series(name: str, unit: str, samples: Sampler, **dimensions: str) -> SampledMetric:
        return SampledMetric("Shop/Payments", name, {"Service": "payments", **dimensions}, unit, samples)

    card, wallet = {"Gateway": "card-primary"}, {"Gateway": "wallet"}
    by_card = _share(checkouts, 1 - WALLET)
    yield series("Authorizations", "Count", count("card", by_card), **card)
    yield series("Authorizations", "Count", count("wallet", _share(checkouts, WALLET)), **wallet)
    yield series(
        "GatewayTimeouts",
        "Count",
        count("card timeouts", lambda m: 0.2 + 1.5 * by_card(m) * 0.4 * severity(m - 0.5)),
        **card,
    )
    yield series("GatewayTimeouts", "Count", count("wallet timeouts", lambda _: 0.1), **wallet)
    answered = latency("gateway", 84, by_card, lambda m: [(2450.0, 0.3)] if within(m, *BLIP) else [])
    yield series("GatewayResponseTime", "Milliseconds", answered, **card)
    samples = latency("gateway wallet", 61, _share(checkouts, WALLET), no_waits)
    yield series("GatewayResponseTime", "Milliseconds", samples, **wallet)
    yield series("GatewayPoolInUse", "Count", gauge("pool", _pool_in_use, 0.0), **card)
    yield series("GatewayPoolWaiting", "Count", count("waiting", lambda m: 41 * severity(m - 0.5)), **card)
    yield series("RetryQueueDepth", "Count", count("retries", retry_queue))
    for region, share in REGIONS.items():
        samples = latency(f"authorization {region}", 112, _share(checkouts, share), waits(1))
        yield series("AuthorizationLatency", "Milliseconds", samples, Region=region)


def _others() -> Iterator[SampledMetric]:
    def lag(minute: float) -> float:
        return 3 + 12.5 * max(0.0, 53 - minute)

    worker, catalog = {"Service": "orders-worker"}, {"Service": "catalog"}
    yield SampledMetric("Shop/Orders", "SettlementLag", worker, "Seconds", gauge("lag", lag, 0.08))
    hits = gauge("cache", lambda m: 91 + 4 * traffic(m), 0.01)
    yield SampledMetric("Shop/Catalog", "CacheHitRate", catalog, "Percent", with_gaps(hits, (460, 415)))
    calls = count("deprecated", lambda m: 59 * traffic(m) * (m < DEPRECATION_STARTED))
    yield SampledMetric("Shop/Catalog", "DeprecatedApiCalls", catalog, "Count", calls)
    beat = gauge("heartbeat", lambda _: 1.0, 0.0)
    batch = {"Job": "nightly"}
    yield SampledMetric("Shop/Batch", "Heartbeat", batch, "Count", with_gaps(beat, *BETWEEN_BATCHES))
    yield SampledMetric("Shop/Operations", "MaintenanceWindow", {}, "None", gauge("maintenance", lambda _: 0.0))


def _containers() -> Iterator[SampledMetric]:
    services = {
        "checkout": (38.0, 610.0),
        "payments": (44.0, 740.0),
        "orders-worker": (29.0, 420.0),
        "catalog": (51.0, 880.0),
    }
    for service, (cpu, memory) in services.items():
        dimensions = {"ClusterName": "shop", "ServiceName": service}
        calmer = 0.35 if service == "payments" else 0.0
        held = 0.3 if service == "checkout" else 0.0
        usage = gauge(f"cpu {service}", _cpu(cpu, calmer))
        yield SampledMetric("ECS/ContainerInsights", "CpuUtilized", dimensions, "None", usage)
        used = gauge(f"memory {service}", _memory(memory, held), 0.01)
        yield SampledMetric("ECS/ContainerInsights", "MemoryUtilized", dimensions, "Megabytes", used)
        if service in {"checkout", "payments"}:
            tasks = gauge(f"tasks {service}", _tasks(service), 0.0)
            yield SampledMetric("ECS/ContainerInsights", "RunningTaskCount", dimensions, "Count", tasks)


def _share(level: Callable[[float], float], share: float) -> Callable[[float], float]:
    return lambda minute: level(minute) * share


def _pool_in_use(minute: float) -> float:
    usual = round(0.3 * POOL_BEFORE * traffic(minute))
    return POOL_AFTER if severity(minute - 0.5) else usual


def _cpu(peak: float, calmer: float) -> Callable[[float], float]:
    return lambda minute: (6 + peak * traffic(minute)) * (1 - calmer * severity(minute))


def _memory(megabytes: float, held: float) -> Callable[[float], float]:
    return lambda minute: megabytes * (1 + held * severity(minute) + 0.05 * traffic(minute))


def _tasks(service: str) -> Callable[[float], float]:
    def running(minute: float) -> float:
        rolling = within(minute, DEPLOYMENT_STARTED, DEPLOYMENT_COMPLETED)
        return 6.0 if rolling and service == "payments" else 4.0

    return running
