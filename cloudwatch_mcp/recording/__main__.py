"""`python -m cloudwatch_mcp.recording check PATHS`: find leaks, and what AWS cannot have sent."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cloudwatch_mcp.recording import check


def main(arguments: Sequence[str] | None = None) -> int:
    """Check files, and all .yaml files in directories; returns 1 if there is a finding."""
    parser = argparse.ArgumentParser(prog="python -m cloudwatch_mcp.recording", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    checking = commands.add_parser("check", help="find leaks, and what AWS's service model does not allow")
    checking.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    paths = parser.parse_args(arguments).paths
    files = [file for path in paths for file in (sorted(path.rglob("*.yaml")) if path.is_dir() else [path])]
    findings = [finding for file in files for finding in check(file)]
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    if any(finding.line for finding in findings):
        sys.stdout.write(
            "Leaks: record again with --redact REGEX, or replace each by an example, the same everywhere.\n"
        )
    if any(not finding.line for finding in findings):
        sys.stdout.write("Not of AWS's model: record again, or fix what was written by hand.\n")
    if not findings:
        sys.stdout.write(f"{len(files)} checked: no leak, nothing that AWS's model does not allow.\n")
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
