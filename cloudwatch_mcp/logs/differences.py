"""Which fields tell the events in question from the other events of a log group.

A value separates the two by the difference of its shares among them; a number by the cut that leaves the largest
difference, which is the two-sample Kolmogorov-Smirnov statistic. Both lie between 0 and 1, so fields of either kind can
be compared. A difference is reported only when chance is no explanation for it, among all the values looked at.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from statistics import median
from typing import TypeAlias

from cloudwatch_mcp.answers.text import rounded
from cloudwatch_mcp.logs.event_fields import TEXT, FieldValue, fields_of, identifiers_of

MIN_EVENTS = 10  # in question, and others: fewer prove nothing
MAX_DIFFERENCES = 10
_MAX_VALUES = 3  # of a field, in one difference
_MIN_DIFFERENCE = 0.15
_MIN_COUNT = 5  # events in question with a value
_Z = 4.5  # standard errors; by chance a value of thousands exceeds it in one of 100 groups
_KS = 2.4  # two-sample Kolmogorov-Smirnov: chance exceeds it for one field in 50,000
_MAX_DISTINCT = 0.5  # distinct values for each event that has the field: more of them are ids
_MOSTLY = 0.9  # of a field's values are numbers
_RARE = 0.05
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,9})?")
_CONSEQUENCE_FACTOR = 0.5  # for a field that only events in question have: it describes them

# The outcome itself, by the names that loggers use: these fields tell what happened, not to whom.
_OUTCOMES = re.compile(
    r"(?:.*\.)?(?:level(?:name)?|lvl|loglevel|log_level|severity|severity_?text|severity_?number|msg|message|event|"
    r"err|error|errors|error[._](?:code|type|kind|name|message|msg)|exception(?:\..*)?|exc_info|stack(?:_?trace)?|"
    r"reason|status|status_?code|http_?status|http[._]status_?code|outcome|result|success|ok|logger|line(?:no|_number)?)",
    re.IGNORECASE,
)
_TIMES = re.compile(
    r"(?:.*[._])?(?:ts|time|timestamp|date|datetime|epoch|at)|@.*|.*_(?:at|ts|time|timestamp)", re.IGNORECASE
)
_IDS = re.compile(r"(?:.*[._-])?(?:id|seq|sequence|offset|counter|pid|tid|port)|.*Id", re.IGNORECASE)
_EPOCHS = ((1e9, 4e9), (1e12, 4e12), (1e15, 4e15), (1e18, 4e18))  # seconds to nanoseconds, 2001 to 2096
_RANDOM = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-fA-F]{16,}|\d{4}-\d\d-\d\d[T ].*|[0-9A-HJKMNP-TV-Z]{26}")

_Values: TypeAlias = "Counter[FieldValue]"  # a field's values in the events of one kind


@dataclass(frozen=True)
class Difference:
    """One field that separates the events in question from the others.

    `condition` says how (`host = 'web-3'`, `pieces > 1`); the shares are those of the events that meet it. Of a number,
    `medians` are those of the events in question and of the others.
    """

    field: str
    condition: str
    share_in_question: float
    share_elsewhere: float
    medians: tuple[float, float] | None = None

    @property
    def separation(self) -> float:
        return self.share_in_question - self.share_elsewhere


def find_differences(
    in_question: Sequence[str], others: Sequence[str], ignored: Collection[str] = ()
) -> list[Difference]:
    """The fields that separate the messages in question from the others best, at most ten, the best first.

    Args:
        in_question: messages, a fair sample of the events in question.
        others: a fair sample of all other events.
        ignored: names of fields that define what is in question.
    """
    if min(len(in_question), len(others)) < MIN_EVENTS:
        return []
    inside, outside = _by_field(in_question), _by_field(others)
    sizes = len(in_question), len(others)
    found: list[tuple[float, Difference]] = []
    for name in inside.keys() | outside.keys():
        if name in ignored or _OUTCOMES.fullmatch(name) or _TIMES.fullmatch(name):
            continue
        difference = _difference(name, inside[name], outside[name], sizes)
        if difference is not None:
            found.append((_rank(name, difference, inside[name], outside[name], sizes), difference))
    found.sort(key=lambda item: (-item[0], item[1].field))
    return [difference for _, difference in found[:MAX_DIFFERENCES]]


def _by_field(messages: Iterable[str]) -> defaultdict[str, _Values]:
    values: defaultdict[str, list[FieldValue]] = defaultdict(list)
    for message in messages:
        fields = fields_of(message)
        for name, value in fields.items():
            values[name].append(value)
        if not fields:
            values[TEXT].extend(identifiers_of(message))
    return defaultdict(Counter, {name: Counter(each) for name, each in values.items()})


def _rank(name: str, difference: Difference, inside: _Values, outside: _Values, sizes: tuple[int, int]) -> float:
    """The separation, less for a field that almost only the events in question have: it describes their failure."""
    is_usual = inside.total() > 0.5 * sizes[0]
    is_rare_elsewhere = outside.total() < _RARE * sizes[1]
    describes = name != TEXT and is_usual and is_rare_elsewhere
    return difference.separation * (_CONSEQUENCE_FACTOR if describes else 1.0)


def _difference(name: str, inside: _Values, outside: _Values, sizes: tuple[int, int]) -> Difference | None:
    numbers = _numbers(inside), _numbers(outside)
    is_numeric = sum(map(len, numbers)) > _MOSTLY * (inside.total() + outside.total())
    if is_numeric and (_are_times([*numbers[0], *numbers[1]]) or _are_ids(name, inside + outside)):
        return None
    of_values = _of_values(name, inside, outside, sizes)
    of_numbers = _of_numbers(name, *numbers, sizes) if is_numeric else None
    found = [option for option in (of_values, of_numbers) if option is not None]
    return max(found, key=lambda option: option.separation, default=None)


def _numbers(values: _Values) -> list[float]:
    numbers: list[float] = []
    for value, count in values.items():
        number = _number(value)
        if number is not None:
            numbers.extend(repeat(number, count))
    return numbers


def _number(value: FieldValue) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return value if math.isfinite(value) else None


def _of_values(name: str, inside: _Values, outside: _Values, sizes: tuple[int, int]) -> Difference | None:
    """The values that are over-represented among the events in question, the most so first."""
    total = inside.total() + outside.total()
    if name != TEXT and len(inside.keys() | outside.keys()) > max(20.0, _MAX_DISTINCT * total):
        return None
    separate = sorted(
        (
            (outside[value] / sizes[1] - inside[value] / sizes[0], str(value), value)
            for value in inside
            if not _RANDOM.fullmatch(str(value)) and _is_no_chance(inside[value], outside[value], sizes)
        ),
        key=lambda item: item[:2],
    )
    chosen = [value for *_, value in separate[: 1 if name == TEXT else _MAX_VALUES]]
    shares = sum(inside[value] for value in chosen) / sizes[0], sum(outside[value] for value in chosen) / sizes[1]
    if shares[0] - shares[1] < _MIN_DIFFERENCE:
        return None
    listed = ", ".join(json.dumps(value, ensure_ascii=False) for value in chosen)
    return Difference(name, f"= {listed}" if len(chosen) == 1 else f"in [{listed}]", *shares)


def _is_no_chance(inside: int, outside: int, sizes: tuple[int, int]) -> bool:
    """Whether chance cannot explain that a value is more frequent among the events in question: two proportions."""
    if inside < _MIN_COUNT:
        return False
    pooled = (inside + outside) / (sizes[0] + sizes[1])
    error = math.sqrt(pooled * (1 - pooled) * (1 / sizes[0] + 1 / sizes[1]))
    difference = inside / sizes[0] - outside / sizes[1] - 0.5 / sizes[0] - 0.5 / sizes[1]
    return difference > _Z * error


def _of_numbers(
    name: str, inside: Sequence[float], outside: Sequence[float], sizes: tuple[int, int]
) -> Difference | None:
    """The cut with the largest difference between the shares of the events beyond it."""
    if min(len(inside), len(outside)) < MIN_EVENTS:
        return None
    counts_inside, counts_outside = Counter(inside), Counter(outside)
    largest = cut = below_inside = below_outside = 0.0
    for number in sorted(counts_inside.keys() | counts_outside.keys()):
        below_inside += counts_inside[number] / len(inside)
        below_outside += counts_outside[number] / len(outside)
        if abs(below_outside - below_inside) > abs(largest):
            largest, cut = below_outside - below_inside, number
    chance = _KS * math.sqrt((len(inside) + len(outside)) / (len(inside) * len(outside)))
    if abs(largest) < max(_MIN_DIFFERENCE, chance):
        return None

    def beyond(numbers: Iterable[float]) -> int:
        return sum(number > cut if largest > 0 else number <= cut for number in numbers)

    shares = beyond(inside) / sizes[0], beyond(outside) / sizes[1]
    if shares[0] - shares[1] < _MIN_DIFFERENCE:  # most events in question lack the field
        return None
    condition = f"{'>' if largest > 0 else '<='} {rounded(cut)}"
    return Difference(name, condition, *shares, medians=(median(inside), median(outside)))


def _are_ids(name: str, values: _Values) -> bool:
    return _IDS.fullmatch(name) is not None and len(values) > _MAX_DISTINCT * values.total()


def _are_times(numbers: Sequence[float]) -> bool:
    middle = median(numbers)
    return any(low < middle < high for low, high in _EPOCHS)
