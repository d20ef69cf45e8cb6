"""Draws the things that spoken captions speak of: vehicles, buildings, toys; the rest elsewhere.

Every drawing stands with its foot at a point and is as high as told.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crossmodal_standins import scene_living
from crossmodal_standins.painting import (
    BLACK,
    WHITE,
    Colour,
    Painter,
    circle,
    mixed,
    rgb,
    smooth,
)
from crossmodal_standins.scene_living import Place

COLOURS: dict[str, Colour] = {
    "red": rgb("cf3430"),
    "blue": rgb("2f62c4"),
    "green": rgb("3a9447"),
    "yellow": rgb("f0c52e"),
    "orange": rgb("ea842a"),
    "purple": rgb("7d46a8"),
    "pink": rgb("ee8fb4"),
    "white": rgb("f4f2ec"),
    "black": rgb("2c2a2d"),
    "brown": rgb("86552f"),
    "grey": rgb("8f9296"),
}
_GLASS = rgb("bfe0ea")
_TYRE = rgb("25262a")
_WOOD = rgb("8a5f38")


def draw_thing(
    painter: Painter, kind: str, colour: str, action: str, place: Place, variety: float
) -> None:
    """Draw a thing with a soft shadow at its foot.

    Args:
        painter: Where it is drawn.
        kind: One of `DRAWINGS`.
        colour: One of `COLOURS`: of the coat, the clothes or the paint.
        action: "running", "sitting", "waving" or "standing", where the kind can.
        place: Where it stands and how high it is.
        variety: 0 to 1, for small differences such as the colour of a skin.
    """
    DRAWINGS[kind](painter, place, COLOURS[colour], action, variety)


def _wheel(painter: Painter, centre: complex, radius: float) -> None:
    painter.oval(centre, radius, radius, _TYRE)
    painter.oval(centre, 0.55 * radius, 0.55 * radius, (190, 193, 198))
    painter.oval(centre, 0.2 * radius, 0.2 * radius, (90, 92, 98))


def _car(painter: Painter, place: Place, colour: Colour, _action: str, _variety: float) -> None:
    h = place.height
    roof = [(-0.75, 0.55), (-0.5, 0.98), (0.3, 0.98), (0.68, 0.55)]
    painter.solid(place.path(*roof), mixed(colour, BLACK, 0.1), 0.2)
    painter.fill(place.path((-0.6, 0.57), (-0.43, 0.89), (-0.13, 0.89), (-0.13, 0.57)), _GLASS)
    painter.fill(place.path((-0.05, 0.57), (-0.05, 0.89), (0.25, 0.89), (0.52, 0.57)), _GLASS)
    body = [(-1.1, 0.2), (-1.12, 0.5), (-0.7, 0.6), (0.65, 0.6), (1.1, 0.48), (1.16, 0.2)]
    painter.solid(place.path(*body), colour, 0.25)
    painter.oval(place.at(1.06, 0.42), 0.07 * h, 0.06 * h, rgb("fff2b0"))
    for x in (-0.62, 0.66):
        _wheel(painter, place.at(x, 0.2), 0.21 * h)


def _truck(painter: Painter, place: Place, colour: Colour, _action: str, _variety: float) -> None:
    box = [(-1.0, 0.22), (-1.0, 1.0), (0.35, 1.0), (0.35, 0.22)]
    painter.solid(place.path(*box), mixed(colour, WHITE, 0.15), 0.15)
    cab = [(0.4, 0.2), (0.4, 0.78), (0.7, 0.78), (0.88, 0.5), (0.95, 0.45), (0.95, 0.2)]
    painter.solid(place.path(*cab), colour, 0.2)
    painter.fill(place.path((0.5, 0.5), (0.5, 0.71), (0.67, 0.71), (0.8, 0.5)), _GLASS)
    painter.line(place.path((-1.0, 0.2), (0.95, 0.2)), 0.06 * place.height, _TYRE)
    for x in (-0.7, -0.35, 0.66):
        _wheel(painter, place.at(x, 0.16), 0.16 * place.height)


def _bicycle(painter: Painter, place: Place, colour: Colour, _action: str, _variety: float) -> None:
    h = place.height
    for x in (-0.5, 0.55):
        hub = place.at(x, 0.34)
        painter.ring(hub, 0.33 * h, 0.33 * h, 0.05 * h, _TYRE)
        for turn in np.arange(4) * np.pi / 4:
            spoke = 0.31 * h * np.exp(1j * turn)
            painter.line(
                [place.at(x, 0.34) - spoke, place.at(x, 0.34) + spoke], 0.008, (150, 152, 158)
            )
    for path in (
        [(-0.5, 0.34), (-0.2, 0.78), (0.4, 0.78), (0.0, 0.32), (-0.5, 0.34)],
        [(0.0, 0.32), (-0.24, 0.88)],
        [(0.55, 0.34), (0.36, 0.98)],
    ):
        painter.line(place.path(*path), 0.065 * h, colour)
    painter.line(place.path((-0.36, 0.9), (-0.12, 0.9)), 0.07 * h, BLACK)
    painter.line(smooth(place.path((0.36, 0.98), (0.52, 0.98), (0.5, 0.88))), 0.05 * h, BLACK)


def _boat(painter: Painter, place: Place, colour: Colour, _action: str, _variety: float) -> None:
    painter.line(place.path((0.0, 0.2), (0.0, 1.0)), 0.035 * place.height, _WOOD)
    painter.solid(place.path((0.04, 0.3), (0.04, 0.98), (0.52, 0.32)), rgb("f6f1e4"), 0.1)
    painter.solid(place.path((-0.04, 0.3), (-0.04, 0.85), (-0.38, 0.32)), rgb("ebe2cd"), 0.1)
    hull = [(-0.62, 0.25), (0.7, 0.25), (0.48, 0.0), (-0.45, 0.0)]
    painter.solid(place.path(*hull), colour, 0.2)


def _house(painter: Painter, place: Place, colour: Colour, _action: str, _variety: float) -> None:
    painter.solid(place.path((-0.5, 0), (-0.5, 0.58), (0.5, 0.58), (0.5, 0)), colour, 0.12)
    painter.fill(place.path((0.22, 0.72), (0.22, 1.0), (0.34, 1.0), (0.34, 0.7)), rgb("7a4a3c"))
    painter.solid(place.path((-0.62, 0.55), (0.0, 1.0), (0.62, 0.55)), rgb("6b3f33"), 0.15)
    painter.fill(place.path((-0.08, 0), (-0.08, 0.34), (0.12, 0.34), (0.12, 0)), _WOOD)
    for x in (-0.3, 0.32):
        frame = place.path((x - 0.11, 0.24), (x - 0.11, 0.44), (x + 0.11, 0.44), (x + 0.11, 0.24))
        painter.fill(frame, _GLASS)
        painter.line(frame, 0.025 * place.height, WHITE, closed=True)


def _tent(painter: Painter, place: Place, colour: Colour, _action: str, _variety: float) -> None:
    painter.solid(place.path((-0.8, 0), (0.0, 1.0), (0.8, 0)), colour, 0.25)
    painter.fill(place.path((-0.22, 0), (0.0, 0.72), (0.22, 0)), mixed(colour, BLACK, 0.7))
    painter.line(place.path((-0.05, 1.08), (0.0, 1.0), (0.05, 1.08)), 0.03 * place.height, _WOOD)


def _tree(painter: Painter, place: Place, colour: Colour, _action: str, _variety: float) -> None:
    h = place.height
    painter.cone(place.at(0, 0.03), place.at(0, 0.5), 0.13 * h, 0.09 * h, _WOOD)
    for x, y, r in ((-0.2, 0.55, 0.19), (0.2, 0.57, 0.19), (0.0, 0.76, 0.23), (0.0, 0.58, 0.2)):
        painter.solid(place.at(x, y) + circle(r * h, 0.95 * r * h), colour, 0.2)


def _bench(painter: Painter, place: Place, colour: Colour, _action: str, _variety: float) -> None:
    h = place.height
    for x in (-0.7, 0.7):
        painter.line(place.path((x, 0), (x, 0.95)), 0.09 * h, rgb("44474d"))
    for y in (0.5, 0.72, 0.92):
        painter.line(place.path((-0.9, y), (0.9, y)), 0.12 * h, mixed(colour, BLACK, 0.3))
        painter.line(place.path((-0.9, y + 0.02), (0.9, y + 0.02)), 0.07 * h, colour)


def _umbrella(
    painter: Painter, place: Place, colour: Colour, _action: str, _variety: float
) -> None:
    painter.line(place.path((0, 0), (0, 0.95)), 0.04 * place.height, _WOOD)
    for first, tone in ((-0.6, colour), (-0.2, mixed(colour, WHITE, 0.55)), (0.2, colour)):
        middle = first * 0.55 + 0.11
        top = smooth(place.path((first, 0.62), (middle, 0.9), (0, 1.0)))
        back = smooth(place.path((0, 1.0), (middle + 0.22, 0.9), (first + 0.4, 0.62)))
        painter.fill(np.concatenate([top, back]), tone)


def _ball(painter: Painter, place: Place, colour: Colour, _action: str, _variety: float) -> None:
    h, centre = place.height, place.at(0, 0.5)
    painter.solid(centre + circle(0.5 * h, 0.5 * h), colour, 0.4)
    stripe = smooth([centre - 0.46 * h, centre + 0.16j * h, centre + 0.46 * h])
    painter.line(stripe, 0.1 * h, WHITE)


def _kite(painter: Painter, place: Place, colour: Colour, _action: str, _variety: float) -> None:
    h = place.height
    tail = smooth(place.path((0, 0), (0.15, -0.35), (-0.1, -0.65), (0.1, -1.0)))
    painter.line(tail, 0.03 * h, mixed(colour, BLACK, 0.3))
    painter.solid(place.path((0, 1), (0.36, 0.6), (0, 0), (-0.36, 0.6)), colour, 0.2)
    painter.fill(place.path((0, 1), (0.36, 0.6), (0, 0.6)), mixed(colour, WHITE, 0.5))
    painter.line(place.path((0, 1), (0, 0)), 0.02 * h, BLACK)


def _balloon(painter: Painter, place: Place, colour: Colour, _action: str, _variety: float) -> None:
    h = place.height
    for x in (-0.1, 0.1):
        painter.line(place.path((x, 0.15), (2.2 * x, 0.45)), 0.02 * h, _WOOD)
    painter.solid(place.at(0, 0.66) + circle(0.36 * h, 0.36 * h), colour, 0.3)
    painter.oval(place.at(0, 0.66), 0.12 * h, 0.355 * h, mixed(colour, WHITE, 0.45))
    basket = place.path((-0.11, 0), (-0.11, 0.16), (0.11, 0.16), (0.11, 0))
    painter.solid(basket, _WOOD, 0.1)


DRAWINGS: dict[str, Callable[[Painter, Place, Colour, str, float], None]] = {
    **scene_living.DRAWINGS,
    "car": _car,
    "truck": _truck,
    "bicycle": _bicycle,
    "boat": _boat,
    "house": _house,
    "tent": _tent,
    "tree": _tree,
    "bench": _bench,
    "umbrella": _umbrella,
    "ball": _ball,
    "kite": _kite,
    "balloon": _balloon,
}
"""Kind -> what draws it: painter, place, colour, action, variety of 0 to 1."""
