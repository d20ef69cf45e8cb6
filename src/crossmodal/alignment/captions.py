"""Windows of `captions`: the first 10.24 s of a spoken caption; its image stays a file."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from crossmodal.alignment.clips import clip_sound, picture_fault
from crossmodal.alignment.kinds import Plan, Row, Window, bounds, described, fitted
from crossmodal.config import WindowSettings
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import ClipError
from crossmodal.windows import KINDS

RATE_HZ = 16_000
FORM = KINDS["captions"].form


def plan(corpus: str, columns: Collection[str], settings: WindowSettings) -> Plan:
    """Say how windows of this kind are cut."""
    return Plan("clip", "audio", FORM, take_clip)


def take_clip(folder: Path, rows: list[Row], _: Quarantine) -> Iterator[Window]:
    """Read a caption's sound; make sure that its image can be read."""
    (row,) = rows
    sound = clip_sound(folder, row, RATE_HZ)
    fault = picture_fault(folder, row["image"])
    if fault:
        raise ClipError(fault, row["image"])
    span = bounds(row, (0.0, len(sound) / RATE_HZ))
    heard = described(row, min(len(sound), FORM.samples), span=span)
    yield Window(heard, fitted(sound, FORM.samples), np.zeros(0, np.uint8))
