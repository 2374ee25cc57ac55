"""Log groups, and log lines from templates."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from itertools import chain
from random import Random
from typing import Any, NamedTuple, TypeAlias

from cloudwatch_mcp.sandbox.kit.timeline import Level, anchor, before, function, randomness

LOGGED = 1440
"""The age of the oldest log event in minutes."""
Draw: TypeAlias = Callable[[Random], "str | float"]
"""Draws a value of a template, always of the same type."""
Text: TypeAlias = "str | Mapping[str, Any]"
"""A line with $names of values in it, or the members of a JSON line, to which the time is added."""


class Event(NamedTuple):
    stream: str
    time: int
    """Epoch milliseconds."""
    message: str


Writer: TypeAlias = Callable[[datetime], Iterable[Event]]
"""Writes events until a time."""


@dataclass(frozen=True)
class LogGroup:
    name: str
    writers: tuple[Writer, ...] = ()
    retention: int | None = 30
    log_class: str = "STANDARD"
    age_in_days: int = 420

    def events(self, now: datetime) -> Iterator[Event]:
        return chain.from_iterable(writer(now) for writer in self.writers)


@dataclass(frozen=True)
class Lines:
    """Lines of one kind, at random times, each in one of the streams.

    Several texts are events a millisecond apart with the same values. $time, $spaced, $common and $epoch are the time
    in four formats. Lines with the same rate and values `about` the same have the same times and draws.
    """

    per_minute: Level
    texts: tuple[Text, ...]
    values: Mapping[str, Draw]
    streams: tuple[str, ...]
    about: str

    def __call__(self, now: datetime) -> Iterator[Event]:
        about, rate = self.about or f"{self.streams} {self.texts}", function(self.per_minute)
        texts = [_template(text, self.values) for text in self.texts]
        draws = [(name, self.values[name], randomness(f"{about} {name}")) for name in _used(self.values, *texts)]
        templates = [(text, [(name, _FORMS[name]) for name in _used(_FORMS, text)]) for text in texts]
        random, end = randomness(about), int(anchor(now).timestamp() * 1000)
        for minute in range(LOGGED, 0, -1):
            for _ in range(int(rate(minute) + random.random())):
                time = end - minute * 60_000 + int(random.random() * 59_900)
                stream = self.streams[int(random.random() * len(self.streams))]
                values: dict[str, object] = {name: draw(its_random) for name, draw, its_random in draws}
                for at, (template, written) in enumerate(templates, time):
                    for name, form in written:
                        values[name] = form(at)
                    yield Event(stream, at, template % values)

    @property
    def patterns(self) -> list[str]:
        """The texts with <*> for each value, for a `Detector`."""
        return [_template(text, self.values) % defaultdict(lambda: "<*>") for text in self.texts]


def lines(
    per_minute: Level, *texts: Text, streams: Iterable[str] = ("main",), about: str = "", **values: Draw
) -> Lines:
    return Lines(per_minute, texts, values, tuple(streams), about)


@dataclass(frozen=True)
class Line:
    """One JSON line."""

    minute: float
    members: Mapping[str, Any]
    stream: str = "main"

    def __call__(self, now: datetime) -> Iterator[Event]:
        time = int(before(now, self.minute).timestamp() * 1000)
        yield Event(self.stream, time, json_line(time=iso(time), **self.members))


@dataclass(frozen=True)
class Deployment:
    """The lines about a deployment: its start, and its completion."""

    minute: float
    service: str
    old: str
    new: str
    change: str

    def __call__(self, now: datetime) -> Iterator[Event]:
        release = {"service": self.service, "from": self.old, "to": self.new}
        start = {"level": "INFO", "msg": "deployment started", **release, "change": self.change, "by": "ci"}
        yield from Line(self.minute, start, "pipeline")(now)
        end = {"level": "INFO", "msg": "deployment completed", **release}
        yield from Line(self.minute - 2.5, end, "pipeline")(now)


def one_of(*values: str) -> Draw:
    """One of the texts; those that begin with { are JSON objects."""
    return lambda random: values[int(random.random() * len(values))]


def whole(low: int, high: int) -> Draw:
    """A whole number, both limits included."""
    return lambda random: low + int(random.random() * (high - low + 1))


def around(median: float, spread: float = 0.3) -> Draw:
    """A positive number, lognormal, with two decimals: such as a duration."""
    return lambda random: round(median * random.lognormvariate(0, spread), 2)


def uuid(random: Random) -> str:
    bits = f"{random.getrandbits(128):032x}"
    return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}"


def _template(text: Text, values: Mapping[str, Draw]) -> str:
    """The text in the form of Python's %-formatting, which is much faster than string.Template."""
    if isinstance(text, str):
        return _for_formatting(text)
    line = json_line(time="$time", **text)
    for name, draw in values.items():
        value = draw(Random(0))  # noqa: S311  # only the type matters
        if not isinstance(value, str) or value.startswith("{"):
            line = line.replace(f'"${name}"', f"${name}")  # a number or an object, without quotes
    return _for_formatting(line)


def _for_formatting(text: str) -> str:
    return re.sub(r"\$([a-z_]+)", r"%(\1)s", text.replace("%", "%%"))


def _used(names: Iterable[str], *templates: str) -> list[str]:
    return [name for name in names if any(f"%({name})s" in template for template in templates)]


@lru_cache(maxsize=4 * LOGGED)
def _minute(form: str, number: int) -> str:
    return f"{datetime.fromtimestamp(number * 60, timezone.utc):{form}}"


def iso(time: int) -> str:
    return f"{_minute('%Y-%m-%dT%H:%M', time // 60_000)}:{time % 60_000 / 1000:06.3f}Z"


_FORMS: dict[str, Callable[[int], object]] = {
    "time": iso,
    "spaced": lambda time: iso(time).replace("T", " ").removesuffix("Z"),
    # as in Apache's and nginx's access logs
    "common": lambda time: f"{_minute('%d/%b/%Y:%H:%M', time // 60_000)}:{time % 60_000 // 1000:02} +0000",
    "epoch": lambda time: time // 1000,
}


def json_line(**members: Any) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))
