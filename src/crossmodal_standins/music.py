"""Composes melodies and says how a player plays them: pitch, loudness and bow at any time.

A harmony (key, tempo, chords) is drawn first; every part over it takes chord tones on the strong
beats and steps between them, so parts of one harmony sound together.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
BEATS_A_BAR, BARS_A_PHRASE = 4, 4

_PROGRESSIONS = ((0, 3, 4, 0), (0, 5, 3, 4), (0, 4, 5, 3), (5, 3, 0, 4), (0, 1, 4, 0))
"""Scale degrees of the chords, one a bar."""
_RHYTHMS = (
    (1.0, 1.0, 1.0, 1.0), (2.0, 1.0, 1.0), (1.0, 1.0, 2.0), (1.5, 0.5, 1.0, 1.0),
    (1.0, 0.5, 0.5, 2.0), (2.0, 2.0), (0.5, 0.5, 1.0, 2.0), (1.0, 0.5, 0.5, 1.0, 1.0),
    (0.5, 0.5, 0.5, 0.5, 1.0, 1.0),
)  # fmt: skip
"""Lengths of a bar's notes in beats."""

_RATE_HZ = 500
"""Of the grid on which the bow's way is summed up."""
_RELEASE_S = 0.05
_BOW_A_SECOND = 0.75
"""Share of the bow drawn in a second at full loudness."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Harmony:
    """What the parts of a piece share: key note (0 for C to 11), scale, chords, seconds a beat.

    The scale is in semitones above the key note; chords are degrees of it, one a bar.
    """

    tonic: int
    scale: tuple[int, ...]
    chords: tuple[int, ...]
    beat_s: float

    def degree(self, midi: int) -> int:
        """Return the degree of a tone in the key, -1 for none."""
        above = (midi - self.tonic) % 12
        return self.scale.index(above) if above in self.scale else -1


@dataclass(frozen=True)
class Note:
    """One note: when it starts and how long it sounds in s, its MIDI number, its level 0 to 1."""

    onset_s: float
    length_s: float
    midi: int
    level: float


@dataclass(frozen=True)
class Vibrato:
    """A periodic change of the pitch that sets in 0.15 s after a note starts."""

    cents: float
    rate_hz: float


class Performance:
    """A melody as one player plays it.

    Notes follow one another without overlap; `attack_s` is the time one takes to 95 % of its level.
    """

    def __init__(
        self, notes: list[Note], seconds: float, *, attack_s: float, vibrato: Vibrato
    ) -> None:
        self.notes, self.seconds, self.vibrato = notes, seconds, vibrato
        self._attack_s = attack_s
        self._onset = np.array([note.onset_s for note in notes])
        self._length = np.array([note.length_s for note in notes])
        self._midi = np.array([float(note.midi) for note in notes])
        self._level = np.array([note.level for note in notes])
        self._grid = np.arange(round(seconds * _RATE_HZ) + 1) / _RATE_HZ
        self._bow = self._draw_bow()

    def note_at(self, times_s: Array) -> NDArray[np.int64]:
        """Return which note sounds at each time, -1 for none."""
        last = np.searchsorted(self._onset, times_s, side="right") - 1
        known = np.maximum(last, 0)
        sounding = (last >= 0) & (times_s < self._onset[known] + self._length[known])
        return np.where(sounding, last, -1)

    def midi(self, times_s: Array) -> Array:
        """Return the pitch as a MIDI number without vibrato; in a rest the next or last note's."""
        following = np.searchsorted(self._onset + self._length, times_s, side="right")
        return self._midi[np.minimum(following, len(self._midi) - 1)]

    def pitch_hz(self, times_s: Array) -> Array:
        """Return the fundamental frequency with vibrato; 0 in a rest."""
        note = self.note_at(times_s)
        since = times_s - self._onset[note]
        wave = self.vibrato.cents * np.clip((since - 0.15) / 0.2, 0, 1)
        cents = wave * np.sin(2 * np.pi * self.vibrato.rate_hz * since)
        hz = 440.0 * 2 ** ((self._midi[note] - 69) / 12 + cents / 1200)
        return np.asarray(np.where(note >= 0, hz, 0.0))

    def loudness(self, times_s: Array) -> Array:
        """Return the envelope of the sound, 0 for silence to 1."""
        note = self.note_at(times_s)
        since = np.maximum(times_s - self._onset[note], 0)
        length = self._length[note]
        attack = 1 - np.exp(-3 * since / self._attack_s)
        swell = 0.8 + 0.2 * np.sin(np.pi * np.clip(since / length, 0, 1))
        release = np.clip((length - since) / _RELEASE_S, 0, 1)
        return np.asarray(np.where(note >= 0, self._level[note] * attack * swell * release, 0.0))

    def bow(self, times_s: Array) -> Array:
        """Return where the bow touches the string, 0 at the frog to 1 at the tip.

        Its speed is proportional to the loudness; it turns with every note and at its ends.
        """
        return np.asarray(np.interp(times_s, self._grid, self._bow))

    def _draw_bow(self) -> Array:
        way = np.cumsum(self.loudness(self._grid)) * _BOW_A_SECOND / _RATE_HZ
        bow = np.empty_like(way)
        starts = [0, *np.searchsorted(self._grid, self._onset).tolist(), len(way)]
        at, direction = 0.25, -1.0
        for first, end in pairwise(starts):
            if first < end:
                before = way[first - 1] if first else 0.0
                path = at + direction * (way[first:end] - before)
                bow[first:end] = 1 - np.abs(1 - path % 2)  # reflected at both ends
                at = float(bow[end - 1])
            direction = 1.0 if at < 0.5 else -1.0
        return 0.05 + 0.9 * bow


def draw_harmony(generator: np.random.Generator) -> Harmony:
    """Draw a key, a tempo of 76 to 126 beats a minute and chords."""
    return Harmony(
        tonic=int(generator.integers(12)),
        scale=MAJOR if generator.random() < 0.65 else MINOR,
        chords=_PROGRESSIONS[generator.integers(len(_PROGRESSIONS))],
        beat_s=60 / generator.uniform(76, 126),
    )


def compose(
    generator: np.random.Generator, harmony: Harmony, *, low: int, high: int, seconds: float
) -> list[Note]:
    """Compose a melody: phrases that swell and end on a long note and a breath.

    `low` and `high` are the part's lowest and highest MIDI number, at least an octave apart. Notes
    start before `seconds`, the last one ends with it; there is at least one.
    """
    tones = [midi for midi in range(low, high + 1) if harmony.degree(midi) >= 0]
    place = float(generator.uniform(0.35, 0.65)) * (len(tones) - 1)
    notes: list[Note] = []
    time_s, bar = 0.0, 0
    while time_s < seconds - 0.2:
        in_phrase = bar % BARS_A_PHRASE
        chord = harmony.chords[in_phrase % len(harmony.chords)]
        closing = in_phrase == BARS_A_PHRASE - 1
        rhythm = (2.0, 1.5) if closing else _RHYTHMS[generator.integers(len(_RHYTHMS))]
        beat = 0.0
        for beats in rhythm:
            place += float(generator.choice((-3, -2, -1, -1, 1, 1, 2, 3)))
            place += 0.06 * ((len(tones) - 1) / 2 - place)  # drift back to the middle of the range
            last = notes[-1].midi if notes else -1
            index = _nearest(harmony, tones, place, chord if beat in (0.0, 2.0) else None, last)
            arch = np.sin(np.pi * (in_phrase + beat / BEATS_A_BAR + 0.25) / BARS_A_PHRASE)
            level = 0.3 + 0.5 * arch + 0.1 * (beat == 0) + generator.uniform(-0.1, 0.1)
            length_s = beats * harmony.beat_s * float(generator.choice((0.82, 0.94, 0.97)))
            length_s = min(length_s, seconds - time_s)
            if length_s > 0.1:
                level = float(np.clip(level, 0.2, 1.0))
                notes.append(Note(time_s, length_s, tones[index], level))
            place = float(index)
            time_s += beats * harmony.beat_s
            beat += beats
        time_s += (BEATS_A_BAR - beat) * harmony.beat_s
        bar += 1
    return notes


def _nearest(harmony: Harmony, tones: list[int], place: float, chord: int | None, last: int) -> int:
    """Return the index of the tone nearest to a place, of a chord's tones if one is given.

    The last tone counts as two steps away, so that few tones are repeated.
    """
    wanted = range(7) if chord is None else [(chord + step) % 7 for step in (0, 2, 4)]
    fitting = [index for index, midi in enumerate(tones) if harmony.degree(midi) in wanted]
    return min(fitting, key=lambda index: abs(index - place) + 2 * (tones[index] == last))
