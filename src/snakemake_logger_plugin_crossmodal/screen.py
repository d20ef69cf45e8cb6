"""Where lines go: a terminal, whose last lines are drawn again, or anything else."""

from __future__ import annotations

import shutil
from typing import TextIO

MOST = 200
"""Characters of a line where there is no terminal."""
CLEAR = "\r\x1b[J"
"""Erases from the beginning of the cursor's line to the end of the screen."""


class Lines:
    """A file, a pipe, a log: a line is written once."""

    columns = MOST

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def say(self, text: str) -> None:
        """Write lines, none too long."""
        for line in text.splitlines():
            self._stream.write(cut(line, self.columns) + "\n")
        self._stream.flush()

    def draw(self, lines: list[str]) -> None:
        """Do nothing: nothing can be drawn again."""


class Terminal:
    """A terminal: said lines scroll up, drawn lines stay below them.

    The cursor waits on an empty line above the drawn ones: what a job writes by itself lands there,
    whole, and nothing drawn is left behind.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn: list[str] = []

    @property
    def columns(self) -> int:
        """Characters a line, one less than there are: the last one would wrap."""
        return max(20, shutil.get_terminal_size().columns - 1)

    def say(self, text: str) -> None:
        """Write lines above the drawn ones; they may wrap."""
        self._stream.write(f"{CLEAR}{text}\n")
        below, self._drawn = self._drawn, []
        self.draw(below)

    def draw(self, lines: list[str]) -> None:
        """Draw lines in the place of those drawn before, as many as the terminal has room for."""
        room = max(1, shutil.get_terminal_size().lines - 3)
        shown = [cut(line, self.columns) for line in lines[-room:]]
        if shown != self._drawn:
            below = "".join(f"\n{line}" for line in shown)
            back = f"\x1b[{len(shown)}F" if shown else ""
            self._stream.write(f"{CLEAR}{below}{back}")
            self._drawn = shown
        self._stream.flush()


Screen = Lines | Terminal


def cut(line: str, columns: int) -> str:
    """Cut a line that is too long."""
    return line if len(line) <= columns else line[: columns - 1] + "…"
