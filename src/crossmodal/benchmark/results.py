"""What runs left behind, as the table and the figure need it: read from files, no model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.benchmark.scoring import CUTOFFS, GENERATION, RETRIEVAL, VERIFICATION, WAYS
from crossmodal.benchmark.settings import BenchmarkSettings
from crossmodal.errors import InputError
from crossmodal.metrics.uncertainty import Interval, bootstrap_mean, paired_bootstrap
from crossmodal.reporting.tables import RUNS, Scores, read_from, run_records, run_scores

Floats = NDArray[np.float64]

MAP_KEYS = {way: f"{way}|{RETRIEVAL}|average_precision" for way in WAYS}
REFERENCES = ("linear", "cca")
"""The linear baselines: that of classes where it can be had, else that of pairs."""


@dataclass(frozen=True)
class Cell:
    """All seeds of a method on a task.

    Attributes:
        task: Name of the task.
        method: Name of the method.
        scores: `way|protocol|metric` -> [seeds, items].
        records: Content of each seed's `run.json`.
    """

    task: str
    method: str
    scores: Scores
    records: list[dict[str, Any]]

    @property
    def source(self) -> str:
        """Where the corpus came from."""
        return str(self.records[0]["source"])

    def both_ways(self) -> Floats:
        """Return average precisions, mean of both ways, [seeds, items]."""
        return np.asarray(np.mean([self.scores[key] for key in MAP_KEYS.values()], axis=0))

    def cost(self, name: str) -> float:
        """Return a cost, mean over seeds: an entry of `cost` in `run.json`, or `core_seconds`."""
        values = [
            record[name] if name in record else record["cost"][name] for record in self.records
        ]
        return float(np.mean(values))


def read_cells(settings: BenchmarkSettings, results: Path) -> dict[str, list[Cell]]:
    """Return the methods that ran on each task, by task, both in the order of the settings.

    Raises:
        InputError: A file of a run is missing or damaged.
    """
    records: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for path, record in run_records(results):
        if "cost" not in record:
            raise InputError(
                "missing", file=path, field="cost", hint="Delete the run folder and run it again"
            )
        records.setdefault((record["corpus"], record["variant"]), []).append(record)
    return {
        task: [
            Cell(task, method, run_scores(results, task, method), records[task, method])
            for method in settings.methods
            if (task, method) in records
        ]
        for task in settings.definitions
        if any(found == task for found, _ in records)
    }


def measures(settings: BenchmarkSettings, cells: dict[str, list[Cell]]) -> pd.DataFrame:
    """Return the table of quality: a row a task and method, means with 95 % intervals as text."""
    rows = [
        {
            **_names(settings, cell),
            "mAP, sound by picture": _mean(cell, MAP_KEYS[WAYS[0]]),
            "mAP, picture by sound": _mean(cell, MAP_KEYS[WAYS[1]]),
            "mAP less linear": _less(cell, _reference(members)),
            "verification AUC": _mean(cell, f"pairs|{VERIFICATION}|auc"),
            "equal error rate": _mean(cell, f"pairs|{VERIFICATION}|equal_error_rate"),
            "pictures made": _mean(cell, f"picture_from_sound|{GENERATION}|accuracy"),
            "sounds made": _mean(cell, f"sound_from_picture|{GENERATION}|accuracy"),
        }
        for members in cells.values()
        for cell in members
    ]
    return pd.DataFrame(rows)


def ranks(settings: BenchmarkSettings, cells: dict[str, list[Cell]]) -> pd.DataFrame:
    """Return the table of ranks: recall at 1, 5 and 10 and mean reciprocal rank, both ways."""
    rows = []
    for members in cells.values():
        for cell in members:
            row = _names(settings, cell)
            for way, title in zip(WAYS, ("sound by picture", "picture by sound"), strict=True):
                for k in CUTOFFS:
                    key = f"{way}|{RETRIEVAL}|recall_at_{k}"
                    row[f"R@{k}, {title}"] = _mean(cell, key)
                row[f"MRR, {title}"] = _mean(cell, f"{way}|{RETRIEVAL}|reciprocal_rank")
            rows.append(row)
    return pd.DataFrame(rows)


def costs(settings: BenchmarkSettings, cells: dict[str, list[Cell]]) -> pd.DataFrame:
    """Return the table of costs, means over seeds, as measured on the machine that ran them."""
    rows = [
        {
            **_names(settings, cell),
            "numbers learned": int(cell.cost("parameters")),
            "training pairs": int(cell.cost("training_pairs")),
            "passes": int(cell.cost("passes")),
            "trials": int(cell.cost("trials")),
            "training, core-seconds": f"{cell.cost('core_seconds'):.1f}",
            "all trials, core-seconds": f"{cell.cost('trials_core_seconds'):.1f}",
            "embedding, core-µs a pair": f"{cell.cost('embedding_microseconds'):.0f}",
            "device": cell.records[0]["device"],
        }
        for members in cells.values()
        for cell in members
    ]
    return pd.DataFrame(rows)


def source_of(cells: dict[str, list[Cell]]) -> str:
    """Return what a title says of all runs: `synthetic` only where every corpus is a stand-in."""
    sources = {cell.source for members in cells.values() for cell in members}
    return "synthetic" if sources == {"synthetic"} else "download"


def _names(settings: BenchmarkSettings, cell: Cell) -> dict[str, Any]:
    entry = settings.methods[cell.method]
    diverged = int(sum(record["cost"]["diverged"] for record in cell.records))
    return {
        "task": settings.definitions[cell.task].title,
        "data": "stand-in" if cell.source == "synthetic" else "real",
        "method": entry.title,
        "kind": "paper" if entry.paper else "baseline",
        "seeds": f"{len(cell.records)}, {diverged} diverged" if diverged else len(cell.records),
        RUNS: read_from(cell.task, cell.method),
    }


def _reference(members: list[Cell]) -> Cell | None:
    by_name = {cell.method: cell for cell in members}
    return next((by_name[name] for name in REFERENCES if name in by_name), None)


def _mean(cell: Cell, key: str) -> str:
    return _text(bootstrap_mean(cell.scores[key])) if key in cell.scores else "–"


def _less(cell: Cell, reference: Cell | None) -> str:
    """Return the mean average precision less that of the linear baseline, queries paired."""
    if reference is None or cell is reference:
        return "–"
    return _text(paired_bootstrap(cell.both_ways(), reference.both_ways()), signed=True)


def _text(found: Interval, *, signed: bool = False) -> str:
    sign = "+" if signed else ""
    return f"{found.mean:{sign}.3f} [{found.low:{sign}.3f}, {found.high:{sign}.3f}]"
