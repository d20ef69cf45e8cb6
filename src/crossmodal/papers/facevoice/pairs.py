"""Pairs and triplets of windows: which face, which voice of the same person, whose other voice.

A row of the table is one matched pair and one mismatched pair with the same face, and, taken
together, the triplets of both directions: anchor face, positive and negative voice; anchor voice,
positive and negative face.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from crossmodal.errors import InputError

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Trios:
    """Windows by their row in the manifest, [m] each.

    Attributes:
        face: Whose face.
        voice: Whose voice belongs to it: the same person's.
        other: A window of another person: its voice (and face) does not.
    """

    face: Rows
    voice: Rows
    other: Rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.face)

    def first(self, count: int) -> Trios:
        """Return the first rows."""
        return Trios(self.face[:count], self.voice[:count], self.other[:count])

    def pairs(self) -> tuple[Rows, Rows, NDArray[np.bool_]]:
        """Return faces, voices and whether they match, [2 m] each: the matched pairs first."""
        matched = np.repeat([True, False], len(self))
        return (
            np.concatenate([self.face, self.face]),
            np.concatenate([self.voice, self.other]),
            matched,
        )


def draw(
    windows: Rows,
    person: NDArray[np.int64],
    pairs: int,
    seed: int,
    matched: Literal["window", "person"] = "window",
    *,
    again: bool = False,
) -> Trios:
    """Draw trios from the windows of one part of a corpus.

    The other window is drawn evenly from those of all other people.

    Args:
        windows: [w], the part's windows as rows of the manifest.
        person: [n], whose window each row of the manifest is.
        pairs: How many pairs are wanted; there are half as many trios.
        seed: Decides the draws, together with the windows.
        matched: The voice is that of the same window, or of any window of the person.
        again: Whether a window may be the face of several trios, every window being used before
            one is used again; if not, there are no more trios than windows.

    Raises:
        InputError: The part shows fewer than two people.
    """
    own = person[windows]
    if len(np.unique(own)) < 2:
        raise InputError(
            f"{len(windows)} windows of fewer than two people make no mismatched pairs",
            field="split",
            hint="Give every split windows of two people or more",
        )
    random = np.random.default_rng(seed)
    rounds = -(-(pairs // 2) // len(windows)) if again else 1
    shuffled = np.concatenate([random.permutation(len(windows)) for _ in range(rounds)])
    chosen = shuffled[: pairs // 2]
    faces = windows[chosen]
    others = _drawn(windows, own, chosen, random, same=False)
    voices = faces if matched == "window" else _drawn(windows, own, chosen, random, same=True)
    return Trios(faces, voices, others)


def _drawn(
    windows: Rows, own: Rows, chosen: Rows, random: np.random.Generator, *, same: bool
) -> Rows:
    """Draw, for each chosen place, a window of the same person or of any other one."""
    candidates = {
        person: windows[(own == person) == same] for person in np.unique(own[chosen]).tolist()
    }
    places = random.random(len(chosen))
    return np.array(
        [
            candidates[person][int(place * len(candidates[person]))]
            for person, place in zip(own[chosen].tolist(), places, strict=True)
        ]
    )
