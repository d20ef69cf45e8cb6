"""The collected runs of the paper in one edition, as figures and tables read them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crossmodal.metrics.verification import Curve, roc
from crossmodal.papers.facevoice.choice import chosen_margin
from crossmodal.papers.facevoice.settings import PaperSettings
from crossmodal.reporting import tables

GRID = np.linspace(0.0, 1.0, 201)
"""False positive rates at which curves of several seeds are averaged."""


@dataclass(frozen=True)
class Results:
    """The collected runs of the paper on its first corpus that is at hand.

    Attributes:
        settings: The paper's settings.
        folder: `results/<edition>/facevoice`.
        records: The `run.json` of every run.
    """

    settings: PaperSettings
    folder: Path
    records: list[dict[str, Any]]

    @classmethod
    def read(cls, settings: PaperSettings, folder: Path) -> Results:
        """Read which runs there are from `results/<edition>/facevoice`."""
        return cls(settings, folder, [record for _, record in tables.run_records(folder)])

    @property
    def corpus(self) -> str:
        """Return the corpus that is shown."""
        present = {record["corpus"] for record in self.records}
        return next((name for name in self.settings.corpora if name in present), "")

    @property
    def source(self) -> str:
        """Return synthetic, download or own; missing without a run."""
        found = [record["source"] for record in self.records if record["corpus"] == self.corpus]
        return found[0] if found else "missing"

    @cached_property
    def variants(self) -> list[str]:
        """Return the variants that ran, in the settings' order."""
        ran = {record["variant"] for record in self.records if record["corpus"] == self.corpus}
        return [name for name in self.settings.families if name in ran]

    @cached_property
    def margin(self) -> float:
        """Return the margin chosen on validation pairs."""
        return chosen_margin(self.folder / "tuning" / self.corpus / "margin.csv")

    @cached_property
    def _metrics(self) -> pd.DataFrame:
        frame = pd.read_csv(self.folder / "metrics.csv")
        return frame[frame["corpus"] == self.corpus]

    def title(self, variant: str) -> str:
        """Return the name of a variant."""
        return self.settings.families[variant].title

    def read_from(self, *variants: str) -> str:
        """Name the runs that an artefact, or a row of it, was read from."""
        return tables.read_from(self.corpus, *variants)

    def record(self, variant: str) -> dict[str, Any]:
        """Return the `run.json` of a variant's first seed."""
        return next(
            record
            for record in self.records
            if (record["corpus"], record["variant"]) == (self.corpus, variant)
        )

    def scores(self, variant: str) -> tables.Scores:
        """Return per-pair scores by `task|protocol|metric`, [seeds, pairs] each."""
        return tables.run_scores(self.folder, self.corpus, variant)

    def scalar(self, variant: str, protocol: str, metric: str) -> float:
        """Return a number of a variant's runs, the mean over seeds."""
        frame = self._metrics
        rows = frame[
            (frame["variant"] == variant)
            & (frame["protocol"] == protocol)
            & (frame["metric"] == metric)
        ]
        return float(rows["value"].mean())

    def curves(self, variant: str, *, identified: bool) -> list[Curve]:
        """Return the curve of every seed, the paper's (`identified`) or the ordinary one."""
        scores = self.scores(variant)
        found = scores["matching|test|identified_concatenated"] if identified else None
        return [
            roc(values, match > 0, None if found is None else found[seed] > 0)
            for seed, (values, match) in enumerate(
                zip(
                    scores["matching|test|similarity"], scores["matching|test|matched"], strict=True
                )
            )
        ]
