"""Retrieval metrics per query, with ties between equal distances treated exactly.

A query and a database item are relevant to each other when they have the same class label.
Every function takes the labels of queries [q] and of the database [n] as integers. Metrics are
float64 per query, so that intervals can be taken over queries; curves are means over queries.

``ties="average"`` is the expectation over all orders of items of equal distance or score, each
equally likely (McSherry & Najork, ECIR 2008); it does not depend on the order of the database.
``ties="stable"`` ranks equal items by database index.

Internally a ranking is a sequence of tie groups, best first (:mod:`crossmodal.metrics.ties`).
Short codes need no sort for it: a query's groups are the histograms of its distances. That takes
about 4 times the bare XOR and population count of all pairs, most of it for the histogram; a
stable ranking sorts and takes some 70 times (measure/bench_retrieval.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.metrics.hamming import WORD_BITS, Codes, distances, query_chunks
from crossmodal.metrics.ties import (
    Floats,
    Groups,
    expected_average_precision,
    expected_first_rank,
    expected_recall_at_k,
    expected_reciprocal_rank,
    mean_curve,
    single_items,
)

Ties = Literal["average", "stable"]
Labels = NDArray[Any]

# Working arrays of eight bytes an item that a query needs at once when every item is a group.
_SORTED_ROW_ARRAYS = 12


def average_precision_hamming(
    query_codes: Codes,
    database_codes: Codes,
    query_labels: Labels,
    database_labels: Labels,
    *,
    cutoff: int | None = None,
    ties: Ties = "average",
) -> Floats:
    """Average precision [q] of rankings by Hamming distance between codes [q, w] and [n, w].

    The sum of the precision at the rank of each relevant item within ``cutoff`` (None: all),
    divided by the number of relevant items within ``cutoff``; 0 where there are none.

    Raises:
        ValueError: Shapes do not fit, the database is empty, or ``cutoff`` is below 1.
    """
    groups = _hamming_groups(query_codes, database_codes, query_labels, database_labels, ties)
    return _join(expected_average_precision(part, cutoff) for part in groups)


def average_precision_scores(
    scores: NDArray[Any],
    query_labels: Labels,
    database_labels: Labels,
    *,
    cutoff: int | None = None,
    ties: Ties = "average",
) -> Floats:
    """Average precision [q] of rankings by ``scores`` [q, n], higher is better.

    As :func:`average_precision_hamming`; only exactly equal scores are tied.

    Raises:
        InputError: ``scores`` holds NaN.
        ValueError: Shapes do not fit, the database is empty, or ``cutoff`` is below 1.
    """
    groups = _score_groups(scores, query_labels, database_labels, ties)
    return _join(expected_average_precision(part, cutoff) for part in groups)


def chance_average_precision(
    query_labels: Labels, database_labels: Labels, *, cutoff: int | None = None
) -> Floats:
    """Expected average precision [q] of a ranking in random order, exact."""
    _check_labels(len(query_labels), len(database_labels), query_labels, database_labels)
    labels, inverse = np.unique(query_labels, return_inverse=True)
    start, stop = _class_slices(labels, np.sort(database_labels))
    items = np.full((len(labels), 1), len(database_labels), np.int64)
    groups = Groups(items, (stop - start)[:, None])
    return expected_average_precision(groups, len(database_labels) if cutoff is None else cutoff)[
        inverse
    ]


def recall_at_k(
    scores: NDArray[Any],
    query_labels: Labels,
    database_labels: Labels,
    k: int,
    *,
    ties: Ties = "average",
) -> Floats:
    """Probability [q] that at least one relevant item is among the first ``k``.

    The R@k of caption retrieval: 0 or 1 without ties. For rankings by Hamming distance pass
    negative distances. Raises as :func:`average_precision_scores`.
    """
    return _join(
        expected_recall_at_k(part, k)
        for part in _score_groups(scores, query_labels, database_labels, ties)
    )


def reciprocal_rank(
    scores: NDArray[Any], query_labels: Labels, database_labels: Labels, *, ties: Ties = "average"
) -> Floats:
    """Expected reciprocal [q] of the rank of the first relevant item; 0 where there is none.

    Its mean over queries is the mean reciprocal rank. Raises as
    :func:`average_precision_scores`.
    """
    return _join(
        expected_reciprocal_rank(part)
        for part in _score_groups(scores, query_labels, database_labels, ties)
    )


def first_rank(
    scores: NDArray[Any], query_labels: Labels, database_labels: Labels, *, ties: Ties = "average"
) -> Floats:
    """Expected rank [q] of the first relevant item, from 1; infinity where there is none.

    Its median over queries is the median rank of caption retrieval. Raises as
    :func:`average_precision_scores`.
    """
    return _join(
        expected_first_rank(part)
        for part in _score_groups(scores, query_labels, database_labels, ties)
    )


def precision_recall_hamming(
    query_codes: Codes,
    database_codes: Codes,
    query_labels: Labels,
    database_labels: Labels,
    *,
    bits: int,
) -> tuple[Floats, Floats]:
    """Mean precision and mean recall over queries at Hamming radius 0..bits, each [bits + 1].

    Hash lookup: everything within the radius is retrieved. The precision of a query that
    retrieves nothing counts as 0, and so does the recall of one without a relevant item.

    Raises:
        ValueError: As :func:`average_precision_hamming`, or the codes cannot have ``bits`` bits.
    """
    words = database_codes.shape[1]
    if -(-bits // WORD_BITS) != words:
        raise ValueError(f"codes of {words} words do not have {bits} bits")
    groups = _hamming_groups(query_codes, database_codes, query_labels, database_labels, "average")
    precision, recall = np.zeros(bits + 1), np.zeros(bits + 1)
    for part in groups:
        retrieved = np.cumsum(part.items, axis=1)[:, : bits + 1]
        hits = np.cumsum(part.hits, axis=1)
        precision += (hits[:, : bits + 1] / np.maximum(retrieved, 1)).sum(axis=0)
        recall += (hits[:, : bits + 1] / np.maximum(hits[:, -1:], 1)).sum(axis=0)
    return precision / len(query_codes), recall / len(query_codes)


def precision_recall_curve_hamming(
    query_codes: Codes,
    database_codes: Codes,
    query_labels: Labels,
    database_labels: Labels,
    *,
    points: int = 11,
) -> tuple[Floats, Floats]:
    """Recall levels and mean interpolated precision at them, each [points], by Hamming distance.

    Levels are evenly spaced from 0 to 1. The interpolated precision of a query at a level is its
    highest precision at any radius whose recall reaches the level; 0 without relevant items.
    """
    groups = _hamming_groups(query_codes, database_codes, query_labels, database_labels, "average")
    return mean_curve(groups, points)


def precision_recall_curve_scores(
    scores: NDArray[Any], query_labels: Labels, database_labels: Labels, *, points: int = 11
) -> tuple[Floats, Floats]:
    """As :func:`precision_recall_curve_hamming` for ``scores`` [q, n], equal scores taken whole."""
    return mean_curve(_score_groups(scores, query_labels, database_labels, "average"), points)


def _hamming_groups(
    query_codes: Codes,
    database_codes: Codes,
    query_labels: Labels,
    database_labels: Labels,
    ties: Ties,
) -> Iterator[Groups]:
    _check_labels(len(query_codes), len(database_codes), query_labels, database_labels)
    if ties == "stable":
        for rows in query_chunks(len(query_codes), row_bytes=_sorted_row_bytes(database_labels)):
            found = distances(query_codes[rows], database_codes)
            order = np.argsort(found, axis=1, kind="stable")
            yield single_items(database_labels[order] == query_labels[rows, None])
        return
    # Sorted by class, the items relevant to a query are one slice of its distances.
    by_class = np.argsort(database_labels, kind="stable")
    codes = database_codes[by_class]
    start, stop = _class_slices(query_labels, database_labels[by_class])
    cells = WORD_BITS * database_codes.shape[1] + 1
    for rows in query_chunks(len(query_codes), row_bytes=2 * len(codes)):
        found = distances(query_codes[rows], codes)
        items = [np.bincount(row, minlength=cells) for row in found]
        hits = [
            np.bincount(row[first:last], minlength=cells)
            for row, first, last in zip(found, start[rows], stop[rows], strict=True)
        ]
        yield Groups(np.stack(items), np.stack(hits))


def _score_groups(
    scores: NDArray[Any], query_labels: Labels, database_labels: Labels, ties: Ties
) -> Iterator[Groups]:
    if scores.ndim != 2:
        raise ValueError(f"scores must be [q, n], got {scores.shape}")
    _check_labels(scores.shape[0], scores.shape[1], query_labels, database_labels)
    for rows in query_chunks(len(scores), row_bytes=_sorted_row_bytes(database_labels)):
        part = np.asarray(scores[rows], np.float64)
        if np.isnan(part).any():
            raise InputError("not a number", field="scores", hint="Look for a diverged training")
        order = np.argsort(-part, axis=1, kind="stable")
        relevant = database_labels[order] == query_labels[rows, None]
        part = np.take_along_axis(part, order, axis=1)
        starts_group = part[:, 1:] != part[:, :-1]
        if ties == "stable" or starts_group.all():
            yield single_items(relevant)
            continue
        cell = np.zeros(part.shape, np.int64)
        np.cumsum(starts_group, axis=1, out=cell[:, 1:])
        cell += np.arange(len(part))[:, None] * part.shape[1]
        items = np.bincount(cell.ravel(), minlength=part.size)
        hits = np.bincount(cell[relevant], minlength=part.size)
        yield Groups(items.reshape(part.shape), hits.reshape(part.shape))


def _class_slices(
    labels: Labels, sorted_labels: Labels
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    start = np.searchsorted(sorted_labels, labels, side="left")
    return start, np.searchsorted(sorted_labels, labels, side="right")


def _sorted_row_bytes(database_labels: Labels) -> int:
    return len(database_labels) * 8 * _SORTED_ROW_ARRAYS


def _join(parts: Iterator[Floats]) -> Floats:
    return np.concatenate([np.zeros(0), *parts])


def _check_labels(
    queries: int, database: int, query_labels: Labels, database_labels: Labels
) -> None:
    if database == 0:
        raise ValueError("the database is empty")
    for name, count, labels in (
        ("query", queries, query_labels),
        ("database", database, database_labels),
    ):
        if labels.shape != (count,) or not np.issubdtype(labels.dtype, np.integer):
            raise ValueError(
                f"{name} labels must be integers [{count}], got {labels.dtype} {labels.shape}"
            )
