from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.metrics.ranking import permutation_test, reciprocal_rank_by_class, share_among_first
from crossmodal.metrics.retrieval import reciprocal_rank


def naive_reciprocal(row: NDArray[np.float64], labels: NDArray[np.int64], wanted: int) -> float:
    """Mean over all orders of equal scores of the reciprocal rank of the first item of a class."""
    values = []
    for order in permutations(range(len(row))):
        ranked = sorted(order, key=lambda item: -row[item])  # stable: the order breaks ties
        place = next(rank for rank, item in enumerate(ranked, start=1) if labels[item] == wanted)
        values.append(1 / place)
    return float(np.mean(values))


def test_reciprocal_ranks_by_hand() -> None:
    scores = np.array([[0.9, 0.1, 0.5, 0.7]])
    found = reciprocal_rank_by_class(scores, np.array([2, 0, 1, 0]), 3)
    np.testing.assert_allclose(found, [[1 / 2, 1 / 3, 1]])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=5, max_size=5), st.permutations([0, 0, 1, 1, 2]))
def test_reciprocal_ranks_with_ties_are_means_over_orders(
    scores: list[int], labels: list[int]
) -> None:
    row, classes = np.array(scores, np.float64), np.array(labels)
    found = reciprocal_rank_by_class(row[None], classes, 3)[0]
    expected = [naive_reciprocal(row, classes, wanted) for wanted in range(3)]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_right_class_earns_the_reciprocal_rank() -> None:
    generator = np.random.default_rng(0)
    scores = generator.integers(0, 9, (40, 30)).astype(np.float64)
    labels, asked = np.arange(30) % 7, generator.integers(0, 7, 40)
    found = reciprocal_rank_by_class(scores, labels, 7)
    np.testing.assert_allclose(found[np.arange(40), asked], reciprocal_rank(scores, asked, labels))


def test_chance_over_people_is_the_harmonic_mean() -> None:
    scores = np.random.default_rng(0).standard_normal((6, 9))
    found = reciprocal_rank_by_class(scores, np.arange(9), 9)
    np.testing.assert_allclose(found.mean(axis=1), np.mean(1 / np.arange(1, 10)))


def test_wrong_scores_are_refused() -> None:
    with pytest.raises(InputError, match="not a number"):
        reciprocal_rank_by_class(np.array([[np.nan, 1.0]]), np.array([0, 1]), 2)
    with pytest.raises(ValueError, match="classes"):
        reciprocal_rank_by_class(np.ones((1, 2)), np.array([0, 0]), 2)
    with pytest.raises(ValueError, match="labels"):
        reciprocal_rank_by_class(np.ones((1, 3)), np.array([0, 1]), 2)


def test_share_among_the_first() -> None:
    scores = np.array([[5.0, 4.0, 3.0, 2.0], [1.0, 1.0, 1.0, 2.0]])
    found = share_among_first(scores, np.array([0, 1, 1, 0]), 2, 3)
    np.testing.assert_allclose(found, [[1 / 3, 2 / 3], [2 / 3, 1 / 3]])


def exact_p(values: NDArray[np.float64], answers: NDArray[np.int64]) -> float:
    identities = values.shape[1]
    rows = np.arange(len(values))
    observed = values[rows, answers].mean()
    sums = [
        values[rows, np.array(order)[answers]].mean() for order in permutations(range(identities))
    ]
    return float(np.mean([value >= observed - 1e-12 for value in sums]))


@pytest.mark.parametrize("seed", range(4))
def test_the_permutation_test_is_near_the_exact_one(seed: int) -> None:
    generator = np.random.default_rng(seed)
    answers = np.repeat(np.arange(5), [1, 2, 1, 3, 2])
    values = generator.random((9, 5)) + 0.1 * seed * (answers[:, None] == np.arange(5))
    found = permutation_test(values, answers, permutations=20_000, seed=1)
    assert found.p == pytest.approx(exact_p(values, answers), abs=0.015)
    assert found.observed == pytest.approx(values[np.arange(9), answers].mean())
    assert found.chance == pytest.approx(values.mean())


def test_the_permutation_test_by_hand() -> None:
    perfect = permutation_test(np.eye(6), np.arange(6), permutations=500, seed=0)
    assert perfect.observed == 1
    assert perfect.chance == pytest.approx(1 / 6)
    assert 1 / 501 <= perfect.p <= 5 / 501  # one order of 720 is as good
    alike = permutation_test(np.full((6, 6), 0.3), np.arange(6), permutations=99, seed=0)
    assert alike.p == 1


def test_p_is_uniform_where_nothing_is_known() -> None:
    generator = np.random.default_rng(5)
    ps = [
        permutation_test(generator.random((12, 12)), np.arange(12), permutations=99, seed=s).p
        for s in range(200)
    ]
    assert 0.4 < np.mean(ps) < 0.6
    assert 0.01 < np.mean(np.array(ps) <= 0.1) < 0.19
