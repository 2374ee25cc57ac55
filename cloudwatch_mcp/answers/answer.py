"""The fields that all answers share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, PrivateAttr

if TYPE_CHECKING:
    from typing_extensions import Self


class Answer(BaseModel):
    """The base of all answers. `window` is [start, end] in UTC; `notes` say what was left out, adjusted or is missing.

    `narrow_by` is the advice for an answer over the budget, `part_by` the one for a clipped value. `links` lead people
    to the console; they are no part of what the model reads.
    """

    narrow_by: ClassVar[str] = "ask for less"
    part_by: ClassVar[str] = ""

    region: str | None = None
    profile: str | None = None
    window: list[str] | None = None
    notes: list[str] = []
    _links: Sequence[dict[str, str]] = PrivateAttr(default=())

    @property
    def links(self) -> Sequence[dict[str, str]]:
        """Title and URL of each."""
        return self._links

    def with_links(self, links: Sequence[dict[str, str]]) -> Self:
        self._links = links
        return self
