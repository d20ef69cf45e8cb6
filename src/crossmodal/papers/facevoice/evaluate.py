"""Evaluation: test pairs scored by similarity, persons by the identity heads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from crossmodal.corpora.manifest import JOINT
from crossmodal.jobs import EvaluationJob
from crossmodal.metrics.verification import (
    auc_components,
    best_threshold,
    equal_error_rate,
    expected_calibration_error,
    fit_calibration,
)
from crossmodal.papers.facevoice.data import Triplets, Windows, draw_split, load_windows
from crossmodal.papers.facevoice.model import FaceVoice, load, represent, similarity
from crossmodal.papers.facevoice.settings import FEATURES
from crossmodal.progress import progress
from crossmodal.runs import load_checkpoint
from crossmodal.scores import Scored, Scores

PAPER_THRESHOLD = 0.5
"""Sec. 3.2: "the method has the best effect when the threshold value is set to 0.5"."""


@dataclass(frozen=True)
class ScoredPairs:
    """Pairs [2 m], the matched ones first.

    Attributes:
        similarity: Cosine of face and voice.
        matched: Whether they belong together.
        identified: By feature, whether the person of the face is recognised; a mismatched pair
            has two people, so this is about matched pairs.
    """

    similarity: NDArray[np.float64]
    matched: NDArray[np.bool_]
    identified: dict[str, NDArray[np.bool_]]


@torch.no_grad()
def score_pairs(network: FaceVoice, windows: Windows, triplets: Triplets) -> ScoredPairs:
    """Score matched and mismatched pairs; network in evaluation mode, windows on its device."""
    face, voice = represent(network.generators, windows.face, windows.voice)
    faces, voices, matched = triplets.pairs()
    left, right = torch.from_numpy(faces), torch.from_numpy(voices)
    cosines = similarity(network.matching(face[left]), network.matching(voice[right]))
    logits = network.identity(face[left], voice[right])
    person = windows.person[left]
    return ScoredPairs(
        cosines.double().cpu().numpy(),
        matched,
        {name: (logits[name].argmax(dim=1) == person).cpu().numpy() for name in FEATURES},
    )


def scores_of(
    validation: ScoredPairs, test: ScoredPairs, *, identify: bool
) -> tuple[Scores, list[dict[str, Any]]]:
    """Score the test pairs of a run.

    Args:
        identify: Whether the people of the test pairs were seen in training.

    Returns:
        Per pair, by `task|protocol|metric`; and scalars as rows of the metrics. Protocols of
        `matching`: `test` needs no threshold; `test/validation`, `test/as_written` and
        `test/0.5` name where it comes from; `matched` and `mismatched`, with or without a
        threshold, are one kind of pairs alone. Protocols of `identification` are the features,
        over matched pairs.
    """
    values, match = test.similarity, test.matched
    calibration = fit_calibration(validation.similarity, validation.matched)
    probability = calibration(values)
    thresholds = {
        "validation": best_threshold(validation.similarity, validation.matched),
        "as_written": best_threshold(values, match),
        f"{PAPER_THRESHOLD}": PAPER_THRESHOLD,
    }
    scores: dict[str, NDArray[Any]] = {
        "matching|test|similarity": values,
        "matching|test|matched": match,
        "matching|test|probability": probability,
        "matching|test|brier": np.square(probability - match),
        "matching|test|auc": auc_components(values, match),
        # The threshold of the best accuracy is one number a run, here beside every pair.
        "matching|test|best_threshold": np.full(len(values), thresholds["as_written"]),
        "matching|matched|similarity": values[match],
        "matching|mismatched|similarity": values[~match],
    }
    for origin, threshold in thresholds.items():
        scores[f"matching|test/{origin}|accuracy"] = (values >= threshold) == match
    if identify:
        together = test.identified["concatenated"]
        scores["matching|test|auc_identified"] = auc_components(values, match, together)
        for feature in FEATURES:
            right = test.identified[feature]
            scores[f"matching|test|identified_{feature}"] = right & match
            scores[f"identification|{feature}|accuracy"] = right[match]
            for origin, threshold in thresholds.items():
                found = right & (values >= threshold)
                scores[f"matching|matched/{origin}|true_rate_{feature}"] = found[match]
    scalars = {
        ("test", "eer"): equal_error_rate(values, match),
        ("test", "ece"): expected_calibration_error(probability, match),
        **{(f"test/{origin}", "threshold"): value for origin, value in thresholds.items()},
    }
    rows = [
        {
            "protocol": protocol,
            "task": "matching",
            "metric": metric,
            "value": value,
            "n": len(match),
        }
        for (protocol, metric), value in scalars.items()
    ]
    return {key: np.asarray(items, np.float64) for key, items in scores.items()}, rows


def evaluate(job: EvaluationJob) -> Iterator[Scored]:
    """Yield the scores of every run on its test pairs.

    Raises:
        InputError: A file is missing or does not fit.
    """
    loaded: dict[tuple[Any, ...], Windows] = {}
    for run in progress(job.runs, title=f"evaluating {job.corpus}", unit="run"):
        content = load_checkpoint(job.paper.run(run) / "checkpoint.pt")
        network, model = load(content).to(job.device), job.settings.resolved(run.variant)
        key = (model.split, model.face, model.steps, model.unseen_people)
        if key not in loaded:
            loaded[key] = load_windows(model, job.corpus_results).to(job.device)
        windows = loaded[key]
        split = draw_split(windows, model, job.settings.pairs)
        validation = score_pairs(network, windows, split.validation)
        test = score_pairs(network, windows, split.test)
        scores, rows = scores_of(validation, test, identify=model.unseen_people == 0)
        items = {place: names_of(windows, split.test, place) for place in map(_place, scores)}
        yield Scored(run, scores, items, rows)


def _place(key: str) -> str:
    """Return `task|protocol` of `task|protocol|metric`."""
    return key.rpartition("|")[0]


def names_of(windows: Windows, triplets: Triplets, place: str) -> list[str]:
    """Name the pairs that are scored under `task|protocol`: clip of the face, of the voice."""
    task, protocol = place.split("|")
    faces, voices, matched = triplets.pairs()
    kind = "matched" if task == "identification" else protocol.partition("/")[0]
    wanted = {"test": np.ones_like(matched), "matched": matched, "mismatched": ~matched}[kind]
    named = zip(windows.clips[faces[wanted]], windows.clips[voices[wanted]], strict=True)
    return [f"{face}{JOINT}{voice}" for face, voice in named]
