"""Log anomalies: patterns of a log group, with the events that match them."""

import re
from collections import Counter
from datetime import datetime
from typing import Any, NamedTuple

from cloudwatch_mcp.sandbox.kit.logs import Event, LogGroup, uuid
from cloudwatch_mcp.sandbox.kit.timeline import randomness


class Detector(NamedTuple):
    name: str
    log_group: str
    age_in_days: float
    """A new detector trains at first and finds no anomalies."""
    anomalies: tuple[tuple[str, str, str], ...] = ()
    """Priority, description and pattern; each pattern matches events of the last two hours."""


_SAMPLES, _BUCKET = 5, 300_000


def anomalies(
    detector: Detector, log_group: LogGroup, now: datetime, detector_arn: str, log_group_arn: str
) -> list[dict[str, Any]]:
    """Anomalies as ListAnomalies returns them. No API creates them, so only the sandbox has these.

    Raises:
        ValueError: no event matches one of the patterns.
    """
    recent = sorted(event for event in log_group.events(now) if event.time > (now.timestamp() - 7200) * 1000)
    random = randomness("anomalies")
    return [
        {
            "anomalyId": uuid(random),
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
        for priority, description, pattern in detector.anomalies
    ]


def _occurrences(pattern: str, events: list[Event], now: datetime) -> dict[str, Any]:
    parts = pattern.split("<*>")
    longest, matcher = max(parts, key=len), re.compile("(.*?)".join(map(re.escape, parts)))
    similar = [event for event in events if longest in event.message]
    matches = [(event, match.groups()) for event in similar if (match := matcher.fullmatch(event.message))]
    if not matches:
        raise ValueError(f"no event matches {pattern!r}")
    buckets = [event.time // _BUCKET * _BUCKET for event, _ in matches]
    tokens = [_token(0, parts[0], [])]
    for position, part in enumerate(parts[1:], 1):
        tokens += [_token(position, "<*>", [values[position - 1] for _, values in matches]), _token(0, part, [])]
    return {
        "patternString": pattern,
        "patternRegex": ".*".join(f"\\Q{part}\\E" for part in parts),
        "firstSeen": min(buckets),
        "lastSeen": max(buckets),
        "active": max(buckets) > (now.timestamp() - 600) * 1000,
        "histogram": {str(time): times for time, times in sorted(Counter(buckets).items())},
        "logSamples": [{"timestamp": event.time, "message": event.message} for event, _ in matches[:_SAMPLES]],
        "patternTokens": tokens,
    }


def _token(position: int, text: str, values: list[str]) -> dict[str, Any]:
    """A dynamic token with its most frequent values; static text is at position 0 and has none."""
    frequent = dict(Counter(values).most_common(_SAMPLES))
    return {"dynamicTokenPosition": position, "isDynamic": position > 0, "tokenString": text, "enumerations": frequent}
