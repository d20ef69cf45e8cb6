"""Draw an invented person into a picture: head with pose, light and expression, and shoulders.

Sprites are kept, because a video needs the same few hundred again and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from crossmodal_standins.hair import HANGING, hair_behind
from crossmodal_standins.head import (
    BOTTOM,
    LEFT,
    TOP,
    Look,
    draw_bare_head,
    draw_expression,
)
from crossmodal_standins.painting import Brush, mirrored, oval, shade, smooth
from crossmodal_standins.people import Colour, Face

Picture = NDArray[np.uint8]
"""[height, width, 3], red, green, blue."""


@dataclass(frozen=True)
class Place:
    """Where a head is in a picture.

    Attributes:
        x_px, y_px: The point between the eyes.
        unit_px: Half the height of an average head.
        roll_deg: Leaning, clockwise.
    """

    x_px: float
    y_px: float
    unit_px: float
    roll_deg: float = 0.0


def draw_bust(
    picture: Picture, face: Face, look: Look, place: Place, clothes: Colour | None = None
) -> None:
    """Draw a person from the head down to the edge of the picture, in place.

    Args:
        picture: Is drawn on.
        face: Who.
        look: Pose, expression and light; drawn at the nearest step of `Look.stepped`.
        place: Where; sprites are drawn at the next of a few sizes and scaled.
        clothes: Their colour; None for the person's own.
    """
    fine = 40 if place.unit_px <= 40 else 72
    body = _body_sprite(face, fine, face.clothes if clothes is None else clothes)
    still = Place(place.x_px, place.y_px, place.unit_px, 0.25 * place.roll_deg)
    if face.style in HANGING:
        _paste(picture, _hair_sprite(face, fine), (LEFT, TOP), fine, place)
    _paste(picture, body, (-2.2, 0.15 * face.length), fine, still)
    _paste(picture, _head_sprite(face, look.stepped(), fine), (LEFT, TOP), fine, place)


def face_box(face: Face, place: Place) -> tuple[float, float, float, float]:
    """Return the box around a face from hairline to chin: x, y, width, height in px."""
    half = 0.74 * face.width * place.unit_px
    top, bottom = -0.62 * face.length * place.unit_px, face.length * place.unit_px
    return place.x_px - half, place.y_px + top, 2 * half, bottom - top


@lru_cache(maxsize=600)
def _head_sprite(face: Face, look: Look, unit_px: int) -> Picture:
    """Return [height, width, 4], colours times alpha, and alpha."""
    pose = Look(yaw_deg=look.yaw_deg, pitch_deg=look.pitch_deg, light=look.light)
    brush = _bare_head(face, pose, unit_px).copy()
    draw_expression(brush, face, look)
    return brush.sprite()


@lru_cache(maxsize=100)
def _bare_head(face: Face, pose: Look, unit_px: int) -> Brush:
    brush = Brush(unit_px, LEFT, TOP, -LEFT, BOTTOM)
    draw_bare_head(brush, face, pose)
    return brush


@lru_cache(maxsize=64)
def _hair_sprite(face: Face, unit_px: int) -> Picture:
    """Return what hangs behind head and shoulders, [height, width, 4]."""
    brush = Brush(unit_px, LEFT, TOP, -LEFT, BOTTOM)
    hair_behind(brush, face)
    return brush.sprite()


@lru_cache(maxsize=64)
def _body_sprite(face: Face, unit_px: int, clothes: Colour) -> Picture:
    """Return neck, shoulders and chest, [height, width, 4]."""
    brush = Brush(unit_px, -2.2, 0.3, 2.2, 5.0)
    neck = 0.4 * face.jaw
    broad = 1.62 * (0.9 + 0.1 * face.jaw)
    chest = [
        (0, 1.34),
        (neck + 0.04, 1.36),
        (0.95, 1.6),
        (broad, 1.86),
        (broad + 0.22, 2.7),
        (broad + 0.3, 5.2),
        (0, 5.2),
    ]
    brush.fill(smooth(mirrored(chest), closed=True, steps=6), clothes, solid=True)
    for side in (-1, 1):
        arm = smooth(
            [(side * 1.16, 2.5), (side * 1.22, 3.4), (side * 1.26, 5.0)], closed=False, steps=6
        )
        brush.line(arm, shade(clothes, 0.66), 0.05)
        brush.tint(oval(side * broad, 3.4, 0.3, 1.6), shade(clothes, 0.5), 0.5, 0.2)
    throat = [(0, 0.4), (neck, 0.5), (neck, 1.2), (neck + 0.16, 1.46), (0.26, 1.72), (0, 1.84)]
    brush.fill(smooth(mirrored(throat), closed=True, steps=6), shade(face.skin, 0.86), solid=True)
    brush.tint(oval(0, 0.98 * face.length + 0.1, 0.5, 0.2), shade(face.skin, 0.5), 0.75, 0.1)
    collar = smooth(
        [(neck + 0.2, 1.44), (0.28, 1.78), (0, 1.92), (-0.28, 1.78), (-neck - 0.2, 1.44)],
        closed=False,
        steps=6,
    )
    brush.line(collar, shade(clothes, 0.62), 0.1)
    brush.line(collar, shade(clothes, 1.25), 0.045)
    brush.tint(oval(-0.55, 2.3, 0.4, 0.5), (255, 255, 255), 0.12, 0.25)
    return brush.sprite()


def _paste(
    picture: Picture,
    sprite: Picture,
    corner: tuple[float, float],
    sprite_unit_px: int,
    place: Place,
) -> None:
    """Scale, lean and blend a sprite into a picture; `corner` is its upper left one in units."""
    scale = place.unit_px / sprite_unit_px
    angle = np.radians(place.roll_deg)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = np.array([place.x_px, place.y_px]) + turn @ np.array(corner) * sprite_unit_px
    height, width = sprite.shape[:2]
    corners = np.array([[0, 0, width, width], [0, height, 0, height]])
    reach = turn @ corners + shift[:, None]
    low = np.maximum(np.floor(reach.min(1)).astype(int), 0)
    high = np.minimum(np.ceil(reach.max(1)).astype(int), picture.shape[1::-1])
    if (low >= high).any():
        return
    matrix = np.concatenate([turn, (shift - low)[:, None]], axis=1)
    patch: Any = cv2.warpAffine(
        sprite, matrix, tuple((high - low).tolist()), flags=cv2.INTER_LINEAR
    )
    region = picture[low[1] : high[1], low[0] : high[0]]
    behind = cv2.cvtColor(255 - cv2.extractChannel(patch, 3), cv2.COLOR_GRAY2RGB)
    cv2.multiply(region, behind, dst=region, scale=1 / 255)
    cv2.add(region, cv2.cvtColor(patch, cv2.COLOR_RGBA2RGB), dst=region)
