"""The log anomalies: patterns in the log of payments, with the events that match them."""

import re
from collections import Counter
from datetime import datetime
from random import Random
from typing import Any, NamedTuple

from cloudwatch_mcp.sandbox.incident.log_text import Event
from cloudwatch_mcp.sandbox.incident.logs_payments import payments
from cloudwatch_mcp.sandbox.incident.timeline import randomness


class Detector(NamedTuple):
    name: str
    log_group: str
    age_in_days: float
    """A new detector trains at first and finds no anomalies."""


PAYMENTS = Detector("shop-payments-anomalies", "/ecs/shop/payments", 90)
DETECTORS = [PAYMENTS, Detector("shop-checkout-anomalies", "/ecs/shop/checkout", 0)]

_COMMON = '"service":"payments","version":"<*>","msg":'
_TRACED = '"request_id":"<*>","trace_id":"1-<*>"'
_TIMED_OUT = (
    f'{{"time":"<*>","level":"ERROR",{_COMMON}"card gateway call timed out",{_TRACED},"gateway":'
    '{"name":"card-primary","host":"gateway.example.com"},"pool":{"max":<*>,"in_use":<*>,"waiting":<*>,'
    '"wait_ms":5000},"duration_ms":5004,"error":{"type":"GatewayTimeout","message":"timed out after 5000 ms '
    'waiting for a connection to gateway.example.com:443"}}'
)
_QUEUED = (
    f'{{"time":"<*>","level":"WARN",{_COMMON}"authorization queued for retry",{_TRACED},'
    '"order_id":"ord-<*>","attempt":<*>}'
)
_STARTING = (
    f'{{"time":"<*>","level":"INFO",{_COMMON}"payments <*> starting","config":{{"gateway":{{"host":'
    '"gateway.example.com","pool_max":<*>,"pool_acquire_timeout_ms":<*>,"read_timeout_ms":3000,"retries":3},'
    '"http":{"port":8080,"workers":64}}}'
)
_PATTERNS = [
    ("HIGH", "New pattern with an error", _TIMED_OUT),
    ("MEDIUM", "New pattern", _QUEUED),
    ("LOW", "Unexpected value 8 for pool_max", _STARTING),
]
_SAMPLES = 5
_BUCKET = 300_000


def anomalies(now: datetime, detector_arn: str, log_group_arn: str) -> list[dict[str, Any]]:
    """Anomalies as ListAnomalies returns them. No API creates them, so only the sandbox has these."""
    recent = sorted(event for event in payments(now) if event.time > (now.timestamp() - 7200) * 1000)
    random = randomness("anomalies")
    return [
        {
            "anomalyId": _uuid(random),
            "patternId": f"{random.getrandbits(128):032x}",
            "anomalyDetectorArn": detector_arn,
            "priority": priority,
            "description": description,
            "state": "Active",
            "logGroupArnList": [log_group_arn],
            "suppressed": False,
            "suppressedDate": 0,
            "suppressedUntil": 0,
            "isPatternLevelSuppression": False,
            **_occurrences(pattern, recent, now),
        }
        for priority, description, pattern in _PATTERNS
    ]


def _occurrences(pattern: str, events: list[Event], now: datetime) -> dict[str, Any]:
    parts = pattern.split("<*>")
    matcher = re.compile("(.*?)".join(map(re.escape, parts)))
    matches = [(event, match.groups()) for event in events if (match := matcher.fullmatch(event.message))]
    buckets = [event.time // _BUCKET * _BUCKET for event, _ in matches]
    return {
        "patternString": pattern,
        "patternRegex": ".*".join(f"\\Q{part}\\E" for part in parts),
        "firstSeen": min(buckets),
        "lastSeen": max(buckets),
        "active": max(buckets) > (now.timestamp() - 600) * 1000,
        "histogram": {str(time): times for time, times in sorted(Counter(buckets).items())},
        "logSamples": [{"timestamp": event.time, "message": event.message} for event, _ in matches[:_SAMPLES]],
        "patternTokens": _tokens(parts, [values for _, values in matches]),
    }


def _tokens(parts: list[str], values: list[tuple[str, ...]]) -> list[dict[str, Any]]:
    """The static text, and each dynamic token with its most frequent values."""
    tokens: list[dict[str, Any]] = []
    for position, part in enumerate(parts):
        if position:
            most_common = Counter(each[position - 1] for each in values).most_common(_SAMPLES)
            tokens.append(_token(position, "<*>", dict(most_common)))
        tokens.append(_token(0, part, {}))
    return tokens


def _token(position: int, text: str, values: dict[str, int]) -> dict[str, Any]:
    return {"dynamicTokenPosition": position, "isDynamic": position > 0, "tokenString": text, "enumerations": values}


def _uuid(random: Random) -> str:
    bits = f"{random.getrandbits(128):032x}"
    return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}"
