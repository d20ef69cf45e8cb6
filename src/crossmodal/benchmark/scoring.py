"""What is measured of a fitted method on the test pairs of a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from crossmodal.benchmark.data import Items, TaskData
from crossmodal.benchmark.evaluator import Evaluators
from crossmodal.benchmark.methods.base import Fitted, in_blocks, pair_similarities, similarities
from crossmodal.metrics import retrieval, verification

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

WAYS = ("picture_to_sound", "sound_to_picture")
CUTOFFS = (1, 5, 10)
MADE = ("picture_from_sound", "sound_from_picture")
RETRIEVAL, VERIFICATION, GENERATION = "retrieval", "verification", "generation"


@dataclass(frozen=True)
class Embedded:
    """The embeddings of the items of a part, on the CPU."""

    picture: Tensor
    sound: Tensor
    answer: Labels


def embed(fitted: Fitted, items: Items) -> Embedded:
    """Embed both sides of a part."""
    return Embedded(
        in_blocks(fitted.pictures, items),
        in_blocks(fitted.sounds, items),
        items.answer.cpu().numpy(),
    )


def quality(fitted: Fitted, items: Items) -> float:
    """Return the mean average precision, mean of both ways: what settings are chosen by."""
    embedded = embed(fitted, items)
    found = similarities(embedded.picture, embedded.sound, fitted.comparison)
    labels = embedded.answer, embedded.answer
    both = [retrieval.average_precision_scores(side, *labels).mean() for side in (found, found.T)]
    return float(np.mean(both))


def retrieval_scores(fitted: Fitted, embedded: Embedded) -> dict[str, Floats]:
    """Return `way|retrieval|metric` -> a value a query: each side against the whole other one.

    Items of one answer are relevant to each other; equal similarities count as any order of them.
    """
    found = similarities(embedded.picture, embedded.sound, fitted.comparison)
    labels = embedded.answer, embedded.answer
    scores: dict[str, Floats] = {}
    for way, side in zip(WAYS, (found, found.T), strict=True):
        values = {
            "average_precision": retrieval.average_precision_scores(side, *labels),
            "reciprocal_rank": retrieval.reciprocal_rank(side, *labels),
        }
        for k in CUTOFFS:
            values[f"recall_at_{k}"] = retrieval.recall_at_k(side, *labels, k)
        scores |= {f"{way}|{RETRIEVAL}|{metric}": value for metric, value in values.items()}
    return scores


def draw_mismatches(answer: Labels, seed: int) -> NDArray[np.int64]:
    """Draw for each row, evenly, a row of another answer, [n]."""
    random = np.random.default_rng(seed)
    everyone = np.arange(len(answer))
    return np.array([random.choice(everyone[answer != own]) for own in answer], dtype=np.int64)


def verification_scores(fitted: Fitted, embedded: Embedded, seed: int) -> dict[str, Floats]:
    """Return `pairs|verification|metric` -> a value a pair: matched ones, then mismatched ones.

    Each picture is set beside its own sound and beside one of another answer. The means of the
    values are the area under the curve and the equal error rate.
    """
    other = draw_mismatches(embedded.answer, seed)
    alike = np.concatenate(
        [
            pair_similarities(embedded.picture, sound, fitted.comparison)
            for sound in (embedded.sound, embedded.sound[other])
        ]
    )
    matched = np.repeat([True, False], len(other))
    return {
        f"pairs|{VERIFICATION}|auc": verification.auc_components(alike, matched),
        f"pairs|{VERIFICATION}|equal_error_rate": verification.equal_error_components(
            alike, matched
        ),
    }


def class_rows(scores: dict[str, Floats], task: TaskData) -> list[dict[str, Any]]:
    """Return a row of `metrics.csv` a class and way: the mean average precision of its queries."""
    answer = task.test.answer.cpu().numpy()
    return [
        {
            "protocol": f"{RETRIEVAL}, queries of {task.answers[number]}",
            "task": way,
            "metric": "average_precision",
            "value": float(scores[f"{way}|{RETRIEVAL}|average_precision"][answer == number].mean()),
            "n": int((answer == number).sum()),
        }
        for way in WAYS
        for number in np.unique(answer).tolist()
    ]


def score(
    fitted: Fitted, task: TaskData, evaluators: Evaluators | None, seed: int
) -> tuple[dict[str, Floats], list[dict[str, Any]]]:
    """Measure everything a method can be measured by.

    Args:
        evaluators: Of generated items; None where answers are no classes.

    Returns:
        Scores an item by `task|protocol|metric`, and further rows of the metrics.
    """
    embedded = embed(fitted, task.test)
    scores = retrieval_scores(fitted, embedded) | verification_scores(fitted, embedded, seed)
    if evaluators is None:
        return scores, []
    made = evaluators.scores(fitted, task)
    scores |= {f"{way}|{GENERATION}|accuracy": values for way, values in made.items()}
    scalars = class_rows(scores, task)
    scalars += [
        {
            "protocol": "evaluator on true items",
            "task": way,
            "metric": "accuracy",
            "value": evaluators.true_accuracy[way.split("_")[0]],
            "n": len(task.test),
        }
        for way in made
    ]
    return scores, scalars


def names_of(task: TaskData, *, unique: bool) -> dict[str, list[str]]:
    """Return the names of the items of every `task|protocol`."""
    clips = task.clips
    names = {f"{way}|{RETRIEVAL}": clips for way in WAYS}
    # Each picture beside its own sound, then beside one of another answer.
    names[f"pairs|{VERIFICATION}"] = [
        f"{kind} {clip}" for kind in ("matched", "mismatched") for clip in clips
    ]
    if not unique:
        names |= {f"{way}|{GENERATION}": clips for way in MADE}
    return names
