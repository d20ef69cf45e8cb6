"""Join the shards of an alignment into the windows of a corpus, in bounded memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crossmodal.alignment.kinds import FULL_SCALE, NO_FAULTS
from crossmodal.alignment.spool import blocks, growing_array
from crossmodal.corpora.leakage import write_tables
from crossmodal.corpora.manifest import TIMES, read_table, write_manifest
from crossmodal.corpora.quarantine import LIMIT_SHARE, Quarantine, read_quarantine, too_many
from crossmodal.corpora.splits import deal
from crossmodal.errors import InputError
from crossmodal.features.store import describe_feature

BLOCK_BYTES = 1 << 24
RANDOM_VALIDATION, RANDOM_TEST = 0.1, 0.1
"""Shares of the windows for `split_random`."""
MEND = "Mend the files that quarantine.csv of each shard names, or raise `limit_share`"


def merge_shards(
    shards: Sequence[Path],
    out: Path,
    limit_share: float = LIMIT_SHARE,
    seed: int = 0,
    *,
    may_be_empty: bool = False,
) -> None:
    """Write the windows of a corpus: `manifest.csv`, arrays, `quarantine.csv`, sheet and leakage.

    The manifest is written last. It has the shards' columns and `split_random`: train, validation
    or test dealt to the windows one by one, within each label.

    Args:
        shards: The folders of all shards of one alignment, as `stage.align` left them, in order.
        limit_share: Largest share of the corpus's clips that damaged files may set aside. Clips
            that merely show no speaker, or are short, do not count.
        may_be_empty: Write empty files where there is no window at all.

    Raises:
        InputError: The shards do not make up a whole, too many clips are set aside, or there is
            no window at all.
    """
    shards = [Path(shard) for shard in shards]
    about = _descriptions(shards)
    quarantine = Quarantine(
        [row for shard in shards for row in read_quarantine(shard / "quarantine.csv").rows]
    )
    faults = Quarantine([row for row in quarantine.rows if row.reason not in NO_FAULTS])
    clips = sum(entry["clips"] for entry in about)
    too_many(faults, clips, limit_share, folder=out, hint=MEND)
    windows = _windows(shards)
    if windows.empty and not may_be_empty:
        reasons = sorted({row.reason for row in quarantine.rows})
        raise InputError(
            f"no window could be cut: {', '.join(reasons)}",
            file=out,
            hint="Check the corpus folder and the kind of window",
        )
    windows["split_random"] = _random_split(windows, seed)
    settings = {
        "corpus": about[0]["corpus"],
        "kind": about[0]["kind"],
        **about[0]["settings"],
        "rate_hz": about[0]["rate_hz"],
    }
    sound = f"sample, {FULL_SCALE} is full scale"
    count = len(windows)
    _concatenate(shards, out / "waves.npy", count, sound, settings, ("av",))
    colour = "grey or sRGB value, 0 to 255"
    libraries = ("av", "opencv-python-headless", "pillow")
    _concatenate(shards, out / "pictures.npy", count, colour, settings, libraries)
    quarantine.write(out / "quarantine.csv")
    write_tables(windows.assign(**{name: pd.to_numeric(windows[name]) for name in TIMES}), out)
    write_manifest(out / "manifest.csv", windows, may_be_empty=may_be_empty)


def _descriptions(shards: Sequence[Path]) -> list[dict[str, Any]]:
    """Read what the shards are, and check that they are all there is, once each."""
    about = []
    for shard in shards:
        path = shard / "shard.json"
        if not path.is_file():
            raise InputError("there is no such file", file=path, hint="Align this shard first")
        about.append(json.loads(path.read_text(encoding="utf-8")))
    same = [{key: entry[key] for key in entry if key not in ("shard", "clips")} for entry in about]
    numbers = [entry["shard"] for entry in about]
    if numbers != list(range(len(about))) or any(
        entry != same[0] or entry["shards"] != len(about) for entry in same
    ):
        raise InputError(
            f"shards {numbers} are not all shards of one alignment, in order",
            file=shards[0].parent,
            hint="Give every shard of one alignment",
        )
    return about


def _windows(shards: Sequence[Path]) -> pd.DataFrame:
    """Return the rows of all shards."""
    hint = "Align this shard again"
    tables = [read_table(shard / "windows.csv", hint=hint) for shard in shards]
    return pd.concat(tables, ignore_index=True)


def _random_split(windows: pd.DataFrame, seed: int) -> list[str]:
    """Deal the windows at random, within each label where a label has several."""
    if len(windows) < 2:
        return ["train"] * len(windows)
    labels = windows["label"].tolist()
    strata = labels if windows["label"].duplicated().any() else None
    return deal(
        windows["clip"].tolist(),
        validation=RANDOM_VALIDATION,
        test=RANDOM_TEST,
        seed=seed,
        strata=strata,
    )


def _concatenate(
    shards: Sequence[Path],
    out: Path,
    rows: int,
    units: str,
    settings: dict[str, Any],
    libraries: tuple[str, ...],
) -> None:
    """Put the shards' arrays of one name one behind the other, a block at a time."""
    paths = [shard / out.name for shard in shards]
    shapes = [np.load(path, mmap_mode="r", allow_pickle=False).shape for path in paths]
    dtype = np.load(paths[0], mmap_mode="r", allow_pickle=False).dtype
    if len({shape[1:] for shape in shapes}) > 1 or sum(shape[0] for shape in shapes) != rows:
        raise InputError(
            f"arrays of {shapes} for {rows} windows", file=paths[0], hint="Align the shards again"
        )
    with growing_array(out, shapes[0][1:], dtype) as joined:
        for path in paths:
            for block in blocks(path, BLOCK_BYTES):
                joined.extend(block)
    array = np.load(out, mmap_mode="r", allow_pickle=False)
    describe_feature(out, array, units, settings, libraries)
