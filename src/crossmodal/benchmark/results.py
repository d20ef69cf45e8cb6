"""What runs left behind, as the table and the figure need it: read from files, no model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from crossmodal.benchmark.scoring import RETRIEVAL, WAYS
from crossmodal.benchmark.settings import BenchmarkSettings
from crossmodal.errors import InputError
from crossmodal.files import AGAIN
from crossmodal.reporting.results import CorpusResults
from crossmodal.runs import PaperFolder, read_run

Floats = NDArray[np.float64]

MAP_KEYS = {way: f"{way}|{RETRIEVAL}|average_precision" for way in WAYS}
REFERENCES = ("linear", "cca")
"""The linear baselines: that of classes where it can be had, else that of pairs."""


@dataclass(frozen=True, eq=False)
class Cell:
    """All seeds of a method on a task.

    Attributes:
        path: Of the method's `run.json`.
    """

    task: str
    method: str
    runs: CorpusResults
    path: Path
    record: dict[str, Any]

    @property
    def source(self) -> str:
        """Where the corpus came from."""
        return str(self.record["source"])

    @property
    def seeds(self) -> list[dict[str, Any]]:
        """What `run.json` says of each seed."""
        return list(self.record["seeds"].values())

    def scores(self, key: str) -> Floats | None:
        """Return scores [seeds, items]; None where the method has none of these."""
        return self.runs.scores(self.method, key) if key in self.runs.keys(self.method) else None

    def both_ways(self) -> Floats:
        """Return average precisions, mean of both ways, [seeds, items]."""
        found = [self.runs.scores(self.method, key) for key in MAP_KEYS.values()]
        return np.asarray(np.mean(found, axis=0))

    def cost(self, name: str) -> float:
        """Return a cost, mean over seeds: an entry of `cost`, or `core_seconds`."""
        return float(np.mean([seed.get(name, seed["cost"].get(name)) for seed in self.seeds]))


@dataclass(frozen=True, eq=False)
class BenchmarkResults:
    """What ran of the benchmark in an edition, as figures and tables read it.

    Attributes:
        corpora: Task -> its methods, both in the order of the settings.
    """

    settings: BenchmarkSettings
    corpora: Mapping[str, list[Cell]]

    @classmethod
    def read(cls, settings: BenchmarkSettings, folder: PaperFolder, tasks: list[str]) -> Self:
        """Read what some tasks left.

        Raises:
            InputError: A file is missing or damaged.
        """
        return cls(
            settings,
            {
                task: [_cell(settings, folder, task, name) for name in settings.methods_for(task)]
                for task in settings.definitions
                if task in tasks
            },
        )

    def records(self) -> list[tuple[Path, dict[str, Any]]]:
        """Return (path, content) of a record a seed, as those of papers' runs."""
        return [
            (cell.path, {**cell.record, "seed": int(seed), **entry})
            for members in self.corpora.values()
            for cell in members
            for seed, entry in cell.record["seeds"].items()
        ]


def _cell(settings: BenchmarkSettings, folder: PaperFolder, task: str, method: str) -> Cell:
    place = folder.root / "runs" / task / method
    record = read_run(place)
    if "seeds" not in record:
        raise InputError("missing", file=place / "run.json", field="seeds", hint=AGAIN)
    runs = CorpusResults(settings, folder, f"{task}/{method}")
    return Cell(task, method, runs, place / "run.json", record)


def source_of(results: BenchmarkResults) -> str:
    """Return what a title says of all runs: `synthetic` only where every corpus is a stand-in."""
    sources = {cell.source for members in results.corpora.values() for cell in members}
    return "synthetic" if sources == {"synthetic"} else "download"
