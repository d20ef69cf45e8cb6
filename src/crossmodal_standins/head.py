"""The head of an invented person: features on an ellipsoid that turns and nods.

They move against the outline as those of a real head do. What an expression changes is drawn apart
from the rest, because a video needs many expressions of few poses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crossmodal_standins.hair import beard, brow, hair_over
from crossmodal_standins.painting import (
    Brush,
    Corners,
    mirrored,
    moved,
    oval,
    shade,
    smooth,
)
from crossmodal_standins.people import Face

LEFT, TOP, BOTTOM = -1.45, -1.6, 1.75
"""Edges of a canvas for a head, in units; the right one is -LEFT."""

_DEPTH = 0.8
"""Depth of the head's ellipsoid, relative to half its height."""

_INK = (52, 36, 34)


@dataclass(frozen=True)
class Look:
    """How a head is seen at a moment.

    Attributes:
        yaw_deg: Turned to the right of the picture.
        pitch_deg: Nodding down.
        mouth: 0 closed to 1 wide open.
        blink: 0 open to 1 closed eyes.
        smile: -1 sad to 1 smiling.
        brows: -1 frowning to 1 raised.
        light: Where the light comes from, -1 left to 1 right.
    """

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    mouth: float = 0.0
    blink: float = 0.0
    smile: float = 0.2
    brows: float = 0.0
    light: float = -0.4

    def stepped(self) -> Look:
        """Return the nearest of the looks that are worth drawing apart."""
        return Look(
            yaw_deg=round(self.yaw_deg / 5) * 5.0,
            pitch_deg=round(self.pitch_deg / 5) * 5.0,
            mouth=round(self.mouth * 5) / 5,
            blink=round(self.blink * 2) / 2,
            smile=round(self.smile * 2) / 2,
            brows=float(round(self.brows)),
            light=float(round(self.light)),
        )


def draw_bare_head(brush: Brush, face: Face, pose: Look) -> None:
    """Draw what no expression moves: ears, skin, wrinkles, beard, nose.

    Args:
        brush: An empty canvas.
        face: Whose head.
        pose: Yaw, pitch and light; the rest is not looked at.
    """
    turn = _Turn(face, pose)
    _ears(brush, face, pose)
    outline = smooth(moved(mirrored(_outline(face)), 0.05 * turn.sine), closed=True, steps=6)
    brush.fill(outline, face.skin, solid=True)
    _complexion(brush, face, turn)
    _wrinkles(brush, face, turn)
    chin = outline[(outline[:, 1] > 0.1 * face.length)]
    beard(brush, face, chin, turn(np.array([[0, 0.64 * face.length]]))[0])
    _nose(brush, face, pose, turn)


def draw_expression(brush: Brush, face: Face, look: Look) -> None:
    """Draw eyes, mouth, hair and brows over a bare head in the same pose, then light it all."""
    turn = _Turn(face, look)
    for side in (-1.0, 1.0):
        _eye(brush, face, look, turn, side)
    _mouth(brush, face, look, turn)
    hair_over(brush, face, 0.5 * turn.sine)
    for side in (-1.0, 1.0):
        _brow(brush, face, look, turn, side)
    if face.glasses:
        _glasses(brush, face, turn)
    brush.light(_light(face, look))


class _Turn:
    """Moves points of the face's front as the head turns and nods."""

    def __init__(self, face: Face, look: Look) -> None:
        self._axes = 0.86 * face.width, 1.12 * face.length
        yaw, pitch = np.radians(look.yaw_deg), np.radians(look.pitch_deg)
        self.sine, self._cosine = float(np.sin(yaw)), float(np.cos(yaw))
        self._down, self._upright = float(np.sin(pitch)), float(np.cos(pitch))

    def __call__(self, points: Corners) -> Corners:
        x, y = points[:, 0], points[:, 1]
        flat = 1 - (x / self._axes[0]) ** 2 - (y / self._axes[1]) ** 2
        z = _DEPTH * np.sqrt(np.maximum(flat, 0))
        across = x * self._cosine + z * self.sine
        depth = z * self._cosine - x * self.sine
        return np.stack([across, y * self._upright + depth * self._down], axis=1)


def _outline(face: Face) -> list[tuple[float, float]]:
    """Return the right half of the head's outline, from the crown to the chin."""
    round_cheek = 0.04 * (face.cheeks - 1) / 0.3
    half = [
        (0.0, -1.0),
        (0.4, -0.94),
        (0.65, -0.68),
        (0.745, -0.28),
        (0.73, 0.08),
        (0.69 + round_cheek, 0.36),
        ((0.56 + round_cheek) * face.jaw, 0.66),
        (0.3 * face.jaw, 0.94),
        (0.0, 1.0),
    ]
    return [(x * face.width, y * face.length) for x, y in half]


def _ears(brush: Brush, face: Face, look: Look) -> None:
    for side in (-1, 1):
        reach = 0.745 * face.width - 0.006 * side * look.yaw_deg * 0.5
        brush.fill(oval(side * reach, 0.12, 0.11, 0.2), shade(face.skin, 0.9), solid=True)
        brush.tint(oval(side * reach, 0.12, 0.05, 0.11), shade(face.skin, 0.6), 0.6, 0.03)


def _complexion(brush: Brush, face: Face, turn: _Turn) -> None:
    """Cheeks, sockets of the eyes, shadows beside the nose and under the lip."""
    red, green, blue = face.skin
    for side in (-1, 1):
        blush = turn(oval(side * 0.42 * face.width, 0.34, 0.16 * face.cheeks, 0.13))
        brush.tint(blush, (min(255, red + 14), green * 0.8, blue * 0.8), 0.35, 0.09)
        socket = turn(oval(side * 0.31 * face.eye_gap, -0.04, 0.2, 0.15))
        brush.tint(socket, shade(face.skin, 0.55), 0.6, 0.06)
        cheek = turn(oval(side * 0.37 * face.width, 0.25, 0.15, 0.07))
        brush.tint(cheek, shade(face.skin, 1.6), 0.4, 0.06)
        flank = np.array([(0.06, -0.1), (0.16, -0.06), (0.15, 0.3), (0.08, 0.28)])
        brush.tint(turn(flank * (side, face.nose_length)), shade(face.skin, 0.68), 0.28, 0.035)
    brush.tint(turn(oval(0, 0.8 * face.length, 0.14, 0.03)), shade(face.skin, 0.62), 0.4, 0.04)
    brush.tint(turn(oval(0, -0.42, 0.3, 0.14)), shade(face.skin, 1.5), 0.35, 0.12)


def _wrinkles(brush: Brush, face: Face, turn: _Turn) -> None:
    colour, strength = shade(face.skin, 0.62), 0.75 * face.wrinkles
    if strength < 0.05:
        return
    lines = [[(-0.34, y), (0, y - 0.03), (0.34, y)] for y in (-0.5, -0.41)]
    for side in (-1, 1):
        lines.append([(side * 0.17, 0.38), (side * 0.32, 0.5), (side * 0.35, 0.66)])
        lines.append([(side * 0.2, 0.16), (side * 0.33, 0.19), (side * 0.44, 0.13)])
        lines.append([(side * 0.53, 0.02), (side * 0.62, -0.03)])
        lines.append([(side * 0.53, 0.05), (side * 0.62, 0.08)])
    for points in lines:
        curve = smooth(points, closed=False, steps=6)
        band = np.concatenate([moved(curve, 0, -0.011), moved(curve[::-1], 0, 0.011)])
        brush.tint(turn(band), colour, strength, 0.014)


def _eye(brush: Brush, face: Face, look: Look, turn: _Turn, side: float) -> None:
    x, size = side * 0.31 * face.eye_gap, face.eye_size
    half, height = 0.155 * size, 0.088 * size * (1 - look.blink) * (1 - 0.12 * abs(look.smile))
    angle = np.linspace(np.pi, 0, 9)
    upper = np.stack([x + half * np.cos(angle), -height * np.sin(angle) ** 0.8], axis=1)
    lower = np.stack([x - half * np.cos(angle), 0.75 * height * np.sin(angle)], axis=1)
    upper, lower = turn(upper), turn(lower)
    if look.blink < 0.9:
        white = np.concatenate([upper, lower])
        brush.fill(white, (228, 221, 214))
        shadow = np.concatenate([upper, moved(upper[::-1], 0, 0.04)])
        brush.tint(shadow, shade(face.skin, 0.4), 0.5, 0.012)
        x_iris, y_iris = turn(np.array([[x + 0.05 * turn.sine, -0.01]]))[0].tolist()
        open_part = min(1.0, height / 0.075)
        iris = 0.08 * size
        brush.fill(oval(x_iris, y_iris, iris, iris * open_part), shade(face.eyes, 0.75))
        brush.fill(oval(x_iris, y_iris, 0.78 * iris, 0.78 * iris * open_part), face.eyes)
        brush.fill(oval(x_iris, y_iris, 0.42 * iris, 0.42 * iris * open_part), (18, 14, 14))
        glint = oval(x_iris, y_iris, 0.24 * iris, 0.24 * iris)
        brush.fill(moved(glint, -0.35 * iris, -0.35 * iris * open_part), (255, 255, 255))
    else:
        brush.fill(turn(oval(x, -0.01, half, 0.075 * size)), shade(face.skin, 0.92))
        upper = turn(np.stack([x + half * np.cos(angle), 0.05 * np.sin(angle)], axis=1))
    brush.line(upper, _INK, 0.02 + 0.022 * face.lashes)
    brush.line(lower, shade(face.skin, 0.62), 0.012)
    crease = np.stack(
        [x + 1.05 * half * np.cos(angle), -0.035 - 0.115 * size * np.sin(angle)], axis=1
    )
    brush.line(turn(crease), shade(face.skin, 0.7), 0.013)
    if face.lashes > 0.5:
        corner = np.array([(x + side * half, 0), (x + side * (half + 0.06), -0.05)])
        brush.line(turn(corner), _INK, 0.022)


def _brow(brush: Brush, face: Face, look: Look, turn: _Turn, side: float) -> None:
    y = -0.24 - 0.05 * look.brows
    frown = -0.04 * min(look.brows, 0)
    points = np.array([(0.13, y + 0.05 + frown), (0.32, y - 0.04), (0.52, y + 0.04)])
    brow(brush, face, turn(points * (side * face.eye_gap, 1)))


def _nose(brush: Brush, face: Face, look: Look, turn: _Turn) -> None:
    """Bridge, wings and nostrils; the tip stands out, so that it moves most as the head turns."""
    out = np.array([0.2 * turn.sine, 0.0])
    tip = 0.36 * face.nose_length
    wide = 0.13 * face.nose_width
    bridge = np.array([(-0.03, -0.1), (0.03, -0.1), (0.045, tip - 0.06), (-0.045, tip - 0.06)])
    brush.tint(turn(bridge) + 0.6 * out, shade(face.skin, 1.7), 0.6, 0.03)
    side = np.array([(0.03, -0.06), (wide + 0.02, tip), (0.03, tip + 0.03)])
    away = 1.0 if look.light <= 0 else -1.0
    brush.tint(turn(side * (away, 1)) + out, shade(face.skin, 0.6), 0.36, 0.035)
    brush.tint(
        turn(oval(0, tip + 0.085, 1.1 * wide, 0.035)) + out, shade(face.skin, 0.5), 0.4, 0.03
    )
    for turned in (-1, 1):
        wing = [
            (turned * 0.9 * wide, tip - 0.05),
            (turned * 1.15 * wide, tip + 0.02),
            (turned * 0.85 * wide, tip + 0.065),
        ]
        brush.line(turn(smooth(wing, closed=False, steps=6)) + out, shade(face.skin, 0.58), 0.018)
        hole = oval(turned * 0.5 * wide, tip + 0.055, 0.036 * face.nose_width, 0.02)
        brush.fill(turn(hole) + out, shade(face.skin, 0.34))
    under = smooth(
        [(-0.3 * wide, tip + 0.07), (0, tip + 0.09), (0.3 * wide, tip + 0.07)],
        closed=False,
        steps=6,
    )
    brush.line(turn(under) + out, shade(face.skin, 0.55), 0.016)
    brush.tint(turn(oval(-0.01, tip - 0.03, 0.035, 0.03)) + out, (255, 252, 246), 0.5, 0.02)


def _mouth(brush: Brush, face: Face, look: Look, turn: _Turn) -> None:
    y = 0.64 * face.length
    half = 0.265 * face.mouth * (1 - 0.16 * look.mouth + 0.1 * max(look.smile, 0))
    lift = -0.055 * look.smile
    up, down = 0.05 * look.mouth, 0.25 * look.mouth
    thick = 0.052 * face.lips
    corner = (half, y + lift)
    inner_up = [(0, y - up), (0.5 * half, y - 0.9 * up + 0.3 * lift), corner]
    inner_down = [(0, y + down), (0.55 * half, y + 0.85 * down + 0.3 * lift), corner]
    outer_up = [
        (0, y - up - 0.8 * thick),
        (0.24 * half, y - up - 1.25 * thick),
        (0.62 * half, y - 0.8 * up - 0.7 * thick + 0.4 * lift),
        corner,
    ]
    outer_down = [
        (0, y + down + 1.5 * thick),
        (0.55 * half, y + 0.9 * down + 1.2 * thick + 0.3 * lift),
        corner,
    ]
    red, green, blue = face.skin
    lip = (0.6 * red + 62, 0.56 * green + 8, 0.56 * blue + 18)
    brush.fill(turn(_lips(outer_up, outer_down)), shade(lip, 0.92))
    brush.fill(turn(_lips(inner_up, outer_down)), lip)
    brush.tint(
        turn(oval(0, y + down + 0.75 * thick, 0.4 * half, 0.3 * thick)), (255, 236, 230), 0.4, 0.02
    )
    if look.mouth > 0.04:
        brush.fill(turn(_lips(inner_up, inner_down)), (70, 24, 28))
        tongue = oval(0, y + 0.85 * down, 0.5 * half, 0.32 * down)
        brush.fill(turn(tongue), (176, 84, 84))
        teeth = min(0.5 * (up + down), 0.075)
        under = [
            (0, y - up + teeth),
            (0.5 * half, y - 0.9 * up + teeth + 0.2 * lift),
            (0.72 * half, y - 0.5 * up + 0.5 * lift),
        ]
        upper = [*inner_up[:2], (0.72 * half, y - 0.5 * up + 0.5 * lift)]
        brush.fill(turn(_lips(upper, under)), (246, 242, 234))
    brush.line(turn(_both_sides(inner_up)), shade(lip, 0.45), 0.02)


def _both_sides(right: list[tuple[float, float]]) -> Corners:
    """Return a curve from the left corner over the middle to the right one."""
    points = np.array(right)
    return smooth(np.concatenate([points[::-1] * (-1, 1), points[1:]]), closed=False, steps=6)


def _lips(above: list[tuple[float, float]], below: list[tuple[float, float]]) -> Corners:
    return np.concatenate([_both_sides(above), _both_sides(below)[::-1]])


def _glasses(brush: Brush, face: Face, turn: _Turn) -> None:
    dark = (44, 42, 48)
    for side in (-1, 1):
        lens = moved(turn(oval(side * 0.32 * face.eye_gap, 0.02, 0.235, 0.185)), 0.1 * turn.sine)
        brush.tint(lens, (96, 104, 116), 0.16, 0.02)
        brush.line(lens, dark, 0.024, closed=True)
        start = lens[0] if side > 0 else lens[12]
        brush.line(np.stack([start, np.array([side * 0.76 * face.width, -0.02])]), dark, 0.03)
    bridge = smooth([(-0.09, 0.0), (0, -0.035), (0.09, 0.0)], closed=False, steps=6)
    brush.line(moved(turn(bridge * (face.eye_gap, 1)), 0.1 * turn.sine), dark, 0.034)


def _light(face: Face, look: Look) -> NDArray[np.float32]:
    """Return how bright each part of the head is, [48, 48]: one lamp, and light from all sides."""
    x = np.linspace(LEFT, -LEFT, 48)[None, :] / (0.98 * face.width)
    y = np.linspace(TOP, BOTTOM, 48)[:, None] / (1.3 * face.length)
    z = np.sqrt(np.maximum(1 - x**2 - y**2, 0.0))
    lamp = np.array([0.75 * look.light, -0.35, 0.75])
    lamp /= np.linalg.norm(lamp)
    facing = np.maximum(x * lamp[0] + y * lamp[1] + z * lamp[2], 0)
    return np.asarray(0.64 + 0.46 * facing, dtype=np.float32)
