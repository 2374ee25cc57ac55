"""Whatever AWS responds, every call ends with an answer or an error, and a bad item loses only itself.

A hundred or so of the responses to each tool are bad in one place, the same ones in each run. scripts/fuzz.py has more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import pytest

from cloudwatch_mcp.aws.allow_list import OPERATIONS
from tests.support.fuzz.cases import TOOLS, Case, sample
from tests.support.fuzz.playing import failures

pytestmark = pytest.mark.anyio

SEED = 12
# Enough for each member of a tool's responses to be bad at least once.
CASES = {"get_active_alarms": 180, "get_alarm_history": 240, "analyze_log_group": 240, "cancel_logs_insight_query": 30}


def _cases(tool: str) -> Iterator[Case]:
    return sample(tool, CASES.get(tool, 80), SEED)


@pytest.mark.parametrize("tool", TOOLS)
async def test_no_bad_response_breaks_a_tool(tool: str) -> None:
    found = {(each.kind, each.place): each async for each in failures(_cases(tool))}
    assert not found, "\n".join(map(str, found.values()))


def test_the_cases_cover_every_member() -> None:
    def members(cases: Iterable[Case]) -> set[tuple[str, str]]:
        return {(case.scene.tool, case.member) for case in cases}

    few = set(chain.from_iterable(members(_cases(tool)) for tool in TOOLS))
    many = set(chain.from_iterable(members(sample(tool, 400, SEED)) for tool in TOOLS))
    assert few == many
    assert {member.partition(",")[0] for _, member in few} == set(OPERATIONS)
