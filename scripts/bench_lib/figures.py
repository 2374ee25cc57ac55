"""What a benchmark finds."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """`most` is the target; None: a figure that is only told. `ratio`: about the same on any machine."""

    what: str
    value: float
    unit: str
    most: float | None = None
    ratio: bool = False

    @property
    def missed(self) -> bool:
        return self.most is not None and not self.value <= self.most


def times(what: str, ours: list[float], theirs: list[float], unit: str, most: float | None = None) -> Figure:
    """The median of the rounds' ratios: what slows a machine for a while slows both of a round."""
    return Figure(what, median(our / their for our, their in zip(ours, theirs, strict=True)), unit, most, ratio=True)
