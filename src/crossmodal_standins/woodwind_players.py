"""Draws bassoon, clarinet, flute, oboe and saxophone in the hands of a player.

The instrument rises as it grows louder; fingers leave the holes as the pitch rises.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crossmodal_standins.brass_players import BRASS, around, draw_bell
from crossmodal_standins.painting import BLACK, WHITE, Colour, mixed, rgb, smooth
from crossmodal_standins.player_heads import draw_head
from crossmodal_standins.players import Figure

_SILVER = rgb("c3c8ce")
_EBONY = rgb("26221f")
_REED = rgb("d8b877")


def draw_flute(figure: Figure) -> None:
    """Draw a flute player: the tube lies to the left of the picture."""
    along = complex(np.exp(1j * (np.pi - 0.32 + 0.22 * figure.moment.loudness)))
    start = figure.mouth + 0.012j - 0.07 * along
    figure.arm(True, start + 0.2 * along + 0.035j)
    draw_head(figure)
    end = start + 0.52 * along
    figure.painter.tube([start, end], 0.02, _SILVER, 0.8)
    figure.painter.oval(figure.mouth + 0.014j, 0.016, 0.01, mixed(_SILVER, BLACK, 0.3))
    _keys(figure, start + 0.16 * along, end, 11, 0.0085, _SILVER)
    figure.arm(False, start + 0.37 * along + 0.03j)
    for place in (0.2, 0.37):
        figure.fingers(start + place * along - 0.004j, -along, _lifted(figure))


def draw_oboe(figure: Figure) -> None:
    """Draw an oboe player."""
    _straight(figure, _EBONY, width=0.02, bell=0.03, length=0.43, mouthpiece=_REED)


def draw_clarinet(figure: Figure) -> None:
    """Draw a clarinet player: a wider tube and bell than the oboe's."""
    _straight(figure, (34, 32, 36), width=0.026, bell=0.048, length=0.46, mouthpiece=(18, 17, 18))


def draw_bassoon(figure: Figure) -> None:
    """Draw a bassoon player: a long tube across the body, and a thin one to the mouth."""
    moment = figure.moment
    wood = rgb("6a2418")
    draw_head(figure)
    foot = figure.chest + (-0.03 + 0.43j)
    along = complex(np.exp(1j * (-1.19 + 0.1 * moment.loudness + 0.05 * moment.sway)))
    top = foot + 0.9 * along
    crook = [figure.mouth, figure.mouth + 0.035 - 0.006j, foot + 0.58 * along]
    side = 1j * along * 0.017
    figure.arm(True, foot + 0.46 * along + 0.01)
    figure.painter.tube([foot - side, foot + 0.5 * along - side], 0.034, wood)
    figure.painter.tube([foot + side, top + side], 0.036, mixed(wood, BLACK, 0.15))
    figure.painter.line([top + side, top + side + 0.02 * along], 0.04, rgb("efe6d2"))
    for place in (0.02, 0.27, 0.52, 0.74):
        band = foot + place * along
        figure.painter.line([band - 1.5 * side, band + 2 * side], 0.012, _SILVER)
    figure.painter.tube(smooth(crook), 0.01, _SILVER, 0.8)
    figure.painter.line([figure.mouth, figure.mouth + 0.018], 0.012, _REED)
    _keys(figure, foot + 0.08 * along, foot + 0.68 * along, 14, 0.009, _SILVER)
    figure.arm(False, foot + 0.16 * along - 0.02)
    for place in (0.16, 0.46):
        figure.fingers(foot + place * along, along, _lifted(figure))


def draw_sax(figure: Figure) -> None:
    """Draw an alto saxophone player."""
    draw_head(figure)
    painter = figure.painter
    turn = complex(np.exp(-1j * (0.22 * figure.moment.loudness - 0.06)))
    at = around(figure.mouth, turn)
    neck = smooth([at(0, 0), at(0.05, -0.012), at(0.085, 0.0), at(0.092, 0.05)])
    bell = at(0.19, 0.215)
    figure.arm(True, at(0.1, 0.16))
    painter.cone(at(0.185, 0.37), bell, 0.05, 0.1, BRASS, 0.4)
    painter.cone(at(0.092, 0.05), at(0.1, 0.37), 0.024, 0.05, BRASS, 0.5)
    bow = [at(0.1, 0.37), at(0.115, 0.42), at(0.165, 0.42), at(0.185, 0.37)]
    painter.tube(smooth(bow), 0.052, BRASS)
    draw_bell(figure, bell, turn * complex(np.exp(0.12j)), 0.064, 0.024)
    painter.tube(neck, 0.018, BRASS, 0.6)
    painter.line([at(0, 0), at(0.03, -0.008)], 0.019, _EBONY)
    _keys(figure, at(0.096, 0.09), at(0.102, 0.36), 9, 0.014, mixed(BRASS, WHITE, 0.25))
    figure.arm(False, at(0.085, 0.3))
    for y in (0.16, 0.29):
        figure.fingers(at(0.1, y), 1j * turn, _lifted(figure))


def _straight(
    figure: Figure, wood: Colour, *, width: float, bell: float, length: float, mouthpiece: Colour
) -> None:
    """Draw oboe or clarinet, from the mouth down to the right."""
    angle = 1.22 - 0.4 * figure.moment.loudness + 0.05 * figure.moment.sway
    along = complex(np.exp(1j * angle))
    start = figure.mouth
    draw_head(figure)
    figure.arm(True, start + 0.16 * along + 0.02)
    end = start + length * along
    figure.painter.line([start, start + 0.05 * along], 0.55 * width, mouthpiece)
    figure.painter.tube([start + 0.045 * along, end], width, wood)
    figure.painter.cone(end - 0.03 * along, end + 0.03 * along, width, 2 * bell, wood)
    for place in (0.045, 0.13, 0.27, length - 0.02):
        band = start + place * along
        figure.painter.line([band, band + 0.007 * along], width * 1.1, _SILVER)
    _keys(figure, start + 0.08 * along, end, 13, 0.0075, _SILVER)
    figure.arm(False, start + 0.3 * along)
    for place in (0.16, 0.3):
        figure.fingers(start + place * along, along, _lifted(figure))


def _lifted(figure: Figure) -> float:
    """Return the share of fingers off the holes: higher tones have more holes open."""
    return (2.0 * figure.moment.height) % 1.0


def _keys(
    figure: Figure, start: complex, end: complex, count: int, radius: float, colour: Colour
) -> None:
    for place in np.linspace(start, end, count):
        centre, top = complex(place), 0.7 * radius
        figure.painter.oval(centre, radius, radius, mixed(colour, BLACK, 0.35))
        figure.painter.oval(centre - radius * (0.2 + 0.2j), top, top, colour)


DRAWINGS: dict[str, Callable[[Figure], None]] = {
    "bassoon": draw_bassoon,
    "clarinet": draw_clarinet,
    "flute": draw_flute,
    "oboe": draw_oboe,
    "sax": draw_sax,
}
"""Instrument -> what draws head, arms and instrument over the torso."""
