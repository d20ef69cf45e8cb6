"""Which papers one's own videos can serve, by what they are expected to give or have given."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crossmodal.alignment.windows import HALF_SECOND_S
from crossmodal.config import OWN, Edition, load_edition, resolve
from crossmodal.corpora.manifest import read_table
from crossmodal.corpora.media import OWN_WINDOWS
from crossmodal.files import AGAIN, write_json
from crossmodal.own_videos.entry import CORPUS
from crossmodal.papers.plan import Plan

if TYPE_CHECKING:
    from crossmodal.workspace import Workspace

NOT_FROM_VIDEOS = {
    "captions": "needs pictures and captions spoken about them; videos have none",
    "hashing": "needs pairs of a picture and a written text; videos have none",
}


class Papers:
    """The papers' plans in the edition of one's own videos, before there is a corpus."""

    def __init__(self, config: Path) -> None:
        self.edition: Edition = load_edition(OWN, config)
        self.config = config

    def plan(self, paper: str) -> Plan:
        """Return the plan of a paper, which knows what it needs of windows."""
        room = f"crossmodal.papers.{paper}"
        model = importlib.import_module(f"{room}.settings").PaperSettings
        settings = resolve(model, paper, self.edition, {}, self.config)
        plan: Plan = importlib.import_module(f"{room}.plan").Plan(paper, settings, [0], {})
        return plan

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


def write_eligible(workspace: Workspace, out: Path) -> None:
    """Write as JSON which papers the windows that were cut can serve: `name, served, unserved`."""
    assert workspace.own is not None
    unserved = dict(workspace.own.unserved)
    for kind in workspace.windows(CORPUS):  # windows of this kind are what the paper learns from
        manifest = workspace.results.corpus(CORPUS, kind) / "manifest.csv"
        if reason := workspace.plan(kind).unmet(read_table(manifest, hint=AGAIN)):
            unserved[kind] = reason
    served = [paper for paper in OWN_WINDOWS if paper not in unserved]
    unserved = {paper: unserved[paper] for paper in sorted(unserved)}
    write_json(out, {"name": workspace.own.name, "served": served, "unserved": unserved})
