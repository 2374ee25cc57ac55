"""Figures, and the tables that docs/benchmarks.md shows."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from scripts.generated.markdown import table

Effort = Callable[[int], int]
"""How often to measure what a whole run measures so many times."""


@dataclass(frozen=True)
class Figure:
    """A measurement. `target` is the most it may be, if it has a target; a `ratio` is similar on any machine."""

    name: str
    value: float
    unit: str
    target: float | None = None
    ratio: bool = False

    @property
    def missed(self) -> bool:
        return self.target is not None and not self.value <= self.target

    @property
    def row(self) -> tuple[str, ...]:
        measured = f"{self.value:,.0f} {self.unit}" if self.value >= 100 else f"{self.value:.3g} {self.unit}"
        if self.target is None:
            return self.name, measured, "", ""
        return self.name, measured, f"≤ {self.target:g}", "**missed**" if self.missed else "met"


def ratio(name: str, ours: list[float], theirs: list[float], unit: str, target: float | None = None) -> Figure:
    """The median of the rounds' ratios: what slows the machine for a while slows both of a round."""
    return Figure(name, median(our / their for our, their in zip(ours, theirs, strict=True)), unit, target, ratio=True)


def as_markdown(figures: Sequence[Figure]) -> str:
    sections = []
    for title, is_ratio in (("The same on any machine, about", True), ("On one machine", False)):
        if rows := [figure.row for figure in figures if figure.ratio is is_ratio]:
            sections += [f"## {title}", table(["what", "measured", "target", ""], rows)]
    return "\n\n".join(sections)


def machine() -> str:
    return f"Measured with Python {platform.python_version()} on {os.cpu_count()} cores of {platform.machine()}."
