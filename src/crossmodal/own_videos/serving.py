"""Which papers one's own videos can serve, by what they are expected to give or have given."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crossmodal.alignment.windows import HALF_SECOND_S
from crossmodal.config import OWN, Edition, load_edition, read_yaml, resolve, validate
from crossmodal.corpora.manifest import read_table
from crossmodal.corpora.media import OWN_WINDOWS
from crossmodal.files import write_json
from crossmodal.own_videos.entry import CORPUS, ENTRY, Entry

NOT_FROM_VIDEOS = {
    "captions": "needs pictures and captions spoken about them; videos have none",
    "hashing": "needs pairs of a picture and a written text; videos have none",
}


class Needs:
    """What the papers of the edition of one's own videos need.

    Args:
        config: The settings folder.
        overrides: Paper -> settings laid over its file.
    """

    def __init__(self, config: Path, overrides: Mapping[str, Mapping[str, Any]]) -> None:
        self.edition: Edition = load_edition(OWN, config)
        self._config, self._overrides = config, overrides

    def lacking(self, paper: str, windows: pd.DataFrame) -> str:
        """Return why a paper cannot be served by windows, or an empty string."""
        reason: str = self._asked(paper, "lacking", windows)
        return reason

    def suited(self, paper: str, windows: pd.DataFrame) -> dict[str, Any]:
        """Return settings of a paper that suit the number of windows."""
        settings: dict[str, Any] = self._asked(paper, "suited", windows)
        return settings

    def _asked(self, paper: str, question: str, windows: pd.DataFrame) -> Any:
        room = f"crossmodal.papers.{paper}"
        model = importlib.import_module(f"{room}.settings").PaperSettings
        overrides = self._overrides.get(paper, {})
        settings = resolve(model, paper, self.edition, overrides, self._config)
        return getattr(importlib.import_module(f"{room}.needs"), question)(windows, settings)

    def step_s(self) -> float:
        """Return from one `cmcgan` window to the next, s."""
        chosen = self.edition.corpora[CORPUS].windows.cmcgan
        return HALF_SECOND_S if chosen is None else chosen.step_ms / 1000


def expected(rows: pd.DataFrame, kind: str, step_s: float) -> pd.DataFrame:
    """Estimate the windows that rows of a table of labels will give.

    Args:
        rows: `person, label, split, start_s, end_s`, and `face_share`: the share of looks at the
            video that found a face.
        kind: "facevoice", "cmcgan" or "msvae".
        step_s: From one window to the next.

    Returns:
        A row of the same columns for each window.
    """
    seconds = rows["end_s"] - rows["start_s"]
    seen = (rows["person"] != "") & (rows["face_share"] > 0)
    if kind == "msvae":
        counts = seen.astype(int)
    elif kind == "facevoice":
        counts = (seconds / HALF_SECOND_S * rows["face_share"]).where(seen, 0)
    else:
        counts = ((seconds - HALF_SECOND_S) / step_s + 1).clip(lower=0)
    # what is a whole number but for rounding to milliseconds stays one
    return rows.loc[np.repeat(rows.index, (counts + 1e-6).astype(int))]


def write_serving(
    config: Path,
    overrides: Mapping[str, Mapping[str, Any]],
    folder: Path,
    windows: Sequence[Path],
    out: Path,
) -> None:
    """Write as JSON which papers the windows that were cut can serve: `name, served, unserved`.

    Args:
        config: The settings folder.
        overrides: Paper -> settings laid over its file.
        folder: The corpus, with its entry.
        windows: The manifests of the windows, `<kind>/manifest.csv` each.
        out: The file to write.
    """
    entry = validate(Entry, read_yaml(folder / ENTRY), folder / ENTRY)
    needs = Needs(config, overrides)
    unserved = dict(entry.unserved)
    for manifest in windows:
        paper = manifest.parent.name  # that learns from windows of this kind
        table = read_table(manifest, hint="Cut the windows again")
        if reason := needs.lacking(paper, table):
            unserved[paper] = reason
    served = [paper for paper in OWN_WINDOWS if paper not in unserved]
    unserved = {paper: unserved[paper] for paper in sorted(unserved)}
    write_json(out, {"name": entry.name, "served": served, "unserved": unserved})
