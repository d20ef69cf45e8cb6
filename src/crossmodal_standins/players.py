"""Draws a player: looks, a seated or standing body, clothes, arms and hands.

The figure looks to the right of the picture, as the players of Sub-URMP do. The head is in
`player_heads`; what is held, and where the hands go, in `bowed_players`, `brass_players` and
`woodwind_players`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crossmodal_standins.painting import (
    BLACK,
    Colour,
    Painter,
    Points,
    circle,
    mixed,
    rgb,
    smooth,
)

SKINS = tuple(rgb(code) for code in ("f1cfb5", "e6b792", "d29a6f", "a96f47", "7d4d31", "5b3724"))
HAIRS = tuple(rgb(code) for code in ("241a16", "2e2320", "3b2618", "6b4423", "a8763e", "d8b36a"))
SHIRTS = tuple(
    rgb(code)
    for code in (
        [
            "f4f1ea",
            "c23b3b",
            "2f5d8a",
            "3f7d4e",
            "e0a63a",
            "6b3f7a",
            "2b2f36",
            "d9777f",
            "4aa3a0",
            "93a35a",
        ]
    )
)
TROUSERS = tuple(rgb(code) for code in ("2a2d38", "3d4a63", "8a7a5c", "4a4a4a", "57323a"))
_STEEL = rgb("585c64")

_UPPER_ARM = 0.175
_FOREARM = 0.185


@dataclass(frozen=True)
class Look:
    """How a player looks."""

    skin: Colour
    hair: Colour
    hair_style: int
    shirt: Colour
    trim: Colour
    pattern: int
    long_sleeves: bool
    trousers: Colour
    glasses: bool
    beard: bool
    build: float


@dataclass(frozen=True)
class Moment:
    """What a player does at one time.

    Attributes:
        loudness: 0 to 1.
        height: Pitch, 0 for the lowest to 1 for the highest of the instrument.
        midi: Pitch as a MIDI number; valves and slides follow it.
        bow: Where the bow touches the string, 0 at the frog to 1 at the tip.
        sway: The body's lean with the beat, -1 to 1.
    """

    loudness: float
    height: float
    midi: float
    bow: float
    sway: float


def draw_look(generator: np.random.Generator) -> Look:
    """Draw a player's looks."""
    shirt, trim = generator.permutation(len(SHIRTS))[:2]
    tone = int(generator.integers(len(SKINS)))
    return Look(
        skin=SKINS[tone],
        hair=HAIRS[generator.integers(len(HAIRS) - tone)],  # darker hair with darker skin
        hair_style=int(generator.integers(4)),
        shirt=SHIRTS[shirt],
        trim=SHIRTS[trim],
        pattern=int(generator.integers(4)),
        long_sleeves=bool(generator.random() < 0.5),
        trousers=TROUSERS[generator.integers(len(TROUSERS))],
        glasses=bool(generator.random() < 0.3),
        beard=bool(generator.random() < 0.2),
        build=float(generator.uniform(0.92, 1.1)),
    )


class Figure:
    """A player on a picture; parts are drawn in the order in which they cover each other.

    Args:
        painter: Where it is drawn.
        look: How the player looks.
        moment: What the player does.
        at: The middle between the shoulders when upright.
        standing: Drawn with legs down, without a chair.
        puff: How far the cheeks and shoulders follow the loudness: 1 blown, 0 bowed.
    """

    def __init__(
        self,
        painter: Painter,
        look: Look,
        moment: Moment,
        *,
        at: complex,
        standing: bool = False,
        puff: float = 1.0,
    ) -> None:
        self.painter = painter
        self.look = look
        self.moment = moment
        self.puff = puff * moment.loudness
        self._standing = standing
        self._hips = at + 0.40j
        lean = 0.045 * moment.sway + 0.02 * moment.loudness
        self.lean = np.exp(1j * lean)
        self.chest = self._hips + (at - self._hips) * self.lean - 0.012j * self.puff
        half = 0.125 * look.build
        self.left_shoulder = self.chest + (half + 0.02j) * self.lean
        self.right_shoulder = self.chest + (-half + 0.02j) * self.lean
        self.head = self.chest + (0.018 - 0.155j) * self.lean
        self.mouth = self.face(0.047, 0.047)

    def face(self, x: float, y: float) -> complex:
        """Return a point given from the middle of the head."""
        return complex(self.head + complex(x, y) * self.lean)

    def chair(self) -> None:
        """Draw the chair, or the legs of a player who stands."""
        hips = self._hips
        if self._standing:
            for side in (0.055, -0.055):
                foot = hips + side * 1.4 + 0.6j
                self.painter.cone(hips + side, foot, 0.11, 0.075, self.look.trousers)
            return
        back = [hips - 0.15 - 0.26j, hips - 0.15 + 0.06j]
        self.painter.tube(back, 0.016, _STEEL)
        self.painter.line([hips - 0.135 - 0.24j, hips - 0.135 - 0.09j], 0.05, (38, 40, 48))
        self.painter.tube([hips - 0.15 + 0.07j, hips - 0.19 + 0.5j], 0.016, _STEEL)
        self.painter.tube([hips - 0.16 + 0.09j, hips + 0.15 + 0.09j], 0.03, (52, 54, 62))

    def legs(self) -> None:
        """Draw the legs of a player who sits, over the hem of the shirt."""
        if self._standing:
            return
        for knee in (0.215 + 0.02j, 0.15 + 0.045j):
            at = self._hips + knee
            self.painter.cone(at, at + 0.02 + 0.4j, 0.085, 0.07, self.look.trousers)
            self.painter.cone(self._hips - 0.035 + 0.03j, at, 0.125, 0.1, self.look.trousers)

    def body(self) -> None:
        """Draw the torso, its clothes and the neck."""
        half, hips = 0.135 * self.look.build, self._hips
        turn = self.lean
        outline = smooth(
            [
                self.chest + (-0.05 - 0.03j) * turn,
                self.chest + (-half * 0.92 - 0.005j) * turn,
                self.chest + (-half * 1.06 + 0.07j) * turn,
                self.chest + (-half * 0.9 + 0.2j) * turn,
                hips - 0.105 * self.look.build,
                hips + 0.06j,
                hips + 0.105 * self.look.build,
                self.chest + (half * 0.9 + 0.2j) * turn,
                self.chest + (half * 1.06 + 0.07j) * turn,
                self.chest + (half * 0.92 - 0.005j) * turn,
                self.chest + (0.05 - 0.03j) * turn,
            ],
            closed=True,
        )
        self.painter.solid(outline, self.look.shirt, 0.12)
        self._pattern(outline)
        skin = mixed(self.look.skin, BLACK, 0.14)
        self.painter.cone(self.head + 0.02j, self.chest - 0.01j, 0.062, 0.072, skin, 0.05)
        self.painter.fill(
            [self.chest - 0.055 - 0.028j, self.chest + 0.055 - 0.028j, self.chest + 0.045j], skin
        )

    def _pattern(self, outline: Points) -> None:
        """Draw stripes, buttons or a waistcoat on the torso."""
        turn, trim = self.lean, self.look.trim
        if self.look.pattern == 1:
            for y in np.arange(0.09, 0.4, 0.045):
                wide = float(np.interp(y, (0.05, 0.22, 0.4), (0.125, 0.108, 0.09)))
                half = wide * self.look.build
                row = [
                    self.chest + complex(x, y + 0.012 * (1 - (x / half) ** 2)) * turn
                    for x in np.linspace(-half, half, 9)
                ]
                self.painter.line(row, 0.014, mixed(self.look.shirt, trim, 0.75))
        elif self.look.pattern == 2:
            self.painter.line([self.chest + 0.05j * turn, self._hips], 0.006, trim)
            for y in np.arange(0.08, 0.4, 0.06):
                self.painter.oval(self.chest + 1j * y * turn, 0.006, 0.006, trim)
        elif self.look.pattern == 3:
            middle = outline.mean()
            vest = middle + 0.82 * (outline - middle) + 0.012j
            self.painter.fill(vest, mixed(self.look.trim, BLACK, 0.25))
            self.painter.fill(
                [self.chest - 0.05 - 0.02j, self.chest + 0.05 - 0.02j, self.chest + 0.16j],
                self.look.shirt,
            )

    def arm(self, left: bool, hand: complex, *, down: bool = True) -> None:
        """Draw an arm that ends in a hand.

        Args:
            left: The player's left arm, on the right of the picture.
            hand: Where the hand is.
            down: The elbow hangs; False turns it out.
        """
        shoulder = self.left_shoulder if left else self.right_shoulder
        elbow = _elbow(shoulder, hand, 1.0 if left else -1.0, down)
        sleeve = mixed(self.look.shirt, BLACK, 0.06)
        self.painter.cone(
            elbow, hand, 0.06, 0.042, sleeve if self.look.long_sleeves else self.look.skin, 0.15
        )
        if not self.look.long_sleeves:
            self.painter.cone(shoulder, elbow, 0.075, 0.06, self.look.skin, 0.12)
            elbow = shoulder + 0.62 * (elbow - shoulder)
        self.painter.cone(shoulder, elbow, 0.086, 0.07, sleeve, 0.15)
        self.painter.solid(hand + circle(0.025, 0.027), self.look.skin, 0.15)

    def fingers(self, at: complex, along: complex, lifted: float = 0.0) -> None:
        """Draw four fingers over something; the share `lifted` of them stand off it.

        Args:
            at: The middle of the four.
            along: Direction in which they stand side by side, of length 1.
            lifted: 0 all down to 1 all up.
        """
        across = along * 1j
        for index in range(4):
            root = at + along * 0.0165 * (index - 1.5) + 0.016 * across
            up = 0.022 if index < round(4 * lifted) else 0.0
            self.painter.cone(
                root, root - (0.026 + up) * across, 0.0145, 0.012, self.look.skin, 0.2
            )


def _elbow(shoulder: complex, hand: complex, outward: float, down: bool) -> complex:
    """Return the elbow of a two-bone arm, the lower or the outer one; straight out of reach."""
    way = hand - shoulder
    reach = max(abs(way), 1e-6)
    upper = _UPPER_ARM * max(1.0, reach / (_UPPER_ARM + _FOREARM))
    fore = _FOREARM * upper / _UPPER_ARM
    along = (upper**2 - fore**2 + reach**2) / (2 * reach)
    off = np.sqrt(max(upper**2 - along**2, 0.0))
    both = [complex(shoulder + way / reach * (along + 1j * side * off)) for side in (1, -1)]
    if down:
        return max(both, key=lambda elbow: elbow.imag + 0.6 * outward * elbow.real)
    return max(both, key=lambda elbow: outward * elbow.real - 0.3 * elbow.imag)
