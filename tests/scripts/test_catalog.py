"""The commands of scripts/catalog.py."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from scripts import catalog


@pytest.mark.parametrize(
    "content",
    [
        [{"namespace": "AWS/Shop", "metric": "Sales"}, {"namespace": "AWS/New", "metric": "Age"}],
        [
            {"metricId": {"namespace": "AWS/Shop", "metricName": "Sales"}},
            {"metricId": {"namespace": "AWS/New", "metricName": "Age"}},
        ],
        {"AWS/Shop": {"metrics": ["Sales"]}, "AWS/New": {"metrics": ["Age"], "dimensions": ["X"]}},
    ],
)
def test_another_catalogue_is_compared_name_by_name(tmp_path: Path, content: Any) -> None:
    file = tmp_path / "theirs.json"
    file.write_text(json.dumps(content), "utf-8")
    lines = catalog.differences({"AWS/Shop": {"Sales", "Prices"}}, catalog.theirs(file))
    assert list(lines) == [
        "missing here: 1 metrics, 1 whole namespaces",
        "  AWS/New (whole namespace): Age",
        "missing there: 1 metrics, 0 whole namespaces",
        "  AWS/Shop: Prices",
    ]


def test_statistics_are_a_table_with_a_total(capsys: pytest.CaptureFixture[str]) -> None:
    catalog.stats(Namespace())
    head, _, *rows, total = capsys.readouterr().out.splitlines()
    assert head.startswith("| namespace | metrics | from a table | name only |")
    assert total.startswith(f"| {len(rows)} namespaces | 4,")
    assert any(row.startswith("| AWS/SQS | 16 |") for row in rows)
