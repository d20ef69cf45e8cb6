"""The one way in which everything is drawn: soft-edged shapes of one colour, placed by a map.

Points are [n, 2], x to the right and y down. A `Canvas` maps them to pixels of a picture; one that
is `placed` on another has a unit, an origin and a direction of its own, so that a shape has the
same look at every size. Shapes that never change are data (`shapes`) and drawn by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from crossmodal_standins.colours import BLACK, INK, PAPER, WHITE, Colour, mixed
from crossmodal_standins.shapes import strokes

Picture = NDArray[np.uint8]
"""Red, green, blue, [height, width, 3]."""
Points = NDArray[np.float64]

_SHIFT = 4
"""Fractional bits of the coordinates given to OpenCV."""
_SHADES = {"": (BLACK, 0.0), "-": (BLACK, 0.3), "+": (WHITE, 0.4)}
_CIRCLE = np.stack([np.cos(np.arange(24) * np.pi / 12), np.sin(np.arange(24) * np.pi / 12)], axis=1)


class Canvas:
    """Draws on a picture, in place.

    Args:
        picture: What is drawn on, uint8; beside red, green and blue it may have an alpha.
        turn: [2, 2] and `shift`, [2], map points to pixels; by default the unit is the height of
            the picture and (0, 0) its upper left corner.
    """

    def __init__(
        self, picture: Picture, turn: Points | None = None, shift: Points | None = None
    ) -> None:
        self.picture = picture
        self.turn = len(picture) * np.eye(2) if turn is None else turn
        self.shift = np.zeros(2) if shift is None else shift
        self.unit_px = float(np.sqrt(abs(np.linalg.det(self.turn))))
        self.wide = picture.shape[1] / picture.shape[0]

    def placed(
        self, x: float, y: float, scale: float = 1.0, angle: float = 0.0, side: float = 1.0
    ) -> Canvas:
        """Return a canvas with its origin here, turned clockwise in radians, mirrored if side < 0.

        `side` also narrows what is drawn.
        """
        cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
        own = np.array([[side * cosine, -sine], [side * sine, cosine]])
        return Canvas(
            self.picture, self.turn @ own, self.turn @ np.array((x, y), float) + self.shift
        )

    def fill(self, points: ArrayLike, colour: Colour) -> None:
        """Fill a polygon."""
        shape = [self._fixed(points)]
        cv2.fillPoly(self.picture, shape, (*colour, 255), cv2.LINE_AA, _SHIFT)

    def line(
        self, points: ArrayLike, width: float, colour: Colour, *, closed: bool = False
    ) -> None:
        """Draw a line of a width, at least a pixel, with round ends."""
        thick = max(1, round(width * self.unit_px))
        path, tone = [self._fixed(points)], (*colour, 255)
        cv2.polylines(self.picture, path, closed, tone, thick, cv2.LINE_AA, _SHIFT)

    def soft(self, points: ArrayLike, ground: Colour, colour: Colour, strength: float) -> None:
        """Fill a polygon that fades into the ground: the colour has this share in its middle."""
        corners = np.asarray(points, dtype=np.float64)
        middle = corners.mean(axis=0)
        for share in (1.0, 0.8, 0.6, 0.4):
            tone = mixed(ground, colour, strength * (1.2 - share))
            self.fill(middle + share * (corners - middle), tone)

    def draw(self, name: str, palette: Mapping[str, Colour]) -> None:
        """Draw a shape of `shapes`; `palette` says what its colours a, b, c are."""
        for kind, letter, shade, width, points in strokes(name):
            colour = mixed({"k": INK, "w": PAPER, **palette}[letter], *_SHADES[shade])
            if kind in ("fill", "curve"):
                self.fill(points if kind == "fill" else smooth(points, closed=True), colour)
            elif kind in ("line", "path"):
                self.line(points if kind == "line" else smooth(points), width, colour)
            elif kind == "oval":
                self.fill(oval(*points[0], *points[1]), colour)
            elif kind == "ring":
                self.line(oval(*points[0], *points[1]), width, colour, closed=True)
            else:
                (left, top), (right, foot) = points
                self.fill([(left, top), (right, top), (right, foot), (left, foot)], colour)

    def _fixed(self, points: ArrayLike) -> NDArray[np.int32]:
        pixels = np.asarray(points, dtype=np.float64) @ self.turn.T + self.shift
        return np.asarray(np.rint(pixels * 2**_SHIFT), dtype=np.int32)


def oval(x: float, y: float, rx: float, ry: float) -> Points:
    """Return an ellipse with these half axes as a polygon, [24, 2]."""
    return np.array([x, y]) + _CIRCLE * (rx, ry)


def smooth(points: ArrayLike, *, closed: bool = False) -> Points:
    """Return a Catmull-Rom curve through points, six points from one to the next."""
    knots = np.asarray(points, dtype=np.float64)
    return np.asarray(_catmull_rom(len(knots), closed) @ knots)


@cache
def _catmull_rom(count: int, closed: bool) -> Points:
    """Return what maps `count` knots to the points of a curve, [points, count]."""
    t = np.arange(6) / 6
    weights = [2 * t**2 - t**3 - t, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2]
    pieces = count if closed else count - 1
    matrix = np.zeros((pieces, 6, count))
    for piece in range(pieces):
        for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
            knot = piece + offset
            knot = knot % count if closed else min(max(knot, 0), count - 1)
            matrix[piece, :, knot] += weight / 2
    rows = matrix.reshape(-1, count)
    return rows if closed else np.concatenate([rows, np.eye(count)[-1:]])


def mirrored(points: ArrayLike) -> Points:
    """Close the right half of a shape, from top to bottom, by its mirror image."""
    half = np.asarray(points, dtype=np.float64)
    return np.concatenate([half, half[::-1][1:-1] * (-1, 1)])


def gradient(colours: Iterable[Colour], height: int, width: int) -> Picture:
    """Return a picture that goes from one colour at its upper edge to another at its lower."""
    first, last = np.array(list(colours))
    rows = first + (last - first) * np.linspace(0, 1, height)[:, None, None]
    return np.repeat(np.clip(rows, 0, 255).astype(np.uint8), width, axis=1)


def paste(picture: Picture, patch: Picture, turn: Points, shift: Points) -> None:
    """Blend a patch, [height, width, 4] as drawn on zeros, into a picture, in place.

    `turn`, [2, 2], and `shift`, [2], map its pixels to those of the picture.
    """
    height, width = patch.shape[:2]
    reach = turn @ np.array([[0, 0, width, width], [0, height, 0, height]]) + shift[:, None]
    low = np.maximum(np.floor(reach.min(axis=1)).astype(int), 0)
    high = np.minimum(np.ceil(reach.max(axis=1)).astype(int), picture.shape[1::-1])
    if (low >= high).any():
        return
    matrix = np.column_stack([turn, shift - low])
    moved: Any = cv2.warpAffine(patch, matrix, tuple((high - low).tolist()))
    region = picture[low[1] : high[1], low[0] : high[0]]
    behind = cv2.cvtColor(255 - cv2.extractChannel(moved, 3), cv2.COLOR_GRAY2RGB)
    cv2.multiply(region, behind, dst=region, scale=1 / 255)
    cv2.add(region, cv2.cvtColor(moved, cv2.COLOR_RGBA2RGB), dst=region)


def photograph(
    picture: Picture,
    generator: np.random.Generator,
    *,
    light: float = 1.0,
    slant: Sequence[float] | Points = (0.0, 0.0),
    blur_px: float = 0.0,
    noise: float = 0.0,
) -> Picture:
    """Take a photo of a drawing: exposure, light from one side, dark corners, blur, noise.

    `light` of 1 leaves the exposure; `slant` is how much brighter it grows to the right and to the
    lower edge; blur (none below 0.3 px) and noise (in grey levels of 255) are standard deviations.
    """
    height, width = picture.shape[:2]
    x = np.linspace(-1, 1, width, dtype=np.float32)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    lit = (light * (1 + slant[0] * x + slant[1] * y - 0.1 * (x * x + y * y))).astype(np.float32)
    values: Any = picture * lit[..., None]
    if blur_px > 0.3:
        values = cv2.GaussianBlur(values, (0, 0), blur_px)
    grain = generator.standard_normal((height, width, 1), dtype=np.float32)
    return np.asarray(np.clip(np.rint(values + np.float32(noise) * grain), 0, 255), dtype=np.uint8)


def jpeg(picture: Picture) -> bytes:
    """Encode a picture as JPEG."""
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 92])[1])
