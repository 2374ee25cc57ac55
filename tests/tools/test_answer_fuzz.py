"""Whatever AWS responds, every call ends with an answer or an error, and a bad item loses only itself.

Each member of the responses is bad once, the same way in each run. scripts/fuzz.py has more.
"""

from __future__ import annotations

from functools import cache

import pytest

from cloudwatch_mcp.aws.allow_list import OPERATIONS
from tests.support.fuzz.cases import TOOLS, Case, one_of_each_member
from tests.support.fuzz.playing import failures

pytestmark = pytest.mark.anyio

SEED = 12


@cache
def cases(tool: str) -> list[Case]:
    return list(one_of_each_member(tool, SEED))


@pytest.mark.parametrize("tool", TOOLS)
async def test_no_bad_response_breaks_a_tool(tool: str) -> None:
    found = {(each.kind, each.place): each async for each in failures(cases(tool))}
    assert not found, "\n".join(map(str, found.values()))


def test_the_cases_cover_every_operation() -> None:
    assert {case.response.operation for tool in TOOLS for case in cases(tool)} == set(OPERATIONS)
