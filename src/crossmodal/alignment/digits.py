"""Windows of `digits`: a spoken digit, its first second, and a written one of the same class."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path
from typing import cast

import pandas as pd

from crossmodal.alignment.clips import clip_sound
from crossmodal.alignment.kinds import Plan, Row, Window, bounds, described, fitted
from crossmodal.config import DigitWindows, WindowSettings
from crossmodal.corpora.av_digits import RATE_HZ
from crossmodal.corpora.idx import idx_picture
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.windows import KINDS

FORM = KINDS["digits"].form


def plan(corpus: str, columns: Collection[str], settings: WindowSettings) -> Plan:
    """Say how windows of this kind are cut.

    Args:
        settings: How many pictures a training recording goes with.
    """
    turns = cast(DigitWindows, settings).turns
    return Plan("audio", "audio", FORM, take_pairs, partial(choose_pairs, turns=turns))


def choose_pairs(rows: pd.DataFrame, turns: int) -> pd.DataFrame:
    """Choose pairs so that a recording stands once among what is searched or scored.

    Args:
        turns: Pictures that a recording goes with, where both splits are for training. A
            recording that only `split` has for training goes with as many, but under
            `split_speaker` with the first alone: there its further pairs have no side.

    Returns:
        The pairs, in the manifest's order; `split_speaker` is empty where a pair has no side.
    """
    turn = rows["turn"].astype(int)
    taken = rows[(turn == 0) | ((rows["split"] == "train") & (turn < turns))]
    again = taken["turn"].astype(int) > 0
    beside = again & (taken["split_speaker"] != "train")
    return taken.assign(split_speaker=taken["split_speaker"].mask(beside, ""))


def take_pairs(folder: Path, rows: list[Row], _: Quarantine) -> Iterator[Window]:
    """Read a recording once, and the picture of each of its pairs."""
    sound = clip_sound(folder, rows[0], RATE_HZ)
    pictures = [idx_picture(folder, row["picture"]) for row in rows]
    for row, picture in zip(rows, pictures, strict=True):
        span = bounds(row, (0.0, len(sound) / RATE_HZ))
        heard = described(row, min(len(sound), FORM.samples), span=span)
        yield Window(heard, fitted(sound, FORM.samples), picture)
