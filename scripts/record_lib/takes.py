"""Cassettes and snapshots as they are recorded: kept aside until all are well, so that nothing old is lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cloudwatch_mcp.recording import Recorder, check
from tests.support.cases import Case
from tests.support.cases.recording import record
from tests.support.cases.replaying import replay


class NotInstalled(Exception):
    """The recordings are not what they have to be: those of before are as they were."""


class Takes:
    """The recordings of a run, in a directory of their own."""

    def __init__(self, stage: Path) -> None:
        self._stage = stage
        self._taken: list[tuple[Case, Case]] = []
        self._problems: list[str] = []

    async def record(self, case: Case, asked: Case, recorder: Recorder, take_out: Callable[[Path], list[str]]) -> None:
        """Record `case` by asking `asked`, whose names are the account's own; then replay it, as `case` again.

        `take_out` makes the file such as `case` asks for, and says what it could not.
        """
        taken = replace(case, root=self._stage)
        await record(asked, recorder, os.environ)
        recorder.save(taken.cassette)
        strange = take_out(taken.cassette)
        replayed = await replay(taken)
        taken.snapshot.parent.mkdir(parents=True, exist_ok=True)
        taken.snapshot.write_text(replayed.snapshot, "utf-8")
        problems = [*strange, *(finding.what for finding in check(taken.cassette)), *replayed.problems]
        self._problems += [f"{case.name}: {problem}" for problem in problems]
        self._taken.append((taken, case))

    def install(self) -> list[str]:
        """Put the recordings and their snapshots in the place of those of before; returns the files that changed.

        Raises:
            NotInstalled: something is wrong with one of them.
        """
        if self._problems:
            raise NotInstalled("\n".join(["Nothing was changed:", *self._problems]))
        changed = []
        for taken, case in self._taken:
            for new, old in ((taken.cassette, case.cassette), (taken.snapshot, case.snapshot)):
                if _put(new.read_text("utf-8"), old):
                    changed.append(str(old.relative_to(case.root)))
        return changed


def _put(text: str, path: Path) -> bool:
    if path.exists() and path.read_text("utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return True
