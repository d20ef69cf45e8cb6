"""What stands on both sides of a split, and how large a corpus is: tables for the report."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from crossmodal.corpora.manifest import JOINT
from crossmodal.files import atomic_path
from crossmodal.windows import SPLITS

KINDS = ("source", "person", "picture")
"""Columns of the manifest that are looked for on both sides, where there are such columns."""
SCHEMES = ("split", "split_speaker")
"""Columns that say how the rows are split, where there are such columns."""

_EXAMPLES = 3


def leakage(manifest: pd.DataFrame) -> pd.DataFrame:
    """Count the sources, persons and pictures that occur in two splits.

    Args:
        manifest: A table with the columns `split`, `source` and `person`; `picture` and
            `split_speaker` are looked at where they are there. A field may hold several names
            with `JOINT` between them. Empty names are unknown and never counted.

    Returns:
        One row for each kind and pair of splits that both have rows: `kind` (for another scheme
        than `split` with its name in brackets), `left`, `right` (train before validation before
        test), `left_count` and `right_count` (names on each side), `shared` (names on both),
        `right_rows` (rows on the right) and `right_rows_shared` (those of them with a name that
        is on the left too), `examples` (up to three shared names).
    """
    rows = []
    for scheme in [name for name in SCHEMES if name in manifest]:
        present = [split for split in SPLITS if (manifest[scheme] == split).any()]
        for kind in [name for name in KINDS if name in manifest]:
            named = {split: _names(manifest[manifest[scheme] == split], kind) for split in present}
            for left, right in combinations(present, 2):
                shared = set(named[left]) & set(named[right])
                affected = named[right][named[right].isin(shared)]
                rows.append(
                    {
                        "kind": kind if scheme == SCHEMES[0] else f"{kind} ({scheme})",
                        "left": left,
                        "right": right,
                        "left_count": named[left].nunique(),
                        "right_count": named[right].nunique(),
                        "shared": len(shared),
                        "right_rows": int((manifest[scheme] == right).sum()),
                        "right_rows_shared": affected.index.nunique(),
                        "examples": ", ".join(sorted(shared)[:_EXAMPLES]),
                    }
                )
    columns = "kind left right left_count right_count shared right_rows right_rows_shared examples"
    return pd.DataFrame(rows, columns=columns.split())


def corpus_sheet(manifest: pd.DataFrame) -> pd.DataFrame:
    """Sum a corpus up by split.

    Returns:
        One row a split that has rows and a last row `all`: `split`, `clips`, `labels`, `persons`,
        `sources` (distinct names, empty ones not counted), `total_s`, `shortest_s`, `median_s`,
        `longest_s` (durations of the rows in seconds; rows that overlap in time count in full,
        NaN where no row has a known duration), `unknown` (rows without a known duration).
    """
    present = [split for split in SPLITS if (manifest["split"] == split).any()]
    parts = {split: manifest[manifest["split"] == split] for split in present}
    return pd.DataFrame(
        [{"split": name} | _sums(part) for name, part in (parts | {"all": manifest}).items()]
    )


def write_tables(manifest: pd.DataFrame, folder: Path) -> None:
    """Write `summary.csv` and `leakage.csv`, what the report says of a manifest, atomically."""
    for name, table in (("summary", corpus_sheet(manifest)), ("leakage", leakage(manifest))):
        with atomic_path(folder / f"{name}.csv") as temporary:
            table.to_csv(temporary, index=False, float_format="%.6g", lineterminator="\n")


def _names(part: pd.DataFrame, kind: str) -> pd.Series:
    """Return the names in a column, those of a row under its index."""
    names = part[kind].str.split(JOINT, regex=False).explode()
    return names[names != ""]


def _sums(part: pd.DataFrame) -> dict[str, float]:
    seconds = (part["end_s"] - part["start_s"]).astype(float)
    known = seconds.dropna()
    sums: dict[str, float] = {"clips": len(part)}
    for name, column in (("labels", "label"), ("persons", "person"), ("sources", "source")):
        sums[name] = _names(part, column).nunique()
    sums["total_s"] = float(known.sum()) if len(known) else np.nan
    sums["shortest_s"] = float(known.min())
    sums["median_s"] = float(known.median())
    sums["longest_s"] = float(known.max())
    sums["unknown"] = len(part) - len(known)
    return sums
