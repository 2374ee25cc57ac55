"""A small test suite in a directory of its own, which pytest runs within this process: importing takes seconds."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
import syrupy

from tests.support.places import ROOT

_CONFTEST = """\
import pytest

from tests.conftest import *

del pytest_collection_finish, pytest_sessionfinish  # they start and stop the sandbox


@pytest.fixture(scope="session")
def sandbox():
    return {sandbox!r}
"""


class InnerSuite:
    """The tests in `root`/suite, with the fixtures of this suite and with cassettes and snapshots of their own."""

    def __init__(self, root: Path, sandbox: str) -> None:
        self.root = root
        (root / "suite").mkdir()
        (root / "suite" / "conftest.py").write_text(_CONFTEST.format(sandbox=sandbox), "utf-8")
        shutil.copy(ROOT / "pyproject.toml", root)

    def cassette(self, name: str) -> Path:
        return self.root / "cassettes" / f"{name}.yaml"

    def snapshot(self, name: str) -> Path:
        return self.root / "snapshots" / f"{name}.json"

    def add(self, tool: str) -> None:
        """Copy this suite's tests of a tool, with their cassettes and snapshots."""
        shutil.copy(ROOT / "tests" / "tools" / f"test_{tool}.py", self.root / "suite")
        shutil.copytree(ROOT / "cassettes" / tool, self.root / "cassettes" / tool)
        shutil.copytree(ROOT / "snapshots" / f"test_{tool}", self.root / "snapshots" / f"test_{tool}")

    def pytest(self, *arguments: str) -> tuple[int, str]:
        """Run the tests; returns the exit code and the output."""
        output = StringIO()
        options = ["-q", "-rs", "--color=no", "--import-mode=importlib", "--override-ini=testpaths=suite"]
        options += ["-p", "no:unraisableexception"]  # it collects garbage ten times
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(output), redirect_stderr(output):
            patch.chdir(self.root)
            patch.setattr(syrupy, "_syrupy", None)
            patch.setenv("COLUMNS", "120")
            for name in [name for name in os.environ if name.startswith("PYTEST_")]:
                patch.delenv(name)
            code = int(pytest.main([*options, *arguments]))
        for module in [module for module in sys.modules if module.partition(".")[0] == "suite"]:
            del sys.modules[module]
        return code, output.getvalue()
