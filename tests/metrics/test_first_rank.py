from __future__ import annotations

from itertools import pairwise, permutations
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossmodal.metrics.retrieval import first_rank


def naive(scores: list[int], relevant: list[bool]) -> float:
    """Return the mean rank of the first relevant item over all orders of items of equal score."""
    items = range(len(scores))
    fits = [
        order
        for order in permutations(items)
        if all(scores[a] >= scores[b] for a, b in pairwise(order))
    ]
    return fmean(next(rank for rank, i in enumerate(o, 1) if relevant[i]) for o in fits)


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=5))
def test_the_first_rank_is_the_mean_over_all_orders(items: list[tuple[int, bool]]) -> None:
    scores, relevant = zip(*items, strict=True)
    found = first_rank(np.array([scores], float), np.array([1]), np.array(relevant, dtype=int))
    expected = naive(list(scores), list(relevant)) if any(relevant) else np.inf
    assert found[0] == pytest.approx(expected)


def test_without_ties_it_is_the_rank() -> None:
    scores = np.random.default_rng(0).standard_normal((6, 40))
    numbers = np.arange(6)
    found = first_rank(scores, numbers, np.arange(40))
    assert found.tolist() == [1 + (scores[i] > scores[i, i]).sum() for i in numbers]
    # By database order, ties do not matter either.
    assert first_rank(scores, numbers, np.arange(40), ties="stable").tolist() == found.tolist()
