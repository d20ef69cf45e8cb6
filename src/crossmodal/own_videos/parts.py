"""From a table of labels to pieces of videos in training, validation and test set.

Long rows are cut into pieces of about `PIECE_S`, because a row is an utterance to some papers.
Where everyone (or every label, where nobody is named) has at least three files, whole files go to
one side. Where not, every row is cut in time: its beginning is for training, its end for the test.
Then the same recording stands on both sides, and numbers are too good for new recordings.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from crossmodal.corpora.splits import deal
from crossmodal.windows import SPLITS

PIECE_S = 5.0
"""Length that pieces of long rows are about."""

VALIDATION, TEST = 0.2, 0.2
"""Shares of the files, or of a row's time."""

FILES_EACH = 3
"""Files that everyone needs, one for each side."""

Way = Literal["given", "file", "time"]


def way_of(rows: pd.DataFrame, wanted: str) -> Way:
    """Return how the rows are to be split: as the table says, by whole files, or in time.

    Args:
        rows: Usable rows: `file, label, person, split`.
        wanted: "auto", "file" or "time"; the table's own column goes before all of them.
    """
    if (rows["split"] != "").any():
        return "given"
    if wanted == "auto":
        files = rows.assign(who=_who(rows)).groupby("who")["file"].nunique()
        return "file" if (files >= FILES_EACH).all() else "time"
    return "file" if wanted == "file" else "time"


def pieces(rows: pd.DataFrame, way: Way) -> pd.DataFrame:
    """Cut the rows into pieces, each on one side.

    Args:
        rows: `file, label, person, gender, start_s, end_s, split`, times filled in.
        way: As from `way_of`.

    Returns:
        The same columns, times rounded to milliseconds; the pieces of a row follow each other.

    Raises:
        InputError: With `file` there are too few files for a test set.
    """
    if way == "file":
        rows = rows.assign(split=_by_file(rows))
    cut = []
    for row in rows.to_dict("records"):
        for side, begin_s, end_s in _sides(row["split"], row["start_s"], row["end_s"], way):
            bounds = np.linspace(begin_s, end_s, max(1, round((end_s - begin_s) / PIECE_S)) + 1)
            for first, last in pairwise(bounds.tolist()):
                times = {"start_s": round(first, 3), "end_s": round(last, 3)}
                cut.append(dict(row) | {"split": side} | times)
    return pd.DataFrame(cut, columns=rows.columns)


def _sides(split: str, start_s: float, end_s: float, way: Way) -> list[tuple[str, float, float]]:
    """Return which stretches of a row are on which side."""
    if way != "time":
        return [(split, start_s, end_s)]
    shares = np.cumsum([0.0, 1 - VALIDATION - TEST, VALIDATION, TEST])
    times = (start_s + shares * (end_s - start_s)).tolist()
    return list(zip(SPLITS, times[:-1], times[1:], strict=True))


def _by_file(rows: pd.DataFrame) -> list[str]:
    """Deal whole files to the sides, everyone's files apart."""
    who = (
        rows.assign(who=_who(rows))
        .groupby("file")["who"]
        .agg(lambda all: "/".join(sorted(set(all))))
    )
    return deal(
        rows["file"].tolist(),
        validation=VALIDATION,
        test=TEST,
        seed=0,
        strata=who[rows["file"]].tolist(),
    )


def _who(rows: pd.DataFrame) -> Sequence[str]:
    """Return what is to be on every side: the person, or the label where nobody is named."""
    return rows["person"].where(rows["person"] != "", rows["label"]).tolist()
