"""The paper's tables, and those it lacks, from the files of its runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crossmodal.metrics.uncertainty import bootstrap_mean, paired_bootstrap
from crossmodal.metrics.verification import sweep
from crossmodal.papers.facevoice.plan import MARGIN, SEARCHED_WITH
from crossmodal.papers.facevoice.settings import FEATURES
from crossmodal.papers.search import read_chosen
from crossmodal.reporting.results import CorpusResults, Results
from crossmodal.reporting.tables import RUNS, comparison, write_table

AREA = "matching|test|auc"
PAPER_AREA = "matching|test|auc_identified"
ACCURACY = "matching|test/validation|accuracy"


def table_threshold_sweep(results: Results, stem: Path) -> None:
    """Matching accuracy by threshold, one column a margin."""
    thresholds = results.settings.thresholds
    columns: dict[str, list[Any]] = {"threshold": [f"{value:g}" for value in thresholds]}
    columns["threshold"] += ["chosen on validation", "best on test (as written)", "its place"]
    margins = [name for name in results.variants if name.startswith("margin_")]
    for variant in margins:
        scores = results.scores(variant)
        seeds = zip(
            scores["matching|test|similarity"], scores["matching|test|matched"], strict=True
        )
        swept = [sweep(values, match > 0, thresholds).accuracy for values, match in seeds]
        columns[results.title(variant).lower()] = [
            *np.mean(swept, axis=0),
            float(scores[ACCURACY].mean()),
            float(scores["matching|test/as_written|accuracy"].mean()),
            float(scores["matching|test|best_threshold"].mean()),
        ]
    columns[RUNS] = [results.read_from(*margins)] * len(columns["threshold"])
    write_table(
        pd.DataFrame(columns),
        stem,
        title="Matching accuracy by threshold and margin",
        source=results.source,
        note=(
            f"{_pairs(results)} The last row is the threshold of the best accuracy on the test "
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
            parts.append(comparison(results.folder, results.corpus, key, cells))
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
    base = results.scores("ours")
    rows = [_row(results, variant, base) for variant in results.variants]
    write_table(
        pd.DataFrame(rows),
        stem,
        title="Every ablation",
        source=results.source,
        note=(
            f"{_pairs(results)} Margin chosen on validation pairs: {results.margin:g}. Columns: "
            "area under the ordinary curve with its 95 % interval over seeds and pairs, and its "
            "difference to the paper's model where both judge the same pairs; area under the "
            "paper's curve; accuracy at the threshold chosen on validation pairs; identification "
            "from face and voice together; equal error rate; Brier score and expected error of "
            "the predicted probability of a match."
        ),
    )


def _row(results: Results, variant: str, base: Scores) -> dict[str, Any]:
    scores = results.scores(variant)
    area = bootstrap_mean(scores[AREA])
    row: dict[str, Any] = {
        "variant": results.title(variant),
        "ours": area.mean,
        "low": area.low,
        "high": area.high,
        **_difference(scores, base if variant not in ("ours", *OTHER_PAIRS) else None, AREA),
        "paper's area": _mean(scores, PAPER_AREA),
        "accuracy": _mean(scores, ACCURACY),
        "identified": _mean(scores, "identification|concatenated|accuracy"),
        "EER": results.scalar(variant, "test", "eer"),
        "Brier": _mean(scores, "matching|test|brier"),
        "ECE": results.scalar(variant, "test", "ece"),
        "pairs": scores[AREA].shape[1],
        RUNS: results.read_from(variant),
    }
    return row


def _mean(scores: Scores, key: str) -> float:
    return float(scores[key].mean()) if key in scores else float("nan")


def _difference(scores: Scores, base: Scores | None, key: str) -> dict[str, Any]:
    """Return the paired difference to another variant, empty without one."""
    if base is None:
        return {"difference": float("nan"), "from": float("nan"), "to": float("nan")}
    interval = paired_bootstrap(scores[key], base[key])
    return {"difference": interval.mean, "from": interval.low, "to": interval.high}


READINGS = (
    ("graph_cut", "ours", "graph-cut mask on the face crop (our reading)"),
    ("regions", "ours", "a grid of face regions in place of the face feature"),
    ("regional_attention", "regions", "attention over these regions (our reading)"),
    ("random_split", "ours", "windows split at random (as written)"),
    ("same_window", "ours", "matched training pairs of one window"),
    ("wasserstein", "ours", "Eq. 2 as printed, judges clipped"),
    ("own_condition", "ours", "mismatched sample beside its own feature"),
    ("no_class_head", "ours", "no class head, Eq. 1-2 alone"),
    ("unseen_people", "ours", "people never seen in training"),
)


def table_extra_readings(results: Results, stem: Path) -> None:
    """What the paper leaves open: each reading beside what it is compared with."""
    rows = []
    for variant, other, what in READINGS:
        if variant not in results.variants or other not in results.variants:
            continue
        left, right = results.scores(variant), results.scores(other)
        # People never seen are asked about in other pairs, and can be matched only.
        key = PAPER_AREA if PAPER_AREA in left else AREA
        rows.append(
            {
                "reading": what,
                "compared with": results.title(other),
                "area": "paper's" if key == PAPER_AREA else "ordinary",
                "with it": float(left[key].mean()),
                "without": float(right[key].mean()),
                **_difference(left, right if variant not in OTHER_PAIRS else None, key),
                "identified": _mean(left, "identification|concatenated|accuracy"),
                "pairs": left[key].shape[1],
                RUNS: results.read_from(variant, other),
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
            "over seeds and pairs, where both judge the same pairs. With five people, three are "
            "left to train on when two are kept for the test: chance is 0.5."
        ),
    )


def _pairs(results: Results) -> str:
    matched = results.scores("ours")["matching|test|matched"][0]
    return f"{len(matched)} test pairs, {int(matched.sum())} of them matched."
