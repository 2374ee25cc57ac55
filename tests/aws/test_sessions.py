from __future__ import annotations

from typing import Any

import pytest

from cloudwatch_mcp.aws.sessions import known_regions


def test_the_known_regions_are_those_of_all_partitions_without_pseudo_regions() -> None:
    assert known_regions().keys() >= {"us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1"}
    assert not any("global" in region for region in known_regions())


def test_the_known_regions_are_read_without_botocores_large_endpoints_file(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.loaders import Loader

    loaded: list[str] = []
    load = Loader.load_data

    def load_and_record(loader: Loader, name: str) -> Any:
        loaded.append(name)
        return load(loader, name)

    monkeypatch.setattr(Loader, "load_data", load_and_record)
    known_regions.cache_clear()
    known_regions()
    assert loaded == ["partitions"]
