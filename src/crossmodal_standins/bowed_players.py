"""Draws violin, viola, cello and double bass in the hands of a player.

The bow moves as `Performance.bow` says and nears the bridge as it grows louder; the left hand
moves up the fingerboard with the pitch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from crossmodal_standins.painting import BLACK, Colour, mixed, rgb, smooth
from crossmodal_standins.player_heads import draw_head
from crossmodal_standins.players import Figure

_OUTLINE = (
    (0.0, 0.0),
    (0.04, 0.17),
    (0.2, 0.3),
    (0.37, 0.25),
    (0.41, 0.2),
    (0.52, 0.18),
    (0.62, 0.2),
    (0.66, 0.24),
    (0.8, 0.25),
    (0.94, 0.16),
    (1.0, 0.04),
)
"""Half of the body: distance from its lower end and from the middle, in body lengths."""

_BRIDGE = 0.4
_NUT = 1.52
_EBONY = rgb("1d1816")
_HAIR = rgb("e9e2cf")
_STICK = rgb("6b2f1a")


@dataclass(frozen=True)
class Fiddle:
    """An instrument of the family, placed on the picture.

    Attributes:
        foot: Lower end of the body.
        axis: From there to the body's upper end; its length is the body's.
        narrow: Width as seen, of the width from the front.
        wood: Colour of the varnish.
        bow: Direction from the string to the frog, of length 1.
        bow_length: Of the hair.
    """

    foot: complex
    axis: complex
    narrow: float
    wood: Colour
    bow: complex
    bow_length: float

    def at(self, along: float, across: float = 0.0) -> complex:
        """Return a point given along and across the body, in body lengths."""
        return self.foot + self.axis * complex(along, self.narrow * across)


def draw_violin(figure: Figure) -> None:
    """Draw a violin player."""
    _under_the_chin(figure, 0.235, rgb("b4541f"))


def draw_viola(figure: Figure) -> None:
    """Draw a viola player: a larger, darker instrument, held a little lower."""
    _under_the_chin(figure, 0.275, rgb("8c3f1c"))


def draw_cello(figure: Figure) -> None:
    """Draw a cello player."""
    foot = figure.chest + (0.0 + 0.56j)
    axis = 0.5 * np.exp(1j * (-np.pi / 2 + 0.12 + 0.05 * figure.moment.sway))
    _standing_up(figure, Fiddle(foot, complex(axis), 0.95, rgb("a4481f"), -0.985 + 0.17j, 0.47))


def draw_double_bass(figure: Figure) -> None:
    """Draw a double bass player, who stands behind the instrument."""
    foot = figure.chest + (0.19 + 0.79j)
    axis = 0.64 * np.exp(1j * (-np.pi / 2 - 0.03 + 0.04 * figure.moment.sway))
    _standing_up(figure, Fiddle(foot, complex(axis), 0.92, rgb("7d3314"), -0.95 + 0.31j, 0.42))


def _under_the_chin(figure: Figure, length: float, wood: Colour) -> None:
    moment = figure.moment
    angle = -0.1 - 0.1 * moment.loudness - 0.04 * moment.sway
    foot = figure.head + (0.035 + 0.1j) * figure.lean
    axis = complex(length * np.exp(1j * angle))
    bow = complex(np.exp(1j * (1.95 + angle)))
    fiddle = Fiddle(foot, axis, 0.82, wood, bow, 1.45 * length)
    hand = _left_hand(figure, fiddle, -0.16)
    figure.arm(True, hand + 0.02j)
    draw_head(figure)
    _draw(figure, fiddle)
    figure.fingers(hand, axis / abs(axis), 0.0)
    _bow_arm(figure, fiddle)


def _standing_up(figure: Figure, fiddle: Fiddle) -> None:
    draw_head(figure)
    spike = [fiddle.at(0.02), fiddle.at(-0.25)]
    figure.painter.tube(spike, 0.014, (150, 150, 155))
    _draw(figure, fiddle)
    hand = _left_hand(figure, fiddle, 0.05)
    figure.arm(True, hand, down=False)
    figure.fingers(hand, fiddle.axis / abs(fiddle.axis), 0.0)
    _bow_arm(figure, fiddle)


def _left_hand(figure: Figure, fiddle: Fiddle, across: float) -> complex:
    return fiddle.at(_NUT - 0.06 - 0.55 * figure.moment.height, across)


def _bow_arm(figure: Figure, fiddle: Fiddle) -> None:
    """Draw the bow and the arm that leads it."""
    moment, painter = figure.moment, figure.painter
    contact = fiddle.at(_BRIDGE + 0.05 + 0.2 * (1 - moment.loudness))
    frog = contact + fiddle.bow * fiddle.bow_length * moment.bow
    tip = contact - fiddle.bow * fiddle.bow_length * (1 - moment.bow)
    away = 1j * fiddle.bow * 0.016
    if away.imag > 0:
        away = -away
    painter.line([frog, tip], 0.006, _HAIR)
    stick = smooth([frog + away * 1.2, (frog + tip) / 2 + away * 0.7, tip + away * 1.3])
    painter.tube(stick, 0.009, _STICK)
    painter.line([tip, tip + away * 1.3], 0.007, _HAIR)
    hand = frog + fiddle.bow * 0.015 + away * 0.6
    figure.arm(False, hand, down=fiddle.bow.imag < 0.5)
    block = frog - fiddle.bow * 0.03
    painter.fill([block, frog + fiddle.bow * 0.012, frog + away, block + away], _EBONY)
    figure.fingers(hand, -fiddle.bow, 0.0)


def _draw(figure: Figure, fiddle: Fiddle) -> None:
    """Draw body, neck, scroll, strings and bridge."""
    painter, at, size = figure.painter, fiddle.at, abs(fiddle.axis)
    half = [at(x, y) for x, y in _OUTLINE]
    other = [at(x, -y) for x, y in _OUTLINE[-1:0:-1]]
    outline = smooth([*half, *other], closed=True)
    painter.fill(outline + 0.015 * size * (1 + 1.5j), (20, 14, 12))
    painter.solid(outline, fiddle.wood, 0.3)
    rim = outline.mean() + 0.91 * (outline - outline.mean())
    painter.line(rim, 0.006 * size**0.5, mixed(fiddle.wood, BLACK, 0.5), closed=True)
    for side in (-1, 1):
        hole = [(0.31, 0.13), (0.33, 0.1), (0.42, 0.105), (0.51, 0.085), (0.53, 0.11)]
        path = smooth([at(x, side * y) for x, y in hole])
        painter.line(path, 0.018 * size, _EBONY)
    painter.tube([at(0.98), at(1.56)], 0.06 * size, mixed(fiddle.wood, BLACK, 0.15))
    scroll = smooth([at(1.55), at(1.7, 0.01), at(1.77, -0.04), at(1.72, -0.07), at(1.69, -0.03)])
    painter.tube(scroll, 0.05 * size, mixed(fiddle.wood, BLACK, 0.15))
    for along in (1.59, 1.65):
        painter.line([at(along, -0.1), at(along, 0.1)], 0.02 * size, _EBONY)
    board = [at(0.64, 0.055), at(0.64, -0.055), at(1.54, -0.035), at(1.54, 0.035)]
    painter.fill(board, _EBONY)
    painter.fill([at(0.04, 0.03), at(0.3, 0.055), at(0.3, -0.055), at(0.04, -0.03)], _EBONY)
    for across in (-0.036, -0.012, 0.012, 0.036):
        painter.line([at(0.28, across), at(1.53, across * 0.6)], 0.0025, (214, 208, 196))
    painter.line([at(_BRIDGE, -0.08), at(_BRIDGE, 0.08)], 0.025 * size, rgb("e2c48d"))


DRAWINGS: dict[str, Callable[[Figure], None]] = {
    "violin": draw_violin,
    "viola": draw_viola,
    "cello": draw_cello,
    "double_bass": draw_double_bass,
}
"""Instrument -> what draws head, arms and instrument over the torso."""
