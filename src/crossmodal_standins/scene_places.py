"""Draws where a scene takes place: eight places under five kinds of sky."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from crossmodal_standins.painting import (
    WHITE,
    Colour,
    Painter,
    Picture,
    mixed,
    rgb,
    smooth,
)
from crossmodal_standins.scene_living import Place
from crossmodal_standins.scene_objects import DRAWINGS

PLACES = ("beach", "park", "street", "field", "mountains", "lake", "desert", "snow")
WEATHERS = ("sunny", "cloudy", "rainy", "night", "sunset")
HORIZON = 0.56
"""Where the ground begins, in heights of the picture from above."""

Lit = Callable[[str], Colour]
"""Returns a colour as it looks in the weather."""

Detail = Callable[[np.random.Generator, Painter, float, Lit], None]
"""Draws on a picture of some width."""

_SKIES = {
    "sunny": ("4a97dd", "cfe8f7"),
    "cloudy": ("8c9aa8", "cdd5da"),
    "rainy": ("5b6876", "9aa7b0"),
    "night": ("0b1130", "2a3566"),
    "sunset": ("5a3f86", "f59b55"),
}
_GROUNDS = {
    "beach": ("ead39c", "d3b176"),
    "park": ("79b653", "4a8a3a"),
    "street": ("8b8d92", "5f6167"),
    "field": ("c9b653", "94913a"),
    "mountains": ("8a9a70", "5f7350"),
    "lake": ("6f9b58", "4c7a45"),
    "desert": ("e2a860", "bf7f3f"),
    "snow": ("f3f7fb", "cfdbe8"),
}
_HILLS = {"lake": ("4f7050", 0.07), "desert": ("d39650", 0.06), "snow": ("dbe6f0", 0.1)}
"""Colour and height of hills at the horizon."""

_WALLS = ("b5705a", "c9b08a", "8f9aa8", "a88f9f", "d0a56f")
_PUFFS = (
    (-0.09, 0.01, 0.05),
    (0.09, 0.01, 0.05),
    (0.04, -0.03, 0.06),
    (-0.03, -0.02, 0.06),
    (0.0, 0.02, 0.055),
)
"""Ovals of a cloud: where, and half as high."""

_TINTS = {
    "night": (rgb("101a40"), 0.55),
    "sunset": (rgb("e0703a"), 0.2),
    "rainy": (rgb("54606c"), 0.3),
}


def draw_place(generator: np.random.Generator, canvas: Picture, place: str, weather: str) -> None:
    """Fill the canvas: sky, what lies at the horizon, ground.

    Args:
        generator: Every choice comes from it.
        canvas: Red, green, blue, uint8, [height, width, 3]; drawn on in place.
        place: One of `PLACES`.
        weather: One of `WEATHERS`.
    """
    height, width = canvas.shape[:2]
    wide = width / height
    tint, share = _TINTS.get(weather, (WHITE, 0.0))

    def lit(code: str) -> Colour:
        return mixed(rgb(code), tint, share)

    edge = round(HORIZON * height)
    painter = Painter(canvas)
    high, low = _SKIES[weather]
    canvas[:edge] = _gradient(rgb(high), rgb(low), edge)
    _draw_sky(generator, painter, weather, wide)
    near, far = _GROUNDS[place]
    if place == "mountains":
        _peaks(generator, painter, wide, lit)
    elif place in _HILLS:
        code, rise = _HILLS[place]
        _hills(generator, painter, wide, rise, lit(code))
    elif place == "street":
        _houses(generator, painter, wide, lit)
    canvas[edge:] = _gradient(lit(near), lit(far), height - edge)
    if place in _DETAILS:
        _DETAILS[place](generator, painter, wide, lit)


def _gradient(first: Colour, last: Colour, rows: int) -> NDArray[np.uint8]:
    ramp = np.linspace(0, 1, rows)[:, None, None]
    return np.asarray(np.array(first) * (1 - ramp) + np.array(last) * ramp, dtype=np.uint8)


def _draw_sky(generator: np.random.Generator, painter: Painter, weather: str, wide: float) -> None:
    x = generator.uniform(0.15, 0.85) * wide
    if weather == "sunny":
        painter.oval(complex(x, 0.13), 0.085, 0.085, rgb("f6e9a8"))
        painter.oval(complex(x, 0.13), 0.065, 0.065, rgb("ffdf4f"))
    elif weather == "sunset":
        painter.oval(complex(x, HORIZON - 0.05), 0.11, 0.11, rgb("ffd06a"))
    elif weather == "night":
        for sx, sy in generator.uniform((0, 0), (wide, 0.5), (40, 2)):
            painter.oval(complex(sx, sy), 0.004, 0.004, (245, 244, 225))
        painter.oval(complex(x, 0.14), 0.07, 0.07, rgb("f2efd8"))
        painter.oval(complex(x + 0.03, 0.125), 0.06, 0.06, rgb("131a3e"))
    clouds = {"sunny": 2, "cloudy": 6, "rainy": 6, "sunset": 2}.get(weather, 0)
    tone = rgb("f7f9fb") if weather in ("sunny", "cloudy") else rgb("76818c")
    for cx, cy in generator.uniform((0, 0.05), (wide, 0.32), (clouds, 2)):
        for dx, dy, r in _PUFFS:
            painter.oval(
                complex(cx + dx, cy + dy), 1.25 * r, r, mixed(tone, WHITE, max(0.0, -6 * dy))
            )


def _hills(
    generator: np.random.Generator, painter: Painter, wide: float, rise: float, colour: Colour
) -> None:
    for x in np.linspace(-0.1, wide + 0.1, 6) + generator.uniform(-0.1, 0.1, 6):
        top = complex(x, HORIZON - rise * generator.uniform(0.7, 1.5))
        foot = complex(x, HORIZON + 0.02)
        tone = mixed(colour, WHITE, float(generator.uniform(0, 0.12)))
        painter.fill(smooth([foot - 0.5, top, foot + 0.5]), tone)


def _peaks(generator: np.random.Generator, painter: Painter, wide: float, lit: Lit) -> None:
    for x in np.linspace(-0.1, wide + 0.1, 6) + generator.uniform(-0.1, 0.1, 6):
        top = complex(x, HORIZON - 0.2 * generator.uniform(0.7, 1.5))
        foot = complex(x, HORIZON + 0.02)
        left, right = foot - 0.32, foot + 0.32
        painter.fill([left, top, right], mixed(lit("7d8aa0"), WHITE, generator.uniform(0, 0.12)))
        cap = [top, top + 0.3 * (right - top), top + 0.045j, top + 0.3 * (left - top)]
        painter.fill(cap, lit("f2f5f8"))


def _houses(generator: np.random.Generator, painter: Painter, wide: float, lit: Lit) -> None:
    """Draw a row of houses; some windows are lit."""
    x = -0.05
    while x < wide:
        broad, top = generator.uniform(0.16, 0.3), HORIZON - generator.uniform(0.2, 0.4)
        box = [complex(x, top), complex(x + broad, top), complex(x + broad, 0.6), complex(x, 0.6)]
        painter.fill(box, lit(_WALLS[generator.integers(len(_WALLS))]))
        for wx in np.arange(x + 0.03, x + broad - 0.04, 0.06):
            for wy in np.arange(top + 0.03, HORIZON - 0.05, 0.075):
                corner = complex(wx, wy)
                pane = [corner, corner + 0.032, corner + 0.032 + 0.045j, corner + 0.045j]
                painter.fill(pane, rgb("ffe39a") if generator.random() < 0.35 else lit("5c6b7c"))
        x += broad


def _water(top: float, foot: float) -> Detail:
    """Return what draws water between two heights, with waves and a bright shore."""

    def draw(generator: np.random.Generator, painter: Painter, wide: float, lit: Lit) -> None:
        x = np.linspace(wide, 0, 8)
        shore = smooth((x + 1j * (foot + 0.012 * np.sin(9 * x))).tolist())
        painter.fill(np.concatenate([[complex(0, top), complex(wide, top)], shore]), lit("2f7fb5"))
        for y in np.arange(top + 0.015, foot - 0.01, 0.02):
            for start in generator.uniform(0, wide, 5):
                wave = complex(start, y)
                painter.line([wave, wave + 0.08], 0.004, lit("7fb8da"))
        painter.line(shore, 0.012, lit("e8f2f2"))

    return draw


def _pavement(generator: np.random.Generator, painter: Painter, wide: float, lit: Lit) -> None:
    painter.fill([0.56j, wide + 0.56j, wide + 0.66j, 0.66j], lit("b9b6ae"))
    for x in np.arange(0.05, wide, 0.3):
        mark = complex(x, 0.93)
        painter.fill([mark, mark + 0.15, mark + 0.14 + 0.018j, mark - 0.01 + 0.018j], lit("efece0"))


def _grove(generator: np.random.Generator, painter: Painter, wide: float, lit: Lit) -> None:
    for x in generator.uniform(0, wide, 7):
        spot = Place(complex(x, HORIZON + 0.02), 0.22, 1)
        DRAWINGS["tree"](painter, spot, lit("3f7d3f"), "", 0.0)


def _furrows(generator: np.random.Generator, painter: Painter, wide: float, lit: Lit) -> None:
    for x in np.linspace(-1, wide + 1, 22):
        far = complex(wide / 2 + 0.25 * (x - wide / 2), HORIZON)
        painter.line([far, complex(x, 1.0)], 0.006, lit("a89a3c"))


def _cacti(generator: np.random.Generator, painter: Painter, wide: float, lit: Lit) -> None:
    for x in generator.uniform(0.05, wide - 0.05, 2):
        foot = complex(x, HORIZON + 0.05)
        painter.tube([foot, foot - 0.16j], 0.03, lit("4f8a4a"))
        arm = [foot - 0.07j, foot + 0.045 - 0.075j, foot + 0.05 - 0.12j]
        painter.tube(smooth(arm), 0.02, lit("4f8a4a"))


def _firs(generator: np.random.Generator, painter: Painter, wide: float, lit: Lit) -> None:
    for x in generator.uniform(0, wide, 6):
        _fir(painter, complex(x, HORIZON + 0.02), 0.2, lit("2f5a4a"), lit("f4f8fb"))


def _fir(painter: Painter, foot: complex, height: float, colour: Colour, snow: Colour) -> None:
    for level in (0.1, 0.38, 0.66):
        half = 0.3 * height * (1.1 - level)
        base, top = foot - 1j * level * height, foot - 1j * (level + 0.42) * height
        painter.fill([base - half, top, base + half], colour)
        left = base - 0.45 * half - 0.2j * height
        painter.fill([top, left, left + 0.65 * half], snow)


def draw_weather(generator: np.random.Generator, canvas: Picture, weather: str) -> None:
    """Let rain fall, or the night darken what stands in it."""
    if weather == "night":
        canvas[:] = (canvas * np.array((0.62, 0.66, 0.82))).astype(np.uint8)
    elif weather == "rainy":
        height, width = canvas.shape[:2]
        painter, wide = Painter(canvas), width / height
        for x, y in generator.uniform((0, 0), (wide, 1), (90, 2)):
            drop = complex(x, y)
            painter.line([drop, drop - 0.012 + 0.05j], 0.003, rgb("c3d2de"))


_DETAILS: dict[str, Detail] = {
    "beach": _water(HORIZON - 0.06, HORIZON + 0.03),
    "lake": _water(HORIZON - 0.02, HORIZON + 0.13),
    "street": _pavement,
    "park": _grove,
    "field": _furrows,
    "desert": _cacti,
    "snow": _firs,
}
"""Place -> what draws its details over the ground."""
