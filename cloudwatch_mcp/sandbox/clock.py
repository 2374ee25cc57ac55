"""The sandbox's clock, its only source of time."""

from datetime import datetime, timezone


class Clock:
    """A UTC clock that stands still at `fixed`, or follows the wall clock without it."""

    def __init__(self, fixed: datetime | None = None) -> None:
        if fixed is not None and fixed.tzinfo is None:
            raise ValueError(f"the time {fixed.isoformat()} has no time zone")
        self.fixed = fixed and fixed.astimezone(timezone.utc)
        self._override: datetime | None = None

    def now(self) -> datetime:
        return self._override or self.fixed or datetime.now(timezone.utc)

    def travel(self, to: datetime) -> None:
        """Stand still at `to` until `resume`, to write data with a past time."""
        self._override = to.astimezone(timezone.utc)

    def resume(self) -> None:
        self._override = None
