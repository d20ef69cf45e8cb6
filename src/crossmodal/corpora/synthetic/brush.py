"""A canvas in units of a head, drawn enlarged and averaged down: soft edges, and an alpha mask.

Points are x to the right and y down, [n, 2]; 1 is half the height of an average head, and (0, 0)
the middle between the eyes.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Colour = Sequence[float]
"""Red, green, blue, 0 to 255."""

_FINE = 2
"""Everything is drawn this many times larger."""

_SHIFT = 4
"""Fractional bits of the coordinates given to OpenCV."""


class Brush:
    """Draws on a canvas that is transparent until something `solid` is drawn.

    Args:
        unit_px: Pixels a unit of the finished sprite.
        left, top, right, bottom: Of the canvas, in units.
    """

    def __init__(
        self, unit_px: float, left: float, top: float, right: float, bottom: float
    ) -> None:
        self.unit_px = unit_px
        self.left, self.top = left, top
        self._scale = unit_px * _FINE
        self.size = (round((right - left) * unit_px), round((bottom - top) * unit_px))
        shape = (self.size[1] * _FINE, self.size[0] * _FINE)
        self._colour: Any = np.zeros((*shape, 3), dtype=np.uint8)
        self._alpha: Any = np.zeros(shape, dtype=np.uint8)

    def copy(self) -> Brush:
        """Return a brush on a copy of the canvas."""
        other = copy(self)
        other._colour, other._alpha = self._colour.copy(), self._alpha.copy()
        return other

    def fill(self, points: Points, colour: Colour, *, solid: bool = False) -> None:
        """Fill a polygon; `solid` makes the sprite opaque there."""
        corners = [self._fixed(points)]
        cv2.fillPoly(self._colour, corners, _rgb(colour), cv2.LINE_AA, _SHIFT)
        if solid:
            cv2.fillPoly(self._alpha, corners, 255, cv2.LINE_AA, _SHIFT)

    def line(self, points: Points, colour: Colour, width: float, *, closed: bool = False) -> None:
        """Draw a line of a width in units."""
        thick = max(1, round(width * self._scale))
        cv2.polylines(
            self._colour, [self._fixed(points)], closed, _rgb(colour), thick, cv2.LINE_AA, _SHIFT
        )

    def tint(self, points: Points, colour: Colour, strength: float, blur: float) -> None:
        """Mix a soft-edged patch of colour into what is there.

        Args:
            points: Polygon.
            colour: What is mixed in.
            strength: Its share in the middle of the patch, 0 to 1.
            blur: Standard deviation of the edge, in units.
        """
        corners = self._fixed(points)
        sigma = blur * self._scale
        margin = int(2.5 * sigma) + 2
        low = np.maximum((corners.min(0) >> _SHIFT) - margin, 0)
        high = np.minimum((corners.max(0) >> _SHIFT) + margin, self._alpha.shape[::-1])
        if (low >= high).any():
            return
        mask: Any = np.zeros((high - low)[::-1], dtype=np.uint8)
        cv2.fillPoly(mask, [corners - (low << _SHIFT)], 255, cv2.LINE_AA, _SHIFT)
        # Blurred on a small copy: soft edges need few pixels.
        step = max(1, int(sigma / 2))
        small = (max(1, mask.shape[1] // step), max(1, mask.shape[0] // step))
        mask = cv2.GaussianBlur(
            cv2.resize(mask, small, interpolation=cv2.INTER_AREA), (0, 0), max(sigma / step, 0.3)
        )
        mask = cv2.resize(mask, tuple((high - low).tolist()), interpolation=cv2.INTER_LINEAR)
        region = self._colour[low[1] : high[1], low[0] : high[0]]
        share = (mask.astype(np.float32) * (strength / 255))[..., None]
        region[:] = (region + share * (np.array(colour, dtype=np.float32) - region)).astype(
            np.uint8
        )

    def light(self, factor: NDArray[np.float32]) -> None:
        """Multiply the colours by a map, [rows, columns], stretched over the canvas."""
        shape = self._alpha.shape[::-1]
        full: Any = cv2.resize(factor, shape, interpolation=cv2.INTER_LINEAR)
        self._colour = cv2.multiply(
            self._colour, cv2.cvtColor(full, cv2.COLOR_GRAY2RGB), dtype=cv2.CV_8U
        )

    def sprite(self) -> NDArray[np.uint8]:
        """Return [height, width, 4]: colours times alpha, and alpha."""
        alpha: Any = self._alpha
        colour = cv2.multiply(self._colour, cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB), scale=1 / 255)
        both = cv2.merge([*cv2.split(colour), alpha])
        small: Any = cv2.resize(both, self.size, interpolation=cv2.INTER_AREA)
        return np.asarray(small, dtype=np.uint8)

    def _fixed(self, points: Points) -> NDArray[np.int32]:
        pixels = (points - (self.left, self.top)) * (self._scale * 2**_SHIFT)
        return np.asarray(np.round(pixels), dtype=np.int32)


def smooth(points: Sequence[Sequence[float]] | Points, *, closed: bool, steps: int = 6) -> Points:
    """Return a Catmull-Rom curve through points, [n, 2]."""
    knots = np.asarray(points, dtype=np.float64)
    ends = (knots[-1:], knots[:2]) if closed else (knots[:1], knots[-1:])
    padded = np.concatenate([ends[0], knots, ends[1]])
    before, here, there, after = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = (np.arange(steps) / steps)[None, :, None]
    before, here, there, after = (p[:, None] for p in (before, here, there, after))
    curve = here + 0.5 * t * (
        there
        - before
        + t
        * (2 * before - 5 * here + 4 * there - after + t * (3 * (here - there) + after - before))
    )
    curve = curve.reshape(-1, 2)
    return curve if closed else np.concatenate([curve, knots[-1:]])


def oval(x: float, y: float, width: float, height: float) -> Points:
    """Return an ellipse with these half axes as a polygon, [24, 2]."""
    angle = np.arange(24) * (2 * np.pi / 24)
    return np.stack([x + width * np.cos(angle), y + height * np.sin(angle)], axis=1)


def moved(points: Points, x: float, y: float = 0.0) -> Points:
    """Return the points shifted to the right by `x` and down by `y`."""
    return np.asarray(points + np.array([x, y]), dtype=np.float64)


def mirrored(points: Sequence[Sequence[float]]) -> Points:
    """Close the right half of a shape, from top to bottom, by its mirror image."""
    half = np.asarray(points, dtype=np.float64)
    return np.concatenate([half, half[::-1][1:-1] * (-1, 1)])


def shade(colour: Colour, factor: float) -> tuple[float, float, float]:
    """Return a colour made darker (below 1) or lighter (above 1)."""
    red, green, blue = (
        value * factor if factor <= 1 else 255 - (255 - value) / factor for value in colour
    )
    return red, green, blue


def _rgb(colour: Colour) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in colour)
    return red, green, blue
