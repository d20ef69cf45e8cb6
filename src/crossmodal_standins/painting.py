"""Soft-edged, shaded shapes on a picture.

A `Painter` draws things on a picture. Its points are complex numbers, x + iy, y downwards, in units
of the picture's height, so a drawing has the same look at every size, and a turn is a
multiplication. A `Brush` draws a head apart, with an alpha mask. Its points are [n, 2], because
heads turn in space; 1 is half the height of an average head, and (0, 0) the middle between the
eyes. Colours are red, green, blue from 0 to 255.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, overload

import cv2
import numpy as np
from numpy.typing import NDArray

Colour = tuple[float, float, float]
Picture = NDArray[np.uint8]
Points = NDArray[np.complex128]
Corners = NDArray[np.float64]
"""[n, 2], x and y."""

_FINE = 2
"""A brush draws everything this many times larger."""

_SHIFT = 4
"""Fractional bits of the coordinates given to OpenCV."""


class Painter:
    """Draws on a picture.

    Args:
        picture: Red, green, blue, [height, width, 3]; drawn on in place.
        scale: Zoom about the middle of the picture; 1 leaves units of the picture's height.
        shift: Added to every point before the zoom.
        turn: Tilt of the camera in radians, clockwise positive.
    """

    def __init__(
        self, picture: Picture, *, scale: float = 1.0, shift: complex = 0, turn: float = 0.0
    ) -> None:
        self.picture = picture
        self.height, self.width = picture.shape[:2]
        self._px = self.height * scale
        self._factor = self._px * np.exp(1j * turn)
        middle = complex(self.width, self.height) / 2
        self._shift = shift - middle / self.height
        self._middle = middle

    def fill(self, points: Points | Sequence[complex], colour: Colour) -> None:
        """Fill a polygon."""
        cv2.fillPoly(self.picture, [self._fixed(points)], colour, cv2.LINE_AA, _SHIFT)

    def line(
        self, points: Points | Sequence[complex], width: float, colour: Colour, closed: bool = False
    ) -> None:
        """Draw a line of a width, with round ends."""
        thickness = max(1, round(width * self._px))
        lines = [self._fixed(points)]
        cv2.polylines(self.picture, lines, closed, colour, thickness, cv2.LINE_AA, _SHIFT)

    def oval(self, centre: complex, rx: float, ry: float, colour: Colour, angle: float = 0) -> None:
        """Fill an ellipse; `angle` in radians, clockwise positive."""
        self.fill(centre + np.exp(1j * angle) * circle(rx, ry), colour)

    def ring(
        self,
        centre: complex,
        rx: float,
        ry: float,
        width: float,
        colour: Colour,
        angle: float = 0,
    ) -> None:
        """Draw the outline of an ellipse."""
        self.line(centre + np.exp(1j * angle) * circle(rx, ry), width, colour, closed=True)

    def tube(
        self, points: Points | Sequence[complex], width: float, colour: Colour, shine: float = 0.45
    ) -> None:
        """Draw a rounded tube: darker at the rim, a light streak on the upper left."""
        path = np.asarray(points, dtype=np.complex128)
        self.line(path, width, mixed(colour, BLACK, 0.45))
        self.line(path - (0.06 + 0.06j) * width, 0.72 * width, colour)
        self.line(path - (0.14 + 0.14j) * width, 0.22 * width, mixed(colour, WHITE, shine))

    def cone(
        self,
        start: complex,
        end: complex,
        first: float,
        last: float,
        colour: Colour,
        shine: float = 0.3,
    ) -> None:
        """Draw a tapered limb with round ends, `first` and `last` wide, shaded as a tube."""
        side = 1j * (end - start) / max(abs(end - start), 1e-9)
        for share, move, tone in (
            (1.0, 0.0, mixed(colour, BLACK, 0.35)),
            (0.8, -0.07, colour),
            (0.3, -0.2, mixed(colour, WHITE, shine)),
        ):
            a, b = share * first / 2, share * last / 2
            p, q = start + (1 + 1j) * move * first, end + (1 + 1j) * move * last
            self.oval(p, a, a, tone)
            self.oval(q, b, b, tone)
            self.fill([p + side * a, q + side * b, q - side * b, p - side * a], tone)

    def solid(
        self, points: Points | Sequence[complex], colour: Colour, shine: float = 0.25
    ) -> None:
        """Fill a shape that bulges: dark rim, lighter towards its upper left."""
        outline = np.asarray(points, dtype=np.complex128)
        middle = outline.mean()
        size = float(np.abs(outline - middle).mean())
        for share, tone in (
            (1.0, mixed(colour, BLACK, 0.4)),
            (0.94, colour),
            (0.72, mixed(colour, WHITE, 0.4 * shine)),
            (0.45, mixed(colour, WHITE, shine)),
        ):
            lit = middle - (1 - share) * size * (0.35 + 0.35j)
            self.fill(lit + share * (outline - middle), tone)

    def _fixed(self, points: Points | Sequence[complex]) -> NDArray[np.int32]:
        path = np.asarray(points, dtype=np.complex128)
        path = ((path + self._shift) * self._factor + self._middle) * 2**_SHIFT
        return np.asarray(np.rint(path.view(np.float64).reshape(-1, 2)), dtype=np.int32)


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

    def fill(self, points: Corners, colour: Colour, *, solid: bool = False) -> None:
        """Fill a polygon; `solid` makes the sprite opaque there."""
        corners = [self._fixed(points)]
        cv2.fillPoly(self._colour, corners, colour, cv2.LINE_AA, _SHIFT)
        if solid:
            cv2.fillPoly(self._alpha, corners, 255, cv2.LINE_AA, _SHIFT)

    def line(self, points: Corners, colour: Colour, width: float, *, closed: bool = False) -> None:
        """Draw a line of a width in units."""
        thick = max(1, round(width * self._scale))
        cv2.polylines(
            self._colour, [self._fixed(points)], closed, colour, thick, cv2.LINE_AA, _SHIFT
        )

    def tint(self, points: Corners, colour: Colour, strength: float, blur: float) -> None:
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

    def _fixed(self, points: Corners) -> NDArray[np.int32]:
        pixels = (points - (self.left, self.top)) * (self._scale * 2**_SHIFT)
        return np.asarray(np.round(pixels), dtype=np.int32)


BLACK: Colour = (0.0, 0.0, 0.0)
WHITE: Colour = (255.0, 255.0, 255.0)


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """Return a colour between two: `share` of the second, the rest of the first."""
    r, g, b = (a + (c - a) * share for a, c in zip(first, second, strict=True))
    return r, g, b


def rgb(code: str) -> Colour:
    """Turn "rrggbb" into a colour."""
    return int(code[:2], 16), int(code[2:4], 16), int(code[4:], 16)


@overload
def smooth(points: Sequence[complex], *, closed: bool = ..., steps: int = ...) -> Points: ...
@overload
def smooth(
    points: Corners | Sequence[Sequence[float]], *, closed: bool = ..., steps: int = ...
) -> Corners: ...
def smooth(points: Any, *, closed: bool = False, steps: int = 8) -> Any:
    """Return a Catmull-Rom curve through points, `steps` points from one to the next."""
    knots = np.asarray(points)
    ends = (knots[-1:], knots[:2]) if closed else (knots[:1], knots[-1:])
    padded = np.concatenate([ends[0], knots, ends[1]])
    t = (np.arange(steps) / steps).reshape(-1, *[1] * (knots.ndim - 1))
    a, b, c, d = (part[:, None] for part in (padded[:-3], padded[1:-2], padded[2:-1], padded[3:]))
    curve = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    path = curve.reshape(-1, *knots.shape[1:])
    return path if closed else np.concatenate([path, knots[-1:]])


def circle(rx: float, ry: float, points: int = 40) -> Points:
    """Return the outline of an ellipse about 0."""
    angle = np.arange(points) * (2 * np.pi / points)
    return np.asarray(rx * np.cos(angle) + 1j * ry * np.sin(angle))


def oval(x: float, y: float, width: float, height: float) -> Corners:
    """Return an ellipse with these half axes as a polygon, [24, 2]."""
    outline = complex(x, y) + circle(width, height, 24)
    return outline.view(np.float64).reshape(-1, 2)


def moved(points: Corners, x: float, y: float = 0.0) -> Corners:
    """Return the points shifted to the right by `x` and down by `y`."""
    return np.asarray(points + np.array([x, y]), dtype=np.float64)


def mirrored(points: Sequence[Sequence[float]]) -> Corners:
    """Close the right half of a shape, from top to bottom, by its mirror image."""
    half = np.asarray(points, dtype=np.float64)
    return np.concatenate([half, half[::-1][1:-1] * (-1, 1)])


def shade(colour: Colour, factor: float) -> Colour:
    """Return a colour made darker (below 1) or lighter (above 1)."""
    red, green, blue = (
        value * factor if factor <= 1 else 255 - (255 - value) / factor for value in colour
    )
    return red, green, blue
