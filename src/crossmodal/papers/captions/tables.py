"""The paper's tables, from the files of its runs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.papers.captions.settings import TASKS
from crossmodal.reporting import tables
from crossmodal.reporting.results import Results

NAMES = {"flickr8k_audio": "Flickr8k Audio", "places_audio": "Places Audio"}
LOSSES = ("baseline", "new_loss", "new_loss_mean", "baseline_rate3")
ARCHITECTURES = ("baseline", "new_loss", "tcn", "tcn_new_loss")


def table_loss(results: Results, stem: Path) -> None:
    """Baseline and new loss with the controls: recalls both ways beside the paper's."""
    _write_comparison(results, stem, LOSSES, "Baseline and new loss, recall")


def table_architecture(results: Results, stem: Path) -> None:
    """The network with and without the TCN branch, under both losses."""
    _write_comparison(results, stem, ARCHITECTURES, "TCN branch, recall")


def _write_comparison(results: Results, stem: Path, variants: tuple[str, ...], title: str) -> None:
    parts = []
    for corpus, one in results.corpora.items():
        for task, words in TASKS.items():
            for k in results.settings.protocol.cutoffs:
                rows = [
                    {
                        "corpus": NAMES[corpus],
                        "search": words,
                        "metric": f"R@{k}",
                        "network": one.title(variant),
                        "variant": variant,
                        "paper": _reported(variant, task, k),
                    }
                    for variant in variants
                ]
                key = f"{task}|pairs|recall{k}"
                parts.append(tables.comparison(one, key, pd.DataFrame(rows)))
    galleries = results.settings.protocol.galleries
    tables.write_table(
        pd.concat(parts, ignore_index=True).drop(columns="variant"),
        stem,
        title=title,
        source=results.source,
        note=(
            "Caption search: an image asks, captions answer; image search: the reverse. n: pairs "
            "of the gallery, an image once; the paper's has 1,024 pairs, and recalls fall as a "
            f"gallery grows. Means over {galleries} galleries with other captions of the same "
            "images. Interval: 95 %, over images and seeds."
        ),
    )


def _reported(variant: str, task: str, k: int) -> float:
    """Return the paper's recall, NaN where it gives none."""
    frame = pd.read_csv(Path(__file__).with_name("reported.csv"))
    rows = frame[(frame["variant"] == variant) & (frame["task"] == task) & (frame["k"] == k)]
    return float(rows["recall"].iloc[0]) if len(rows) else math.nan


def table_search(results: Results, stem: Path) -> None:
    """Median rank and recalls of every network under both protocols, beside chance."""
    cutoffs = results.settings.protocol.cutoffs
    rows: list[dict[str, Any]] = []
    for corpus, one in results.corpora.items():
        columns = ["protocol", "task", "variant"]
        means = one.metrics.pivot_table(index=columns, columns="metric", values="value")
        for key, part in means.reset_index().groupby(columns[:2]):
            protocol, task = (str(name) for name in key)
            place = {"corpus": NAMES[corpus], "protocol": protocol, "search": TASKS[task]}
            by_variant = part.set_index("variant").to_dict("index")
            first = next(iter(by_variant.values()))
            chance = {f"R@{k}": first[f"recall{k}_chance"] for k in cutoffs}
            rows.append({**place, "network": "chance", "median rank": math.nan, **chance})
            for variant in results.settings.variants:
                if variant in by_variant:
                    own = by_variant[variant]
                    recalls = {f"R@{k}": own[f"recall{k}"] for k in cutoffs}
                    ranked = {"network": one.title(variant), "median rank": own["median_rank"]}
                    behind = {tables.RUNS: one.read_from(variant)}
                    rows.append({**place, **ranked, **recalls, **behind})
    tables.write_table(
        pd.DataFrame(rows),
        stem,
        title="Ranks and recalls under both protocols",
        source=results.source,
        note=(
            "pairs: an image and one caption of it, as in the paper; captions: all captions of the "
            "images, of which any one of the image counts. Median rank: 1 is best; it is over all "
            "queries and galleries, and the mean over seeds."
        ),
    )
