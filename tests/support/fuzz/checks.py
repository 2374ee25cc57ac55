"""What must hold of a call, whatever AWS answered."""

from __future__ import annotations

import json
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time
from types import FrameType
from typing import Any

from mcp.types import CallToolResult, TextContent

from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.errors import MAX_ERROR_CHARS
from cloudwatch_mcp.recording import model_check
from tests.support.fuzz.cases import Case
from tests.support.fuzz.mutations import INSIDE, UNREADABLE, output_shape

OWN_SECONDS = 2.0  # of the processor's time, that a call may take
_MARK = re.compile(r"\bmark\d+\b")
_WRONG_TYPE = re.compile(r" is (missing$|(?!float, not (long|integer))\w+, not \w+$)")
_DEFECT = re.compile(r"a defect of this server \((.*?)\)")


class TooSlowError(Exception):
    """Raised in the product when a call has had its time."""


@contextmanager
def time_limit() -> Iterator[list[str]]:
    """The line where the product was when its time was over: there it is interrupted, and never inside a library."""
    slow: list[str] = []
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield slow
        return

    def interrupt(_: int, frame: FrameType | None) -> None:
        if not slow and frame is not None and "/cloudwatch_mcp/" in frame.f_code.co_filename:
            slow.append(f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}")
            raise TooSlowError

    begun, before = process_time(), signal.signal(signal.SIGPROF, interrupt)
    signal.setitimer(signal.ITIMER_PROF, OWN_SECONDS, 0.01)
    try:
        yield slow
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        if not slow and process_time() - begun > OWN_SECONDS:
            slow.append("in no line of the product")


def said(outcome: CallToolResult | Exception) -> str:
    """The text of an answer or an error, or what was raised."""
    if isinstance(outcome, Exception):
        return f"{type(outcome).__name__}: {outcome}"
    return "".join(content.text for content in outcome.content if isinstance(content, TextContent))


def complaints(
    case: Case, outcome: CallToolResult | Exception, slow: list[str], usual: CallToolResult
) -> Iterator[tuple[str, str, str]]:
    """(what does not hold, where, the text that shows it)."""
    text = said(outcome)
    if slow:
        yield f"took more than {OWN_SECONDS:g} s", slow[0], text
    elif isinstance(outcome, Exception):
        yield "raised out of the call", f"{type(outcome).__name__}: {case.member}", text
    elif defect := _DEFECT.search(text):
        yield "a defect", defect[1], text
    else:
        yield from ((kind, case.member, text) for kind in _form(outcome, text))
        if lost := sorted(_due(case, said(usual), text) - set(_MARK.findall(text))):
            how = "an error" if outcome.is_error else "without them"
            yield f"other items are lost ({how})", case.member, f"without {', '.join(lost)}: {text}"
        elif _is_short(case, outcome, usual):
            yield "an item is missing without a note", case.member, text


def _form(result: CallToolResult, text: str) -> Iterator[str]:
    """What is wrong with the form of an answer or an error."""
    try:
        text.encode()
    except UnicodeEncodeError:
        yield "not UTF-8"
    if result.is_error:
        if len(text) > MAX_ERROR_CHARS:
            yield f"an error of more than {MAX_ERROR_CHARS:,} characters"
        return
    if len(text) > Settings().max_response_chars:
        yield "over the response budget"
    try:
        data = json.loads(text, parse_constant=_refuse)
    except ValueError:
        yield "no strict JSON"
        return
    if data != result.structured_content:
        yield "the text is not the structured content"
    if any(len(row) > len(table["columns"]) for table in _tables(data) for row in table["rows"]):
        yield "a row with more cells than columns"


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _tables(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("columns"), list) and isinstance(value.get("rows"), list):
            yield value
            return
        for each in value.values():
            yield from _tables(each)
    elif isinstance(value, list):
        for each in value:
            yield from _tables(each)


def _due(case: Case, usual: str, text: str) -> set[str]:
    """The marks that must still be shown: of the items beside the bad one, and on the page that is read after it."""
    if case.item is None or (case.how == UNREADABLE and INSIDE not in case.path):
        return set()
    due: set[str] = set()
    for told in case.scene.told:
        is_page = "page-2" in (told.holds, case.told.holds) and told.operation == case.told.operation
        if told is case.told or (is_page and "more exist" not in text):
            lists = {name: items for name, items in told.body.items() if isinstance(items, list)}
            for name, items in lists.items():
                beside = [item for at, item in enumerate(items) if told is not case.told or (name, at) != case.item]
                due.update(_MARK.findall(json.dumps(beside)))
    return due & set(_MARK.findall(usual))


def _is_short(case: Case, result: CallToolResult, usual: CallToolResult) -> bool:
    """Whether the bad item is not shown where AWS should have given it, and no note says so."""
    answer, before = result.structured_content or {}, usual.structured_content or {}
    if result.is_error or usual.is_error or case.item is None or answer.get("notes") != before.get("notes"):
        return False
    if _count(answer) >= _count(before) or (len(case.path) == 2 and case.how in ("missing", "null")):
        return False
    of_the_model = model_check._shape(output_shape(case.told.operation), json.loads(case.body), "")
    return any(_WRONG_TYPE.search(complaint) for complaint in of_the_model)


def _count(answer: dict[str, Any]) -> int:
    return sum(len(table["rows"]) for table in _tables(answer)) + len(answer.get("series", []))
