"""The collected runs of the paper in one edition, as figures and tables read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.metrics.uncertainty import Interval, bootstrap_mean
from crossmodal.papers.cmcgan.settings import PaperSettings
from crossmodal.reporting import tables
from crossmodal.runs import Run

NAMES = {"sub_urmp": "Sub-URMP", "folder": "Videos"}
DIRECTIONS = {"image": "sound → image", "sound": "image → sound"}
PREFIXES = {"two_step": "FR_", "one_step": "F_", "recovered": "RF_", "reconstructed": "R_"}
"""Protocol -> the paper's prefix of that output."""


@dataclass(frozen=True)
class Results:
    """The runs of the paper on one corpus.

    Attributes:
        settings: The paper's settings.
        folder: `results/<edition>/cmcgan`.
        corpus: Name of the corpus.
        records: (path, content) of the `run.json` of every collected run.
        metrics: `metrics.csv` of the paper.
    """

    settings: PaperSettings
    folder: Path
    corpus: str
    records: list[tuple[Path, dict[str, Any]]]
    metrics: pd.DataFrame

    @classmethod
    def read(cls, settings: PaperSettings, folder: Path) -> Results:
        """Read which runs there are from `results/<edition>/cmcgan`.

        Raises:
            InputError: There are none: no corpus of the paper is at hand.
        """
        records = tables.run_records(folder)
        if not records:
            raise InputError(
                "no run was collected",
                file=folder / "metrics.csv",
                hint="Run the workflow with a corpus of the paper",
            )
        metrics = pd.read_csv(folder / "metrics.csv", keep_default_na=False)
        return cls(settings, folder, records[0][1]["corpus"], records, metrics)

    @property
    def source(self) -> str:
        """Where the corpus came from: synthetic, download or own."""
        return str(self.records[0][1]["source"])

    @cached_property
    def seeds(self) -> dict[str, list[int]]:
        """Variant -> the seeds that ran, in rising order."""
        found: dict[str, list[int]] = {}
        for _, record in self.records:
            found.setdefault(record["variant"], []).append(record["seed"])
        return {variant: sorted(seeds) for variant, seeds in found.items()}

    def title(self, variant: str) -> str:
        """Return the name of a variant in tables and figures."""
        return self.settings.families[variant].title

    def protocol(self, variant: str) -> str:
        """Return which output is "the generated image" of a variant.

        The end of the two-step path; the one-step output where the two-step paths are not trained
        (LCGAN) or where the run is about the other reading.
        """
        settings = self.settings.model_settings(variant)
        one_step = settings.paths == "cycles" or settings.fakes == "one_step"
        return "one_step" if one_step else "two_step"

    def scores(
        self, variant: str, task: str, protocol: str, metric: str = "accuracy"
    ) -> NDArray[np.float64]:
        """Return scores [seeds, clips]; the seeds are the variant's own."""
        return self._scores(variant)[f"{task}|{protocol}|{metric}"]

    def measured(self, variant: str, task: str, protocol: str, metric: str = "accuracy") -> bool:
        """Tell whether a variant ran and has these scores."""
        return variant in self.seeds and f"{task}|{protocol}|{metric}" in self._scores(variant)

    def interval(
        self, variant: str, task: str, protocol: str, metric: str = "accuracy"
    ) -> Interval:
        """Return the mean and its 95 % interval over seeds and clips."""
        return bootstrap_mean(self.scores(variant, task, protocol, metric))

    def scalar(self, variant: str, task: str, protocol: str, metric: str) -> float:
        """Return the mean over seeds of a row of `metrics.csv`."""
        rows = self.metrics[
            (self.metrics["variant"] == variant)
            & (self.metrics["task"] == task)
            & (self.metrics["protocol"] == protocol)
            & (self.metrics["metric"] == metric)
        ]
        return float(rows["value"].mean())

    def judge(self, modality: str, split: str = "split") -> str:
        """Return the classifier that judges pictures or sounds."""
        return self.settings.judge("image" if modality == "image" else "sound", split)

    def floors(self, modality: str, split: str = "split") -> tuple[float, float]:
        """Return chance and the share of the majority class among the test clips."""
        judge = self.judge(modality, split)
        chance, majority = (
            self.scalar(judge, modality, "real", f"accuracy_{name}")
            for name in ("chance", "majority")
        )
        return chance, majority

    def read_from(self, *variants: str) -> str:
        """Name the runs that an artefact, or a row of it, was read from."""
        return tables.read_from(self.corpus, *variants)

    def clips(self, variant: str) -> int:
        """Return the number of test clips measured."""
        return int(next(iter(self._scores(variant).values())).shape[1])

    def samples(self, variant: str) -> Mapping[str, NDArray]:
        """Return what the first seed of a variant shows (`samples.npz`)."""
        run = Run(self.corpus, variant, self.seeds[variant][0])
        path = run.folder(self.folder) / "samples.npz"
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
        except (OSError, ValueError) as error:
            raise InputError(
                f"cannot be read ({error})", file=path, hint="Evaluate the runs again"
            ) from error

    def network(self, variant: str) -> dict[str, list[dict[str, Any]]]:
        """Return the module tables of a variant, by part, from its `run.json`."""
        parts: dict[str, list[dict[str, Any]]] = next(
            record["network"] for _, record in self.records if record["variant"] == variant
        )
        return parts

    @cached_property
    def _known(self) -> dict[str, tables.Scores]:
        return {}

    def _scores(self, variant: str) -> tables.Scores:
        if variant not in self._known:
            self._known[variant] = tables.run_scores(self.folder, self.corpus, variant)
        return self._known[variant]
