"""The test suite, whose own `pytest --record-mode=rewrite` records the cassettes; kept as it was if that fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.behaviour import report

_FOLDERS = ("cassettes", "snapshots")


class SuiteFailed(Exception):
    """Tests failed, or there are none to record."""


@dataclass(frozen=True)
class Suite:
    """The tests of the tree `root` that an expression of pytest's -k selects, and that an account can record."""

    root: Path
    expression: str = ""

    def tests(self) -> list[str]:
        """The node ids.

        Raises:
            SuiteFailed: the expression selects none.
        """
        output = self._pytest("--collect-only", "-q", quiet=True)
        return [line for line in output.splitlines() if "::" in line]

    def record(self, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        """Record, and say which assumed behaviours of AWS the run confirmed or refuted; tests that fail refute them.

        Raises:
            SuiteFailed: a test failed.
        """
        with TemporaryDirectory() as folder:
            junit = Path(folder, "junit.xml")
            try:
                self._pytest(
                    "--record-mode=rewrite", "--snapshot-update", f"--junitxml={junit}", environment=environment
                )
            finally:
                if junit.exists():
                    say(report(junit, self.root))

    def update_snapshots(self) -> None:
        """Replay the cassettes: answers recorded under a prefix may be cut elsewhere than those without."""
        self._pytest("--snapshot-update")

    def files(self) -> dict[Path, bytes]:
        """Every cassette and snapshot, with its content."""
        paths = [path for folder in _FOLDERS for path in (self.root / folder).rglob("*") if path.is_file()]
        return {path: path.read_bytes() for path in paths}

    @contextmanager
    def restored_on_failure(self) -> Iterator[None]:
        """Put the cassettes and snapshots back as they were if the block fails."""
        with TemporaryDirectory() as backup:
            for folder in _FOLDERS:
                shutil.copytree(self.root / folder, Path(backup, folder))
            try:
                yield
            except BaseException:
                for folder in _FOLDERS:
                    shutil.rmtree(self.root / folder)
                    shutil.copytree(Path(backup, folder), self.root / folder)
                raise

    def _pytest(self, *options: str, environment: Mapping[str, str] | None = None, quiet: bool = False) -> str:
        command = [sys.executable, "-m", "pytest", "-m", "aws", "-k", self.expression, *options]
        result = subprocess.run(  # noqa: S603 - the suite's own tests, with what a developer typed as -k
            command,
            cwd=self.root,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE if quiet else None,
            text=True,
            check=False,
        )
        if result.returncode:
            raise SuiteFailed(f"pytest {' '.join(options)} failed: nothing was changed.")
        return result.stdout or ""
