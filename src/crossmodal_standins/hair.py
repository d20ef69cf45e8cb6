"""Hair: behind the head, over it, and brows and beards; styles by name."""

from __future__ import annotations

import numpy as np

from crossmodal_standins.painting import Brush, Corners, mirrored, oval, shade, smooth
from crossmodal_standins.people import Face

HAIRLINES = {
    "short": ((0.76, -0.06), (0.69, -0.3), (0.56, -0.54), (0.3, -0.62), (0, -0.58)),
    "parted": ((0.77, 0.02), (0.71, -0.26), (0.58, -0.5), (0.36, -0.44), (0, -0.6)),
    "curly": ((0.78, 0.05), (0.68, -0.24), (0.5, -0.46), (0.25, -0.5), (0, -0.48)),
    "bowl": ((0.8, 0.16), (0.7, -0.12), (0.56, -0.33), (0.28, -0.36), (0, -0.36)),
    "receding": ((0.76, 0.0), (0.7, -0.3), (0.6, -0.62), (0.42, -0.84), (0, -0.72)),
    "long": ((0.8, 0.3), (0.68, -0.1), (0.56, -0.42), (0.26, -0.62), (0, -0.72)),
    "bob": ((0.82, 0.3), (0.7, -0.06), (0.6, -0.34), (0.3, -0.42), (0, -0.4)),
    "tied": ((0.75, -0.1), (0.68, -0.32), (0.54, -0.56), (0.28, -0.68), (0, -0.72)),
}
"""Lower edge of the hair on the right of a face, from the ear to the middle of the forehead."""

_BACK = {
    "long": (
        (0, -1.16),
        (0.62, -1.0),
        (0.95, -0.45),
        (1.0, 0.3),
        (1.04, 1.0),
        (0.9, 1.5),
        (0.5, 1.58),
        (0, 1.5),
    ),
    "bob": (
        (0, -1.16),
        (0.62, -1.02),
        (0.96, -0.45),
        (1.02, 0.2),
        (0.98, 0.72),
        (0.72, 0.86),
        (0.4, 0.84),
        (0, 0.8),
    ),
}
HANGING = (*_BACK, "tied")
"""Styles of which something is seen behind the head."""

_VOLUME = {
    "short": 0.09,
    "parted": 0.13,
    "curly": 0.15,
    "bowl": 0.15,
    "receding": 0.05,
    "long": 0.14,
    "bob": 0.15,
    "tied": 0.07,
}


def hair_behind(brush: Brush, face: Face) -> None:
    """Draw what hangs behind the head and neck, or the bun above it."""
    stretch = np.array([face.width, face.length])
    dark = shade(face.hair, 0.72)
    if face.style in _BACK:
        brush.fill(
            smooth(mirrored(_BACK[face.style]) * stretch, closed=True, steps=6), dark, solid=True
        )
    if face.style == "tied":
        brush.fill(oval(0, -1.16 * face.length, 0.34, 0.28), shade(face.hair, 0.85), solid=True)
        brush.tint(oval(-0.1, -1.24 * face.length, 0.1, 0.06), (255, 255, 255), 0.25, 0.05)


def hair_over(brush: Brush, face: Face, turn: float) -> None:
    """Draw the hair that covers the skull.

    Args:
        brush: Canvas.
        face: Whose hair.
        turn: How far the middle of the forehead has moved to the right, in units.
    """
    stretch = np.array([face.width, face.length])
    right = np.array(HAIRLINES[face.style]) * stretch
    left = right[::-1][1:] * (-1, 1)
    if face.style == "parted":
        left[:, 1] -= np.array([0.14, 0.1, 0.02, 0]) * face.length
    line = np.concatenate([right, left])
    near = 1 - np.abs(line[:, 0]) / (0.9 * face.width)
    line[:, 0] += turn * np.clip(near, 0, 1)
    volume = _VOLUME[face.style]
    angle = np.linspace(np.pi * 1.02, np.pi * 1.98, 15)
    crown = np.stack(
        [
            (0.77 * face.width + volume) * np.cos(angle),
            -0.1 + ((0.92 + volume) * face.length) * np.sin(angle),
        ],
        axis=1,
    )
    shape = np.concatenate(
        [smooth(line, closed=False, steps=6), smooth(crown, closed=False, steps=6)]
    )
    brush.fill(shape, face.hair, solid=True)
    if face.style == "curly":
        _curls(brush, face, crown, line)
    else:
        _strands(brush, face, crown, line)


def brow(brush: Brush, face: Face, points: Corners) -> None:
    """Draw one brow along three points from the nose outward, thinner at its end."""
    half = 0.045 * face.brow * np.array([[0.0, 0.8], [0.0, 1.0], [0.0, 0.25]])
    outline = np.concatenate(
        [
            smooth(points - half, closed=False, steps=6),
            smooth(points + half, closed=False, steps=6)[::-1],
        ]
    )
    brush.tint(outline, shade(face.hair, 0.62), 0.92, 0.012)


def beard(brush: Brush, face: Face, chin: Corners, mouth: Corners) -> None:
    """Draw a beard.

    Args:
        brush: Canvas.
        face: Whose beard.
        chin: Lower outline of the head from right ear over the chin to the left one.
        mouth: Its middle, [2].
    """
    colour = shade(face.hair, 0.8)
    if face.beard in ("stubble", "full"):
        inner = smooth(
            mouth
            + np.array(
                [
                    (-0.64, -0.34),
                    (-0.44, 0.04),
                    (-0.2, -0.17),
                    (0, -0.13),
                    (0.2, -0.17),
                    (0.44, 0.04),
                    (0.64, -0.34),
                ]
            )
            * (face.width, 1),
            closed=False,
            steps=6,
        )
        strength = 0.9 if face.beard == "full" else 0.3
        brush.tint(np.concatenate([chin, inner]), colour, strength, 0.035)
    if face.beard in ("moustache", "full"):
        shape = smooth(
            mouth
            + np.array(
                [
                    (0, -0.16),
                    (0.2, -0.12),
                    (0.31, 0.0),
                    (0.16, -0.05),
                    (0, -0.06),
                    (-0.16, -0.05),
                    (-0.31, 0.0),
                    (-0.2, -0.12),
                ]
            ),
            closed=True,
            steps=6,
        )
        brush.tint(shape, colour, 0.95, 0.012)


def _strands(brush: Brush, face: Face, crown: Corners, line: Corners) -> None:
    """Draw some lighter and darker strands from the crown to the hairline."""
    for index in range(1, 14):
        outer = crown[index]
        inner = line[round((14 - index) / 14 * (len(line) - 1))]
        bend = (outer + inner) / 2 + (0.06 * np.sign(outer[0]), -0.05)
        curve = smooth([outer * 0.97, bend, inner], closed=False, steps=6)
        brush.line(curve, _tone(face, (0.8, 1.1, 0.9, 1.18)[index % 4]), 0.018)
    brush.tint(oval(-0.28, -0.86 * face.length, 0.3, 0.07), (255, 250, 240), 0.2, 0.08)


def _curls(brush: Brush, face: Face, crown: Corners, line: Corners) -> None:
    """Draw rows of curls over the hair."""
    for row, share in enumerate((0.05, 0.35, 0.65, 0.92)):
        for index in range(row % 2, 15, 2):
            inner = line[round((14 - index) / 14 * (len(line) - 1))]
            x, y = crown[index] * (1 - share) + inner * share
            tone = (0.86, 1.0, 1.12)[(index + row) % 3]
            brush.fill(oval(x, y, 0.17, 0.15), _tone(face, tone), solid=True)
            brush.line(oval(x - 0.02, y - 0.02, 0.1, 0.085)[10:20], _tone(face, tone * 1.3), 0.02)


def _tone(face: Face, factor: float) -> tuple[float, float, float]:
    """Return the hair's colour, darker or lighter in proportion: black hair stays dark."""
    red, green, blue = (min(255.0, value * factor) for value in face.hair)
    return red, green, blue
