"""Metrics of rankings that are given as tie groups, best first.

A group is a set of items of equal distance or score: how many items it holds and how many of them
are relevant is all that matters. Its order is random, each order equally likely, so every metric
is an expectation; a ranking without ties has groups of one item.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Hoeffding: a hypergeometric count of k draws lies further than 5 sqrt(k) from its mean with
# probability below 2 exp(-50), far under the precision of float64.
_TAIL = 5.0


class Groups(NamedTuple):
    """Tie groups of some queries, best first: items and relevant items, int64 [q, groups]."""

    items: NDArray[np.int64]
    hits: NDArray[np.int64]


class _Boundary(NamedTuple):
    """The tie group a cut-off falls inside, per query [q], as float64.

    ``slots`` places of the group lie within the cut-off (0 where the cut-off falls between
    groups); ``items_before`` and ``hits_before`` count the groups wholly within it.
    """

    items: Floats
    hits: Floats
    slots: Floats
    items_before: Floats
    hits_before: Floats


def single_items(relevant: NDArray[np.bool_]) -> Groups:
    """Return the groups of rankings without ties, from which items [q, n] are relevant."""
    return Groups(np.ones(relevant.shape, np.int64), relevant.astype(np.int64))


def expected_average_precision(groups: Groups, cutoff: int | None) -> Floats:
    """Return the expected average precision [q] within ``cutoff`` (None: all)."""
    ends = np.cumsum(groups.items, axis=1)
    database = int(ends[0, -1]) if len(ends) else 0
    harmonic = np.concatenate(([0.0], np.cumsum(1.0 / np.arange(1, database + 1))))
    items_before = ends - groups.items
    hits_before = np.cumsum(groups.hits, axis=1) - groups.hits
    sums = _precision_sum(groups.items, groups.hits, items_before, hits_before, harmonic)
    if cutoff is None:
        cutoff = database
    total = np.where(ends <= cutoff, sums, 0.0).sum(axis=1)
    edge = _boundary(groups, cutoff)
    result: Floats = total / np.maximum(edge.hits_before, 1)
    inside = np.flatnonzero((edge.slots > 0) & (edge.hits > 0))
    if inside.size:
        edge = _Boundary(*(field[inside, None] for field in edge))
        hits, probability = _hits_within(edge)
        part = _precision_sum(edge.slots, hits, edge.items_before, edge.hits_before, harmonic)
        values = (total[inside, None] + part) / np.maximum(edge.hits_before + hits, 1)
        result[inside] = (probability * values).sum(axis=1)
    return result


def _precision_sum(
    items: NDArray[Any],
    hits: NDArray[Any],
    items_before: NDArray[Any],
    hits_before: NDArray[Any],
    harmonic: Floats,
) -> Floats:
    """Expected sum of the precisions at the relevant items of a group in random order.

    Place i of the group is relevant with probability hits / items; then i - 1 places before it
    hold (i - 1) (hits - 1) / (items - 1) further ones on average. The sum of
    (hits_before + 1 + (i - 1) slope) / (items_before + i) over i has a closed form.
    """
    slope = (hits - 1) / np.maximum(items - 1, 1)
    first = np.asarray(items_before, np.int64)
    last = first + np.asarray(items, np.int64)
    inverse_ranks = harmonic[last] - harmonic[first]
    # The difference of large sums has lost digits that a single item need not lose.
    inverse_ranks = np.where(items == 1, 1.0 / (items_before + 1), inverse_ranks)
    total = slope * items + (hits_before + 1 - slope * (items_before + 1)) * inverse_ranks
    result: Floats = total * hits / np.maximum(items, 1)
    return result


def _boundary(groups: Groups, cutoff: int) -> _Boundary:
    if cutoff < 1:
        raise ValueError(f"the cut-off must be at least 1, got {cutoff}")
    ends = np.cumsum(groups.items, axis=1)
    whole = ends <= cutoff
    items_before = np.where(whole, groups.items, 0).sum(axis=1)
    hits_before = np.where(whole, groups.hits, 0).sum(axis=1)
    # Where every group is whole, there is nothing left to fill and the group does not count.
    straddling = np.argmin(whole, axis=1)[:, None]
    fields = (
        np.take_along_axis(groups.items, straddling, axis=1)[:, 0],
        np.take_along_axis(groups.hits, straddling, axis=1)[:, 0],
        np.where(whole[:, -1], 0, cutoff - items_before),
        items_before,
        hits_before,
    )
    return _Boundary(*(field.astype(np.float64) for field in fields))


def _hits_within(edge: _Boundary) -> tuple[Floats, Floats]:
    """Numbers of relevant items of the boundary group within the cut-off, and probabilities.

    Each [q, counts]: the hypergeometric distribution, cut where it is below float64, from the
    ratios of neighbouring terms. ``edge`` has fields [q, 1].
    """
    misses = edge.items - edge.hits
    centre = edge.slots * edge.hits / edge.items
    reach = _TAIL * np.sqrt(edge.slots) + 1
    low: Floats = np.maximum(np.maximum(0, edge.slots - misses), np.floor(centre - reach))
    high = np.minimum(np.minimum(edge.slots, edge.hits), np.ceil(centre + reach))
    hits = low + np.arange(int((high - low).max()) + 1)
    grows = (edge.hits - hits) * (edge.slots - hits)
    shrinks = (hits + 1) * (misses - edge.slots + hits + 1)
    valid = hits < high
    ratio = np.where(valid, grows, 1) / np.where(valid, shrinks, 1)
    log_probability = np.zeros(hits.shape)
    np.cumsum(np.log(ratio[:, :-1]), axis=1, out=log_probability[:, 1:])
    log_probability[hits > high] = -np.inf
    probability = np.exp(log_probability - log_probability.max(axis=1, keepdims=True))
    return hits, probability / probability.sum(axis=1, keepdims=True)


def expected_recall_at_k(groups: Groups, k: int) -> Floats:
    """Return the probability [q] that a relevant item is among the first ``k``."""
    edge = _Boundary(*(field[:, None] for field in _boundary(groups, k)))
    place = np.arange(k)
    misses = np.maximum(edge.items - edge.hits - place, 0) / np.maximum(edge.items - place, 1)
    all_missed = np.where(place < edge.slots, misses, 1.0).prod(axis=1)
    return np.where(edge.hits_before[:, 0] > 0, 1.0, 1.0 - all_missed)


def expected_reciprocal_rank(groups: Groups) -> Floats:
    """Return the expected reciprocal rank [q] of the first relevant item; 0 where there is none."""
    first = np.argmax(groups.hits > 0, axis=1)[:, None]
    items = np.take_along_axis(groups.items, first, axis=1)
    hits = np.take_along_axis(groups.hits, first, axis=1)
    before = np.take_along_axis(np.cumsum(groups.items, axis=1), first, axis=1) - items
    misses = items - hits
    place = np.arange(int(misses.max(initial=0)) + 1)
    left = np.maximum(items - place, 1)
    missed = np.cumprod(np.maximum(misses - place, 0) / left, axis=1)
    missed = np.hstack((np.ones((len(missed), 1)), missed[:, :-1]))
    result: Floats = (missed * hits / left / (before + place + 1)).sum(axis=1)
    return result


def expected_first_rank(groups: Groups) -> Floats:
    """Return the expected rank [q] of the first relevant item; infinity where there is none.

    Of m items in random order with h relevant ones, the first relevant is at (m + 1) / (h + 1).
    """
    first = np.argmax(groups.hits > 0, axis=1)[:, None]
    items = np.take_along_axis(groups.items, first, axis=1)[:, 0]
    hits = np.take_along_axis(groups.hits, first, axis=1)[:, 0]
    before = np.take_along_axis(np.cumsum(groups.items, axis=1), first, axis=1)[:, 0] - items
    return np.where(hits > 0, before + (items + 1) / (hits + 1), np.inf)


def mean_curve(groups: Iterator[Groups], points: int) -> tuple[Floats, Floats]:
    """Return recall levels and the mean over queries of the interpolated precision at them."""
    levels = np.linspace(0.0, 1.0, points)
    total, count = np.zeros(points), 0
    for part in groups:
        hits = np.cumsum(part.hits, axis=1)
        precision = hits / np.maximum(np.cumsum(part.items, axis=1), 1)
        highest = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        # A level of 0.7 asks for 7 of 10 relevant items, whatever 0.7 * 10 rounds to.
        needed = np.ceil(levels * hits[:, -1:] - 1e-9)
        for row_hits, row_needed, row_highest in zip(hits, needed, highest, strict=True):
            total += row_highest[np.searchsorted(row_hits, row_needed)]
        count += len(hits)
    return levels, total / count
