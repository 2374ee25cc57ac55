"""Runs a script with the Python of .venv. Each script imports this module first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"

if Path(sys.prefix).resolve() != VENV.resolve():
    subprocess.run([ROOT / "scripts" / "setup", "requirements-dev.txt"], check=True)  # noqa: S603 - a script of ours
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    os.execv(python, [str(python), *sys.argv])  # noqa: S606 - the same script with the same arguments
sys.path[0] = str(ROOT)  # Python puts the script's folder here; imports start at the root: scripts, tests
