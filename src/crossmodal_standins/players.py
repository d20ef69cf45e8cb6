"""The musicians of Sub-URMP and URMP: a plain player with a large instrument in one blue studio.

What moves, moves with the sound: bow, slide and the hand on the neck or the keys; a wind instrument
rises and cheeks redden as it grows louder, a bow comes nearer to the bridge and the body stretches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from crossmodal_standins.canvas import Canvas, Picture, gradient, oval, photograph
from crossmodal_standins.colours import BLACK, WHITE, Colour, mixed, palette, rgb
from crossmodal_standins.instruments import INSTRUMENTS, Difficulty
from crossmodal_standins.music import Array, Performance
from crossmodal_standins.people import CLOTHES, HAIRS, SKINS

_CURTAIN, _FLOOR, _TROUSERS = rgb("2340c8"), rgb("3a3632"), rgb("23242c")
_STICK, _BOW_HAIR = rgb("3a1a10"), rgb("fff6dc")
_BLUSH = rgb("d8453a")
_OPEN_TONES = (34, 41, 46, 50, 53, 56, 58, 60, 62, 64, 65, 67, 68, 70)
"""Tones of a trombone with the slide in, as MIDI numbers; each step out is a semitone lower."""


@dataclass(frozen=True)
class Hold:
    """How an instrument is held; lengths in heights of the picture, angles in radians."""

    shape: str  # it lies along its own x-axis, a unit long
    colours: str  # a, b, c of the shape
    at: tuple[float, float]  # its origin, from the point between the shoulders
    size: float  # of its unit
    angle: float  # from the right of the picture, clockwise
    rise: float  # by how much it turns from silence to full loudness
    hands: list[list[float]]  # for the lowest and the highest tone, and the other hand, in units
    frog: int  # side of the bow's frog, 1 or -1; 0 without bow
    x: float  # where the player sits, so that the instrument is in the middle


HOLDS = {name: Hold(**instrument.hold) for name, instrument in INSTRUMENTS.items()}


@dataclass(frozen=True)
class Moment:
    """What a player does at one time."""

    loudness: float  # 0 to 1
    height: float  # of the pitch, 0 for the lowest to 1 for the highest of the instrument
    midi: float  # pitch as a MIDI number; slides follow it
    bow: float  # where it touches the string, 0 at the frog to 1 at the tip


def moments_of(name: str, performance: Performance, times_s: Array) -> list[Moment]:
    """Return what a player does at the given times."""
    instrument = INSTRUMENTS[name]
    midi = performance.midi(times_s)
    height = np.clip((midi - instrument.low) / (instrument.high - instrument.low), 0, 1)
    columns = (performance.loudness(times_s), height, midi, performance.bow(times_s))
    return [Moment(*map(float, row)) for row in zip(*columns, strict=True)]


class Stage:
    """Players of some instruments, from the left, drawn at any time of a song.

    Light, view and looks are drawn; `size` is width and height of the pictures in px.
    """

    def __init__(
        self,
        generator: np.random.Generator,
        names: Sequence[str],
        size: tuple[int, int],
        difficulty: Difficulty,
    ) -> None:
        self.names = tuple(names)
        self._looks = [
            tuple(kinds[generator.integers(len(kinds))] for kinds in (SKINS, HAIRS, CLOTHES))
            for _ in names
        ]
        width, height = size
        room = width / height / len(names)
        self._zoom = min(1.0, room) * (1 + generator.uniform(-1, 1) * difficulty.zoom)
        self._shift = generator.uniform(-1, 1, 2) * difficulty.shift
        light = 1 + generator.uniform(-1, 1) * difficulty.light
        angle = generator.uniform(0, 2 * np.pi)
        slant = 0.5 * difficulty.light * generator.uniform(0.2, 1)
        slants = (slant * np.cos(angle), slant * np.sin(angle))
        noise = difficulty.noise * generator.uniform(0.2, 1)
        self._photo: dict[str, Any] = {"light": light, "slant": slants, "noise": noise}
        self._middles = [room * (place + 0.5) for place in range(len(names))]
        self._backdrop = _backdrop(width, height)

    def picture(self, generator: np.random.Generator, moments: Sequence[Moment]) -> Picture:
        """Draw what the camera sees of what each player does; the noise is drawn."""
        canvas = Canvas(self._backdrop.copy())
        players = zip(self._middles, self.names, self._looks, moments, strict=True)
        for middle, name, look, moment in players:
            x, y = self._shift + np.array([middle, 0.5 - 0.09 * self._zoom])
            _draw_player(canvas.placed(x, y, self._zoom), name, look, moment)
        return photograph(canvas.picture, generator, **self._photo)


def _backdrop(width: int, height: int) -> Picture:
    """Hang the curtain in folds, over a floor."""
    canvas = Canvas(gradient((mixed(_CURTAIN, WHITE, 0.06), _CURTAIN), height, width))
    for x in np.arange(0.04, canvas.wide, 0.1):
        canvas.line([(x, 0), (x + 0.01, 1)], 0.03, mixed(_CURTAIN, BLACK, 0.18))
    canvas.fill([(0, 0.93), (canvas.wide, 0.93), (canvas.wide, 1), (0, 1)], _FLOOR)
    return canvas.picture


def _draw_player(canvas: Canvas, name: str, look: tuple[Colour, ...], moment: Moment) -> None:
    """Draw a player whose shoulders are about the origin, and the instrument before them."""
    skin, hair, shirt = look
    hold = HOLDS[name]
    shirt = mixed(shirt, (96, 98, 104), 0.6)  # the instrument is what is bright
    up = -0.03 * moment.loudness
    canvas = canvas.placed(hold.x, up)
    for side in (-1, 1):
        canvas.line([(side * 0.05, 0.42), (side * 0.17, 0.5), (side * 0.15, 0.9)], 0.1, _TROUSERS)
    canvas.fill([(-0.15, -0.01), (0.15, -0.01), (0.12, 0.45 - up), (-0.12, 0.45 - up)], shirt)
    canvas.line([(0, -0.1), (0, 0)], 0.07, skin)
    canvas.fill(oval(0, -0.2, 0.1, 0.115), hair)
    canvas.fill(oval(0, -0.165, 0.085, 0.1), skin)
    for side in (-1, 1):
        canvas.fill(oval(side * 0.035, -0.18, 0.011, 0.013), (40, 30, 28))
        if not hold.frog:
            blush = mixed(skin, _BLUSH, 0.7 * moment.loudness)
            swollen = 0.018 + 0.014 * moment.loudness
            canvas.fill(oval(side * 0.055, -0.135, swollen, swollen), blush)
    angle = hold.angle + hold.rise * moment.loudness
    held = canvas.placed(*hold.at, hold.size, angle)
    colours = palette(hold.colours)
    held.draw(hold.shape, colours)
    low, high, second = np.array(hold.hands)
    first = low + (high - low) * moment.height
    if name == "trombone":
        out = 0.1 * _slide_steps(moment.midi)
        held.placed(out, 0).draw("slide", colours)
        first[0] += out
    if hold.frog:
        second = _draw_bow(held, hold, moment)
    ends = [
        (end @ held.turn.T + held.shift - canvas.shift) @ np.linalg.inv(canvas.turn).T
        for end in (first, second)
    ]
    for hand, side in zip(sorted(ends, key=lambda end: -float(end[0])), (1, -1), strict=True):
        shoulder = np.array([side * 0.14, 0.02])
        elbow = (shoulder + hand) / 2 + (side * 0.06, 0.07)
        canvas.line([shoulder, elbow], 0.06, shirt)
        canvas.line([elbow, hand], 0.04, mixed(shirt, BLACK, 0.12))
        canvas.fill(oval(hand[0], hand[1], 0.028, 0.028), skin)


def _draw_bow(held: Canvas, hold: Hold, moment: Moment) -> Array:
    """Draw the bow across the strings, nearer to the bridge when loud; returns the frog, [2]."""
    along, length = 0.42 + 0.26 * (1 - moment.loudness), 0.36 / hold.size
    frog = np.array([along, hold.frog * length * moment.bow])
    tip = np.array([along, -hold.frog * length * (1 - moment.bow)])
    away = np.array([0.025 / hold.size, 0])
    held.line([frog, tip], 0.014 / hold.size, _BOW_HAIR)
    held.line([frog + away, tip + 0.5 * away], 0.014 / hold.size, _STICK)
    return frog


def _slide_steps(midi: float) -> int:
    """Return how far a tone lies below the next open tone, 0 to 6: the position of a slide."""
    tone = round(midi)
    while tone > _OPEN_TONES[-1]:
        tone -= 12
    return min(min(open_ - tone for open_ in _OPEN_TONES if open_ >= tone), 6)
