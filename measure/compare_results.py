"""Compare the numbers of two results folders: every score, metric and verdict.

    python -m measure.compare_results results/smoke /elsewhere/results/smoke

Prints how many values of each kind are equal to the last bit, and every one that is not or that one
side alone has. Folders of the layout before version 0.2 (a score file a run, code lengths as
variants of their own) are read as well. Exit code 1 when anything differs.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Values = dict[tuple[str, ...], Any]
SHOWN = 20
"""Differences printed of each kind."""


def scores(results: Path) -> Values:
    """Return every score: (paper, corpus, variant, seed, task|protocol|metric) -> values."""
    found: Values = {}
    for path in sorted(results.glob("*/scores/**/*.npz")):
        paper = path.relative_to(results).parts[0]
        corpus = path.relative_to(results / paper / "scores").parts[0].removesuffix(".npz")
        with np.load(path, allow_pickle=False) as arrays:
            for name in arrays.files:
                if "/seed" in name:
                    variant, seed, key = name.split("/", 2)
                    found[paper, corpus, variant, seed, key] = arrays[name]
    for path in sorted(results.glob("*/runs/*/*/seed*/scores.npz")):
        paper, _, corpus, variant, seed, _ = path.relative_to(results).parts
        with np.load(path, allow_pickle=False) as arrays:
            for key in arrays.files:
                task, protocol, metric = key.split("|")
                name, place = renamed(paper, variant, protocol)
                found[paper, corpus, name, seed, f"{task}|{place}|{metric}"] = arrays[key]
    return found


def renamed(paper: str, variant: str, protocol: str) -> tuple[str, str]:
    """Return today's variant and protocol for those of the former layout."""
    if paper != "hashing":
        return variant, protocol
    length = re.fullmatch(r"(.+)_(\d+)", variant)
    if length:
        return length[1], f"{length[2]}/{protocol}"
    return variant, f"posterior/{protocol}"


def metrics(results: Path) -> Values:
    """Return every metric: (paper, corpus, variant, seed, protocol, task, metric) -> value."""
    found: Values = {}
    for path, former in metric_tables(results):
        frame = pd.read_csv(path, keep_default_na=False, dtype=str)
        for row in frame.to_dict("records"):
            variant, protocol = row["variant"], row["protocol"]
            if former:
                variant, protocol = renamed(row["paper"], variant, protocol)
            key = (row["paper"], row["corpus"].split("/")[0], variant, f"seed{row['seed']}")
            found[*key, protocol, row["task"], row["metric"]] = f"{row['value']} of {row['n']}"
    return found


def metric_tables(results: Path) -> Iterator[tuple[Path, bool]]:
    """Yield tables of metrics, and whether they are of the former layout."""
    for paper in sorted(path for path in results.iterdir() if path.is_dir()):
        tables = sorted((paper / "metrics").glob("**/*.csv"))
        former = paper / "metrics.csv"
        yield from ((path, False) for path in tables)
        if not tables and former.is_file():
            yield former, True


def verdicts(results: Path) -> Values:
    """Return every verdict with its numbers: (paper, claim) -> text."""
    path = results / "claims.csv"
    if not path.is_file():
        return {}
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    numbers = ["ours_left", "ours_right", "difference", "ci_low", "ci_high", "seeds", "verdict"]
    return {
        (row["paper"], row["claim"]): " ".join(row[name] for name in numbers)
        for row in frame.to_dict("records")
    }


def same(left: Any, right: Any) -> bool:
    """Tell whether two values are equal, arrays bit by bit."""
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and np.array_equal(left, right, equal_nan=True)
    return bool(left == right)


def compare(kind: str, left: Values, right: Values) -> int:
    """Print how two sets of values compare; return how many are not equal or alone."""
    shared = left.keys() & right.keys()
    different = sorted(key for key in shared if not same(left[key], right[key]))
    alone = [("first", key) for key in sorted(left.keys() - shared)]
    alone += [("second", key) for key in sorted(right.keys() - shared)]
    print(
        f"{kind}: {len(shared) - len(different)} equal, {len(different)} different, "
        f"{len(alone)} alone"
    )
    for key in different[:SHOWN]:
        gap = f"{left[key]} | {right[key]}"
        if isinstance(left[key], np.ndarray) and left[key].shape == right[key].shape:
            gap = f"largest difference {np.abs(left[key] - right[key]).max():.3g}"
        print(f"  {' '.join(key)}: {gap}")
    for side, key in alone[:SHOWN]:
        print(f"  only in the {side}: {' '.join(key)}")
    return len(different) + len(alone)


def main(words: list[str]) -> None:
    """Compare two folders `results/<edition>`."""
    left, right = map(Path, words)
    count = sum(
        compare(kind.__name__, kind(left), kind(right)) for kind in (scores, metrics, verdicts)
    )
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
