"""Lints the Dockerfile with hadolint, where there is one."""

from __future__ import annotations

import shutil
import subprocess
import sys

from scripts.gates_lib import CANNOT_RUN
from scripts.gates_lib.project import ROOT


def main() -> None:
    hadolint = shutil.which("hadolint")
    if hadolint is None:
        sys.stdout.write("hadolint is not on PATH; tests/test_dockerfile.py checks the rules that matter most\n")
        sys.exit(CANNOT_RUN)
    sys.exit(subprocess.run([hadolint, "Dockerfile"], cwd=ROOT, check=False).returncode)  # noqa: S603 - found above


if __name__ == "__main__":
    main()
