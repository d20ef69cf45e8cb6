"""Written digits: strokes through a few points, bent as hands bend them, in MNIST's frame.

A hand moves the points, slants, turns and stretches the whole, and has a pen of its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crossmodal_standins.canvas import Canvas, smooth
from crossmodal_standins.colours import WHITE
from crossmodal_standins.shapes import strokes

SIDE_PX, BOX_PX = 28, 20
"""Side of a picture, and of the box that the digit fits into, as in MNIST."""
WOBBLE = 0.045
"""Standard deviation of the points, as a share of the square."""
WAYS = {"0": 2, "1": 2, "2": 2, "3": 2, "4": 2, "5": 1, "6": 2, "7": 2, "8": 1, "9": 2}
"""How many usual ways there are to write each digit; they are shapes such as "digit 7 1"."""


def write_digit(generator: np.random.Generator, digit: str) -> NDArray[np.uint8]:
    """Write a digit, "0" to "9", bright on black, [28, 28], its centre of mass in the middle."""
    way = strokes(f"digit {digit} {generator.integers(WAYS[digit])}")
    bend = _hand(generator)
    knots = [stroke.points + generator.normal(0, WOBBLE, stroke.points.shape) for stroke in way]
    curves = [smooth((points - 0.5) @ bend.T) for points in knots]
    every = np.concatenate(curves)
    low, high = every.min(axis=0), every.max(axis=0)
    pen_px = generator.uniform(1.4, 3.2)
    scale = 4 * (BOX_PX - pen_px) * generator.uniform(0.9, 1) / float((high - low).max())
    # A line is whole pixels wide: on four times the size, a pen is as exact as a quarter of one.
    large = np.zeros((4 * SIDE_PX, 4 * SIDE_PX, 3), np.uint8)
    canvas = Canvas(large, scale * np.eye(2), 2.0 * SIDE_PX - scale * (low + high) / 2)
    for curve in curves:
        canvas.line(curve, 4 * pen_px / scale, WHITE)
    small = large[..., 0].reshape(SIDE_PX, 4, SIDE_PX, 4).mean(axis=(1, 3))
    return _centred(np.rint(small).astype(np.uint8))


def _hand(generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw how a hand stretches, slants and turns, [2, 2]."""
    angle = generator.normal(0, 0.15)
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    slanted = np.array([[1, -generator.normal(0.12, 0.22)], [0, 1]])
    stretched = np.diag([generator.uniform(0.5, 1.1), 1.0])
    return np.asarray(turned @ slanted @ stretched)


def _centred(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Move the centre of mass to the middle, by whole pixels and never over the edge."""
    mass, moved = picture.sum(dtype=np.float64), picture
    for axis in (0, 1):
        line = picture.sum(axis=1 - axis, dtype=np.float64)
        used = np.flatnonzero(line)
        wanted = round((SIDE_PX - 1) / 2 - float((line * np.arange(SIDE_PX)).sum() / mass))
        shift = int(np.clip(wanted, -used[0], SIDE_PX - 1 - used[-1]))
        moved = np.roll(moved, shift, axis=axis)
    return moved
