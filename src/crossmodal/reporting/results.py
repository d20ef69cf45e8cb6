"""The runs of a paper in an edition, as figures, tables and claims read them: from files alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.metrics.uncertainty import Interval, bootstrap_mean
from crossmodal.runs import AGAIN, PaperFolder, Run, read_csv, read_run
from crossmodal.scores import read_arrays, read_metrics


class NotRunError(Exception):
    """What a figure or table shows did not run; its text says in one sentence what."""


@dataclass(frozen=True, eq=False)
class CorpusResults:
    """The runs of a paper on one corpus.

    Attributes:
        settings: The paper's.
        folder: The paper's.
        name: Of the corpus.
    """

    settings: Any
    folder: PaperFolder
    name: str

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """One row a run and metric: `variant, seed, protocol, task, metric, value, n`."""
        return read_metrics(self.folder.metrics(self.name))

    @cached_property
    def runs(self) -> list[Run]:
        """The runs that were scored; folders left over from other settings are none of them."""
        rows = self.metrics[["variant", "seed"]].drop_duplicates().itertuples(index=False)
        return [Run(self.name, str(row.variant), int(str(row.seed))) for row in rows]

    @cached_property
    def seeds(self) -> dict[str, list[int]]:
        """Variant -> its seeds, in rising order; variants in the settings' order."""
        found: dict[str, list[int]] = {}
        for run in self.runs:
            found.setdefault(run.variant, []).append(run.seed)
        return {variant: sorted(seeds) for variant, seeds in found.items()}

    @cached_property
    def records(self) -> list[tuple[Path, dict[str, Any]]]:
        """(path, content) of the `run.json` of every run."""
        found = []
        for run in self.runs:
            folder = self.folder.run(run)
            record = read_run(folder)
            for key in ("corpus", "source", "variant", "seed"):
                if key not in record:
                    raise InputError("missing", file=folder / "run.json", field=key, hint=AGAIN)
            found.append((folder / "run.json", record))
        return found

    @property
    def source(self) -> str:
        """Where the corpus came from: synthetic, download or own."""
        return str(self.records[0][1]["source"])

    def record(self, variant: str) -> dict[str, Any]:
        """Return the `run.json` of a variant's first seed."""
        return next(record for _, record in self.records if record["variant"] == variant)

    def title(self, variant: str) -> str:
        """Return the name of a variant in tables and figures."""
        return str(self.settings.variants[variant].title)

    def need(self, *variants: str) -> None:
        """Raise NotRunError unless these variants ran."""
        absent = [name for name in variants if name not in self.seeds]
        if absent:
            raise NotRunError(f"Did not run: {', '.join(absent)}.")

    def keys(self, variant: str) -> list[str]:
        """Return what the runs of a variant scored, `task|protocol|metric`."""
        start = f"{variant}/seed{self.seeds[variant][0]}/" if variant in self.seeds else "/"
        return [name.removeprefix(start) for name in self._arrays.files if name.startswith(start)]

    @cache  # noqa: B019, results live as long as their process
    def scores(self, variant: str, key: str) -> NDArray[np.float64]:
        """Return the scores of a variant under `task|protocol|metric`, [seeds, items].

        Raises:
            NotRunError: The variant did not run.
            InputError: It has no such scores, or its seeds scored other items.
        """
        self.need(variant)
        if key not in self.keys(variant):
            raise InputError(
                f"{variant} has no scores {key}",
                file=self.folder.scores(self.name),
                hint=f"Ask for one of: {', '.join(self.keys(variant))}",
            )
        return np.stack(
            [self._arrays[f"{variant}/seed{seed}/{key}"] for seed in self.seeds[variant]]
        )

    def items(self, variant: str, task: str, protocol: str) -> NDArray[np.str_]:
        """Return the names of the items that a variant scored, [items]."""
        number = self._assigned[f"{variant}/{task}|{protocol}"]
        names: NDArray[np.str_] = self._arrays[f"items/{number}"]
        return names

    def interval(self, variant: str, key: str) -> Interval:
        """Return the mean of scores and its 95 % interval over seeds and items."""
        return bootstrap_mean(self.scores(variant, key))

    def scalar(self, variant: str, task: str, protocol: str, metric: str) -> float:
        """Return the mean over seeds of a row of the metrics; NaN where there is none."""
        wanted = {"variant": variant, "task": task, "protocol": protocol, "metric": metric}
        rows = self.metrics
        for column, value in wanted.items():
            rows = rows[rows[column] == value]
        return float(rows["value"].mean())

    def examples(self, variant: str | None = None, seed: int | None = None) -> dict[str, NDArray]:
        """Return what figures show of a run (its first seed unless told), or of the corpus."""
        if variant is None:
            return {name: self._examples[name] for name in self._examples.files if "/" not in name}
        self.need(variant)
        start = f"{variant}/seed{self.seeds[variant][0] if seed is None else seed}/"
        return {
            name.removeprefix(start): self._examples[name]
            for name in self._examples.files
            if name.startswith(start)
        }

    def history(self, variant: str, seed: int) -> pd.DataFrame:
        """Return the loss terms of a training, a row an epoch."""
        return read_csv(self.folder.run(Run(self.name, variant, seed)) / "history.csv")

    def read_from(self, *variants: str) -> str:
        """Name the runs that an artefact, or a row of a table, was read from."""
        return " ".join(f"{self.name}/{variant}" for variant in variants)

    @cached_property
    def _arrays(self) -> np.lib.npyio.NpzFile:
        return read_arrays(self.folder.scores(self.name))

    @cached_property
    def _assigned(self) -> dict[str, int]:
        assigned: dict[str, int] = json.loads(str(self._arrays["items"]))
        return assigned

    @cached_property
    def _examples(self) -> np.lib.npyio.NpzFile:
        return read_arrays(self.folder.examples(self.name))


@dataclass(frozen=True, eq=False)
class Results:
    """The runs of a paper in one edition.

    Attributes:
        settings: The paper's.
        folder: The paper's.
        corpora: Corpus -> its runs, in the settings' order.
    """

    settings: Any
    folder: PaperFolder
    corpora: Mapping[str, CorpusResults]

    @classmethod
    def read(cls, settings: Any, folder: PaperFolder, corpora: Sequence[str]) -> Results:
        """Read the runs on some corpora; files are opened when they are asked for."""
        return cls(
            settings, folder, {name: CorpusResults(settings, folder, name) for name in corpora}
        )

    @property
    def first(self) -> CorpusResults:
        """The first corpus: the only one of papers that have one.

        Raises:
            NotRunError: There is none.
        """
        for found in self.corpora.values():
            return found
        raise NotRunError("No corpus of the paper is at hand.")

    @property
    def source(self) -> str:
        """`synthetic` as soon as one corpus is a stand-in; `missing` without any."""
        found = {one.source for one in self.corpora.values() if one.runs}
        return "synthetic" if "synthetic" in found else min(found, default="missing")

    @property
    def records(self) -> list[tuple[Path, dict[str, Any]]]:
        """(path, content) of the `run.json` of every run."""
        return [record for one in self.corpora.values() for record in one.records]
