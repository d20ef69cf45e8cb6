"""Accuracy of a classifier, what guessing would reach, and where it errs.

Labels are integers from 0 to classes - 1. Scores are float64 per item, so that intervals can be
taken over items.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]


def correct(predicted: Labels, labels: Labels) -> Floats:
    """Return 1 for each item that got its label and 0 for the others, [n]; the mean is accuracy.

    Raises:
        ValueError: The arguments are not labels [n] of the same items.
    """
    _check(predicted, labels)
    scores: Floats = np.equal(predicted, labels).astype(np.float64)
    return scores


def chance(classes: int) -> float:
    """Return the accuracy of a guess that knows the number of classes only."""
    return 1.0 / classes


def majority_share(labels: Labels) -> float:
    """Return the share of the most frequent class: the best that one answer to all can reach.

    Raises:
        ValueError: There is no item.
    """
    if len(labels) == 0:
        raise ValueError("no item has no most frequent class")
    return float(np.bincount(labels.astype(np.int64)).max() / len(labels))


def _check(predicted: Labels, labels: Labels) -> None:
    if predicted.ndim != 1 or predicted.shape != labels.shape:
        raise ValueError(f"labels must be [n] on both sides: {predicted.shape}, {labels.shape}")
    if not all(np.issubdtype(side.dtype, np.integer) for side in (predicted, labels)):
        raise ValueError(f"labels must be integers: {predicted.dtype}, {labels.dtype}")
