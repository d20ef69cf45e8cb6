"""The paper's tables, and those it lacks, from the files of its runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crossmodal.metrics.uncertainty import paired_bootstrap
from crossmodal.metrics.verification import sweep
from crossmodal.papers.facevoice.plan import MARGIN, SEARCHED_WITH
from crossmodal.papers.facevoice.settings import FEATURES
from crossmodal.papers.search import read_chosen
from crossmodal.reporting.results import CorpusResults, Results
from crossmodal.reporting.tables import RUNS, comparison, write_table

AREA = "matching|test|auc"
PAPER_AREA = "matching|test|auc_identified"
ACCURACY = "matching|test/validation|accuracy"
SIMILARITY, MATCHED = "matching|test|similarity", "matching|test|matched"
IDENTIFIED = "identification|concatenated|accuracy"


def table_threshold_sweep(results: Results, stem: Path) -> None:
    """Matching accuracy by threshold, one column a margin."""
    found, thresholds = results.first, results.settings.thresholds
    columns: dict[str, list[Any]] = {"threshold": [f"{value:g}" for value in thresholds]}
    columns["threshold"] += ["chosen on validation", "best on test (as written)", "its place"]
    margins = [name for name in found.seeds if name.startswith("margin_")]
    for variant in margins:
        similarities, matched = (found.scores(variant, key) for key in (SIMILARITY, MATCHED))
        swept = [
            sweep(values, match > 0, thresholds).accuracy
            for values, match in zip(similarities, matched, strict=True)
        ]
        columns[found.title(variant).lower()] = [
            *np.mean(swept, axis=0),
            float(found.scores(variant, ACCURACY).mean()),
            float(found.scores(variant, "matching|test/as_written|accuracy").mean()),
            float(found.scores(variant, "matching|test|best_threshold").mean()),
        ]
    columns[RUNS] = [found.read_from(*margins)] * len(columns["threshold"])
    write_table(
        pd.DataFrame(columns),
        stem,
        title="Matching accuracy by threshold and margin",
        source=results.source,
        note=(
            f"{_pairs(found)} The last row is the threshold of the best accuracy on the test "
            "set, mean over seeds; the paper finds 0.5 for every margin."
        ),
    )


def table_identification(results: Results, stem: Path) -> None:
    """Identification accuracy from voice, face and both, by episode and at random."""
    reported = pd.read_csv(Path(__file__).with_name("reported.csv")).set_index("feature")
    parts = []
    for variant, split in (("ours", "by episode"), ("random_split", "at random (as written)")):
        for feature in FEATURES:
            cell = {
                "split": split,
                "feature": feature,
                "variant": variant,
                "paper": float(reported["accuracy"][feature]),
            }
            key = f"identification|{feature}|accuracy"
            cells = pd.DataFrame([cell])
            parts.append(comparison(results.first, key, cells))
    write_table(
        pd.concat(parts, ignore_index=True),
        stem,
        title="Identification accuracy",
        source=results.source,
        note=(
            f"Column `paper`: {reported['where'].iloc[0]}, the parent work on the same data, which "
            "this paper leaves out. Split at random, frames of one scene stand on both sides. "
            "Interval: 95 %, over seeds and matched test pairs."
        ),
    )


def table_ablations(results: Results, stem: Path) -> None:
    """Every variant with every number, and its difference to the paper's model."""
    found = results.first
    found.need("ours")
    margin = read_chosen(results.folder.search(found.name, MARGIN), SEARCHED_WITH, [MARGIN])[MARGIN]
    rows = [_row(found, variant) for variant in found.seeds]
    write_table(
        pd.DataFrame(rows),
        stem,
        title="Every ablation",
        source=results.source,
        note=(
            f"{_pairs(found)} Margin chosen on validation pairs: {margin:g}. Columns: "
            "area under the ordinary curve with its 95 % interval over seeds and pairs, and its "
            "difference to the paper's model where both score the same pairs; area under the "
            "paper's curve; accuracy at the threshold chosen on validation pairs; identification "
            "from face and voice together; equal error rate; Brier score and expected error of "
            "the predicted probability of a match."
        ),
    )


def _row(results: CorpusResults, variant: str) -> dict[str, Any]:
    area = results.interval(variant, AREA)
    base = None if variant == "ours" else "ours"
    return {
        "variant": results.title(variant),
        "ours": area.mean,
        "low": area.low,
        "high": area.high,
        **_difference(results, variant, base, AREA),
        "paper's area": _mean(results, variant, PAPER_AREA),
        "accuracy": _mean(results, variant, ACCURACY),
        "identified": _mean(results, variant, IDENTIFIED),
        "EER": results.scalar(variant, "matching", "test", "eer"),
        "Brier": _mean(results, variant, "matching|test|brier"),
        "ECE": results.scalar(variant, "matching", "test", "ece"),
        "pairs": results.scores(variant, AREA).shape[1],
        RUNS: results.read_from(variant),
    }


def _mean(results: CorpusResults, variant: str, key: str) -> float:
    """Return a mean score; NaN where people cannot be identified."""
    return float(results.scores(variant, key).mean()) if key in results.keys(variant) else np.nan


def _difference(results: CorpusResults, variant: str, base: str | None, key: str) -> dict[str, Any]:
    """Return the paired difference to a variant; empty without one that scored the same pairs."""
    task, protocol, _ = key.split("|")
    names = [results.items(name, task, protocol) for name in (variant, base or variant)]
    if base is None or not np.array_equal(names[0], names[1]):
        return {"difference": np.nan, "from": np.nan, "to": np.nan}
    interval = paired_bootstrap(results.scores(variant, key), results.scores(base, key))
    return {"difference": interval.mean, "from": interval.low, "to": interval.high}


READINGS = (
    ("graph_cut", "ours", "graph-cut mask on the face crop (our reading)"),
    ("regions", "ours", "a grid of face regions in place of the face feature"),
    ("regional_attention", "regions", "attention over these regions (our reading)"),
    ("random_split", "ours", "windows split at random (as written)"),
    ("same_window", "ours", "matched training pairs of one window"),
    ("wasserstein", "ours", "Eq. 2 as printed, discriminators clipped"),
    ("own_condition", "ours", "mismatched sample beside its own feature"),
    ("no_class_head", "ours", "no class head, Eq. 1-2 alone"),
    ("unseen_people", "ours", "people never seen in training"),
)


def table_extra_readings(results: Results, stem: Path) -> None:
    """What the paper leaves open: each reading beside what it is compared with."""
    found, rows = results.first, []
    for variant, other, what in READINGS:
        if not {variant, other} <= set(found.seeds):
            continue
        # People never seen are asked about in other pairs, and can be matched only.
        key = PAPER_AREA if PAPER_AREA in found.keys(variant) else AREA
        rows.append(
            {
                "reading": what,
                "compared with": found.title(other),
                "area": "paper's" if key == PAPER_AREA else "ordinary",
                "with it": _mean(found, variant, key),
                "without": _mean(found, other, key),
                **_difference(found, variant, other, key),
                "identified": _mean(found, variant, IDENTIFIED),
                "pairs": found.scores(variant, key).shape[1],
                RUNS: found.read_from(variant, other),
            }
        )
    write_table(
        pd.DataFrame(rows),
        stem,
        title="Readings the paper leaves open",
        source=results.source,
        note=(
            "Area under the paper's curve; for people never seen in training, who cannot be "
            "identified, under the ordinary one. `from` and `to`: 95 % interval of the difference "
            "over seeds and pairs, where both score the same pairs. With five people, three are "
            "left to train on when two are kept for the test: chance is 0.5."
        ),
    )


def _pairs(results: CorpusResults) -> str:
    matched = results.scores("ours", MATCHED)[0]
    return f"{len(matched)} test pairs, {int(matched.sum())} of them matched."
