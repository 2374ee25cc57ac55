"""The sandbox's time: everything in it that asks what time it is, asks a `Clock`."""

from datetime import datetime, timezone


class Clock:
    """Time in UTC: stands still at `fixed` when that is given, else follows the wall clock."""

    def __init__(self, fixed: datetime | None = None) -> None:
        if fixed is not None and fixed.tzinfo is None:
            raise ValueError(f"the time {fixed.isoformat()} has no time zone")
        self._fixed = fixed and fixed.astimezone(timezone.utc)
        self._travelled: datetime | None = None

    def now(self) -> datetime:
        return self._travelled or self._fixed or datetime.now(timezone.utc)

    def travel(self, to: datetime) -> None:
        """Stand still at `to` until `resume`, so that what is written now lands in the past."""
        self._travelled = to.astimezone(timezone.utc)

    def resume(self) -> None:
        self._travelled = None
