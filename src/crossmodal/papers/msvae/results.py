"""The collected runs of the paper in one edition, as figures and tables read them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from crossmodal.papers.msvae.arrays import Arrays, read_arrays
from crossmodal.papers.msvae.settings import PaperSettings
from crossmodal.reporting import tables
from crossmodal.runs import Run

TASK_NAMES = {"face_to_voice": "face → voice", "voice_to_face": "voice → face"}
MAIN = (
    *("written", "corrected", "validated"),
    *("written_identity", "corrected_identity", "validated_identity"),
)
"""Families of the main tables: the paper's split, then people dealt anew."""


@dataclass(frozen=True)
class Results:
    """The collected runs of the paper on the first of its corpora that is at hand.

    Attributes:
        settings: The paper's settings.
        folder: `results/<edition>/msvae`.
        corpus: None where no corpus is at hand.
        source: synthetic, download or own; "missing" without a corpus.
        families: Those that ran, in the settings' order.
        seeds: Of each of them.
    """

    settings: PaperSettings
    folder: Path
    corpus: str | None
    source: str
    families: list[str]
    seeds: list[int]

    @classmethod
    def read(cls, settings: PaperSettings, folder: Path) -> Results:
        """Read which runs there are from `results/<edition>/msvae`."""
        records = [record for _, record in tables.run_records(folder)]
        corpus = next(
            (name for name in settings.corpora if any(r["corpus"] == name for r in records)), None
        )
        mine = [record for record in records if record["corpus"] == corpus]
        ran = {record["variant"] for record in mine}
        return cls(
            settings,
            folder,
            corpus,
            mine[0]["source"] if mine else "missing",
            [family for family in settings.families if family in ran],
            sorted({record["seed"] for record in mine}),
        )

    @cached_property
    def _scores(self) -> dict[str, tables.Scores]:
        corpus = self.corpus or ""
        return {name: tables.run_scores(self.folder, corpus, name) for name in self.families}

    @cached_property
    def _metrics(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "metrics.csv")

    def title(self, family: str) -> str:
        """Return the name of a family in tables and figures."""
        return self.settings.families[family].title

    def read_from(self, *families: str) -> str:
        """Name the runs that an artefact, or a row of it, was read from."""
        return tables.read_from(self.corpus or "", *families)

    def main(self) -> list[str]:
        """Return the families of the main tables that ran."""
        return [family for family in MAIN if family in self.families]

    def split(self, family: str) -> str:
        """Return the split a family learnt from, the first word of its protocols."""
        return self.settings.families[family].split

    def scores(self, family: str, task: str, place: str, metric: str) -> np.ndarray | None:
        """Return scores [seeds, items] under `<split of the family>/<place>`, None without any."""
        key = f"{task}|{self.split(family)}/{place}|{metric}"
        return self._scores.get(family, {}).get(key)

    def scalar(self, family: str, task: str, place: str, metric: str) -> pd.Series:
        """Return a number of `metrics.csv`, one a seed; empty where it was not taken."""
        frame = self._metrics
        rows = frame[
            (frame["corpus"] == self.corpus)
            & (frame["variant"] == family)
            & (frame["task"] == task)
            & (frame["protocol"] == f"{self.split(family)}/{place}")
            & (frame["metric"] == metric)
        ]
        return rows["value"]

    def run_folder(self, family: str, seed: int) -> Path:
        """Return the folder of a run."""
        assert self.corpus is not None
        return Run(self.corpus, family, seed).folder(self.folder)

    def history(self, family: str) -> pd.DataFrame:
        """Return the training history of a family, the mean over its seeds."""
        frames = [pd.read_csv(self.run_folder(family, s) / "history.csv") for s in self.seeds]
        return pd.concat(frames).groupby("epoch", as_index=False).mean()

    def shown(self, family: str) -> Arrays:
        """Return what figures show of a family's first seed."""
        return read_arrays(self.run_folder(family, self.seeds[0]) / "shown.npz")

    def sample(self) -> Arrays:
        """Return the clip of Figure 1."""
        return read_arrays(self.folder / "samples" / f"{self.corpus}.npz")


def reported(artefact: str) -> dict[str, float]:
    """Return the numbers the paper prints in one artefact."""
    frame = pd.read_csv(Path(__file__).with_name("reported.csv"), dtype={"key": str})
    rows = frame[frame["artefact"] == artefact]
    return dict(zip(rows["key"], rows["value"], strict=True))
