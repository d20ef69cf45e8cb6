"""Colours: red, green, blue from 0 to 255."""

from __future__ import annotations

import numpy as np

Colour = tuple[float, float, float]

BLACK: Colour = (0.0, 0.0, 0.0)
WHITE: Colour = (255.0, 255.0, 255.0)
INK, PAPER = (38.0, 36.0, 43.0), (244.0, 240.0, 230.0)
"""Colours `k` and `w` of all shapes."""


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """Return a colour between two: `share` of the second, the rest of the first."""
    r, g, b = (a + (c - a) * share for a, c in zip(first, second, strict=True))
    return r, g, b


def rgb(code: str) -> Colour:
    """Turn "rrggbb" into a colour."""
    return int(code[:2], 16), int(code[2:4], 16), int(code[4:], 16)


def palette(codes: str) -> dict[str, Colour]:
    """Turn "rrggbb rrggbb rrggbb" into the colours a, b, c."""
    return {letter: rgb(code) for letter, code in zip("abc", codes.split(), strict=False)}


def varied(generator: np.random.Generator, colour: Colour, spread: float) -> Colour:
    """Return a colour a little off."""
    r, g, b = np.clip(np.array(colour) + generator.normal(0, spread, 3), 0, 255).tolist()
    return r, g, b


def shade(colour: Colour, factor: float) -> Colour:
    """Return a colour made darker (below 1) or lighter (above 1)."""
    return mixed(BLACK, colour, factor) if factor <= 1 else mixed(WHITE, colour, 1 / factor)
