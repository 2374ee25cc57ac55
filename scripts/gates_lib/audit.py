"""Asks the OSV database for known vulnerabilities of the locked releases; says so where it is out of reach."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError

from scripts.gates_lib import CANNOT_RUN
from scripts.gates_lib.project import ROOT, pins

QUERY = "https://api.osv.dev/v1/querybatch"
PATIENCE = 5  # seconds
Releases = list[tuple[str, str]]


def ask(releases: Releases) -> Mapping[str, Any]:
    """OSV's answer about these releases of PyPI's; without a network it is an OSError, at once or after `PATIENCE`."""
    queries = [{"package": {"ecosystem": "PyPI", "name": name}, "version": version} for name, version in releases]
    body = json.dumps({"queries": queries}).encode()
    request = urllib.request.Request(QUERY, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310  # nosec B310 - https, above
        return dict(json.load(answer))


def complaints(releases: Releases, answer: Mapping[str, Any]) -> Iterator[str]:
    for (name, version), result in zip(releases, answer["results"], strict=True):
        if found := result.get("vulns"):
            yield f"{name} {version}: {', '.join(sorted(each['id'] for each in found))}"


def main() -> None:
    pinned = pins((ROOT / "requirements-dev.txt").read_text("utf-8"))
    releases = [(name, version) for name in sorted(pinned) for version in sorted(pinned[name])]
    try:
        answer = ask(releases)
    except OSError as error:
        if isinstance(error, HTTPError) and error.code == HTTPStatus.BAD_REQUEST:
            raise  # the mistake is here
        sys.stdout.write(f"the vulnerability database cannot be asked here ({error})\n")
        sys.exit(CANNOT_RUN)
    if wrong := list(complaints(releases, answer)):
        sys.exit("\n".join([*wrong, "scripts/lock --upgrade takes newer releases."]))


if __name__ == "__main__":
    main()
