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

from crossmodal.files import write_json
from crossmodal.reporting.claims import PLACE, VERDICTS, read_assessed, side_of
from crossmodal.reporting.tables import labelled
from crossmodal.runs import PaperFolder, write_csv
from crossmodal.scores import read_metrics


def write_summary(folder: PaperFolder, metrics: Path, plot: Path) -> None:
    """Write the measures of a paper's claims, means over seeds.

    Args:
        folder: Of the paper, with `claims.csv` and the metrics of its corpora.
        metrics: JSON to write: `sources` -> corpus -> where it comes from, `verdicts` -> verdict ->
            number of claims, and corpus -> task -> protocol -> metric -> variant -> mean over
            seeds, in the metric's unit. What is not a number is left out.
        plot: CSV to write, `run,value`: the measure that most claims name, one row a variant.

    Raises:
        InputError: `claims.csv` or metrics are missing or damaged.
    """
    claims = read_assessed(folder.root / "claims.csv")
    sources = {claim["corpus"]: claim["source"] for claim in claims.to_dict("records")}
    sources = {corpus: source for corpus, source in sources.items() if source}
    places = _places(claims)
    means = _means([read_metrics(folder.metrics(corpus)) for corpus in sources])
    named = means[[tuple(row) in set(places) for row in means[PLACE].to_numpy()]]
    summary: dict[str, Any] = {
        "sources": sources,
        "verdicts": {verdict: int((claims["verdict"] == verdict).sum()) for verdict in VERDICTS},
    }
    for corpus, task, protocol, metric, variant, value in named.itertuples(index=False):
        level = summary
        for name in (corpus, task, protocol, metric):
            level = level.setdefault(name, {})
        level[variant] = float(f"{value:.6g}")
    write_json(metrics, summary)
    write_csv(plot, _leading(named, places, sources))


def _means(metrics: list[pd.DataFrame]) -> pd.DataFrame:
    """Return one row a place and variant, in the order of the files: the mean over seeds."""
    if not metrics:
        return pd.DataFrame(columns=[*PLACE, "variant", "value"])
    grouped = pd.concat(metrics).groupby([*PLACE, "variant"], sort=False)["value"]
    means = grouped.mean().reset_index()
    return means[[math.isfinite(value) for value in means["value"]]]


def _places(claims: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return corpus, task, protocol and metric of every side of every claim that names them."""
    return [
        (claim["corpus"], *side_of(claim, side)[1].split("|"))
        for claim in claims.to_dict("records")
        if claim["task"]
        for side in ("left", "right")
    ]


def _leading(
    named: pd.DataFrame, places: list[tuple[str, ...]], sources: dict[str, str]
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
