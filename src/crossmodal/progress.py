"""Progress for anything that takes more than a few seconds: count, rate, time left.

A person sees a bar. A job of the workflow, one of many on a screen, has no bar of its own: it
writes where it stands beside its log (`tell`), and the workflow's screen reads it there.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tqdm import tqdm

_told: Path | None = None


@contextmanager
def tell(log: Path | None) -> Iterator[None]:
    """While the block runs, write progress beside a log instead of showing it; None shows it."""
    global _told
    _told = None if log is None else log.with_name(f".{log.name}.now")
    try:
        yield
    finally:
        if _told is not None:
            with suppress(OSError):
                _told.unlink(missing_ok=True)
        _told = None


class _Told(tqdm):
    """A bar that is written as one line into a file."""

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        done = f"{self.n / self.total:.0%}" if self.total else f"{self.n} {self.unit}s"
        line = ", ".join(filter(None, (f"{self.desc.rstrip(': ')} {done}", self.postfix)))
        if _told is not None:
            with suppress(OSError):
                _told.write_text(line, encoding="utf-8")


def progress(
    items: Iterable[Any] | None = None,
    *,
    title: str,
    total: int | None = None,
    unit: str = "it",
    scale: bool = False,
) -> tqdm:
    """Wrap an iterable (or count by hand with `.update(n)`) and show how far it is.

    On a terminal the bar is redrawn in place; elsewhere it is written at most every ten seconds.

    Args:
        items: What to iterate over, or None to count by hand.
        total: Number of items, when `len(items)` does not tell.
        unit: What one item is, e.g. "image"; "B" with `scale` for bytes.
    """
    terminal = sys.stderr.isatty()
    bar, interval_s = (tqdm, 0.2 if terminal else 10.0) if _told is None else (_Told, 1.0)
    return bar(
        items,
        desc=title,
        total=total,
        unit=unit,
        unit_scale=scale,
        unit_divisor=1024 if unit == "B" else 1000,
        mininterval=interval_s,
        delay=1.0,
        file=sys.stderr if _told is None else io.StringIO(),
        dynamic_ncols=terminal,
        leave=terminal,
    )
