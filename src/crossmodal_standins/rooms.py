"""Draw the rooms in which invented people meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from crossmodal_standins.painting import shade

Picture = NDArray[np.uint8]
"""[height, width, 3], red, green, blue."""

Rgb = tuple[float, float, float]

SIZE = (640, 360)
"""Width and height of a room's picture, in px."""

_PAPER = {
    "living room": ((172, 186, 170), (142, 158, 146)),
    "kitchen": ((222, 206, 168), (196, 176, 138)),
    "cafeteria": ((188, 204, 216), (156, 172, 188)),
    "laboratory": ((206, 212, 216), (170, 182, 192)),
    "hall": ((196, 170, 150), (158, 132, 116)),
}
_WOOD = (132, 90, 58)


def draw_room(generator: np.random.Generator, kind: str) -> Picture:
    """Draw a room.

    Args:
        generator: Places and colours what stands in it.
        kind: One of `KINDS`.

    Returns:
        [360, 640, 3].
    """
    width, height = SIZE
    above, below = (np.array(colour) + generator.integers(-10, 11, 3) for colour in _PAPER[kind])
    ramp = np.linspace(0, 1, height)[:, None, None]
    room: Any = np.broadcast_to(above + (below - above) * ramp, (height, width, 3))
    room = np.ascontiguousarray(np.clip(room, 0, 255).astype(np.uint8))
    cv2.rectangle(room, (0, 300), (width, height), shade(_WOOD, 0.9), -1)
    cv2.rectangle(room, (0, 292), (width, 300), (236, 230, 220), -1)
    for x in range(-40, width, 64):
        cv2.line(room, (x, height), (x + 46, 300), shade(_WOOD, 0.75), 2, cv2.LINE_AA)
    pieces = KINDS[kind]
    order = generator.permutation(len(pieces))
    for slot, index in enumerate(order):
        x = 30 + slot * (width - 60) // len(pieces) + int(generator.integers(0, 18))
        pieces[index](room, generator, x)
    soft: Any = cv2.GaussianBlur(room, (0, 0), 0.8)
    return np.asarray(soft, dtype=np.uint8)


def backdrop(
    room: Picture, centre: float, zoom: float, size: tuple[int, int], blur_px: float
) -> Picture:
    """Cut the part of a room that a camera sees.

    Args:
        room: [360, 640, 3].
        centre: Horizontal middle of the view, 0 left to 1 right; moved so that the view fits.
        zoom: 1 sees the whole room, 2 half its width.
        size: Width and height of the result.
        blur_px: Standard deviation, for a background out of focus.
    """
    height, width = room.shape[:2]
    wide, high = round(width / zoom), round(height / zoom)
    left = round(float(np.clip(centre * width - wide / 2, 0, width - wide)))
    top = round((height - high) * 0.4)
    view: Any = cv2.resize(
        room[top : top + high, left : left + wide], size, interpolation=cv2.INTER_AREA
    )
    if blur_px > 0:
        view = cv2.GaussianBlur(view, (0, 0), blur_px)
    return np.asarray(view, dtype=np.uint8)


def draw_table(picture: Picture, generator: np.random.Generator) -> None:
    """Draw a table with cups along the lower edge, in place, before those who sit there."""
    height, width = picture.shape[:2]
    top = round(0.86 * height)
    cv2.rectangle(picture, (0, top), (width, height), _WOOD, -1)
    cv2.rectangle(picture, (0, top), (width, top + 3), shade(_WOOD, 1.35), -1)
    for x in generator.integers(10, width - 10, 3):
        draw_cup(picture, float(x), top - 1.0, 7.0, _colour(generator))


def draw_cup(picture: Picture, x_px: float, y_px: float, half_px: float, colour: Rgb) -> None:
    """Draw a cup around a point, in place."""
    x, y, half = round(x_px * 16), round(y_px * 16), round(half_px * 16)
    handle = (x + half, y)
    cv2.ellipse(
        picture,
        handle,
        (half // 2, half // 2),
        0,
        0,
        360,
        shade(colour, 0.8),
        max(1, half // 50),
        cv2.LINE_AA,
        4,
    )
    box = np.array([(-half, -half), (half, -half), (half * 3 // 4, half), (-half * 3 // 4, half)])
    cv2.fillPoly(picture, [(box + np.array([x, y])).astype(np.int32)], colour, cv2.LINE_AA, 4)
    stripe = np.array(
        [(-half, -half), (-half // 2, -half), (-half // 2, half), (-half * 3 // 4, half)]
    )
    cv2.fillPoly(
        picture, [(stripe + np.array([x, y])).astype(np.int32)], shade(colour, 1.4), cv2.LINE_AA, 4
    )
    cv2.ellipse(
        picture, (x, y - half), (half, half // 4), 0, 0, 360, shade(colour, 0.7), -1, cv2.LINE_AA, 4
    )


def draw_plant(picture: Picture, x_px: float, generator: np.random.Generator) -> None:
    """Draw the leaves of a plant close to the camera, from the lower edge upward, in place."""
    height = picture.shape[0]
    for angle in np.linspace(-0.7, 0.7, 7) + generator.normal(0, 0.06, 7):
        length = height * generator.uniform(0.5, 0.85)
        along = np.linspace(0, 1, 9)
        middle = np.stack(
            [x_px + length * np.sin(angle) * along**1.4, height - length * np.cos(angle) * along],
            axis=1,
        )
        half = 0.05 * height * np.sin(np.pi * along**0.8)[:, None] * [[1.0, 0.3]]
        leaf = np.round(16 * np.concatenate([middle - half, (middle + half)[::-1]]))
        green = (44 + 30 * generator.random(), 92 + 40 * generator.random(), 58.0)
        cv2.fillPoly(picture, [leaf.astype(np.int32)], green, cv2.LINE_AA, 4)
        cv2.polylines(
            picture,
            [np.round(16 * middle).astype(np.int32)],
            False,
            shade(green, 0.7),
            1,
            cv2.LINE_AA,
            4,
        )


def _colour(generator: np.random.Generator) -> Rgb:
    """Return a colour that goes with furniture."""
    hue = np.array(
        [[[generator.integers(0, 180), generator.integers(70, 150), generator.integers(120, 220)]]],
        dtype=np.uint8,
    )
    red, green, blue = cv2.cvtColor(hue, cv2.COLOR_HSV2RGB)[0, 0].tolist()
    return red, green, blue


def _shelf(room: Any, generator: np.random.Generator, x: int) -> None:
    cv2.rectangle(room, (x, 70), (x + 130, 292), shade(_WOOD, 0.7), -1)
    for y in (78, 150, 222):
        cv2.rectangle(room, (x + 6, y), (x + 124, y + 64), shade(_WOOD, 0.45), -1)
        left = x + 8
        while left < x + 112:
            thick, high = int(generator.integers(6, 13)), int(generator.integers(36, 58))
            cv2.rectangle(
                room, (left, y + 64 - high), (left + thick, y + 64), _colour(generator), -1
            )
            left += thick + 1 + 14 * int(generator.random() < 0.08)


def _window(room: Any, generator: np.random.Generator, x: int) -> None:
    sky: Any = np.array([(150, 196, 232), (38, 48, 92), (236, 178, 130)][generator.integers(3)])
    ramp = np.linspace(0, 1, 150)[:, None, None]
    room[60:210, x : x + 120] = sky + (np.array((232, 226, 214)) - sky) * 0.6 * ramp
    for left in range(x + 4, x + 108, 18):
        top = int(generator.integers(130, 190))
        cv2.rectangle(room, (left, top), (left + 14, 209), shade(sky.tolist(), 0.6), -1)
    for line in ((x, 60, x + 120, 210), (x, 60, x + 60, 210), (x, 60, x + 120, 135)):
        cv2.rectangle(room, line[:2], line[2:], (240, 236, 228), 5)


def _lamp(room: Any, generator: np.random.Generator, x: int) -> None:
    cv2.line(room, (x + 40, 130), (x + 40, 292), (70, 66, 66), 4, cv2.LINE_AA)
    glow = room.copy()
    cv2.circle(glow, (x + 40, 112), 70, (255, 238, 190), -1, cv2.LINE_AA)
    cv2.addWeighted(cv2.GaussianBlur(glow, (0, 0), 22), 0.35, room, 0.65, 0, dst=room)
    hood = np.array([(x + 24, 84), (x + 56, 84), (x + 74, 134), (x + 6, 134)])
    cv2.fillPoly(room, [hood], (250, 226, 168), cv2.LINE_AA)


def _poster(room: Any, generator: np.random.Generator, x: int) -> None:
    colour = _colour(generator)
    cv2.rectangle(room, (x, 66), (x + 90, 190), (246, 242, 236), -1)
    cv2.rectangle(room, (x + 6, 72), (x + 84, 184), shade(colour, 0.6), -1)
    for radius in (32, 23, 14, 6):
        cv2.circle(
            room, (x + 45, 128), radius, shade(colour, 0.6 + 0.03 * (34 - radius)), 3, cv2.LINE_AA
        )


def _board(room: Any, generator: np.random.Generator, x: int) -> None:
    cv2.rectangle(room, (x, 56), (x + 150, 190), (150, 150, 156), -1)
    cv2.rectangle(room, (x + 5, 61), (x + 145, 185), (246, 248, 248), -1)
    for y in range(78, 176, 20):
        time = np.arange(0, generator.integers(60, 126), 3.0)
        wave = 4 * np.sin(time * generator.uniform(0.1, 0.9)) + generator.normal(0, 2, len(time))
        curve = np.stack([x + 14 + time, y + wave], axis=1).astype(np.int32)
        ink = ((40, 60, 150), (170, 40, 40), (30, 110, 70))[generator.integers(3)]
        cv2.polylines(room, [curve], False, ink, 1, cv2.LINE_AA)


def _cupboards(room: Any, generator: np.random.Generator, x: int) -> None:
    colour = _colour(generator)
    for left in (x, x + 52, x + 104):
        cv2.rectangle(room, (left, 50), (left + 48, 136), shade(colour, 0.95), -1)
        cv2.rectangle(room, (left + 5, 55), (left + 43, 131), shade(colour, 0.82), 2)
        cv2.rectangle(room, (left, 206), (left + 48, 292), shade(colour, 0.9), -1)
        cv2.circle(room, (left + 40, 220), 3, (230, 226, 216), -1, cv2.LINE_AA)
    cv2.rectangle(room, (x - 4, 194), (x + 156, 206), (226, 220, 210), -1)
    for left in range(x + 8, x + 140, 36):
        draw_cup(room, float(left), 185.0, 8.0, _colour(generator))


def _fridge(room: Any, generator: np.random.Generator, x: int) -> None:
    cv2.rectangle(room, (x, 76), (x + 92, 296), (226, 230, 232), -1)
    cv2.rectangle(room, (x, 76), (x + 92, 296), (178, 184, 188), 3)
    cv2.line(room, (x, 158), (x + 92, 158), (178, 184, 188), 3)
    cv2.line(room, (x + 12, 170), (x + 12, 220), (150, 156, 160), 4)
    for _ in range(6):
        left, top = x + int(generator.integers(20, 76)), int(generator.integers(86, 146))
        cv2.rectangle(room, (left, top), (left + 9, top + 11), _colour(generator), -1)


def _door(room: Any, generator: np.random.Generator, x: int) -> None:
    colour = shade(_colour(generator), 0.8)
    cv2.rectangle(room, (x - 8, 52), (x + 108, 298), (238, 232, 222), -1)
    cv2.rectangle(room, (x, 60), (x + 100, 298), colour, -1)
    for top in (74, 182):
        for left in (x + 12, x + 56):
            cv2.rectangle(room, (left, top), (left + 32, top + 90), shade(colour, 0.8), 2)
    cv2.circle(room, (x + 90, 186), 5, (226, 192, 96), -1, cv2.LINE_AA)


def _sofa(room: Any, generator: np.random.Generator, x: int) -> None:
    colour = shade(_colour(generator), 0.85)
    cv2.ellipse(room, (x + 80, 218), (96, 22), 0, 180, 360, colour, -1, cv2.LINE_AA)
    cv2.rectangle(room, (x - 16, 216), (x + 176, 300), colour, -1)
    cv2.line(room, (x + 80, 220), (x + 80, 300), shade(colour, 0.7), 3)
    for left in (x + 4, x + 118):
        cv2.rectangle(room, (left, 206), (left + 40, 242), _colour(generator), -1)


KINDS: dict[str, tuple[Callable[[Any, np.random.Generator, int], None], ...]] = {
    "living room": (_shelf, _window, _sofa, _lamp),
    "kitchen": (_cupboards, _fridge, _window),
    "cafeteria": (_window, _poster, _window, _lamp),
    "laboratory": (_board, _shelf, _window),
    "hall": (_door, _poster, _door, _lamp),
}
"""Name of a room -> what stands in it, from left to right in any order."""
