"""Evaluation: test pairs judged by similarity, persons by the identity heads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossmodal.devices import choose_device
from crossmodal.metrics.verification import (
    auc_components,
    best_threshold,
    equal_error_rate,
    expected_calibration_error,
    fit_calibration,
)
from crossmodal.papers.facevoice.data import Windows, draw_parts, load_windows
from crossmodal.papers.facevoice.first_phase import represent
from crossmodal.papers.facevoice.model import load
from crossmodal.papers.facevoice.scoring import Scored, score_pairs
from crossmodal.papers.facevoice.settings import FEATURES, ModelSettings, PaperSettings
from crossmodal.progress import progress
from crossmodal.runs import Run, load_checkpoint, write_scores

PAPER_THRESHOLD = 0.5
"""Sec. 3.2: "the method has the best effect when the threshold value is set to 0.5"."""

Scores = dict[str, NDArray[np.float64]]


def scores_of(validation: Scored, test: Scored, *, identify: bool) -> tuple[Scores, list[dict]]:
    """Score the test pairs of a run.

    Args:
        validation: Pairs that threshold and calibration are chosen with.
        test: Pairs to report.
        identify: Whether the people of the test pairs were seen in training.

    Returns:
        Per pair, by `task|protocol|metric`; and scalars as rows for `metrics.csv`. Protocols of
        `matching`: `test` needs no threshold; `test/validation`, `test/as_written` and
        `test/0.5` name where it comes from; `matched` and `mismatched` are one kind of pairs
        alone. Protocols of `identification` are the features, over matched pairs.
    """
    values, match = test.similarity, test.matched
    calibration = fit_calibration(validation.similarity, validation.matched)
    probability = calibration(values)
    thresholds = {
        "test/validation": best_threshold(validation.similarity, validation.matched),
        "test/as_written": best_threshold(values, match),
        f"test/{PAPER_THRESHOLD}": PAPER_THRESHOLD,
    }
    scores: dict[str, Any] = {
        "matching|test|similarity": values,
        "matching|test|matched": match,
        "matching|test|probability": probability,
        "matching|test|brier": np.square(probability - match),
        "matching|test|auc": auc_components(values, match),
        # The threshold of the best accuracy is one number a run, here beside every pair.
        "matching|test|best_threshold": np.full(len(values), thresholds["test/as_written"]),
        "matching|matched|similarity": values[match],
        "matching|mismatched|similarity": values[~match],
    }
    for protocol, threshold in thresholds.items():
        scores[f"matching|{protocol}|accuracy"] = (values >= threshold) == match
    if identify:
        together = test.identified["concatenated"]
        scores["matching|test|auc_identified"] = auc_components(values, match, together)
        for feature in FEATURES:
            right = test.identified[feature]
            scores[f"matching|test|identified_{feature}"] = right & match
            scores[f"identification|{feature}|accuracy"] = right[match]
            for protocol, threshold in thresholds.items():
                found = right & (values >= threshold)
                scores[f"matching|{protocol}|true_rate_{feature}"] = found[match]
    scalars = {
        ("test", "eer"): equal_error_rate(values, match),
        ("test", "ece"): expected_calibration_error(probability, match),
        **{(protocol, "threshold"): value for protocol, value in thresholds.items()},
    }
    rows = [
        {
            "protocol": protocol,
            "task": "matching",
            "metric": metric,
            "value": value,
            "n": len(values),
        }
        for (protocol, metric), value in scalars.items()
    ]
    return {key: np.asarray(items, np.float64) for key, items in scores.items()}, rows


def evaluate(
    settings: PaperSettings,
    corpus: str,
    families: list[str],
    seeds: list[int],
    folder: Path,
    out: Path,
) -> None:
    """Write `scores.npz` and `metrics.csv` of the runs of some variants.

    Args:
        settings: The paper's settings.
        corpus: Name of the corpus.
        families: The variants.
        seeds: Of these seeds.
        folder: `results/<edition>/corpora/<corpus>/facevoice`.
        out: `results/<edition>/facevoice`.
    """
    device = choose_device(1)
    loaded: dict[tuple, Windows] = {}
    runs = [(family, seed) for family in families for seed in seeds]
    for family, seed in progress(runs, title=f"evaluating {corpus}", unit="run"):
        run = Run(corpus, family, seed)
        target = run.folder(out)
        content = load_checkpoint(target / "checkpoint.pt")
        model = ModelSettings.model_validate(content["config"]["settings"])
        key = (model.split, model.face, model.steps, model.unseen_people)
        if key not in loaded:
            loaded[key] = load_windows(model, folder).to(device)
        windows = loaded[key]
        parts = draw_parts(windows, model, settings.pairs)
        network = load(content).to(device)
        face, voice = represent(network.generators, windows)
        validation, test = (
            score_pairs(network, face, voice, windows, part)
            for part in (parts.validation, parts.test)
        )
        identify = model.unseen_people == 0
        write_scores(target, "facevoice", run, *scores_of(validation, test, identify=identify))
