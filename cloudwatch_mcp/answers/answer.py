"""The fields that every answer begins with."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel


class Answer(BaseModel):
    """What every answer begins with. `window` is [start, end] in UTC; a note says what the data cannot."""

    narrow_by: ClassVar[str] = "ask for less"
    part_by: ClassVar[str] = ""

    region: str | None = None
    profile: str | None = None
    window: list[str] | None = None
    notes: list[str] = []
