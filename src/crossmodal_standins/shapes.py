"""What is drawn and never changes: shapes.txt has a line of text a shape, or several, indented.

A shape lies in a square from -1 to 1, y downwards. It is strokes, one over the other, with ";"
between them: `kind colour [width] x,y x,y ...`. Kinds are `fill` (a polygon), `curve` (a smooth
one), `line` and `path` (a smooth line) of a width, `oval` and `ring` (centre and half axes), `box`
(two corners); "/" begins another of the same kind. Colours are a, b, c of whoever draws it, k for
ink, w for paper; "-" after one makes it darker, "+" lighter. Things look to the right and stand on
the lower edge.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

KINDS = ("fill", "curve", "line", "path", "oval", "ring", "box")
_WITH_WIDTH = ("line", "path", "ring")


class Stroke(NamedTuple):
    """A part of a shape: kind, colour, "", "-" or "+", width in units, points [n, 2]."""

    kind: str
    colour: str
    shade: str
    width: float
    points: NDArray[np.float64]


def _read() -> dict[str, str]:
    text = Path(__file__).with_name("shapes.txt").read_text(encoding="utf-8").replace("\n  ", " ")
    lines = (line for line in text.splitlines() if line and line[0] != "#")
    return dict(line.split(": ", 1) for line in lines)


SHAPES = _read()
"""Shape by name."""


@cache
def strokes(name: str) -> tuple[Stroke, ...]:
    """Parse a shape."""
    parsed = []
    for text in SHAPES[name].split(";"):
        kind, colour, *numbers = text.split()
        width = float(numbers.pop(0)) if kind in _WITH_WIDTH else 0.0
        for part in " ".join(numbers).split("/"):
            points = np.array([point.split(",") for point in part.split()], dtype=np.float64)
            parsed.append(Stroke(kind, colour[0], colour[1:], width, points))
    return tuple(parsed)
