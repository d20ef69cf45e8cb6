"""The few numbers of a paper that are worth comparing between two states of the project.

They are the measures that its claims name, for every variant that ran, those of a sweep included,
and how many claims got which verdict. Written in the forms that DVC compares (`dvc metrics diff`,
`dvc plots diff`).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.errors import InputError
from crossmodal.files import write_json
from crossmodal.reporting.claims import COLUMNS, JUDGED, VERDICTS
from crossmodal.reporting.tables import labelled
from crossmodal.runs import METRIC_COLUMNS, write_csv

_PLACE = ["corpus", "task", "protocol", "metric"]


def write_summary(paper_results: Path, metrics: Path, plot: Path) -> None:
    """Write the measures of a paper's claims, means over seeds.

    Args:
        paper_results: `results/<edition>/<paper>`, with `metrics.csv` and `claims.csv`.
        metrics: JSON to write: `sources` -> corpus -> where it comes from, `verdicts` -> verdict ->
            number of claims, and corpus -> task -> protocol -> metric -> variant -> mean over
            seeds, in the metric's unit. What is not a number is left out.
        plot: CSV to write, `run,value`: the measure that most claims name, one row a variant.

    Raises:
        InputError: `metrics.csv` or `claims.csv` is missing or lacks a column.
    """
    claims = _read(paper_results / "claims.csv", [*COLUMNS, *JUDGED])
    means = _means(_read(paper_results / "metrics.csv", METRIC_COLUMNS))
    places = _places(claims)
    named = means[[tuple(row) in set(places) for row in means[_PLACE].to_numpy()]]
    sources = {claim["corpus"]: claim["source"] for claim in claims.to_dict("records")}
    summary: dict[str, Any] = {
        "sources": {corpus: source for corpus, source in sources.items() if source},
        "verdicts": {verdict: int((claims["verdict"] == verdict).sum()) for verdict in VERDICTS},
    }
    for corpus, task, protocol, metric, variant, value in named.itertuples(index=False):
        level = summary
        for name in (corpus, task, protocol, metric):
            level = level.setdefault(name, {})
        level[variant] = float(f"{value:.6g}")
    write_json(metrics, summary)
    write_csv(plot, _leading(named, places, sources))


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot be read ({error})", file=path, hint="Finish the run of the edition first"
        ) from error
    for column in columns:
        if column not in frame:
            raise InputError("no such column", file=path, field=column, hint="Make the file again")
    return frame


def _means(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return one row a place and variant, in the order of the file: the mean over seeds."""
    value = pd.to_numeric(metrics["value"], errors="coerce")
    grouped = metrics.assign(value=value).groupby([*_PLACE, "variant"], sort=False)["value"]
    means = grouped.mean().reset_index()
    return means[[math.isfinite(value) for value in means["value"]]]


def _places(claims: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    """Return (corpus, task, protocol, metric) of every side of every claim that names a place."""
    places = []
    for claim in claims.to_dict("records"):
        parts = [part.split("=", 1) for part in claim["where"].split(";") if "=" in part]
        where = {name.strip(): value.strip() for name, value in parts}
        for side in (claim["left"], claim["right"]):
            # `variant@protocol`: measured under another protocol than the claim's.
            protocol = side.partition("@")[2] or where.get("protocol", "")
            if where:
                places.append(
                    (where.get("corpus", ""), where.get("task", ""), protocol, claim["metric"])
                )
    return places


def _leading(
    named: pd.DataFrame, places: list[tuple[str, str, str, str]], sources: dict[str, str]
) -> pd.DataFrame:
    """Return the rows of the measure that most claims name, labelled for a plot."""
    measures = [place[2:] for place in places]
    protocol, metric = max(measures, key=measures.count, default=("", ""))
    chosen = named[(named["protocol"] == protocol) & (named["metric"] == metric)]
    labels = [
        f"{row['variant']}: {row['metric']}, {row['task']}, "
        f"{labelled(row['corpus'], sources[row['corpus']])}"
        for row in chosen.to_dict("records")
    ]
    return pd.DataFrame({"run": labels, "value": chosen["value"]})
