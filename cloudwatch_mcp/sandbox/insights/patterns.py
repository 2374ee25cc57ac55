"""The `pattern` command: groups texts that differ only in their variable parts.

A text is cut into tokens and the glue between them. Texts with the same glue are clustered by their words: the
tokens that are not variable by their form, as times, addresses, ids, numbers and most JSON values are.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from hashlib import md5
from itertools import chain, zip_longest
from operator import eq
from typing import Any

from cloudwatch_mcp.sandbox.insights import budget
from cloudwatch_mcp.sandbox.insights.shapes import SEVERITIES, VARYING, Cutter, Shape, form
from cloudwatch_mcp.sandbox.insights.values import Read

# The documentation of `pattern` lists only @pattern, @ratio, @sampleCount and @severityLabel.
COLUMNS = (
    "@visualization",
    "@ratio",
    "@relatedPattern",
    "@PatternId",
    "@regexString",
    "@sampleCount",
    "@tokens",
    "@logSamples",
    "@pattern",
    "@severityLabel",
)
# The documentation of `diff` shows an event count, its difference and a description in the console.
DIFFERENCE_COLUMNS = ("@differenceCount", "@differenceDescription")
_ERROR_CODE = re.compile(r"[45]\d\d")
_SIMILARITY = 0.6
_SAMPLES = 10
_SLICES = 50


class _Group:
    """The texts of one pattern; None in its template stands for a word that differs."""

    def __init__(self, shape: Shape, words: tuple[str, ...]) -> None:
        self.shape = shape
        self.template: tuple[str | None, ...] = words
        self.rows: list[Any] = []
        self.tokens: list[tuple[str, ...]] = []

    def similarity(self, words: tuple[str, ...]) -> tuple[float, int]:
        """The share of equal words, counting the shape as one, and the number of wildcards as tie-breaker."""
        equal = 1 + sum(map(eq, self.template, words))
        return equal / (1 + len(words)), self.template.count(None)

    def generalise(self, words: tuple[str, ...]) -> None:
        self.template = tuple([own if own == word else None for own, word in zip(self.template, words, strict=True)])


def patterns(rows: Iterable[Any], read_text: Read, read_time: Read | None) -> list[tuple[Any, ...]]:
    """The rows of COLUMNS, the most frequent pattern first."""
    groups = _cluster(rows, read_text)
    groups.sort(key=lambda group: -len(group.rows))
    total = sum(len(group.rows) for group in groups)
    return [_columns(group, total, read_text, read_time) for group in groups]


def difference(rows: Sequence[tuple[Any, ...]], earlier: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The patterns of two windows, the largest difference of their counts first."""
    pattern, count = COLUMNS.index("@pattern"), COLUMNS.index("@sampleCount")
    before = {row[pattern]: row for row in earlier}
    now = {row[pattern]: row for row in rows}
    compared = []
    for text, row in {**before, **now}.items():
        counts = before[text][count] if text in before else 0, now[text][count] if text in now else 0
        described = "New pattern" if text not in before else "Pattern no longer found" if text not in now else ""
        current = (*row[:count], counts[1], *row[count + 1 :])
        compared.append((*current, counts[1] - counts[0], described or _change(*counts)))
    return sorted(compared, key=lambda row: -abs(row[-2]))


def _change(before: int, now: int) -> str:
    percent = round(100 * (now - before) / before)
    return f"{abs(percent)}% {'more' if percent > 0 else 'fewer'} events" if percent else "No change"


def _cluster(rows: Iterable[Any], read_text: Read) -> list[_Group]:
    """Join texts of one shape with similar words, in order of appearance.

    The algorithm is Drain's (He et al., "Drain: An Online Log Parsing Approach with Fixed Depth Tree",
    ICWS 2017), with the shape in place of the tree.
    """
    cut = Cutter().cut
    groups: dict[Shape, list[_Group]] = defaultdict(list)
    known: dict[tuple[Any, ...], _Group] = {}
    for row in rows:
        text = read_text(row)
        if text is None:
            continue
        shape, tokens = cut(text)
        words = tuple([tokens[index] for index in shape.words])
        group = known.get((shape, words))
        if group is None:
            group = known[shape, words] = _similar_group(groups[shape], shape, words)
        group.rows.append(row)
        group.tokens.append(tokens)
    return list(dict.fromkeys(known.values()))


def _similar_group(candidates: list[_Group], shape: Shape, words: tuple[str, ...]) -> _Group:
    """The most similar group, made to match the words; a new one if none is similar enough."""
    budget.check()
    group = max(candidates, key=lambda each: each.similarity(words), default=None)
    if group is None or group.similarity(words)[0] < _SIMILARITY:
        group = _Group(shape, words)
        candidates.append(group)
    else:
        group.generalise(words)
    return group


def _columns(group: _Group, total: int, read_text: Read, read_time: Read | None) -> tuple[Any, ...]:
    glue, tokens = group.shape.glue, _tokens(group)
    text = _interleaved(glue, [token["tokenString"] for token in tokens])
    literals = ["" if token["tokenType"] == "DYNAMIC" else token["tokenString"] for token in tokens]
    regex = _interleaved(map(_quote, glue), [_quote(literal) or ".*" for literal in literals]).replace("\\E\\Q", "")
    times = [read_time(row) for row in group.rows] if read_time else []
    samples = [
        {**({"timestamp": read_time(row)} if read_time else {}), "logEvent": read_text(row)}
        for row in group.rows[:_SAMPLES]
    ]
    return (
        json.dumps({"timeWindowCountMapping": _histogram(times)}),
        len(group.rows) / total,
        "[]",
        md5(regex.encode(), usedforsecurity=False).hexdigest(),
        regex,
        len(group.rows),
        json.dumps(tokens, ensure_ascii=False),
        json.dumps(samples, ensure_ascii=False),
        text,
        _severity(group),
    )


def _tokens(group: _Group) -> list[dict[str, Any]]:
    tokens: list[dict[str, Any]] = []
    position = 0
    varying = map(Counter, zip(*group.tokens, strict=True))
    for role in group.shape.roles:
        values = next(varying) if role in VARYING else Counter({role: len(group.rows)})
        name = form(values) if role in VARYING else "Token"
        varies = len(values) > 1 or (name != "Token" and len(group.rows) == 1)
        position += varies
        token = {
            "dynamicTokenPosition": position if varies else 0,
            "tokenType": "DYNAMIC" if varies else "STATIC",
            "tokenString": "<*>" if varies else next(iter(values)),
            "isNumeric": name == "Number",
            "isErrorCode": all(_ERROR_CODE.fullmatch(value) for value in values),
            "enumerations": dict(values.most_common(_SAMPLES)) if varies else {},
        }
        if varies and name != "Token":
            token["inferredTokenName"] = name
        tokens.append(token)
    return tokens


def _interleaved(glue: Iterable[str], tokens: Iterable[str]) -> str:
    return "".join(chain.from_iterable(zip_longest(glue, tokens, fillvalue="")))


def _quote(literal: str) -> str:
    return f"\\Q{literal}\\E" if literal else ""


def _severity(group: _Group) -> str:
    names = (SEVERITIES.get(role.upper()) for role in group.shape.roles)
    return next((name for name in names if name), "None")


def _histogram(times: list[int]) -> dict[str, int]:
    """The number of events in each of at most 50 slices of time."""
    if not times:
        return {}
    width = max((max(times) - min(times)) // _SLICES // 60_000 * 60_000, 60_000)
    counts = Counter(time - time % width for time in times)
    return {str(time): counts[time] for time in sorted(counts)}
