"""The shop's log groups and the functions that write their events."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cloudwatch_mcp.sandbox.incident import logs_edge, logs_operations, logs_payments, logs_platform, logs_services
from cloudwatch_mcp.sandbox.incident.log_text import Event


def _nothing(_: datetime) -> Iterator[Event]:
    return iter(())


@dataclass(frozen=True)
class LogGroup:
    name: str
    events: Callable[[datetime], Iterator[Event]] = _nothing
    retention: int | None = 30
    log_class: str = "STANDARD"
    age_in_days: int = 420


LOG_GROUPS = [
    LogGroup("/ecs/shop/checkout", logs_services.checkout),
    LogGroup("/ecs/shop/payments", logs_payments.payments),
    LogGroup("/ecs/shop/orders-worker", logs_services.orders_worker),
    LogGroup("/ecs/shop/catalog", logs_services.catalog, age_in_days=300),
    LogGroup("/aws/lambda/shop-thumbnailer", logs_platform.thumbnailer, retention=None, age_in_days=210),
    LogGroup("/aws/apigateway/shop-public", logs_edge.api_gateway, retention=14),
    LogGroup("/aws/rds/cluster/shop/postgresql", logs_platform.postgresql, retention=7),
    LogGroup("/aws/vpc/flow-logs/shop", logs_platform.flow_logs, retention=7),
    LogGroup("/shop/nginx/access", logs_edge.nginx, retention=14),
    LogGroup("/shop/deployments", logs_operations.deployments, retention=365),
    LogGroup("/shop/audit", logs_operations.audit, retention=3653, log_class="INFREQUENT_ACCESS", age_in_days=150),
    LogGroup("/shop/batch/nightly", logs_operations.nightly_batch, retention=90),
    LogGroup("/shop/load-test", retention=3, age_in_days=75),
]
