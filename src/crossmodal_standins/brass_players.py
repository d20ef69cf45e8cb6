"""Draws horn, trombone, trumpet and tuba in the hands of a player.

The instrument rises as it grows louder; valves and the slide go with the pitch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crossmodal_standins.painting import WHITE, circle, mixed, rgb, smooth
from crossmodal_standins.player_heads import draw_head
from crossmodal_standins.players import Figure

BRASS = rgb("d9a437")
_SILVER = rgb("c3c8ce")
_SHADOW = rgb("6b4812")
"""Inside of a bell."""

_PARTIALS = (34, 41, 46, 50, 53, 56, 58, 60, 62, 64, 65, 67, 68, 70)
"""MIDI numbers of the open notes of a trombone in B flat."""

_VALVES = ((0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1))
"""Which valves are down, by semitones below an open note."""


def draw_horn(figure: Figure) -> None:
    """Draw a French horn player: a hand in the bell, the other at the valves."""
    painter = figure.painter
    turn = complex(np.exp(-1j * (0.18 * figure.moment.loudness - 0.05)))
    at = around(figure.mouth, turn)
    middle, bell = at(0.085, 0.16), at(-0.085, 0.31)
    draw_head(figure)
    figure.arm(False, bell)
    painter.cone(at(0.05, 0.265), bell, 0.03, 0.15, BRASS, 0.35)
    painter.solid(bell + turn * circle(0.1, 0.088), BRASS, 0.5)
    painter.solid(bell + turn * circle(0.074, 0.064), _SHADOW, 0.15)
    painter.solid(bell - 0.02 + turn * circle(0.03, 0.024), figure.look.skin, 0.1)
    for radius in (0.118, 0.09):
        painter.tube(middle + turn * circle(radius, radius), 0.02, BRASS, 0.6)
    for y in (0.10, 0.135, 0.17):
        loop = [at(0.03, y), at(0.13, y - 0.02), at(0.135, y + 0.01), at(0.04, y + 0.03)]
        painter.tube(smooth(loop), 0.013, mixed(BRASS, WHITE, 0.12), 0.6)
    pipe = [at(0, 0), at(0.06, 0.03), at(0.15, 0.055), at(0.195, 0.13)]
    painter.tube(smooth(pipe), 0.012, _SILVER, 0.8)
    _cup(figure, turn)
    figure.arm(True, at(0.165, 0.2))
    figure.fingers(at(0.14, 0.175), turn * np.exp(0.5j), 0.0)
    _valves(figure, at(0.09, 0.16), turn, 0.024)


def draw_trumpet(figure: Figure) -> None:
    """Draw a trumpet player."""
    painter = figure.painter
    turn = complex(np.exp(1j * (0.42 - 0.5 * figure.moment.loudness)))
    at = around(figure.mouth, turn)
    draw_head(figure)
    figure.arm(True, at(0.2, 0.05))
    slide = [at(0.27, 0.0), at(0.315, 0.025), at(0.27, 0.055), at(0.12, 0.055)]
    painter.tube(smooth(slide), 0.013, BRASS)
    bow = [at(0.12, 0.055), at(0.085, 0.035), at(0.12, 0.012), at(0.3, 0.012)]
    painter.tube(smooth(bow), 0.015, BRASS)
    painter.tube([at(0, 0), at(0.28, 0)], 0.011, BRASS, 0.7)
    painter.cone(at(0.27, 0.012), at(0.35, 0.012), 0.016, 0.034, BRASS, 0.5)
    painter.cone(at(0.35, 0.012), at(0.385, 0.012), 0.034, 0.075, BRASS, 0.5)
    draw_bell(figure, at(0.392, 0.012), turn, 0.019, 0.057)
    for x in (0.165, 0.19, 0.215):
        painter.tube([at(x, -0.012), at(x, 0.075)], 0.02, mixed(BRASS, WHITE, 0.15), 0.7)
    _cup(figure, turn)
    _valves(figure, at(0.19, -0.02), turn, 0.025)
    figure.arm(False, at(0.165, 0.045))
    figure.fingers(at(0.185, -0.012), turn, 0.0)


def draw_trombone(figure: Figure) -> None:
    """Draw a trombone player: the slide goes out with the position that the pitch needs."""
    painter = figure.painter
    turn = complex(np.exp(1j * (0.62 - 0.4 * figure.moment.loudness)))
    at = around(figure.mouth, turn)
    out = 0.05 * semitones_below(figure.moment.midi)
    bow = [at(0.06, 0), at(-0.1, -0.02), at(-0.15, -0.065), at(-0.1, -0.105), at(0.12, -0.11)]
    painter.tube(smooth(bow), 0.014, BRASS)
    draw_head(figure)
    painter.cone(at(0.07, -0.11), at(0.17, -0.11), 0.015, 0.03, BRASS, 0.5)
    painter.cone(at(0.17, -0.11), at(0.225, -0.11), 0.03, 0.085, BRASS, 0.5)
    draw_bell(figure, at(0.235, -0.11), turn, 0.028, 0.088)
    for y in (0.0, 0.04):
        painter.tube([at(y, y), at(0.32, y)], 0.01, _SILVER, 0.8)
    near, far = 0.1 + out, 0.34 + out
    slide = [at(near, 0), at(far, 0), at(far + 0.02, 0.02), at(far, 0.04), at(near, 0.04)]
    painter.tube(slide, 0.014, BRASS)
    for x in (0.06, 0.12 + out):
        painter.tube([at(x, 0), at(x, 0.04)], 0.011, BRASS)
    _cup(figure, turn)
    figure.arm(True, at(0.05, 0.02))
    figure.fingers(at(0.055, 0.02), 1j * turn, 0.0)
    figure.arm(False, at(0.115 + out, 0.025))
    figure.fingers(at(0.12 + out, 0.02), 1j * turn, 0.0)


def draw_tuba(figure: Figure) -> None:
    """Draw a tuba player, the bell above the head."""
    painter = figure.painter
    turn = complex(np.exp(1j * (0.16 - 0.12 * figure.moment.loudness)))
    at = around(figure.mouth, turn)
    bell = at(0.15, -0.24)
    figure.arm(True, at(0.21, 0.25))
    draw_head(figure)
    painter.cone(at(0.15, 0.3), at(0.15, -0.05), 0.09, 0.13, BRASS, 0.35)
    painter.cone(at(0.15, -0.05), bell, 0.13, 0.2, BRASS, 0.35)
    draw_bell(figure, bell, turn, 0.145, 0.05)
    bow = [at(0.16, 0.33), at(0.14, 0.42), at(0.05, 0.42), at(0.03, 0.33), at(0.03, 0.16)]
    painter.tube(smooth(bow), 0.07, BRASS)
    for y in (0.16, 0.2, 0.24):
        loop = [at(0.06, y), at(0.2, y + 0.01), at(0.21, y + 0.03), at(0.08, y + 0.03)]
        painter.tube(smooth(loop), 0.017, mixed(BRASS, WHITE, 0.15), 0.7)
    painter.tube(smooth([at(0, 0), at(0.05, 0.02), at(0.07, 0.08), at(0.07, 0.17)]), 0.015, BRASS)
    _cup(figure, turn)
    _valves(figure, at(0.1, 0.13), turn, 0.028)
    figure.arm(False, at(0.075, 0.16))
    figure.fingers(at(0.1, 0.14), turn, 0.0)


def semitones_below(midi: float) -> int:
    """Return how far a tone lies below the next open note, 0 to 6: slide position or valves."""
    tone = round(midi)
    while tone > _PARTIALS[-1]:
        tone -= 12
    return min(min(open_ - tone for open_ in _PARTIALS if open_ >= tone), 6)


def _valves(figure: Figure, at: complex, turn: complex, gap: float) -> None:
    """Draw three valve stems; those that are down hardly show."""
    down = _VALVES[semitones_below(figure.moment.midi)]
    for index, pressed in enumerate(down):
        foot = at + turn * gap * (index - 1)
        top = foot - 1j * turn * (0.012 if pressed else 0.036)
        figure.painter.line([foot, top], 0.007, _SILVER)
        figure.painter.line([top - 0.006 * turn, top + 0.006 * turn], 0.01, rgb("f3efe4"))


def _cup(figure: Figure, turn: complex) -> None:
    """Draw a brass mouthpiece at the lips."""
    figure.painter.cone(figure.mouth, figure.mouth + 0.035 * turn, 0.026, 0.011, _SILVER, 0.7)


def draw_bell(figure: Figure, at: complex, turn: complex, rx: float, ry: float) -> None:
    """Draw the opening of a bell: a shining rim, dark inside."""
    figure.painter.solid(at + turn * circle(rx, ry), BRASS, 0.55)
    figure.painter.solid(at + turn * circle(0.78 * rx, 0.72 * ry), _SHADOW, 0.15)


def around(origin: complex, turn: complex) -> Callable[[float, float], complex]:
    """Return what places a point given from an origin, turned."""
    return lambda x, y: origin + turn * complex(x, y)


DRAWINGS: dict[str, Callable[[Figure], None]] = {
    "horn": draw_horn,
    "trombone": draw_trombone,
    "trumpet": draw_trumpet,
    "tuba": draw_tuba,
}
"""Instrument -> what draws head, arms and instrument over the torso."""
