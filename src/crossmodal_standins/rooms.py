"""Draws the rooms in which invented people meet, and the part of them that a camera sees."""

from __future__ import annotations

import cv2
import numpy as np

from crossmodal_standins.canvas import Canvas, Picture, gradient
from crossmodal_standins.colours import mixed, rgb, varied
from crossmodal_standins.people import CLOTHES
from crossmodal_standins.words import choose, read_yaml

SIZE = (640, 360)
"""Width and height of a room's picture, in px."""

KINDS: dict[str, tuple[str, list[str]]] = read_yaml("scenes.yaml")["rooms"]
"""Name of a room -> colours of its wall, and what stands in it, in any order."""


def draw_room(generator: np.random.Generator, kind: str) -> Picture:
    """Draw a room, [360, 640, 3]; the generator places and colours what stands in it."""
    colours, pieces = KINDS[kind]
    wall = [varied(generator, rgb(code), 6) for code in colours.split()]
    canvas = Canvas(gradient(wall, SIZE[1], SIZE[0]))
    canvas.fill([(0, 0.83), (2, 0.83), (2, 1), (0, 1)], rgb("84603c"))
    canvas.line([(0, 0.82), (2, 0.82)], 0.02, rgb("ece6dc"))
    step = canvas.wide / len(pieces)
    for slot, index in enumerate(generator.permutation(len(pieces))):
        x = step * (slot + 0.5) + generator.uniform(-0.05, 0.05)
        chosen = [CLOTHES[place] for place in generator.permutation(len(CLOTHES))[:2]]
        tones = dict(zip("ab", (mixed(tone, wall[0], 0.3) for tone in chosen), strict=True))
        canvas.placed(x, 0.5, 0.3).draw(pieces[index], tones | {"c": rgb("6e4a2e")})
    return np.asarray(cv2.GaussianBlur(canvas.picture, (0, 0), 0.8), dtype=np.uint8)


def any_room(generator: np.random.Generator) -> Picture:
    """Draw a room of any kind."""
    return draw_room(generator, choose(generator, list(KINDS)))


def backdrop(
    room: Picture, centre: float, zoom: float, size: tuple[int, int], blur_px: float
) -> Picture:
    """Cut the part of a room that a camera sees.

    `centre` is the middle of the view, 0 left to 1 right, moved so that the view fits; a zoom of 1
    sees the whole height of the room, 2 half of it; `size` is width and height of the result.
    """
    height, width = room.shape[:2]
    high = round(height / zoom)
    wide = round(high * size[0] / size[1])
    left = round(float(np.clip(centre * width - wide / 2, 0, width - wide)))
    top = round((height - high) * 0.4)
    part = room[top : top + high, left : left + wide]
    view = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(view, (0, 0), blur_px), dtype=np.uint8)
