"""Every table of the benchmark: quality, ranks and cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.benchmark.results import MAP_KEYS, REFERENCES, BenchmarkResults, Cell, source_of
from crossmodal.benchmark.scoring import CUTOFFS, GENERATION, RETRIEVAL, VERIFICATION, WAYS
from crossmodal.benchmark.settings import BenchmarkSettings
from crossmodal.metrics.uncertainty import Interval, bootstrap_mean, paired_bootstrap
from crossmodal.reporting.tables import RUNS, write_table


def benchmark(results: BenchmarkResults, stem: Path) -> None:
    """Quality: a row a task and method."""
    _write(results, _measures(results), stem)


def benchmark_ranks(results: BenchmarkResults, stem: Path) -> None:
    """Recall at 1, 5 and 10 and mean reciprocal rank, both ways."""
    _write(results, _ranks(results), stem)


def benchmark_cost(results: BenchmarkResults, stem: Path) -> None:
    """Costs, as measured on the machine that ran them."""
    _write(results, _costs(results), stem)


def _write(results: BenchmarkResults, frame: pd.DataFrame, stem: Path) -> None:
    artefact = results.settings.artefacts[stem.name]
    note, source = artefact.caption, source_of(results)
    write_table(frame, stem, title=artefact.title, source=source, note=note)


def _measures(results: BenchmarkResults) -> pd.DataFrame:
    """Return the table of quality: a row a task and method, means with 95 % intervals as text."""
    rows = [
        {
            **_names(results.settings, cell),
            "mAP, sound by picture": _mean(cell, MAP_KEYS[WAYS[0]]),
            "mAP, picture by sound": _mean(cell, MAP_KEYS[WAYS[1]]),
            "mAP less linear": _less(cell, _reference(members)),
            "verification AUC": _mean(cell, f"pairs|{VERIFICATION}|auc"),
            "equal error rate": _mean(cell, f"pairs|{VERIFICATION}|equal_error_rate"),
            "pictures made": _mean(cell, f"picture_from_sound|{GENERATION}|accuracy"),
            "sounds made": _mean(cell, f"sound_from_picture|{GENERATION}|accuracy"),
        }
        for members in results.corpora.values()
        for cell in members
    ]
    return pd.DataFrame(rows)


def _ranks(results: BenchmarkResults) -> pd.DataFrame:
    """Return the table of ranks: recall at 1, 5 and 10 and mean reciprocal rank, both ways."""
    rows = []
    for members in results.corpora.values():
        for cell in members:
            row = _names(results.settings, cell)
            for way, title in zip(WAYS, ("sound by picture", "picture by sound"), strict=True):
                for k in CUTOFFS:
                    key = f"{way}|{RETRIEVAL}|recall_at_{k}"
                    row[f"R@{k}, {title}"] = _mean(cell, key)
                row[f"MRR, {title}"] = _mean(cell, f"{way}|{RETRIEVAL}|reciprocal_rank")
            rows.append(row)
    return pd.DataFrame(rows)


def _costs(results: BenchmarkResults) -> pd.DataFrame:
    """Return the table of costs, means over seeds, as measured on the machine that ran them."""
    rows = [
        {
            **_names(results.settings, cell),
            "numbers learned": int(cell.cost("parameters")),
            "training pairs": int(cell.cost("training_pairs")),
            "passes": int(cell.cost("passes")),
            "trials": int(cell.cost("trials")),
            "training, core-seconds": f"{cell.cost('core_seconds'):.1f}",
            "all trials, core-seconds": f"{cell.cost('trials_core_seconds'):.1f}",
            "embedding, core-µs a pair": f"{cell.cost('embedding_microseconds'):.0f}",
            "device": cell.record["device"],
        }
        for members in results.corpora.values()
        for cell in members
    ]
    return pd.DataFrame(rows)


def _names(settings: BenchmarkSettings, cell: Cell) -> dict[str, Any]:
    entry = settings.methods[cell.method]
    diverged = int(sum(seed["cost"]["diverged"] for seed in cell.seeds))
    return {
        "task": settings.definitions[cell.task].title,
        "data": "stand-in" if cell.source == "synthetic" else "real",
        "method": entry.title,
        "kind": "paper" if entry.paper else "baseline",
        "seeds": f"{len(cell.seeds)}, {diverged} diverged" if diverged else len(cell.seeds),
        RUNS: f"{cell.task}/{cell.method}",
    }


def _reference(members: list[Cell]) -> Cell | None:
    by_name = {cell.method: cell for cell in members}
    return next((by_name[name] for name in REFERENCES if name in by_name), None)


def _mean(cell: Cell, key: str) -> str:
    found = cell.scores(key)
    return "–" if found is None else _text(bootstrap_mean(found))


def _less(cell: Cell, reference: Cell | None) -> str:
    """Return the mean average precision less that of the linear baseline, queries paired."""
    if reference is None or cell is reference:
        return "–"
    return _text(paired_bootstrap(cell.both_ways(), reference.both_ways()), signed=True)


def _text(found: Interval, *, signed: bool = False) -> str:
    sign = "+" if signed else ""
    return f"{found.mean:{sign}.3f} [{found.low:{sign}.3f}, {found.high:{sign}.3f}]"
