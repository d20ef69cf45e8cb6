"""What a window holds, and how the rows of a manifest become windows of some kind.

A kind is a module of this package by that name (`facevoice`, `cmcgan`, `msvae`, `captions`,
`digits`, `digit_strings`). Its function `plan(corpus, columns, settings)` returns a `Plan`; what
all kinds share stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.corpora.quarantine import Quarantine
from crossmodal.windows import Form

Row = dict[str, Any]
"""A row of a manifest: column -> value; `start_s` and `end_s` are floats, NaN where empty."""

FULL_SCALE = 32768
"""Value of a sample of 1.0 in `waves.npy`."""

UNSEEN = "no face is known to be the speaker's"
LOST = "the speaker's face is lost"
SHORT = "shorter than a window"
UNNAMED = "nobody is named"
SPARE = "the face image is damaged; the person's other images are used"
NO_FAULTS = (UNSEEN, LOST, SHORT, UNNAMED, SPARE)
"""What is entered although no clip is lost to a damaged file; it never stops a corpus."""


@dataclass(frozen=True)
class Window:
    """One window.

    Attributes:
        row: Its row of the windows' manifest, as from `described`.
        wave: Sound [samples], int16, full scale `FULL_SCALE`.
        picture: As `Form.picture` says, uint8, RGB or grey.
    """

    row: Row
    wave: NDArray[np.int16]
    picture: NDArray[np.uint8]


Cut = Callable[[Path, list[Row], Quarantine], Iterator[Window]]
"""Takes the corpus folder and the rows of one unit; yields their windows in order.

Clips of the unit that give no window are entered in the quarantine. A `ClipError` sets the whole
unit aside; it is raised before the first window.
"""


@dataclass(frozen=True)
class Plan:
    """How a corpus becomes windows of a kind.

    Attributes:
        unit: Column of the manifest; rows with the same value are cut together, because they
            stand in the same file, which is decoded once.
        file: Column that names this file.
        choose: Makes of the corpus's manifest the rows that are cut, the same in every shard;
            None: all of them as they are.
        named: Whether rows without a person give no window, where other rows have one.
    """

    unit: str
    file: str
    form: Form
    cut: Cut
    choose: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    named: bool = False


def described(
    row: Row,
    samples: int,
    *,
    clip: str | None = None,
    span: tuple[float, float] | None = None,
    frame_s: float | None = None,
) -> Row:
    """Return a window's row: that of its clip, with its own name and times.

    Args:
        samples: How many samples of the window's row of `waves.npy` are sound.
        clip: The window's name; None: the clip's.
        span: Start and end of the window, s; None: those of the clip.
        frame_s: Time stamp of its first frame; None: there is none.
    """
    own: Row = {} if clip is None else {"clip": clip}
    if span is not None:
        own |= {"start_s": span[0], "end_s": span[1]}
    return {**row, **own, "frame_s": "" if frame_s is None else frame_s, "samples": samples}


def whole_numbers(sound: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return sound in [-1, 1] as int16; what overshoots is clipped."""
    return np.clip(np.round(sound * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def fitted(sound: NDArray[np.int16], samples: int) -> NDArray[np.int16]:
    """Return the first `samples` samples of a sound, with zeros behind a shorter one."""
    return np.pad(sound[:samples], (0, max(0, samples - len(sound))))


def bounds(row: Row, default: tuple[float, float]) -> tuple[float, float]:
    """Return `start_s` and `end_s` of a row, with defaults where they are empty."""
    times = zip((row["start_s"], row["end_s"]), default, strict=True)
    start_s, end_s = (other if np.isnan(time_s) else float(time_s) for time_s, other in times)
    return start_s, end_s
