"""Progress for anything that takes more than a few seconds: count, rate, time left."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm


def progress(
    items: Iterable[Any] | None = None,
    *,
    title: str,
    total: int | None = None,
    unit: str = "it",
    scale: bool = False,
) -> tqdm:
    """Wrap an iterable (or count by hand with `.update(n)`) and show it on standard error.

    On a terminal the bar is redrawn in place; in a log it is written at most every ten seconds.

    Args:
        items: What to iterate over, or None to count by hand.
        total: Number of items, when `len(items)` does not tell.
        unit: What one item is, e.g. "image"; "B" with `scale` for bytes.
    """
    terminal = sys.stderr.isatty()
    return tqdm(
        items,
        desc=title,
        total=total,
        unit=unit,
        unit_scale=scale,
        unit_divisor=1024 if unit == "B" else 1000,
        mininterval=0.2 if terminal else 10.0,
        delay=1.0,
        file=sys.stderr,
        dynamic_ncols=terminal,
        leave=terminal,
    )
