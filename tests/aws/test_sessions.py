"""What a session makes of the files that botocore reads."""

from __future__ import annotations

from typing import Any

import pytest

from cloudwatch_mcp.aws.sessions import known_regions


def test_regions_of_every_partition_are_known_and_no_pseudo_region_is() -> None:
    assert known_regions() >= {"us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1"}
    assert not any("global" in region for region in known_regions())


def test_regions_are_known_without_the_large_file_of_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.loaders import Loader

    loaded: list[str] = []
    load = Loader.load_data

    def load_and_note(loader: Loader, name: str) -> Any:
        loaded.append(name)
        return load(loader, name)

    monkeypatch.setattr(Loader, "load_data", load_and_note)
    known_regions.cache_clear()
    known_regions()
    assert loaded == ["partitions"]
