"""Fails when a locked distribution is under a licence that is not on the list, by what its metadata says."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageMetadata, PackageNotFoundError, distribution

from scripts.gates_lib.project import ROOT, pins

# SPDX's names, and those of distributions that do not use them.
ALLOWED = {
    "0BSD", "Apache 2.0", "Apache License 2.0", "Apache Software License", "Apache-2.0", "BSD License",
    "BSD-2-Clause", "BSD-3-Clause", "CNRI-Python", "ISC", "MIT", "MIT License", "MIT-0", "MIT-CMU", "PSF-2.0",
    "Python Software Foundation License", "The Unlicense (Unlicense)", "Unlicense", "Zlib",
    # Of MPL-2.0, what is changed has to be published; nothing of it is changed, or part of this distribution.
    "MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)",
}  # fmt: skip


def licences(metadata: PackageMetadata) -> list[str]:
    """Its alternatives, each what has to be complied with at once: the expression's, or the classifiers'."""
    if expression := metadata.get("License-Expression"):
        return [str(expression)]
    classifiers = metadata.get_all("Classifier") or []
    named = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License :: OSI Approved :: ")]
    return named or [(metadata.get("License") or "").strip() or "none stated"]


def allowed(licence: str) -> bool:
    """Whether a licence, or one of an SPDX expression's alternatives, may be used."""
    if licence in ALLOWED:
        return True
    alternatives = re.split(r"\s+OR\s+", licence.replace("(", " ").replace(")", " ").strip())
    return any(all(each.strip() in ALLOWED for each in re.split(r"\s+AND\s+", one)) for one in alternatives)


def complaints(names: list[str]) -> Iterator[str]:
    for name in names:
        try:
            stated = licences(distribution(name).metadata)
        except PackageNotFoundError:
            continue  # a universal lock names what other platforms need
        yield from (f"{name} is under {licence!r}" for licence in stated if not allowed(licence))


def main() -> None:
    if wrong := list(complaints(sorted(pins((ROOT / "requirements-dev.txt").read_text("utf-8"))))):
        sys.exit("\n".join([*wrong, "What may be used is on the list in scripts/gates_lib/licences.py."]))


if __name__ == "__main__":
    main()
