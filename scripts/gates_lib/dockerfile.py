"""Fails when a base image is not pinned by digest; lints the Dockerfile with hadolint, where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

from scripts.gates_lib import CANNOT_RUN
from scripts.gates_lib.project import ROOT


def complaints(dockerfile: str) -> list[str]:
    bases = re.findall(r"(?m)^FROM .*$", dockerfile)
    return [f"{base} names no digest" for base in bases if not re.search(r"@sha256:[0-9a-f]{64}(\s|$)", base)]


def main() -> None:
    if wrong := complaints((ROOT / "Dockerfile").read_text("utf-8")):
        sys.exit("\n".join(wrong))
    hadolint = shutil.which("hadolint")
    if hadolint is None:
        sys.stdout.write(
            "hadolint is not on PATH; tests/packaging/test_dockerfile.py checks the rules that matter most\n"
        )
        sys.exit(CANNOT_RUN)
    sys.exit(subprocess.run([hadolint, "Dockerfile"], cwd=ROOT, check=False).returncode)  # noqa: S603 - found above


if __name__ == "__main__":
    main()
