"""How far a run has come, on stderr: a bar on a terminal, else a line for each tenth."""

from __future__ import annotations

from typing import TextIO

_WIDTH = 30


class Progress:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._last = ""

    def tell(self, text: str) -> None:
        """A line of its own."""
        self._write(f"{self._clear()}{text}\n")
        self._last = ""

    def show(self, what: str, done: float, detail: str = "") -> None:
        """`done` is between 0 and 1."""
        part = min(1.0, max(0.0, done))
        if self._is_terminal:
            line = f"[{'#' * round(part * _WIDTH):.<{_WIDTH}}] {part:4.0%} {what} {detail}"
            self._write(f"{self._clear()}{line}")
            self._last = line
        elif (tenth := f"{int(part * 10) * 10}% {what}") != self._last:
            self._write(f"{tenth} {detail}\n")
            self._last = tenth

    def _clear(self) -> str:
        return f"\r{' ' * len(self._last)}\r" if self._is_terminal and self._last else ""

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
