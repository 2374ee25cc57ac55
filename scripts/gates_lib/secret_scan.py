"""Fails when a file holds what reads like a secret and .secrets.baseline has not; --write writes the baseline.

detect-secrets' own hook fails whenever a line of the baseline has moved; what counts here is the secret and its file.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from detect_secrets.core import baseline
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

from scripts.gates_lib.project import ROOT

BASELINE = ROOT / ".secrets.baseline"


def tracked() -> Iterator[str]:
    """The repository's files, those to come included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - as above
    yield from filter(None, listed.stdout.split("\0"))


def scan(files: Iterable[str], known: dict[str, Any]) -> SecretsCollection:
    """What the plugins and filters that the baseline names find."""
    found = SecretsCollection()
    with transient_settings(known):
        for file in files:
            found.scan_file(file)
    return found


def complaints(found: SecretsCollection, known: dict[str, Any]) -> list[str]:
    new = found - baseline.load(known, str(BASELINE))
    return sorted(f"{file}:{secret.line_number}: {secret.type}" for file, secret in new)


def main() -> None:
    known = json.loads(BASELINE.read_text("utf-8"))
    found = scan(tracked(), known)
    if "--write" in sys.argv:
        with transient_settings(known):
            baseline.save_to_file(found, str(BASELINE))
    elif wrong := complaints(found, known):
        sys.exit("\n".join([*wrong, "No secret at all? python -m scripts.gates_lib.secret_scan --write says so."]))


if __name__ == "__main__":
    main()
