"""A run on the sandbox: freshly seeded, at the suite's time, so that recording again gives the same files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from cloudwatch_mcp.recording import Recorder
from cloudwatch_mcp.sandbox import Sandbox
from scripts.record_lib.account import environment
from scripts.record_lib.progress import Progress
from scripts.record_lib.takes import Takes
from tests.support.cases import Case
from tests.support.frozen_time import NOW, Time


def run(cases: Sequence[Case], progress: Progress) -> list[str]:
    """Record the cases and install them; returns the files that changed.

    Raises:
        NotInstalled: a recording is not what it has to be; the old ones are as they were.
    """
    with Sandbox(now=NOW) as sandbox, environment(sandbox.environment, without=("AWS_",)):
        return record(cases, progress, sandbox.hold_queries)


def record(cases: Sequence[Case], progress: Progress, hold_queries: Callable[[bool], None]) -> list[str]:
    """As `run`, of the sandbox that the environment reaches."""
    with TemporaryDirectory() as stage:
        takes = Takes(Path(stage))
        for number, case in enumerate(cases):
            progress.show("of the cases recorded", number / len(cases), case.name)
            hold_queries(case.hold_queries)
            recorder = Recorder("sandbox", base=Time().clock(), region=Sandbox.region, rename_queries=True)
            anyio.run(takes.record, case, case, recorder, lambda _: [])
        return takes.install()
