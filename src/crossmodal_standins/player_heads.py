"""Draws a player's head; the cheeks follow the breath."""

from __future__ import annotations

import numpy as np

from crossmodal_standins.painting import (
    BLACK,
    WHITE,
    circle,
    mixed,
    rgb,
    smooth,
)
from crossmodal_standins.players import Figure

_BLUSH = rgb("d8553f")
_MOUTH = rgb("9c4a45")
_FRAME = rgb("5a3d2c")


def draw_head(figure: Figure) -> None:
    """Draw head, hair and face."""
    look, skin, at = figure.look, figure.look.skin, figure.face
    angle = float(np.angle(figure.lean))
    if look.hair_style == 1:
        back = [(-0.05, -0.07), (-0.085, 0.0), (-0.08, 0.12), (-0.04, 0.17), (0.0, 0.1)]
        figure.painter.solid(smooth([at(x, y) for x, y in back], closed=True), look.hair, 0.1)
    elif look.hair_style == 2:
        figure.painter.solid(at(-0.085, 0.02) + circle(0.03, 0.06), look.hair, 0.12)
    shape = [
        (-0.066, -0.02),
        (-0.04, -0.085),
        (0.02, -0.09),
        (0.06, -0.045),
        (0.064, 0.01),
        (0.06, 0.055),
        (0.035, 0.092),
        (-0.012, 0.082),
        (-0.052, 0.04),
    ]
    figure.painter.solid(smooth([at(x, y) for x, y in shape], closed=True), skin, 0.16)
    cheek = 0.02 + 0.017 * figure.puff
    blush = mixed(skin, _BLUSH, 0.06 + 0.36 * figure.puff)
    figure.painter.oval(at(0.022 + 0.008 * figure.puff, 0.04), cheek, cheek * 0.95, blush, angle)
    if look.beard:
        beard = [
            (-0.05, 0.03),
            (-0.03, 0.06),
            (0.02, 0.062),
            (0.06, 0.05),
            (0.05, 0.09),
            (0.02, 0.105),
            (-0.03, 0.085),
        ]
        figure.painter.fill(smooth([at(x, y) for x, y in beard], closed=True), look.hair)
    figure.painter.line([at(0.036, 0.05), at(0.052, 0.047)], 0.007, _MOUTH)
    nose = smooth([at(0.046, -0.015), at(0.064, 0.016), at(0.058, 0.026), at(0.046, 0.026)])
    figure.painter.line(nose, 0.006, mixed(skin, BLACK, 0.28))
    _draw_eyes(figure)
    _draw_hair(figure)


def _draw_eyes(figure: Figure) -> None:
    at, skin = figure.face, figure.look.skin
    closed = figure.moment.loudness > 0.85
    for x, wide in ((0.008, 0.0145), (0.05, 0.0105)):
        if closed:
            lid = [at(x - wide, -0.012), at(x, -0.007), at(x + wide, -0.012)]
            figure.painter.line(smooth(lid), 0.005, mixed(skin, BLACK, 0.65))
        else:
            figure.painter.oval(at(x, -0.012), wide, 0.0085, WHITE)
            figure.painter.oval(at(x + 0.004, -0.011), 0.007, 0.0075, rgb("33261f"))
        lift = -0.034 - 0.006 * figure.moment.loudness
        brow = [at(x - wide, lift + 0.003), at(x, lift - 0.002), at(x + wide, lift + 0.002)]
        figure.painter.line(smooth(brow), 0.007, mixed(figure.look.hair, skin, 0.15))
        if figure.look.glasses:
            figure.painter.ring(at(x, -0.01), wide + 0.009, 0.021, 0.003, _FRAME)
    if figure.look.glasses:
        figure.painter.line([at(-0.015, -0.012), at(-0.05, -0.016)], 0.003, _FRAME)


def _draw_hair(figure: Figure) -> None:
    at, style = figure.face, figure.look.hair_style
    fringe = (0.05, -0.05) if style in (0, 3) else (0.062, -0.03)
    cap = [
        (-0.062, 0.01),
        (-0.078, -0.03),
        (-0.055, -0.095),
        (0.005, -0.115),
        (0.055, -0.088),
        fringe,
        (0.01, -0.062),
        (-0.02, -0.05),
        (-0.035, -0.02),
        (-0.04, 0.012),
    ]
    if style == 3:
        cap = [(x * 1.12 - 0.004, y * 1.12) for x, y in cap]
    figure.painter.solid(smooth([at(x, y) for x, y in cap], closed=True), figure.look.hair, 0.14)
    figure.painter.oval(at(-0.034, 0.012), 0.011, 0.018, mixed(figure.look.skin, BLACK, 0.12))
