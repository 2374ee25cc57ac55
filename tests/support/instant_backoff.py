"""botocore's waits between attempts, in no time."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from botocore.retries import bucket


def instant_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Botocore's waits take no time: up to 4 s between attempts, and 2 s before each request to a throttling Region.

    botocore reads the clock in `retries.bucket`, and sleeps there and in `endpoint`.
    """
    now = [0.0]

    def wait(seconds: float) -> None:
        now[0] += seconds + 0.001  # a rounding error would make botocore wait once more

    class Condition(threading.Condition):
        def wait(self, timeout: float | None = None) -> bool:
            wait(timeout or 0)
            return False

    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=wait))
    monkeypatch.setattr(bucket, "threading", SimpleNamespace(Lock=threading.Lock, Condition=Condition))
    monkeypatch.setattr(bucket.Clock, "current_time", lambda _: now[0])
