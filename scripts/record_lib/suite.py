"""The test suite, whose own `pytest --record-mode=rewrite` records the cassettes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.record_lib.account import RunFailed


@dataclass(frozen=True)
class Suite:
    """The tests of the tree `root` that an expression of pytest's -k selects, and that an account can record.

    Its methods raise RunFailed if a test fails, or if the expression selects none.
    """

    root: Path
    expression: str = ""

    def tests(self) -> list[str]:
        """The node ids."""
        output = self._pytest("--collect-only", "-q", quiet=True)
        return [line for line in output.splitlines() if "::" in line]

    def record(self, environment: Mapping[str, str]) -> None:
        """Record; the output ends with the assumed behaviours of AWS that the run confirmed or refuted."""
        self._pytest("--record-mode=rewrite", "--snapshot-update", environment=environment)

    def update_snapshots(self) -> None:
        """Replay the cassettes: answers recorded under a prefix may be cut elsewhere than those without."""
        self._pytest("--snapshot-update")

    def files(self) -> dict[Path, bytes]:
        """Every cassette and snapshot, with its content."""
        paths = [path for folder in ("cassettes", "snapshots") for path in (self.root / folder).rglob("*")]
        return {path: path.read_bytes() for path in paths if path.is_file()}

    def restore(self, files: Mapping[Path, bytes]) -> None:
        """Make the cassettes and snapshots what `files` returned before."""
        for path in self.files().keys() - files.keys():
            path.unlink()
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

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
            raise RunFailed(f"pytest {' '.join(options)} failed: nothing was changed.")
        return result.stdout or ""
