"""Written digits: strokes through a few points, bent as hands bend them, in MNIST's frame.

A way to write a digit is some strokes with ";" between them; a stroke is a smooth curve through
points x,y in a square from 0 to 1, x to the right, y down. A hand moves the points, slants, turns
and stretches the whole, and has a pen of its own.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE_PX, BOX_PX = 28, 20
"""Side of a picture, and of the box that the digit fits into, as in MNIST."""

WOBBLE = 0.045
"""Standard deviation of the points, as a share of the square."""

_SCALE = 4
"""Drawn so many times larger, then averaged down."""
_SHIFT = 4
_POINTS = 12
"""Points of the curve between two given ones."""

WAYS: dict[str, tuple[str, ...]] = {
    "0": (
        "0.5,0 0.15,0.2 0.05,0.55 0.25,0.95 0.6,1 0.9,0.7 0.9,0.3 0.7,0.03 0.5,0",
        "0.6,0.05 0.2,0.1 0.1,0.6 0.4,1 0.85,0.7 0.8,0.2 0.5,0.02",
    ),
    "1": (
        "0.5,0 0.5,0.5 0.5,1",
        "0.3,0.22 0.45,0.1 0.55,0; 0.55,0 0.55,0.5 0.55,1",
    ),
    "2": (
        "0.12,0.22 0.4,0 0.8,0.15 0.75,0.45 0.4,0.75 0.1,0.98; 0.1,0.98 0.5,0.95 0.95,0.98",
        "0.15,0.2 0.5,0 0.85,0.22 0.65,0.6 0.25,0.9 0.1,0.8 0.3,0.75 0.6,0.95 0.95,0.9",
    ),
    "3": (
        "0.15,0.12 0.5,0 0.82,0.18 0.65,0.42 0.4,0.48; 0.4,0.48 0.75,0.55 0.85,0.8 0.5,1 0.1,0.88",
        "0.15,0.02 0.5,0.03 0.85,0.02; 0.85,0.02 0.6,0.25 0.42,0.42; 0.42,0.42 0.8,0.5 "
        "0.85,0.8 0.5,1 0.1,0.9",
    ),
    "4": (
        "0.2,0 0.15,0.3 0.12,0.55; 0.12,0.55 0.5,0.55 0.9,0.52; 0.72,0.05 0.7,0.5 0.68,1",
        "0.65,0 0.35,0.35 0.08,0.65; 0.08,0.65 0.5,0.66 0.95,0.63; 0.65,0 0.65,0.5 0.65,1",
    ),
    "5": (
        "0.85,0.02 0.55,0.02 0.25,0.03; 0.25,0.03 0.22,0.22 0.2,0.42; 0.2,0.42 0.55,0.36 "
        "0.85,0.6 0.7,0.92 0.35,1 0.1,0.9",
    ),
    "6": (
        "0.7,0 0.35,0.25 0.15,0.65 0.35,0.98 0.7,0.95 0.82,0.7 0.55,0.5 0.2,0.65",
        "0.55,0 0.25,0.35 0.15,0.75 0.45,1 0.8,0.8 0.6,0.55 0.2,0.75",
    ),
    "7": (
        "0.1,0.04 0.5,0.03 0.9,0.02; 0.9,0.02 0.65,0.45 0.45,1",
        "0.1,0.06 0.5,0.04 0.88,0.02; 0.88,0.02 0.65,0.45 0.45,1; 0.35,0.52 0.6,0.5 0.85,0.49",
    ),
    "8": (
        "0.8,0.12 0.5,0 0.2,0.15 0.35,0.4 0.65,0.58 0.82,0.82 0.5,1 0.18,0.82 0.35,0.58 "
        "0.68,0.38 0.8,0.12",
    ),
    "9": (
        "0.82,0.25 0.5,0 0.15,0.22 0.35,0.5 0.7,0.42 0.82,0.25; 0.82,0.2 0.8,0.6 0.72,1",
        "0.8,0.18 0.5,0 0.18,0.25 0.45,0.48 0.8,0.18; 0.8,0.18 0.75,0.6 0.5,0.92 0.2,0.95",
    ),
}
"""The usual ways to write each digit."""


def write_digit(generator: np.random.Generator, digit: str) -> NDArray[np.uint8]:
    """Write a digit, bright on black, its centre of mass in the middle.

    Args:
        generator: Draws the way it is written, the hand and the pen.
        digit: From "0" to "9".

    Returns:
        [28, 28].
    """
    ways = WAYS[digit]
    way = ways[int(generator.integers(len(ways)))]
    bend = _hand(generator)
    strokes = []
    for stroke in way.split(";"):
        points = np.array([point.split(",") for point in stroke.split()], dtype=np.float64)
        points += generator.normal(0, WOBBLE, points.shape)
        strokes.append(_curve((points - 0.5) @ bend.T))
    low = np.min([curve.min(axis=0) for curve in strokes], axis=0)
    high = np.max([curve.max(axis=0) for curve in strokes], axis=0)
    pen_px = generator.uniform(1.4, 3.2)
    scale = (BOX_PX - pen_px) * generator.uniform(0.9, 1) / float((high - low).max())
    centre = (low + high) / 2
    large = np.zeros((SIDE_PX * _SCALE, SIDE_PX * _SCALE), np.uint8)
    for curve in strokes:
        places = ((curve - centre) * scale + SIDE_PX / 2) * _SCALE * (1 << _SHIFT)
        width = max(1, round(pen_px * _SCALE))
        line = np.round(places).astype(np.int32)
        cv2.polylines(large, [line], False, (255,), width, cv2.LINE_AA, _SHIFT)
    small = cv2.resize(large, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    return _centred(np.asarray(small, dtype=np.uint8))


def _hand(generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw how a hand stretches, slants and turns, [2, 2]."""
    angle = generator.normal(0, 0.15)
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    slanted = np.array([[1, -generator.normal(0.12, 0.22)], [0, 1]])
    stretched = np.diag([generator.uniform(0.5, 1.1), 1.0])
    product: NDArray[np.float64] = turned @ slanted @ stretched
    return product


def _curve(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lay a Catmull-Rom spline through points [n, 2]."""
    ends = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, _POINTS)[:, None]
    pieces = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2)
        + 0.5 * (3 * b - 3 * c + d - a) * t**3
        for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False)
    ]
    return np.vstack(pieces)


def _centred(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Move the centre of mass to the middle, by whole pixels and never over the edge."""
    mass = picture.sum(dtype=np.float64)
    moved = picture
    for axis in (0, 1):
        line = picture.sum(axis=1 - axis, dtype=np.float64)
        used = np.flatnonzero(line)
        wanted = round((SIDE_PX - 1) / 2 - float((line * np.arange(SIDE_PX)).sum() / mass))
        shift = int(np.clip(wanted, -used[0], SIDE_PX - 1 - used[-1]))
        moved = np.roll(moved, shift, axis=axis)
    return moved
