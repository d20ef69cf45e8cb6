"""Ranks of people among people: reciprocal ranks, their chance level and a permutation test.

A query asks for one thing, such as a person, by another modality. What is known of its ranking is
a row of values, one a candidate: the value the query would earn if that candidate were the right
answer. The mean of the row is what a query earns that knows nothing, and giving the queries each
other's answers is the null hypothesis of the test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.metrics.ties import Floats, Groups, expected_reciprocal_rank

_CHUNK_CELLS = 1 << 22


def reciprocal_rank_by_class(
    scores: NDArray[Any], database_labels: NDArray[np.int64], classes: int
) -> Floats:
    """Return the expected reciprocal rank [q, classes] of the first item of each class.

    Ranks are by `scores` [q, n], higher is better; items of equal score stand in random order.

    Args:
        database_labels: [n], from 0 to `classes` - 1.
        classes: How many; each must occur.

    Raises:
        InputError: `scores` holds NaN.
        ValueError: Shapes do not fit, or a class never occurs.
    """
    if scores.shape[1:] != database_labels.shape:
        raise ValueError(f"{database_labels.shape} labels for scores {scores.shape}")
    if len(np.unique(database_labels)) != classes:
        raise ValueError(f"{len(np.unique(database_labels))} classes occur, not {classes}")
    if np.isnan(scores).any():
        raise InputError("not a number", field="scores", hint="Look for a diverged training")
    result = np.empty((len(scores), classes))
    for query, row in enumerate(np.asarray(scores, np.float64)):
        best = np.full(classes, -np.inf)
        np.maximum.at(best, database_labels, row)
        hits = np.bincount(database_labels[row == best[database_labels]], minlength=classes)
        ascending = np.sort(row)
        upper = np.searchsorted(ascending, best, side="right")
        tied = upper - np.searchsorted(ascending, best, side="left")
        kinds, which = np.unique(
            np.stack([len(row) - upper, tied, hits], axis=1), axis=0, return_inverse=True
        )
        nothing = np.zeros(len(kinds), np.int64)
        groups = Groups(kinds[:, :2], np.stack([nothing, kinds[:, 2]], axis=1))
        result[query] = expected_reciprocal_rank(groups)[which.ravel()]
    return result


def share_among_first(
    scores: NDArray[Any], database_labels: NDArray[np.int64], classes: int, first: int
) -> Floats:
    """Return the share [q, classes] of each class among the `first` items of highest `scores`.

    Items of equal score are ranked by database index.
    """
    order = np.argsort(-np.asarray(scores, np.float64), axis=1, kind="stable")[:, :first]
    labels = database_labels[order]
    return np.stack([(labels == label).mean(axis=1) for label in range(classes)], axis=1)


@dataclass(frozen=True)
class Permutation:
    """A mean over queries, what it is by chance, and how often chance does as well.

    Attributes:
        observed: Mean over queries of the value of the right answer.
        chance: The same, expected over all answers.
        p: (1 + permutations at least as good) / (1 + permutations).
    """

    observed: float
    chance: float
    p: float


def permutation_test(
    values: Floats, answers: NDArray[np.int64], *, permutations: int, seed: int
) -> Permutation:
    """Test whether queries do better than with each other's answers; one-sided.

    The identities are permuted, not the queries, so that several queries of one identity stay
    together (Phipson, Smyth, Permutation p-values should never be zero, 2010).

    Args:
        values: [q, identities], what a query earns if that identity is the answer.
        answers: [q], the right identity.
    """
    queries, identities = values.shape
    # what the queries of identity i earn together when identity j is the answer
    earned = np.zeros((identities, identities))
    np.add.at(earned, answers, values)
    rows = np.arange(identities)
    observed = earned[rows, rows].sum()
    generator = np.random.default_rng(seed)
    step = max(1, _CHUNK_CELLS // identities)
    as_good = 0
    for start in range(0, permutations, step):
        shuffled = np.tile(rows, (min(step, permutations - start), 1))
        shuffled = generator.permuted(shuffled, axis=1)
        sums = earned[rows, shuffled].sum(axis=1)
        # Equal sums taken in another order may differ in their last digits.
        as_good += int((sums >= observed - 1e-9 * abs(observed)).sum())
    return Permutation(
        observed=float(observed) / queries,
        chance=float(values.mean()),
        p=(1 + as_good) / (1 + permutations),
    )
