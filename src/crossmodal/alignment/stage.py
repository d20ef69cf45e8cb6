"""Align a share of a corpus: from the rows of its manifest to windows of sound and pictures.

Files are shared out to shards and each is decoded once, streaming; windows go to the disk as they
come. A file that cannot be used is set aside, the others go on. `crossmodal.alignment.merge` makes
one corpus of the shards.
"""

from __future__ import annotations

import csv
import importlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from crossmodal.alignment.kinds import UNNAMED, Plan, Row
from crossmodal.alignment.spool import growing_array
from crossmodal.config import WindowChoice, WindowSettings, validate
from crossmodal.corpora.manifest import read_manifest
from crossmodal.corpora.media import chosen_windows
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import ClipError, InputError
from crossmodal.files import atomic_path, write_json
from crossmodal.progress import progress

ADDED = ("frame_s", "samples")
"""Columns of the windows' manifest that alignment adds to those of the corpus."""


def align(
    corpus: str,
    kind: str,
    folder: Path,
    manifest: Path,
    settings: Mapping[str, Any],
    shard: int,
    shards: int,
    out: Path,
) -> None:
    """Write a shard's `windows.csv`, `waves.npy`, `pictures.npy`, `quarantine.csv`, `shard.json`.

    Shard k holds the k-th of `shards` equal parts of the files, in the order of the manifest, so
    that the shards one behind the other are the same however many there are.

    Args:
        kind: One of those in `WindowChoice`: "facevoice", "cmcgan" and so on.
        settings: Of the kind, such as `step_ms` for "cmcgan".
        shard: Which shard, from 0.

    Raises:
        InputError: The manifest or a setting is wrong, or the corpus has no such windows.
    """
    cv2.setNumThreads(1)
    rows = read_manifest(manifest)
    chosen = window_settings(corpus, kind, settings)
    plan = kind_plan(corpus, kind, list(rows.columns), chosen)
    rows = rows if plan.choose is None else plan.choose(rows)
    own = shard_rows(rows, plan.unit, shard, shards)
    clips, quarantine = len(own), Quarantine()
    if plan.named and (rows["person"] != "").any():
        own = quarantine.sift(own, own["person"] == "", plan.file, UNNAMED)
    with (
        growing_array(out / "waves.npy", (plan.form.samples,), np.int16) as waves,
        growing_array(out / "pictures.npy", plan.form.picture, np.uint8) as pictures,
        _table(out / "windows.csv", [*rows.columns, *ADDED]) as table,
    ):
        for unit in progress(
            units(own, plan.unit),
            title=f"aligning {corpus}",
            total=own[plan.unit].nunique(),
            unit="file",
        ):
            try:
                for window in plan.cut(folder, unit, quarantine):
                    waves.append(window.wave)
                    pictures.append(window.picture)
                    table.writerow(window.row)
            except ClipError as error:
                for row in unit:
                    file = error.file or row[plan.file] or row["clip"]
                    quarantine.add(row["clip"], file, error.reason)
    quarantine.write(out / "quarantine.csv")
    description = {
        "corpus": corpus,
        "kind": kind,
        "settings": chosen.model_dump(exclude={"limit_share"}),
        "rate_hz": plan.form.rate_hz,
        "shard": shard,
        "shards": shards,
        "clips": clips,
    }
    write_json(out / "shard.json", description)


def window_settings(corpus: str, kind: str, settings: Mapping[str, Any]) -> WindowSettings:
    """Check that windows of a kind can be cut from a corpus; fill in its settings.

    Raises:
        InputError: They cannot, or there is no such kind or setting.
    """
    choice = validate(WindowChoice, {kind: dict(settings)}, Path("windows"))
    return chosen_windows(corpus, choice)[kind]


def kind_plan(corpus: str, kind: str, columns: Collection[str], settings: WindowSettings) -> Plan:
    """Return how windows of a kind are cut from a corpus.

    The module is looked up by name, so that jobs of one kind do not depend on another's source.
    """
    module = importlib.import_module(f"crossmodal.alignment.{kind}")
    plan: Plan = module.plan(corpus, columns, settings)
    return plan


def shard_rows(rows: pd.DataFrame, unit: str, shard: int, shards: int) -> pd.DataFrame:
    """Return a shard's part of a manifest; rows of one unit stand together and are never torn.

    Args:
        unit: Column; rows with the same value are cut together.
        shard: Which shard, from 0.

    Raises:
        InputError: There is no such shard.
    """
    if not 0 <= shard < shards:
        raise InputError(
            f"there is no shard {shard} of {shards}", field="shard", hint="Count them from 0"
        )
    numbers, names = pd.factorize(rows[unit])
    order = np.argsort(numbers, kind="stable")
    begin, end = (len(names) * place // shards for place in (shard, shard + 1))
    first, last = np.searchsorted(numbers[order], [begin, end])
    return rows.iloc[order[first:last]]


def units(rows: pd.DataFrame, unit: str) -> Iterator[list[Row]]:
    """Yield the rows that are cut together, as `shard_rows` has arranged them."""
    numbers, _ = pd.factorize(rows[unit])
    bounds = [*np.flatnonzero(np.diff(numbers, prepend=-1)), len(rows)]
    for first, last in pairwise(bounds):
        yield [
            {str(name): value for name, value in row.items()}
            for row in rows.iloc[first:last].to_dict("records")
        ]


@contextmanager
def _table(path: Path, columns: list[str]) -> Iterator[csv.DictWriter]:
    """Yield a table to append rows to; the file gets its name when the block succeeds."""
    with (
        atomic_path(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as stream,
    ):
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        yield writer
