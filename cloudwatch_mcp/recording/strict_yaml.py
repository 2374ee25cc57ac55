"""The subset of YAML that cassettes use: JSON's values, and times with a time zone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import yaml

MAX_DEPTH = 100
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_STR, _INT, _FLOAT, _TIME = (f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "timestamp"))
_SCALARS: dict[str, Callable[[Any], Any]] = {
    _INT: _CONSTRUCTOR.construct_yaml_int,
    _FLOAT: _CONSTRUCTOR.construct_yaml_float,
    _TIME: _CONSTRUCTOR.construct_yaml_timestamp,
    "tag:yaml.org,2002:bool": _CONSTRUCTOR.construct_yaml_bool,
    "tag:yaml.org,2002:null": _CONSTRUCTOR.construct_yaml_null,
}
_STARTS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


class Number(NamedTuple):
    """A number without quotes: its place, and the names of the members around it, outermost first."""

    offset: int
    line: int
    text: str
    members: tuple[str, ...]


def parse(text: str) -> Any:
    """Parse the only document in `text`, faster than PyYAML does.

    Raises:
        ValueError: it contains anything else, such as aliases, tags or a duplicate member.
    """
    loader = _Loader(text)
    try:
        return _Reader(loader).document()
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())[:200]) from None
    finally:
        loader.dispose()


def numbers(text: str) -> Iterator[Number]:
    """The plain numbers of a YAML text, up to the first syntax error."""
    loader = _Loader(text)
    members: list[str | None] = []  # the current member of each open mapping or list
    awaits_name: list[bool] = []
    try:
        while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
            if isinstance(event, _ENDS):
                members.pop()
                awaits_name.pop()
            elif isinstance(event, yaml.ScalarEvent) and awaits_name and awaits_name[-1]:
                members[-1], awaits_name[-1] = event.value, False
                continue
            elif isinstance(event, yaml.ScalarEvent) and _tag(loader, event) in (_INT, _FLOAT):
                mark = event.start_mark
                yield Number(mark.index, mark.line + 1, event.value, tuple(name for name in members if name))
            if awaits_name and not isinstance(event, _STARTS):
                awaits_name[-1] = isinstance(members[-1], str)
            if isinstance(event, _STARTS):
                members.append("" if isinstance(event, yaml.MappingStartEvent) else None)
                awaits_name.append(isinstance(event, yaml.MappingStartEvent))
    except yaml.YAMLError:
        return
    finally:
        loader.dispose()


def _tag(loader: Any, event: Any) -> str:
    if event.implicit[0]:
        return str(loader.resolve(yaml.ScalarNode, event.value, event.implicit))
    return str(event.tag or _STR)


class _Reader:
    """Reads values from the parser's events; composing nodes first would follow aliases, to any depth."""

    def __init__(self, loader: Any) -> None:
        self._next, self._resolve = loader.get_event, loader.resolve

    def document(self) -> Any:
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            raise ValueError("it is empty")  # noqa: TRY004 - the file is wrong, not an argument's type
        value = self._value(self._next(), MAX_DEPTH)
        self._next()
        if not isinstance(self._next(), yaml.StreamEndEvent):
            raise ValueError("it has a second YAML document")  # noqa: TRY004 - as above
        return value

    def _value(self, event: Any, levels: int) -> Any:
        if event.anchor is not None:
            raise _at(event, "YAML anchors and aliases are not allowed")
        if type(event) is yaml.ScalarEvent:
            return self._scalar(event)
        if event.tag is not None:
            raise _at(event, f"the YAML tag {_short(event.tag)} is not allowed")
        if not levels:
            raise _at(event, f"it is nested more than {MAX_DEPTH} levels deep")
        if type(event) is yaml.SequenceStartEvent:
            return list(self._items(levels - 1))
        return self._members(event, levels - 1)

    def _items(self, levels: int) -> Iterator[Any]:
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            yield self._value(event, levels)

    def _members(self, start: Any, levels: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        count = 0
        while type(event := self._next()) is not yaml.MappingEndEvent:
            name = self._name(event)
            members[name] = self._value(self._next(), levels)
            count += 1
        if count != len(members):
            raise _at(start, "a member of this mapping occurs twice")
        return members

    def _name(self, event: Any) -> str:
        if type(event) is not yaml.ScalarEvent or event.anchor is not None or event.tag is not None:
            raise _at(event, "the name of a member is not plain text")
        if event.value == "<<" and event.implicit[0]:
            raise _at(event, "YAML merge keys are not allowed")
        return str(event.value)

    def _scalar(self, event: Any) -> Any:
        tag = self._resolve(yaml.ScalarNode, event.value, event.implicit) if event.implicit[0] else event.tag or _STR
        if tag == _STR:
            return event.value
        if tag not in _SCALARS:
            raise _at(event, f"the YAML tag {_short(tag)} is not allowed")
        try:
            value = _SCALARS[tag](yaml.ScalarNode(tag, event.value))
        except (ValueError, OverflowError, LookupError, AttributeError):  # !!int of a word, a month of 13
            raise _at(event, f"{event.value[:40]!r} is not a {tag.rpartition(':')[2]}") from None
        if tag == _TIME and not (isinstance(value, datetime) and value.tzinfo):
            raise _at(event, f"{event.value} is not a time with a time zone")
        return value


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")[:60]


def _at(event: Any, what: str) -> ValueError:
    return ValueError(f"line {event.start_mark.line + 1}: {what}")
