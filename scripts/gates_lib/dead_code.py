"""Fails on code that nothing uses, as vulture finds it; pyproject.toml names what is used from outside, and by whom.

Of variables only constants are looked at: a class's others are the members of an answer or a protocol.
"""

from __future__ import annotations

import sys

from vulture import Vulture
from vulture.config import make_config

from scripts.gates_lib.project import ROOT


def main() -> None:
    config = make_config(["--config", str(ROOT / "pyproject.toml"), *sys.argv[1:]])
    looking = Vulture(ignore_names=config["ignore_names"], ignore_decorators=config["ignore_decorators"])
    looking.scavenge([*config["paths"], "cloudwatch_mcp", "scripts", "tests"])
    unused = [
        f"{item.filename.relative_to(ROOT)}:{item.first_lineno}: {item.typ} {item.name}"
        for item in looking.get_unused_code(min_confidence=60)
        if item.typ not in {"attribute", "variable"} or item.name.isupper()
    ]
    if unused:
        sys.exit("\n".join(unused))


if __name__ == "__main__":
    main()
