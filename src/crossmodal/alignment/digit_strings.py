"""Windows of `digit_strings`: four digits said by one speaker, and the same four written.

Strings are unique, so that a string has one right answer: none occurs twice, neither on one side
of a split nor on two. What a string is made of comes from one side of `split` and one side of
`split_speaker`, so it can leak into neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache, partial
from itertools import cycle
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.alignment.clips import clip_sound
from crossmodal.alignment.kinds import Plan, Row, Window, described, fitted
from crossmodal.config import DigitStringWindows, WindowSettings
from crossmodal.corpora.av_digits import RATE_HZ
from crossmodal.corpora.idx import idx_picture
from crossmodal.corpora.manifest import JOINT
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.corpora.splits import in_proportion
from crossmodal.windows import KINDS, SPLITS

DIGITS = 4
FORM = KINDS["digit_strings"].form
SILENCE_SAMPLES = (400, 800)
"""Least and greatest silence between two digits, 50 to 100 ms."""
LONGEST_SAMPLES = (FORM.samples - (DIGITS - 1) * SILENCE_SAMPLES[1]) // DIGITS
"""Of a longer recording, 0.925 s, the rest is left out, so that every string fits."""
_RECORDINGS_KEPT = 4096

Pools = dict[tuple[str, ...], dict[str, list[str]]]


def plan(corpus: str, columns: Collection[str], settings: WindowSettings) -> Plan:
    """Say how windows of this kind are composed.

    Args:
        settings: How many strings each side of `split` has.
    """
    composed = partial(compose, settings=cast(DigitStringWindows, settings))
    return Plan("clip", "audio", FORM, take_string, composed)


def compose(rows: pd.DataFrame, settings: DigitStringWindows) -> pd.DataFrame:
    """Compose strings of the corpus's recordings and pictures.

    The strings of a side of `split` are shared out to the speakers by the number of their
    recordings there. Recordings, and pictures, take turns, so that each is used as seldom as can
    be, and no recording or picture twice in a string while there are enough.

    Args:
        settings: How many strings, and the seed.

    Returns:
        The manifest's columns and `silence_samples`, the silences between the digits. `label` is
        the string; `source`, `audio` and `picture` name four each, with `JOINT` between them.
        Fewer strings than asked for where the digits of a speaker do not give them.
    """
    generator = np.random.default_rng(settings.seed)
    sounds = _pools(rows, ["split", "split_speaker", "person"], "source")
    pictures = _pools(rows, ["split", "split_speaker"], "picture")
    audio = dict(zip(rows["source"], rows["audio"], strict=True))
    waiting = [f"{number:04}" for number in generator.permutation(10**DIGITS)]
    composed: list[Row] = []
    # The test set first, so that it does not depend on how much is trained on.
    for split in reversed(SPLITS):
        cells = [cell for cell in sounds if cell[0] == split]
        sizes = [sum(len(names) for names in sounds[cell].values()) for cell in cells]
        shares = in_proportion(sizes, int(getattr(settings, split))) if cells else []
        seen = {side: _dealers(pictures[side], generator) for side in pictures if side[0] == split}
        for cell, count in zip(cells, shares, strict=True):
            heard, drawn = _dealers(sounds[cell], generator), seen[cell[:2]]
            known = heard.keys() & drawn.keys()
            chosen = [text for text in waiting if known.issuperset(text)][:count]
            waiting = [text for text in waiting if text not in set(chosen)]
            for text in chosen:
                names = [next(heard[digit]) for digit in text]
                row = {
                    "clip": f"{text}-{cell[2]}",
                    "split": split,
                    "label": text,
                    "person": cell[2],
                    "source": JOINT.join(names),
                    "audio": JOINT.join(audio[name] for name in names),
                    "picture": JOINT.join(next(drawn[digit]) for digit in text),
                    "split_speaker": cell[1],
                    "turn": "0",
                    "silence_samples": _silences(generator),
                }
                composed.append(row)
    frame = pd.DataFrame(composed).assign(start_s=np.nan, end_s=np.nan)
    return frame[[*rows.columns, "silence_samples"]]


def take_string(folder: Path, rows: list[Row], _: Quarantine) -> Iterator[Window]:
    """Read the four recordings and the four pictures of a string, and join them."""
    (row,) = rows
    pieces: list[NDArray[np.int16]] = []
    silences = [0, *map(int, row["silence_samples"].split())]
    for name, silence in zip(row["audio"].split(JOINT), silences, strict=True):
        spoken = _recording(folder, name)[:LONGEST_SAMPLES]
        pieces += [np.zeros(silence, np.int16), spoken]
    sound = np.concatenate(pieces)
    picture = np.hstack([idx_picture(folder, name) for name in row["picture"].split(JOINT)])
    heard = described(row, len(sound), span=(0.0, len(sound) / RATE_HZ))
    yield Window(heard, fitted(sound, FORM.samples), picture)


def _pools(rows: pd.DataFrame, sides: Sequence[str], column: str) -> Pools:
    """List the different names in a column by side and digit."""
    distinct = rows.drop_duplicates([*sides, "label", column])
    pools: Pools = defaultdict(dict)
    for key, part in distinct.groupby([*sides, "label"], sort=True):
        *side, digit = cast(tuple[str, ...], key)
        pools[tuple(side)][digit] = part[column].tolist()
    return pools


def _dealers(pool: dict[str, list[str]], generator: np.random.Generator) -> dict[str, Any]:
    """Return for each digit what deals its names, shuffled once, round and round."""
    return {digit: cycle(generator.permutation(names).tolist()) for digit, names in pool.items()}


def _silences(generator: np.random.Generator) -> str:
    drawn = generator.integers(*SILENCE_SAMPLES, DIGITS - 1, endpoint=True)
    return " ".join(str(silence) for silence in drawn)


@lru_cache(maxsize=_RECORDINGS_KEPT)
def _recording(folder: Path, audio: str) -> NDArray[np.int16]:
    return clip_sound(folder, {"audio": audio}, RATE_HZ)
