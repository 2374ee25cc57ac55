"""The team's saved Logs Insights queries."""

from cloudwatch_mcp.sandbox.kit.incident import SavedQuery

SAVED_QUERIES = [
    SavedQuery(
        "Shop/Checkout/Errors by type",
        'filter level = "ERROR"\n| stats count(*) as errors by error.type, http.status\n| sort errors desc',
        ("/ecs/shop/checkout",),
    ),
    SavedQuery(
        "Shop/Checkout/Latency by region",
        'filter http.path = "/v1/checkout"\n'
        "| stats count(*) as requests, pct(duration_ms, 50) as p50, pct(duration_ms, 99) as p99 by customer.region",
        ("/ecs/shop/checkout",),
        age_in_days=12,
    ),
    SavedQuery(
        "Shop/Payments/Gateway timeouts",
        'filter error.type = "GatewayTimeout"\n| stats count(*) as timeouts by bin(5m)\n| sort timeouts desc',
        ("/ecs/shop/payments",),
    ),
    SavedQuery(
        "Shop/Payments/Configuration at start-up",
        "fields @timestamp, version, config.gateway.pool_max, config.gateway.pool_acquire_timeout_ms\n"
        "| filter msg like /starting/\n| sort @timestamp desc",
        ("/ecs/shop/payments",),
        age_in_days=200,
    ),
    SavedQuery(
        "Shop/All services/Errors",
        "SOURCE logGroups(namePrefix: ['/ecs/shop'])\n"
        '| filter level = "ERROR"\n| stats count(*) as errors by service, msg\n| sort errors desc',
        age_in_days=30,
    ),
    SavedQuery(
        "Shop/Edge/5xx by route",
        "filter status >= 500\n| stats count(*) as failed by routeKey, status\n| sort failed desc",
        ("/aws/apigateway/shop-public",),
    ),
    SavedQuery(
        "Shop/Operations/Deployments",
        "fields @timestamp, service, from, to, change\n"
        '| filter msg = "deployment started"\n| sort @timestamp desc\n| limit 20',
        ("/shop/deployments",),
        age_in_days=300,
    ),
    SavedQuery(
        "Shop/One request everywhere",
        'fields @timestamp, @log, @message\n| filter @message like "REQUEST-ID"\n| sort @timestamp asc',
    ),
]
