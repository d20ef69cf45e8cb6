"""What the runs of a paper on a corpus scored: one value an item, and the items' names beside them.

`scores/<corpus>.npz` holds `<variant>/seed<k>/<task>|<protocol>|<metric>` -> float64, one value an
item, and `items/<number>` -> the names of items (a clip, a query, a pair of clips), which
`items` assigns to `<variant>/<task>|<protocol>`. Scores are paired by these names, never by place.
`metrics/<corpus>.csv` holds the means, and further numbers of whole runs.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.files import AGAIN, atomic_path, check_recorded
from crossmodal.runs import PaperFolder, Run, read_csv, write_csv

Scores = dict[str, NDArray[np.float64]]
"""`task|protocol|metric` -> one value an item, [n]; of several seeds [seeds, n]."""

METRIC_COLUMNS = [
    *("paper", "corpus", "variant", "seed", "protocol", "task", "metric", "value", "n")
]
_ITEMS = "items"


@dataclass(frozen=True)
class Scored:
    """What one run scored.

    Attributes:
        run: Which.
        scores: `task|protocol|metric` -> one value an item, [n].
        items: `task|protocol` -> names of the items, [n], each once.
        scalars: Further rows of the metrics, with `protocol, task, metric, value, n`.
        examples: What figures show of the run, by name.
    """

    run: Run
    scores: Mapping[str, NDArray[Any]]
    items: Mapping[str, Sequence[str] | NDArray[np.str_]]
    scalars: Sequence[Mapping[str, Any]] = ()
    examples: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def write_scores(
    folder: PaperFolder,
    corpus: str,
    scored: Iterable[Scored],
    examples: Mapping[str, NDArray[Any]] | None = None,
) -> None:
    """Write scores, metrics and examples of all runs of a paper on a corpus.

    Args:
        examples: What figures show of the corpus itself, by name; None: no examples are kept.

    Raises:
        InputError: Scores are not finite, or have other items than names.
    """
    arrays: dict[str, NDArray[Any]] = {}
    names: dict[tuple[str, ...], int] = {}
    assigned: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    shown = dict(examples or {})
    for one in scored:
        run, counts = one.run, {name: len(items) for name, items in one.items.items()}
        identity: dict[str, Any] = {"paper": folder.root.name, "corpus": run.corpus}
        identity |= {"variant": run.variant, "seed": run.seed}
        for place, items in one.items.items():
            listed = tuple(str(item) for item in items)
            number = names.setdefault(listed, len(names))
            if assigned.setdefault(f"{run.variant}/{place}", number) != number:
                problem = "other items than an earlier seed of the variant"
                raise InputError(problem, file=folder.run(run), field=place)
        for key, values in one.scores.items():
            task, protocol, metric = key.split("|")
            count = counts.get(f"{task}|{protocol}", 0)
            if not count == len(values) > 0 or not np.isfinite(values).all():
                problem = f"{len(values)} scores of {count} items, or scores that are no numbers"
                raise InputError(problem, file=folder.run(run), field=key)
            arrays[f"{run.name}/{key}"] = np.asarray(values, np.float64)
            mean = {"value": float(np.mean(values)), "n": len(values)}
            rows.append({**identity, "protocol": protocol, "task": task, "metric": metric, **mean})
        rows += [{**identity, **row} for row in one.scalars]
        shown |= {f"{run.name}/{name}": values for name, values in one.examples.items()}
    for listed, number in names.items():
        arrays[f"{_ITEMS}/{number}"] = np.array(listed, dtype=np.str_)
    arrays[_ITEMS] = np.array(json.dumps(assigned, sort_keys=True))
    if examples is not None:
        write_arrays(folder.examples(corpus), shown)
    write_arrays(folder.scores(corpus), arrays)
    write_csv(folder.metrics(corpus), pd.DataFrame(rows, columns=METRIC_COLUMNS))


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays by name, packed; same arrays, same bytes."""
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **dict(arrays))


def read_arrays(path: Path) -> np.lib.npyio.NpzFile:
    """Open arrays by name; each is read when it is asked for.

    Raises:
        InputError: The file is missing or damaged.
    """
    check_recorded(path, AGAIN)
    try:
        arrays: np.lib.npyio.NpzFile = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"cannot be read ({error})", file=path, hint=AGAIN) from error
    return arrays


def read_metrics(path: Path) -> pd.DataFrame:
    """Read the metrics of runs.

    Raises:
        InputError: The file is missing, was cut, or is no table of metrics.
    """
    frame = read_csv(path, keep_default_na=False, dtype={"protocol": str, "task": str})
    if list(frame.columns) != METRIC_COLUMNS:
        raise InputError("not a table of metrics", file=path, hint=AGAIN)
    return frame.assign(value=pd.to_numeric(frame["value"], errors="coerce"))
