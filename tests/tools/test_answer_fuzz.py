"""Whatever AWS responds, every call ends with an answer or an error, and a bad item loses only itself.

Each member of the responses is bad once, the same way in each run. scripts/fuzz.py has more.
"""

from __future__ import annotations

from itertools import chain

import pytest

from cloudwatch_mcp.aws.allow_list import OPERATIONS
from tests.support.fuzz.cases import TOOLS, one_of_each_member
from tests.support.fuzz.playing import failures

pytestmark = pytest.mark.anyio

SEED = 12


@pytest.mark.parametrize("tool", TOOLS)
async def test_no_bad_response_breaks_a_tool(tool: str) -> None:
    found = {(each.kind, each.place): each async for each in failures(one_of_each_member(tool, SEED))}
    assert not found, "\n".join(map(str, found.values()))


def test_the_cases_cover_every_operation() -> None:
    cases = chain.from_iterable(one_of_each_member(tool, SEED) for tool in TOOLS)
    assert {case.response.operation for case in cases} == set(OPERATIONS)
