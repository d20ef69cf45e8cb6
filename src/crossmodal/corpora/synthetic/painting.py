"""Soft-edged, shaded shapes on a picture; points are complex numbers, x + iy, y downwards.

A point's unit is the height of the picture, so a drawing has the same look at every size, and a
turn is a multiplication. Colours are red, green, blue from 0 to 255.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Colour = tuple[float, float, float]
Picture = NDArray[np.uint8]
Points = NDArray[np.complex128]

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


_COSINE = np.cos(np.arange(40) * (2 * np.pi / 40))
_SINE = np.sin(np.arange(40) * (2 * np.pi / 40))
BLACK: Colour = (0.0, 0.0, 0.0)
WHITE: Colour = (255.0, 255.0, 255.0)


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """Return a colour between two: `share` of the second, the rest of the first."""
    r, g, b = (a + (c - a) * share for a, c in zip(first, second, strict=True))
    return r, g, b


def rgb(code: str) -> Colour:
    """Turn "rrggbb" into a colour."""
    return int(code[:2], 16), int(code[2:4], 16), int(code[4:], 16)


def smooth(points: Sequence[complex], *, closed: bool = False, steps: int = 8) -> Points:
    """Return a Catmull-Rom curve through points, `steps` points from one to the next."""
    knots = np.asarray(points, dtype=np.complex128)
    padded = (
        np.concatenate([knots[-1:], knots, knots[:2]])
        if closed
        else np.concatenate([knots[:1], knots, knots[-1:]])
    )
    t = np.arange(steps)[:, None] / steps
    a, b, c, d = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    curve = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    path = curve.T.reshape(-1)
    return path if closed else np.append(path, knots[-1])


def draw_fine(
    size: tuple[int, int], draw: Callable[[Picture], None], *, at_least: int = 400
) -> Picture:
    """Let `draw` fill a picture at least so many px high, then average it down to a size.

    Args:
        size: Width and height of the result in px.
        draw: Draws on red, green, blue, uint8, black at first.
        at_least: Height in px below which a multiple of the size is drawn.

    Returns:
        Red, green, blue, uint8, [height, width, 3].
    """
    width, height = size
    fine = max(1, -(-at_least // height))
    canvas = np.zeros((height * fine, width * fine, 3), np.uint8)
    draw(canvas)
    if fine == 1:
        return canvas
    return np.asarray(
        cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8
    )


def photograph(
    picture: Picture,
    generator: np.random.Generator,
    *,
    light: float = 1.0,
    slant: complex = 0,
    blur_px: float = 0.0,
    noise: float = 0.0,
) -> Picture:
    """Take a photo of a drawing: exposure, light from one side, dark corners, blur, noise.

    Args:
        picture: Red, green, blue, uint8, [height, width, 3].
        generator: The noise comes from it.
        light: Exposure, 1 leaves it.
        slant: How much brighter it grows towards the right (real) and the lower edge (imaginary).
        blur_px: Standard deviation of the blur; below 0.3 none.
        noise: Standard deviation of the noise in grey levels of 255.

    Returns:
        Red, green, blue, uint8, of the same shape.
    """
    height, width = picture.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    shade = light * (1 + slant.real * x + slant.imag * y - 0.1 * (x * x + y * y))
    values = picture.astype(np.float32) * shade[..., None]
    if blur_px > 0.3:
        values = cv2.GaussianBlur(values, (0, 0), blur_px)
    if noise:
        values += np.float32(noise) * generator.standard_normal(values.shape, dtype=np.float32)
    return np.asarray(np.clip(np.round(values), 0, 255), dtype=np.uint8)


def jpeg(picture: Picture, quality: int = 92) -> bytes:
    """Encode red, green, blue as JPEG."""
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), settings)
    return bytes(data)


def circle(rx: float, ry: float) -> Points:
    """Return the outline of an ellipse about 0, 40 points."""
    return np.asarray(rx * _COSINE + 1j * ry * _SINE)
