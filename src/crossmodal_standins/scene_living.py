"""Draws people and animals for the scenes of spoken captions, and says where a thing stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

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

_SKINS = tuple(rgb(code) for code in ("f1cfb5", "d29a6f", "8a5a38"))
_HAIR = rgb("3a271b")


@dataclass(frozen=True)
class Place:
    """Where a thing stands: its foot, its height, and 1 or -1 for the side it looks to."""

    foot: complex
    height: float
    side: int

    def at(self, x: float, y: float) -> complex:
        """Return a point: `x` forwards, `y` up from the foot, in heights of the thing."""
        return self.foot + self.height * complex(self.side * x, -y)

    def path(self, *points: tuple[float, float]) -> list[complex]:
        """Return several points."""
        return [self.at(x, y) for x, y in points]


def _limbs(
    painter: Painter, place: Place, paths: Sequence[list[complex]], width: float, colour: Colour
) -> None:
    for path in paths:
        for start, end in pairwise(path):
            painter.cone(start, end, width * place.height, 0.85 * width * place.height, colour, 0.1)


def _person(
    painter: Painter, place: Place, colour: Colour, action: str, variety: float, kind: str
) -> None:
    path, h = place.path, place.height
    skin = _SKINS[int(variety * 2.99)]
    trousers = mixed(rgb("33415c"), rgb("6b4a3a"), variety)
    hip, shoulder = (0.0, 0.47), (0.02, 0.78)
    if action == "sitting":
        hip, shoulder = (0.0, 0.28), (-0.02, 0.6)
        legs = [path(hip, (0.2, 0.3), (0.22, 0.02)), path(hip, (0.24, 0.27), (0.27, 0.0))]
    elif action == "running":
        legs = [path(hip, (0.15, 0.3), (0.06, 0.06)), path(hip, (-0.08, 0.24), (-0.27, 0.2))]
    else:
        legs = [path(hip, (-0.045, 0.24), (-0.05, 0.0)), path(hip, (0.045, 0.24), (0.06, 0.0))]
    x, y = shoulder
    hands = {
        "running": [(x + 0.17, y - 0.12), (x - 0.19, y - 0.15)],
        "waving": [(x + 0.2, y + 0.26), (x - 0.12, y - 0.3)],
        "sitting": [(x + 0.19, y - 0.24), (x + 0.14, y - 0.27)],
    }.get(action, [(x + 0.12, y - 0.31), (x - 0.12, y - 0.31)])
    arms = [path((x, y - 0.03), ((x + a) / 2 + 0.02, (y + b) / 2 - 0.05), (a, b)) for a, b in hands]
    _limbs(painter, place, arms[1:], 0.062, mixed(colour, BLACK, 0.2))
    _limbs(painter, place, legs, 0.085, trousers)
    skirt = path((x - 0.07, y), (x + 0.07, y), (0.15, hip[1] - 0.16), (-0.15, hip[1] - 0.16))
    if kind == "woman" and action != "sitting":
        painter.solid(skirt, colour, 0.2)
    painter.cone(place.at(x, y - 0.03), place.at(*hip), 0.2 * h, 0.15 * h, colour, 0.15)
    _limbs(painter, place, arms[:1], 0.062, colour)
    for a, b in hands:
        painter.oval(place.at(a, b), 0.035 * h, 0.035 * h, skin)
    size = 0.125 if kind == "child" else 0.09
    head = place.at(x + 0.015, y + 0.04 + size)
    if kind == "woman":
        painter.oval(head - place.side * 0.05 * h + 0.06j * h, 0.08 * h, 0.13 * h, _HAIR)
    painter.oval(head, size * h, 1.12 * size * h, mixed(skin, BLACK, 0.25))
    painter.oval(head, 0.93 * size * h, 1.05 * size * h, skin)
    cap = circle(1.08 * size * h, 1.12 * size * h)[20:]
    painter.fill(head - place.side * 0.012 * h + np.append(cap, cap[0]), _HAIR)
    painter.oval(head + place.side * 0.45 * size * h, 0.013 * h, 0.017 * h, BLACK)


def _man(painter: Painter, place: Place, colour: Colour, action: str, variety: float) -> None:
    _person(painter, place, colour, action, variety, "man")


def _woman(painter: Painter, place: Place, colour: Colour, action: str, variety: float) -> None:
    _person(painter, place, colour, action, variety, "woman")


def _child(painter: Painter, place: Place, colour: Colour, action: str, variety: float) -> None:
    _person(painter, place, colour, action, variety, "child")


def _beast(
    painter: Painter, place: Place, colour: Colour, action: str, *, leg: float, neck: float
) -> None:
    """Draw the body, legs and neck of a four-footed animal; the head ends at (.62, leg + neck)."""
    h = place.height
    if action == "running":
        feet = [(-0.62, 0.1), (-0.3, 0.02), (0.3, 0.04), (0.66, 0.14)]
    else:
        feet = [(-0.4, 0.0), (-0.28, 0.0), (0.24, 0.0), (0.36, 0.0)]
    for index, (x, y) in enumerate(feet):
        root = place.at(-0.34 if index < 2 else 0.3, leg + 0.1)
        tone = mixed(colour, BLACK, 0.3 if index % 2 else 0.08)
        painter.cone(root, place.at(x, y + 0.03), 0.15 * h, 0.09 * h, tone, 0.1)
    painter.cone(place.at(0.34, leg + 0.16), place.at(0.55, leg + neck), 0.24 * h, 0.18 * h, colour)
    body = [(-0.48, leg + 0.1), (-0.4, leg + 0.3), (0.0, leg + 0.27), (0.4, leg + 0.32)]
    body += [(0.5, leg + 0.12), (0.3, leg - 0.03), (-0.1, leg), (-0.4, leg - 0.02)]
    painter.solid(smooth(place.path(*body), closed=True), colour, 0.18)


def _dog(painter: Painter, place: Place, colour: Colour, action: str, variety: float) -> None:
    h, dark = place.height, mixed(colour, BLACK, 0.45)
    tail = smooth(place.path((-0.45, 0.56), (-0.62, 0.7), (-0.66, 0.9)))
    painter.line(tail, 0.075 * h, mixed(colour, BLACK, 0.15))
    _beast(painter, place, colour, action, leg=0.34, neck=0.42)
    painter.cone(place.at(0.56, 0.8), place.at(0.82, 0.72), 0.3 * h, 0.17 * h, colour)
    painter.oval(place.at(0.9, 0.74), 0.045 * h, 0.04 * h, BLACK)
    painter.oval(place.at(0.64, 0.84), 0.03 * h, 0.035 * h, BLACK)
    painter.oval(place.at(0.47, 0.78), 0.075 * h, 0.16 * h, dark, 0.25 * place.side)


def _cat(painter: Painter, place: Place, colour: Colour, action: str, variety: float) -> None:
    h = place.height
    tail = smooth(place.path((-0.42, 0.45), (-0.62, 0.6), (-0.58, 0.9), (-0.7, 1.0)))
    painter.line(tail, 0.08 * h, mixed(colour, BLACK, 0.15))
    _beast(painter, place, colour, action, leg=0.28, neck=0.36)
    for x in (0.46, 0.68):
        ear = place.path((x - 0.09, 0.82), (x, 1.05), (x + 0.09, 0.82))
        painter.fill(ear, mixed(colour, BLACK, 0.25))
    painter.solid(place.at(0.57, 0.74) + circle(0.2 * h, 0.175 * h), colour, 0.2)
    for x in (0.53, 0.68):
        painter.oval(place.at(x, 0.78), 0.03 * h, 0.04 * h, rgb("7fae3a"))
        painter.oval(place.at(x, 0.78), 0.012 * h, 0.036 * h, BLACK)
    painter.oval(place.at(0.64, 0.69), 0.025 * h, 0.02 * h, rgb("d98a8a"))


def _horse(painter: Painter, place: Place, colour: Colour, action: str, variety: float) -> None:
    h, dark = place.height, mixed(colour, BLACK, 0.55)
    painter.line(smooth(place.path((-0.45, 0.7), (-0.6, 0.6), (-0.62, 0.35))), 0.09 * h, dark)
    _beast(painter, place, colour, action, leg=0.45, neck=0.48)
    painter.cone(place.at(0.55, 0.95), place.at(0.8, 0.8), 0.2 * h, 0.13 * h, colour)
    painter.line(smooth(place.path((0.5, 1.04), (0.36, 0.92), (0.3, 0.74))), 0.09 * h, dark)
    painter.fill(place.path((0.5, 1.02), (0.54, 1.14), (0.6, 1.02)), colour)
    painter.oval(place.at(0.63, 0.96), 0.025 * h, 0.03 * h, BLACK)


def _cow(painter: Painter, place: Place, colour: Colour, action: str, variety: float) -> None:
    h, patch = place.height, WHITE if sum(colour) < 600 else rgb("3a3436")
    painter.line(smooth(place.path((-0.47, 0.66), (-0.56, 0.5), (-0.54, 0.3))), 0.04 * h, patch)
    _beast(painter, place, colour, action, leg=0.38, neck=0.36)
    for x, y, r in ((-0.22, 0.54, 0.12), (0.12, 0.6, 0.09), (0.3, 0.45, 0.07)):
        painter.oval(place.at(x, y), 1.2 * r * h, r * h, patch)
    painter.cone(place.at(0.58, 0.8), place.at(0.76, 0.66), 0.24 * h, 0.2 * h, colour)
    painter.oval(place.at(0.8, 0.63), 0.1 * h, 0.085 * h, rgb("e3a9a2"))
    for x in (0.48, 0.66):
        painter.line(
            smooth(place.path((x, 0.9), (x - 0.03, 1.0), (x + 0.02, 1.05))), 0.04 * h, WHITE
        )
    painter.oval(place.at(0.63, 0.82), 0.025 * h, 0.03 * h, BLACK)


def _bird(painter: Painter, place: Place, colour: Colour, action: str, variety: float) -> None:
    h, dark = place.height, mixed(colour, BLACK, 0.35)
    painter.fill(place.path((-0.5, 0.5), (-1.0, 0.62), (-0.95, 0.36)), dark)
    painter.solid(place.at(0, 0.45) + circle(0.6 * h, 0.3 * h), colour, 0.25)
    painter.solid(place.at(0.55, 0.66) + circle(0.24 * h, 0.22 * h), colour, 0.25)
    painter.fill(place.path((0.75, 0.72), (1.02, 0.62), (0.75, 0.56)), rgb("e8a020"))
    wing = smooth(place.path((0.2, 0.5), (-0.1, 1.05), (-0.5, 1.25), (-0.4, 0.55)), closed=True)
    painter.solid(wing, dark, 0.2)
    painter.oval(place.at(0.62, 0.72), 0.05 * h, 0.05 * h, BLACK)


DRAWINGS: dict[str, Callable[[Painter, Place, Colour, str, float], None]] = {
    "man": _man,
    "woman": _woman,
    "child": _child,
    "dog": _dog,
    "cat": _cat,
    "horse": _horse,
    "cow": _cow,
    "bird": _bird,
}
"""Kind -> what draws it: painter, place, colour, action, variety of 0 to 1."""
