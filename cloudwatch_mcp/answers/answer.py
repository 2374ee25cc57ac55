"""The fields that all answers share."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel


class Answer(BaseModel):
    """The base of all answers. `window` is [start, end] in UTC; `notes` say what was left out, adjusted or is missing.

    `narrow_by` is the advice for an answer over the budget, `part_by` the one for a clipped value.
    """

    narrow_by: ClassVar[str] = "ask for less"
    part_by: ClassVar[str] = ""

    region: str | None = None
    profile: str | None = None
    window: list[str] | None = None
    notes: list[str] = []
