"""The room of a recording: curtain, foam wall, music stands and light around its players."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from crossmodal_standins import bowed_players, brass_players, woodwind_players
from crossmodal_standins.instruments import INSTRUMENTS, Difficulty
from crossmodal_standins.music import Array, Performance
from crossmodal_standins.painting import BLACK, WHITE, Colour, Painter, Picture, mixed, rgb
from crossmodal_standins.photographs import draw_fine, photograph
from crossmodal_standins.players import Figure, Look, Moment, draw_look

CURTAINS = (
    *(rgb(code) for code in ("2340c8", "1f5fa8", "8a2342", "1d6b5a")),
    *(rgb(code) for code in ("5a3a8a", "96622e", "41535c", "a8842c")),
)
_DRAWINGS = bowed_players.DRAWINGS | brass_players.DRAWINGS | woodwind_players.DRAWINGS
_FOAM = (40.0, 41.0, 46.0)
_PLAYER_WIDTH = 0.82
"""Heights of the picture that a player takes beside others."""


class Stage:
    """Players in a room, drawn at any time of a song.

    Args:
        generator: Decides the room, the light and the players' looks.
        names: The players' instruments, from the left.
        size: Width and height of the pictures in px.
        difficulty: How much rooms and views differ.
        curtain: Its colour; None: it is drawn.
    """

    def __init__(
        self,
        generator: np.random.Generator,
        names: Sequence[str],
        size: tuple[int, int],
        difficulty: Difficulty,
        curtain: Colour | None = None,
    ) -> None:
        self.names = tuple(names)
        self._size = size
        self._difficulty = difficulty
        self._looks = [draw_look(generator) for _ in names]
        drawn = CURTAINS[generator.integers(len(CURTAINS))]
        self._curtain = drawn if curtain is None else curtain
        self._folds = generator.uniform((5, 0, 0.03), (11, 6.3, 0.12), (4, 3))
        self._crowd = min(1.0, size[0] / size[1] / (_PLAYER_WIDTH * len(self.names) + 0.35))
        self._zoom = self._crowd * (1.08 + generator.uniform(-1, 1) * difficulty.zoom)
        self._shift = complex(*generator.uniform(-1, 1, 2)) * difficulty.shift
        self._light = 1 + generator.uniform(-1, 1) * difficulty.light
        angle = generator.uniform(0, 2 * np.pi)
        self._slant = complex(difficulty.light * np.exp(1j * angle)) * generator.uniform(0.2, 1)
        self._noise = difficulty.noise * generator.uniform(0.2, 1)
        self._hidden = [bool(generator.random() < difficulty.occlusion) for _ in names]
        self._stand = generator.uniform(0.46, 0.56)
        self._backdrop: Picture | None = None

    def picture(self, generator: np.random.Generator, moments: Sequence[Moment]) -> Picture:
        """Draw what the camera sees.

        Args:
            generator: The noise comes from it.
            moments: What each player does.

        Returns:
            Red, green, blue, uint8, [height, width, 3].
        """

        def draw(canvas: Picture) -> None:
            if self._backdrop is None:
                self._draw_backdrop(canvas)
                self._backdrop = canvas.copy()
            canvas[:] = self._backdrop
            painter = Painter(canvas, scale=self._zoom, shift=self._shift)
            parts = zip(self.names, self._looks, moments, self._hidden, strict=True)
            for index, (name, look, moment, hidden) in enumerate(parts):
                self._draw_player(
                    painter, self._middle_of(painter, index), name, look, moment, hidden
                )

        return photograph(
            draw_fine(self._size, draw),
            generator,
            light=self._light,
            slant=self._slant,
            noise=self._noise,
        )

    def _middle_of(self, painter: Painter, index: int) -> float:
        """Return where a player's middle is: beside the middle, as a stand is to the right."""
        middle: float = painter.width / painter.height / 2
        return middle - 0.04 + _PLAYER_WIDTH * (index - (len(self.names) - 1) / 2)

    def _draw_player(
        self, painter: Painter, x: float, name: str, look: Look, moment: Moment, hidden: bool
    ) -> None:
        stands = name == "double_bass"
        if not hidden:
            _draw_stand(painter, x + self._stand)
        figure = Figure(
            painter,
            look,
            moment,
            at=complex(x - (0.1 if stands else 0.02), 0.42 if stands else 0.46),
            standing=stands,
            puff=0.0 if INSTRUMENTS[name].bowed else 1.0,
        )
        figure.chair()
        figure.body()
        figure.legs()
        _DRAWINGS[name](figure)
        if hidden:
            _draw_stand(painter, x + 0.3, 0.86)

    def _draw_backdrop(self, canvas: Picture) -> None:
        """Hang the curtain in folds before a foam wall, over a floor."""
        height, width = canvas.shape[:2]
        y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
        shade = np.full_like(x, 0.84)
        for waves, phase, depth in self._folds:
            bent = waves * x + phase + 0.25 * np.sin(2.2 * y + phase)
            shade += np.float32(depth) * np.sin(2 * np.pi * bent / 2).astype(np.float32)
        shade *= 1.08 - 0.3 * y
        cloth = np.array(self._curtain, dtype=np.float32) * shade[..., None]
        canvas[:] = np.clip(cloth + 12 * (shade[..., None] - 0.6), 0, 255).astype(np.uint8)
        painter = Painter(canvas, scale=self._zoom, shift=0.4 * self._shift)
        wide = width / height
        margin = wide / 2 * (1 / self._crowd - 1)  # what a camera farther away sees beside
        self._draw_foam(painter, wide + margin - 0.16, wide + margin + 0.94)
        self._draw_foam(painter, -margin - 1.04, 0.06 - margin)
        painter.fill([-2 + 0.97j, wide + 2 + 0.97j, wide + 2 + 2j, -2 + 2j], rgb("2b2723"))
        cv2.GaussianBlur(canvas, (0, 0), height / 400, dst=canvas)

    def _draw_foam(self, painter: Painter, left: float, right: float) -> None:
        painter.fill([left - 1j, right - 1j, right + 2j, left + 2j], _FOAM)
        for row, y in enumerate(np.arange(-0.74, 1.3, 0.11)):
            for column, x in enumerate(np.arange(left, right, 0.11)):
                tone = mixed(_FOAM, WHITE if (row + column) % 2 else BLACK, 0.1)
                corner = complex(x, y)
                painter.fill([corner, corner + 0.1, corner + 0.1 + 0.1j, corner + 0.1j], tone)
                wedge = [corner + 0.05, corner + 0.1 + 0.05j, corner + 0.05 + 0.1j, corner + 0.05j]
                painter.fill(wedge, mixed(tone, WHITE, 0.08))


def _draw_stand(painter: Painter, x: float, y: float = 0.62) -> None:
    """Draw a music stand with a sheet, seen from the side."""
    desk = complex(x, y)
    painter.tube([desk + 0.05j, desk + 0.02 + 0.6j], 0.013, (46, 46, 52))
    back = [desk - 0.02 + 0.07j, desk + 0.14 - 0.19j, desk + 0.17 - 0.17j, desk + 0.02 + 0.1j]
    painter.fill(back, (34, 35, 40))
    sheet = [desk - 0.035 + 0.05j, desk + 0.11 - 0.19j, desk + 0.15 - 0.175j, desk + 0.01 + 0.08j]
    painter.fill(sheet, (238, 236, 228))
    for share in np.linspace(0.18, 0.82, 6):
        left = sheet[0] + (sheet[1] - sheet[0]) * share
        right = sheet[3] + (sheet[2] - sheet[3]) * share
        staff = [left + 0.15 * (right - left), left + 0.85 * (right - left)]
        painter.line(staff, 0.003, (120, 120, 124))


def moments_of(name: str, performance: Performance, times_s: Array, beat_s: float) -> list[Moment]:
    """Return what a player does at the given times."""
    instrument = INSTRUMENTS[name]
    midi = performance.midi(times_s)
    height = np.clip((midi - instrument.low) / (instrument.high - instrument.low), 0, 1)
    sway = np.sin(np.pi * times_s / beat_s / 2)
    columns = (performance.loudness(times_s), height, midi, performance.bow(times_s), sway)
    return [Moment(*map(float, row)) for row in zip(*columns, strict=True)]
