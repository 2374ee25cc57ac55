from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from loguru import logger

from cloudwatch_mcp.recording import Recorder, Replay
from tests.support.exchanges import document, make_recorder

Replaying = Callable[..., Replay]


class _Slow(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML has no types
    def ignore_aliases(self, _: Any) -> bool:
        return True


class _Fast(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # as above
    ignore_aliases = _Slow.ignore_aliases


def as_yaml(value: Any) -> str:
    """YAML without aliases."""
    try:
        return str(yaml.dump(value, Dumper=_Fast, sort_keys=False))
    except UnicodeEncodeError:  # libyaml writes no lone surrogate
        return str(yaml.dump(value, Dumper=_Slow, sort_keys=False))


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a cassette of interactions."""

    def write(*interactions: dict[str, Any], **metadata: Any) -> Path:
        path = tmp_path / "cassette.yaml"
        path.write_text(as_yaml(document(*interactions, **metadata)), encoding="utf-8")
        return path

    return write


@pytest.fixture
def replaying(write: Callable[..., Path]) -> Replaying:
    """A replay of interactions."""

    def replaying(*interactions: dict[str, Any], repeat_last: bool = False, **metadata: Any) -> Replay:
        return Replay(write(*interactions, **metadata), repeat_last=repeat_last)

    return replaying


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail on a connection or a wait."""

    def refuse(*seconds: Any) -> None:
        if seconds != (0,):
            pytest.fail("a replay connects to nothing and waits for nothing")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(time, "sleep", refuse)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "incident.yaml"


@pytest.fixture
def journaling(journal: Path) -> Iterator[Recorder]:
    """A recorder with a journal."""
    recorder = make_recorder(journal=journal)
    yield recorder
    recorder.finish()


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """The lines that are logged."""
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message}")
    yield lines
    logger.remove(sink)
