"""Draws an invented person: a head that turns, nods, speaks and is lit from a side, and shoulders.

A unit is half the height of an average head, (0, 0) the middle between the eyes. The features lie
on an ellipsoid, so that they move against the outline as those of a real head do. Heads are kept
as sprites, because a video needs the same few hundred again and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from crossmodal_standins.canvas import Canvas, Picture, Points, mirrored, oval, paste, smooth
from crossmodal_standins.colours import BLACK, WHITE, Colour, mixed, shade
from crossmodal_standins.people import Face
from crossmodal_standins.shapes import SHAPES, strokes

_LEFT, _TOP, _BOTTOM = -1.3, -1.5, 1.45
"""Edges of a head's sprite, in units; the right one is -_LEFT."""
_DEPTH = 0.8
"""Depth of the head's ellipsoid, relative to half its height."""
_INK = (52.0, 36.0, 34.0)


@dataclass(frozen=True)
class Look:
    """How a head is seen at a moment."""

    yaw_deg: float = 0.0  # turned to the right of the picture
    pitch_deg: float = 0.0  # nodding down
    mouth: float = 0.0  # 0 closed to 1 wide open
    blink: float = 0.0  # 0 open to 1 closed eyes
    smile: float = 0.2  # -1 sad to 1 smiling
    light: float = -0.4  # where it comes from, -1 left to 1 right

    def stepped(self) -> Look:
        """Return the nearest of the looks that are worth drawing apart."""
        yaw_deg, pitch_deg = round(self.yaw_deg / 6) * 6.0, round(self.pitch_deg / 5) * 5.0
        mouth, blink = round(self.mouth * 4) / 4, round(self.blink * 2) / 2
        smile, light = round(self.smile * 2) / 2, float(np.sign(self.light))
        return Look(yaw_deg, pitch_deg, mouth, blink, smile, light)


@dataclass(frozen=True)
class Place:
    """Where a head is in a picture: the point between the eyes, a unit, and leaning clockwise."""

    x_px: float
    y_px: float
    unit_px: float
    roll_deg: float = 0.0


def draw_bust(
    picture: Picture, face: Face, look: Look, place: Place, clothes: Colour | None = None
) -> None:
    """Draw a person from the head down to the edge of the picture, in place.

    The look is drawn at the nearest step of `Look.stepped`; clothes of None are the person's own.
    """
    angle = np.radians(place.roll_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    at = np.array([place.x_px, place.y_px])
    if f"hair {face.style}" in SHAPES:
        half = strokes(f"hair {face.style}")[0].points * (face.width, face.length)
        hair = smooth(mirrored(half), closed=True)
        Canvas(picture, place.unit_px * turn, at).fill(hair, shade(face.hair, 0.72))
    _draw_shoulders(Canvas(picture, place.unit_px * np.eye(2), at), face, clothes or face.clothes)
    unit = max(round(place.unit_px), 8)
    scaled = turn * (place.unit_px / unit)
    paste(picture, _head(face, look.stepped(), unit), scaled, at + scaled @ (_LEFT, _TOP) * unit)


def face_box(face: Face, place: Place) -> tuple[float, float, float, float]:
    """Return the box around a face from hairline to chin: x, y, width, height in px."""
    half, high = 0.74 * face.width * place.unit_px, face.length * place.unit_px
    return place.x_px - half, place.y_px - 0.62 * high, 2 * half, 1.62 * high


def _draw_shoulders(canvas: Canvas, face: Face, clothes: Colour) -> None:
    neck, broad = 0.4 * face.jaw, 1.62 * (0.9 + 0.1 * face.jaw)
    chest = [(0, 1.34), (neck, 1.36), (0.95, 1.6), (broad, 1.86), (broad + 0.25, 2.7)]
    canvas.fill(smooth(mirrored([*chest, (broad + 0.3, 6), (0, 6)]), closed=True), clothes)
    for side in (-1, 1):
        arm = smooth([(side * 1.16, 2.4), (side * 1.24, 3.4), (side * 1.28, 6.0)])
        canvas.line(arm, 0.06, shade(clothes, 0.6))
    throat = [(0, 0.4), (neck, 0.5), (neck, 1.2), (neck + 0.16, 1.46), (0.26, 1.72), (0, 1.84)]
    canvas.fill(smooth(mirrored(throat), closed=True), shade(face.skin, 0.74))
    collar = np.array([(neck + 0.2, 1.44), (0.28, 1.78), (0, 1.92)])
    both = np.concatenate([collar, collar[-2::-1] * (-1, 1)])
    canvas.line(smooth(both), 0.1, shade(clothes, 0.6))


@lru_cache(maxsize=512)
def _head(face: Face, look: Look, unit_px: int) -> Picture:
    """Return the head, [height, width, 4]: colours times alpha, and alpha."""
    shape = (round((_BOTTOM - _TOP) * unit_px), round(-2 * _LEFT * unit_px), 4)
    corner = -unit_px * np.array([_LEFT, _TOP])
    canvas = Canvas(np.zeros(shape, np.uint8), unit_px * np.eye(2), corner)
    _Head(canvas, face, look).draw()
    return canvas.picture


class _Head:
    """Draws the parts of a head in the order in which they cover each other."""

    def __init__(self, canvas: Canvas, face: Face, look: Look) -> None:
        self.canvas, self.face, self.look = canvas, face, look
        yaw, pitch = np.radians(look.yaw_deg), np.radians(look.pitch_deg)
        self.sine, self.cosine = float(np.sin(yaw)), float(np.cos(yaw))
        self.down, self.upright = float(np.sin(pitch)), float(np.cos(pitch))

    def on(self, points: ArrayLike, out: float = 0.0) -> Points:
        """Move points of the face's front, `out` before it, as the head turns and nods."""
        x, y = np.asarray(points, dtype=np.float64).T
        flat = 1 - (x / (0.86 * self.face.width)) ** 2 - (y / (1.12 * self.face.length)) ** 2
        z = _DEPTH * np.sqrt(np.maximum(flat, 0)) + out
        depth = z * self.cosine - x * self.sine
        across = x * self.cosine + z * self.sine
        return np.stack([across, y * self.upright + depth * self.down], axis=1)

    def skin(self, factor: float) -> Colour:
        """Return the skin darker (below 1) or lighter (above 1)."""
        return shade(self.face.skin, factor)

    def draw(self) -> None:
        """Draw it all."""
        face, canvas, light = self.face, self.canvas, self.look.light
        if face.style == "tied":
            canvas.fill(oval(0, -1.14 * face.length, 0.34, 0.28), shade(face.hair, 0.85))
        for side in (-1.0, 1.0):
            canvas.fill(oval(side * 0.745 * face.width, 0.12, 0.1, 0.2), self.skin(0.8))
        cheek = 0.13 * (face.cheeks - 1)
        half = [(0.0, -1.0), (0.4, -0.94), (0.65, -0.68), (0.745, -0.28), (0.73, 0.08)]
        half += [(0.69 + cheek, 0.36), ((0.56 + cheek) * face.jaw, 0.66)]
        half += [(0.3 * face.jaw, 0.94), (0.0, 1.0)]
        outline = smooth(mirrored(half) * (face.width, face.length), closed=True)
        outline[:, 0] += 0.05 * self.sine
        lit = outline * (0.95, 0.99) + (0.06 * light, -0.015)
        canvas.fill(outline, self.skin(0.8))
        canvas.fill(lit, self.skin(0.92))
        canvas.fill(lit * (0.92, 0.97) + (0.05 * light, -0.02), face.skin)
        self._complexion()
        self._beard(outline[outline[:, 1] > 0.1 * face.length])
        self._nose()
        for side in (-1.0, 1.0):
            self._eye(side)
        self._mouth()
        self._hair()

    def _complexion(self) -> None:
        """Draw cheeks, sockets of the eyes, wrinkles."""
        face, (red, green, blue) = self.face, self.face.skin

        def soft(x: float, y: float, rx: float, ry: float, tone: Colour, strength: float) -> None:
            self.canvas.soft(self.on(oval(x, y, rx, ry)), face.skin, tone, strength)

        soft(0, -0.42, 0.36, 0.16, self.skin(1.5), 0.35)
        lines = [[(-0.34, y), (0, y - 0.03), (0.34, y)] for y in (-0.5, -0.41)]
        for side in (-1, 1):
            blush = (min(255.0, red + 14), green * 0.8, blue * 0.8)
            soft(side * 0.42 * face.width, 0.36, 0.2 * face.cheeks, 0.16, blush, 0.45)
            soft(side * 0.37, 0.24, 0.18, 0.08, self.skin(1.5), 0.5)
            soft(side * 0.31 * face.eye_gap, -0.05, 0.26, 0.19, self.skin(0.5), 0.75)
            lines.append([(side * 0.17, 0.38), (side * 0.32, 0.5), (side * 0.35, 0.66)])
            lines.append([(side * 0.2, 0.16), (side * 0.33, 0.19), (side * 0.44, 0.13)])
        soft(0, 0.82 * face.length, 0.16, 0.05, self.skin(0.6), 0.5)
        for points in lines if face.wrinkles > 0.05 else []:
            tone = mixed(face.skin, self.skin(0.62), face.wrinkles)
            self.canvas.line(self.on(smooth(points)), 0.025, tone)

    def _beard(self, chin: Points) -> None:
        face, hair = self.face, shade(self.face.hair, 0.8)
        mouth = self.on([(0, 0.64 * face.length)])[0]
        if face.beard in ("stubble", "full"):
            upper = [(-0.44, 0.04), (-0.2, -0.17), (0, -0.13), (0.2, -0.17), (0.44, 0.04)]
            upper = [(-0.64, -0.34), *upper, (0.64, -0.34)]
            shape = np.concatenate([chin, mouth + smooth(upper) * (face.width, 1)])
            self.canvas.fill(shape, mixed(face.skin, hair, 0.9 if face.beard == "full" else 0.3))
        if face.beard in ("moustache", "full"):
            half = [(0, -0.16), (0.2, -0.12), (0.31, 0.0), (0.16, -0.05), (0, -0.06)]
            self.canvas.fill(mouth + smooth(mirrored(half), closed=True), hair)

    def _nose(self) -> None:
        """Draw bridge, wings and nostrils; the tip stands out, so it moves most in a turn."""
        canvas, tip, wide = self.canvas, 0.27 * self.face.nose, 0.15
        away = 1.0 if self.look.light <= 0 else -1.0
        flank = np.array([(0.05, -0.1), (0.13, 0.0), (wide, tip), (0.05, tip + 0.04)])
        canvas.fill(self.on(flank * (away, 1), 0.12), self.skin(0.8))
        bridge = self.on(oval(0, -0.02, 0.08, 0.2), 0.1)
        canvas.soft(bridge, self.face.skin, self.skin(1.6), 0.6)
        canvas.fill(self.on(oval(0, tip + 0.085, 1.1 * wide, 0.035), 0.15), self.skin(0.72))
        canvas.fill(self.on(oval(-0.02 * away, tip - 0.03, 0.05, 0.06), 0.2), self.skin(1.35))
        for side in (-1, 1):
            wing = [(0.9 * wide, tip - 0.05), (1.15 * wide, tip + 0.02), (0.85 * wide, tip + 0.065)]
            path = smooth(np.array(wing) * (side, 1))
            canvas.line(self.on(path, 0.15), 0.02, self.skin(0.55))
            hole = oval(side * 0.5 * wide, tip + 0.06, 0.04, 0.022)
            canvas.fill(self.on(hole, 0.2), self.skin(0.32))

    def _eye(self, side: float) -> None:
        face, canvas, size = self.face, self.canvas, self.face.eye_size
        x, half = side * 0.31 * face.eye_gap, 0.155 * size
        height = 0.088 * size * (1 - self.look.blink)
        angle = np.linspace(np.pi, 0, 9)
        arc, bow = x + half * np.cos(angle), np.sin(angle)
        upper = self.on(np.stack([arc, -height * bow**0.8], axis=1))
        lower = self.on(np.stack([arc[::-1], 0.75 * height * bow], axis=1))
        if self.look.blink < 0.9:
            canvas.fill(np.concatenate([upper, lower]), (228, 221, 214))
            at, y = self.on([(x + 0.05 * self.sine, -0.01)])[0].tolist()
            iris, open_ = 0.08 * size, min(1.0, height / 0.075)
            for share, colour in ((1.0, shade(face.eyes, 0.7)), (0.75, face.eyes), (0.42, BLACK)):
                canvas.fill(oval(at, y, share * iris, share * iris * open_), colour)
            canvas.fill(oval(at - 0.35 * iris, y - 0.35 * iris, 0.24 * iris, 0.24 * iris), WHITE)
        canvas.line(lower, 0.014, self.skin(0.6))
        canvas.line(upper, 0.024 + 0.024 * face.lashes, _INK)
        crease = np.stack([x + 1.05 * (arc - x), -0.035 - 0.115 * size * bow], axis=1)
        canvas.line(self.on(crease), 0.014, self.skin(0.65))
        brow = np.array([(0.13, -0.19), (0.32, -0.28), (0.52, -0.2)])
        thick = 0.045 * face.brow * np.array([(0, 0.8), (0, 1.0), (0, 0.25)])
        shape = np.concatenate([smooth(brow - thick), smooth(brow + thick)[::-1]])
        canvas.fill(self.on(shape * (side * face.eye_gap, 1)), shade(face.hair, 0.62))
        if face.glasses:
            lens = self.on(oval(side * 0.32 * face.eye_gap, 0.02, 0.235, 0.185), 0.1)
            canvas.line(lens, 0.02, _INK, closed=True)
            outer, inner = lens[[0, 12]][:: int(side)]
            canvas.line([outer, (side * 0.76 * face.width, -0.02)], 0.03, _INK)
            canvas.line([inner, (0.2 * self.sine, -0.02)], 0.03, _INK)

    def _mouth(self) -> None:
        face, canvas, look = self.face, self.canvas, self.look
        y, thick, lift = 0.64 * face.length, 0.052 * face.lips, -0.055 * look.smile
        half = 0.265 * face.mouth * (1 - 0.16 * look.mouth + 0.1 * max(look.smile, 0))
        up, down, corner = y - 0.05 * look.mouth, y + 0.25 * look.mouth, (half, y + lift)

        def both(*right: tuple[float, float]) -> Points:
            points = np.array([*right, corner])
            return self.on(smooth(np.concatenate([points[::-1] * (-1, 1), points[1:]])))

        inner_up = both((0, up), (0.5 * half, up + 0.3 * lift))
        inner_down = both((0, down), (0.55 * half, y + 0.85 * (down - y) + 0.3 * lift))
        above = both((0, up - 0.8 * thick), (0.24 * half, up - 1.25 * thick))
        below = both((0, down + 1.5 * thick), (0.55 * half, down + 1.1 * thick + 0.3 * lift))
        red, green, blue = face.skin
        lip = (0.6 * red + 62, 0.56 * green + 8, 0.56 * blue + 18)
        canvas.fill(np.concatenate([above, below[::-1]]), shade(lip, 0.9))
        canvas.fill(np.concatenate([inner_up, below[::-1]]), lip)
        if look.mouth <= 0.04:
            canvas.line(inner_up, 0.02, (92, 44, 46))
            return
        canvas.fill(np.concatenate([inner_up, inner_down[::-1]]), (70, 24, 28))
        canvas.fill(self.on(oval(0, down - 0.04, 0.5 * half, 0.07 * look.mouth)), (176, 84, 84))
        edge = up + 0.06 * look.mouth
        teeth = both((0, edge), (0.5 * half, edge + 0.2 * lift))
        canvas.fill(np.concatenate([inner_up, teeth[::-1]]), (238, 234, 226))

    def _hair(self) -> None:
        """Draw the hair that covers the skull, with a few strands."""
        face, canvas = self.face, self.canvas
        right = strokes(f"hairline {face.style}")[0].points * (face.width, face.length)
        line = np.concatenate([right, right[::-1][1:] * (-1, 1)])
        near = np.clip(1 - np.abs(line[:, 0]) / (0.9 * face.width), 0, 1)
        line[:, 0] += 0.5 * self.sine * near
        thick = 0.05 if face.style == "receding" else 0.1
        angle = np.linspace(np.pi * 1.02, np.pi * 1.98, 15)
        radii = (0.77 * face.width + thick, (0.92 + thick) * face.length)
        crown = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radii - (0, 0.1)
        canvas.fill(np.concatenate([smooth(line), smooth(crown)]), face.hair)
        for index in range(2, 13, 2):
            inner = line[round((14 - index) / 14 * (len(line) - 1))]
            strand = smooth([0.96 * crown[index], 0.5 * (crown[index] + inner), inner])
            canvas.line(strand, 0.02, shade(face.hair, 0.8 if index % 4 else 1.15))
