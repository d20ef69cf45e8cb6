"""The paper's tables, and those it lacks, from the files of its runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.metrics.uncertainty import bootstrap_mean
from crossmodal.papers.hashing.results import MAIN, NAMES, TASK_NAMES, Results
from crossmodal.reporting import tables


def method_table(corpus: str, task: str) -> Callable[[Results, Path], None]:
    """Return the writer of one of the paper's tables: methods by code length, beside ours."""

    def write(results: Results, stem: Path) -> None:
        settings = results.settings
        reported = _reported(corpus, task)
        rows = [
            {
                "method": settings.families[family].title,
                "bits": "–" if bits is None else str(bits),
                "variant": variant,
                "paper": reported.get((family, bits), math.nan),
            }
            for family in (*MAIN, "semantic")
            for variant, bits in settings.variants(family)
        ]
        protocol = results.main_protocol()
        frame = tables.comparison(
            results.folder, corpus, f"{task}|{protocol}|map", pd.DataFrame(rows)
        )
        tables.write_table(
            frame,
            stem,
            title=f"{NAMES[corpus]}, {TASK_NAMES[task]}, mean average precision",
            source=results.sources.get(corpus, "missing"),
            note=_protocol_note(results, corpus, protocol, task),
        )

    return write


def _reported(corpus: str, task: str) -> dict[tuple[str, int | None], float]:
    """Return the paper's numbers of a corpus: (family, bits) -> mAP; none for text queries."""
    frame = pd.read_csv(Path(__file__).with_name("reported.csv"))
    rows = frame[frame["corpus"] == corpus]
    keys = zip(rows["family"], rows["bits"], strict=True)
    return dict(zip(keys, rows[task], strict=True)) if task in frame else {}


def _protocol_note(results: Results, corpus: str, protocol: str, task: str) -> str:
    database, cutoff, ties = protocol.split("/")
    if corpus not in results.sources:
        return f"The corpus {NAMES[corpus]} is not at hand."
    return (
        f"Protocol `{protocol}`: test queries against the other modality's {database} part, "
        f"ranks: {cutoff}, equal distances: {ties}. Chance: "
        f"{results.chance(corpus, protocol, task):.3f}. Interval: 95 %, over seeds and queries."
    )


def table_protocols(results: Results, stem: Path) -> None:
    """Every method at its longest code: mAP by task, database and cut-off, and chance."""
    protocol = results.settings.protocol
    labels = [protocol.label(d, c) for d in protocol.databases for c in protocol.cutoffs]
    rows = []
    for corpus in results.variants:
        chance: dict[str, Any] = {"corpus": NAMES[corpus], "method": "chance", "variant": ""}
        for task in TASK_NAMES:
            for label in labels:
                chance[f"{task} {label}"] = results.chance(corpus, label, task)
        rows.append(chance)
        for family in (*MAIN, "semantic"):
            variant = results.longest(corpus, family)
            if variant is None:
                continue
            row: dict[str, Any] = {
                "corpus": NAMES[corpus],
                "method": results.settings.families[family].title,
                "variant": variant,
            }
            for task in TASK_NAMES:
                for label in labels:
                    scores = results.scores(corpus, variant, task, label)
                    row[f"{task} {label}"] = float(scores.mean())
            row[tables.RUNS] = tables.read_from(corpus, variant)
            rows.append(row)
    tables.write_table(
        pd.DataFrame(rows),
        stem,
        title="Mean average precision under every protocol",
        source=results.source,
        note=(
            "Columns: direction, database / ranks counted / treatment of equal distances. Average "
            "precision within a cut-off is divided by the relevant items within it."
        ),
    )


READINGS = (
    ("ours", "ours_separate", "one classifier after both codes / one each (as written)"),
    ("ours", "semantic", "codes / class posteriors"),
    ("cvh", "cvh_deep", "bag of visual words / deep image feature"),
    ("ours", "ours_deep", "bag of visual words / deep image feature"),
    ("semantic", "semantic_deep", "bag of visual words / deep image feature"),
)


def table_readings(results: Results, stem: Path) -> None:
    """The default reading beside the other one, with the interval of the difference.

    A family that stands in no other row or table, as of a sweep, is set against its method's own.
    """
    protocol = results.main_protocol()
    families = results.settings.families
    named = {name for *pair, _ in READINGS for name in pair}
    swept = [
        (family.method, name, f"its own settings / {family.title}")
        for name, family in families.items()
        if name not in named and name != family.method
    ]
    rows = []
    for corpus in results.variants:
        for first, second, what in [*READINGS, *swept]:
            right = results.longest(corpus, second)
            left = results.longest(corpus, first, than=right)
            if left is None or right is None:
                continue
            for task, task_name in TASK_NAMES.items():
                a = results.scores(corpus, left, task, protocol)
                b = results.scores(corpus, right, task, protocol)
                interval = bootstrap_mean(b - a)
                rows.append(
                    {
                        "corpus": NAMES[corpus],
                        "task": task_name,
                        "method": results.settings.families[first].title,
                        "reading": what,
                        "first": float(a.mean()),
                        "second": float(b.mean()),
                        "second - first": interval.mean,
                        "from": interval.low,
                        "to": interval.high,
                        tables.RUNS: tables.read_from(corpus, left, right),
                    }
                )
    tables.write_table(
        pd.DataFrame(rows),
        stem,
        title="Readings and features, mean average precision",
        source=results.source,
        note=f"Protocol `{protocol}`; the last two columns are the 95 % interval of the gain.",
    )
