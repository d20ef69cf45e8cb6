"""Composes a picture from glyphs: a ground, elements on it, then light, blur and noise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from crossmodal_standins.glyphs import GLYPHS
from crossmodal_standins.topics import Difficulty, Topic

SIZES = ((160, 120), (160, 120), (120, 160), (128, 128))
"""Widths and heights in px, drawn with equal chance; landscape is the most common."""

_FINE = 2
"""Everything is drawn this many times larger, then averaged down: soft edges."""

_SHIFT = 4
"""Fractional bits of the coordinates given to OpenCV."""

Colour = tuple[float, float, float]
Picture = NDArray[np.uint8]


def draw_picture(
    generator: np.random.Generator,
    topics: Sequence[Topic],
    mixture: NDArray[np.float64],
    difficulty: Difficulty,
) -> Picture:
    """Draw a picture of a document.

    Args:
        generator: Every choice comes from it.
        topics: The corpus's topics.
        mixture: Share of each topic in the document, [topics], sums to 1.
        difficulty: Shares of strays, light, blur and noise.

    Returns:
        Blue, green, red, [height, width, 3].
    """
    width, height = SIZES[generator.integers(len(SIZES))]
    shares = (1 - difficulty.stray_elements) * mixture + difficulty.stray_elements / len(topics)
    order = generator.choice(
        len(topics), size=1 + generator.integers(*difficulty.elements), p=shares
    )
    canvas = _ground(generator, topics[order[0]], width * _FINE, height * _FINE)
    for index in order[1:]:
        _place(canvas, generator, topics[index])
    picture = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    return _photograph(generator, np.asarray(picture, dtype=np.uint8), difficulty)


def encode_jpeg(picture: Picture) -> bytes:
    """Encode a picture as JPEG at quality 90."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return bytes(data)


def _ground(generator: np.random.Generator, topic: Topic, width: int, height: int) -> Picture:
    """Fill the canvas with a slanted gradient and the topic's texture."""
    first, second = (np.array(_varied(generator, colour, 14)) for colour in topic.ground)
    slant = generator.uniform(-0.4, 0.4)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    ramp = np.clip(y / height + slant * (x / width - 0.5), 0, 1)[..., None]
    canvas = np.ascontiguousarray((first + (second - first) * ramp).astype(np.uint8))
    blue, green, red = 0.75 * second + 0.25 * first - 12
    _TEXTURES[topic.texture](canvas, generator, (float(blue), float(green), float(red)))
    return canvas


def _place(canvas: Picture, generator: np.random.Generator, topic: Topic) -> None:
    """Draw one of the topic's glyphs somewhere, with a soft shadow under it."""
    height, width = canvas.shape[:2]
    size = generator.uniform(0.14, 0.3) * min(height, width)
    centre = np.array([generator.uniform(0.1, 0.9) * width, generator.uniform(0.15, 0.9) * height])
    angle = generator.normal(0, 0.22)
    flip = generator.choice((-1.0, 1.0))
    turn = size * np.array(
        [[flip * np.cos(angle), -np.sin(angle)], [flip * np.sin(angle), np.cos(angle)]]
    )
    colours = {key: _varied(generator, colour, 16) for key, colour in topic.palette.items()}
    name = topic.glyphs[generator.integers(len(topic.glyphs))]
    shade = canvas.copy()
    cv2.ellipse(
        shade,
        _fixed(centre + np.array([0.08 * size, 0.85 * size])),
        _fixed(np.array([0.8 * size, 0.22 * size])),
        0,
        0,
        360,
        (40, 32, 28),
        -1,
        cv2.LINE_AA,
        _SHIFT,
    )
    cv2.addWeighted(shade, 0.3, canvas, 0.7, 0, dst=canvas)
    for kind, colour, numbers in strokes(name):
        _stroke(canvas, kind, colours[colour], numbers, turn, centre, np.degrees(angle) * flip)


def _stroke(
    canvas: Picture,
    kind: str,
    colour: Colour,
    numbers: tuple[float, ...],
    turn: NDArray[np.float64],
    centre: NDArray[np.float64],
    degrees: float,
) -> None:
    """Draw one stroke of a glyph; `turn` scales, flips and rotates its square."""
    scale = float(np.hypot(*turn[:, 1]))
    if kind in ("fill", "line"):
        corners = np.array(numbers if kind == "fill" else numbers[1:]).reshape(-1, 2)
        points = np.round((corners @ turn.T + centre) * 2**_SHIFT).astype(np.int32)
        if kind == "fill":
            cv2.fillPoly(canvas, [points], colour, cv2.LINE_AA, _SHIFT)
        else:
            thickness = max(1, round(numbers[0] * scale))
            cv2.polylines(canvas, [points], False, colour, thickness, cv2.LINE_AA, _SHIFT)
        return
    middle = turn @ np.array(numbers[:2]) + centre
    thickness = -1 if kind == "oval" else max(1, round(numbers[4] * scale))
    radii = _fixed(scale * np.array(numbers[2:4]))
    cv2.ellipse(
        canvas, _fixed(middle), radii, degrees, 0, 360, colour, thickness, cv2.LINE_AA, _SHIFT
    )


@cache
def strokes(name: str) -> tuple[tuple[str, str, tuple[float, ...]], ...]:
    """Parse a glyph into strokes: kind, colour, numbers."""
    parsed = []
    for text in GLYPHS[name].split(";"):
        kind, colour, *numbers = text.split()
        parsed.append((kind, colour, tuple(float(x) for x in ",".join(numbers).split(","))))
    return tuple(parsed)


def _photograph(
    generator: np.random.Generator, picture: Picture, difficulty: Difficulty
) -> Picture:
    """Light from one side, darker corners, exposure, blur and sensor noise."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle = generator.uniform(0, 2 * np.pi)
    light = 1 + difficulty.light * (np.cos(angle) * x + np.sin(angle) * y) - 0.12 * (x * x + y * y)
    exposure = generator.uniform(1 - difficulty.light, 1 + difficulty.light)
    values = picture.astype(np.float32) * (exposure * light)[..., None]
    blur = generator.uniform(0, difficulty.blur_px)
    if blur > 0.3:
        values = cv2.GaussianBlur(values, (0, 0), blur)
    noise = generator.standard_normal(values.shape, dtype=np.float32)
    values += difficulty.noise * generator.uniform(0.3, 1) * noise
    return np.asarray(np.clip(np.round(values), 0, 255), dtype=np.uint8)


def _stripes(canvas: Picture, generator: np.random.Generator, colour: Colour) -> None:
    height, width = canvas.shape[:2]
    gap, lean = int(generator.integers(14, 30)), int(generator.integers(-60, 60))
    for x in range(-60, width + 60, gap):
        cv2.line(canvas, (x, 0), (x + lean, height), colour, gap // 4, cv2.LINE_AA)


def _dots(canvas: Picture, generator: np.random.Generator, colour: Colour) -> None:
    height, width = canvas.shape[:2]
    for x, y, radius in generator.uniform((0, 0, 2), (width, height, 7), (70, 3)):
        cv2.circle(canvas, (round(x), round(y)), round(radius), colour, -1, cv2.LINE_AA)


def _hills(canvas: Picture, generator: np.random.Generator, colour: Colour) -> None:
    height, width = canvas.shape[:2]
    x = np.arange(0, width + 8, 8)
    for level in (0.55, 0.75):
        phase, length = generator.uniform(0, 6), generator.uniform(0.012, 0.03)
        y = height * (level + 0.06 * np.sin(phase + length * x))
        outline = np.concatenate([np.stack([x, y], 1), [[width + 8, height], [0, height]]])
        shade = tuple(value - 14 * level for value in colour)
        cv2.fillPoly(canvas, [np.round(outline).astype(np.int32)], shade, cv2.LINE_AA)


def _bricks(canvas: Picture, generator: np.random.Generator, colour: Colour) -> None:
    height, width = canvas.shape[:2]
    gap = int(generator.integers(18, 30))
    for row, y in enumerate(range(0, height, gap)):
        cv2.line(canvas, (0, y), (width, y), colour, 2, cv2.LINE_AA)
        for x in range(gap * (row % 2), width, 2 * gap):
            cv2.line(canvas, (x, y), (x, y + gap), colour, 2, cv2.LINE_AA)


def _billows(canvas: Picture, generator: np.random.Generator, colour: Colour) -> None:
    height, width = canvas.shape[:2]
    coarse = generator.standard_normal((5, 7)).astype(np.float32)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    weight = 0.5 / (1 + np.exp(-3 * smooth))[..., None]
    canvas[:] = canvas * (1 - weight) + np.array(colour) * weight


_TEXTURES = {
    "stripes": _stripes,
    "dots": _dots,
    "hills": _hills,
    "bricks": _bricks,
    "billows": _billows,
}


def _varied(generator: np.random.Generator, colour: str, spread: float) -> Colour:
    """Turn "rrggbb" into blue, green, red, a little off."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (0, 2, 4))
    values = np.clip(np.array([blue, green, red]) + generator.normal(0, spread, 3), 0, 255)
    return float(values[0]), float(values[1]), float(values[2])


def _fixed(values: NDArray[np.float64]) -> tuple[int, int]:
    x, y = np.round(values * 2**_SHIFT).astype(int)
    return int(x), int(y)
