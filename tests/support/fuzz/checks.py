"""Checks that hold for every tool call, whatever AWS responds."""

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

MAX_CPU_SECONDS = 2.0  # of a call
_MARK = re.compile(r"\bmark\d+\b")
_WRONG_TYPE = re.compile(r" is (missing$|(?!float, not (long|integer))\w+, not \w+$)")
_DEFECT = re.compile(r"a defect of this server \((.*?)\)")


class TooSlowError(Exception):
    """Raised inside the product when a call has used up its time."""


@contextmanager
def time_limit() -> Iterator[list[str]]:
    """Interrupt a call that takes too long, at a line of the product and never inside a library.

    The list that this yields then has that line.
    """
    slow: list[str] = []
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield slow
        return

    def interrupt(_: int, frame: FrameType | None) -> None:
        if not slow and frame is not None and "/cloudwatch_mcp/" in frame.f_code.co_filename:
            slow.append(f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}")
            raise TooSlowError

    started, previous = process_time(), signal.signal(signal.SIGPROF, interrupt)
    signal.setitimer(signal.ITIMER_PROF, MAX_CPU_SECONDS, 0.01)
    try:
        yield slow
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)
        if not slow and process_time() - started > MAX_CPU_SECONDS:
            slow.append("in a library")


def text_of(outcome: CallToolResult | Exception) -> str:
    """The text of an answer, a tool error or an exception."""
    if isinstance(outcome, Exception):
        return f"{type(outcome).__name__}: {outcome}"
    return "".join(content.text for content in outcome.content if isinstance(content, TextContent))


def problems(
    case: Case, outcome: CallToolResult | Exception, slow: list[str], expected: CallToolResult
) -> Iterator[tuple[str, str, str]]:
    """Each problem as (kind, place, text); `expected` is the answer to the scene without its bad place."""
    text = text_of(outcome)
    if slow:
        yield f"took more than {MAX_CPU_SECONDS:g} s", slow[0], text
    elif isinstance(outcome, Exception):
        yield "raised out of the call", f"{type(outcome).__name__}: {case.member}", text
    elif defect := _DEFECT.search(text):
        yield "a defect", defect[1], text
    else:
        yield from ((kind, case.member, text) for kind in _format_problems(outcome, text))
        if lost := sorted(_required_marks(case, text_of(expected), text) - set(_MARK.findall(text))):
            how = "an error" if outcome.is_error else "without them"
            yield f"other items are lost ({how})", case.member, f"without {', '.join(lost)}: {text}"
        elif _lacks_an_item(case, outcome, expected):
            yield "an item is missing without a note", case.member, text


def _format_problems(result: CallToolResult, text: str) -> Iterator[str]:
    """Problems with the format of an answer or a tool error."""
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
        yield "not strict JSON"
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


def _required_marks(case: Case, expected: str, text: str) -> set[str]:
    """The marks that the answer must still show: of the items beside the bad one, and on the page after it."""
    if case.item is None or (case.how == UNREADABLE and INSIDE not in case.path):
        return set()
    bad = case.response
    marks: set[str] = set()
    for response in case.scene.responses:
        is_page = "page-2" in (response.request_text, bad.request_text) and response.operation == bad.operation
        if response is bad or (is_page and "more exist" not in text):
            lists = {name: items for name, items in response.body.items() if isinstance(items, list)}
            for name, items in lists.items():
                good = [item for at, item in enumerate(items) if response is not bad or (name, at) != case.item]
                marks.update(_MARK.findall(json.dumps(good)))
    return marks & set(_MARK.findall(expected))


def _lacks_an_item(case: Case, result: CallToolResult, expected: CallToolResult) -> bool:
    """Whether the answer lacks an item of a wrong type without a note about it."""
    actual, complete = result.structured_content or {}, expected.structured_content or {}
    if result.is_error or expected.is_error or case.item is None or actual.get("notes") != complete.get("notes"):
        return False
    if _count(actual) >= _count(complete) or (len(case.path) == 2 and case.how in ("missing", "null")):
        return False
    deviations = model_check.shape_problems(output_shape(case.response.operation), json.loads(case.body), "")
    return any(_WRONG_TYPE.search(deviation) for deviation in deviations)


def _count(answer: dict[str, Any]) -> int:
    return sum(len(table["rows"]) for table in _tables(answer)) + len(answer.get("series", []))
