from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import hypergeom
from sklearn.metrics import average_precision_score
from torchmetrics.functional.retrieval import retrieval_average_precision
from torchmetrics.retrieval import RetrievalMAP

from crossmodal.errors import InputError
from crossmodal.metrics import hamming, retrieval

WIKIPEDIA = Path("../shared/data/wikipedia")

Array = NDArray[Any]


def naive_average_precision(relevant: list[bool], cutoff: int | None) -> Fraction:
    hits, total = 0, Fraction(0)
    for rank, is_relevant in enumerate(relevant[:cutoff], start=1):
        if is_relevant:
            hits += 1
            total += Fraction(hits, rank)
    return total / hits if hits else Fraction(0)


def naive_recall_at_k(relevant: list[bool], k: int | None) -> Fraction:
    return Fraction(any(relevant[:k]))


def naive_reciprocal_rank(relevant: list[bool], _: int | None) -> Fraction:
    return Fraction(1, relevant.index(True) + 1) if any(relevant) else Fraction(0)


def naive_expectation(metric: Any, scores: Array, relevant: Array, cutoff: int | None) -> float:
    """Mean of the metric over the rankings of all orders of the database, each sorted stably."""
    orders = list(permutations(range(len(scores))))
    total = Fraction(0)
    for order in orders:
        ranking = sorted(order, key=lambda item: -scores[item])
        total += metric([bool(relevant[item]) for item in ranking], cutoff)
    return float(total / len(orders))


def problem(seed: int, queries: int, database: int, bits: int, classes: int) -> tuple[Array, ...]:
    random = np.random.default_rng(seed)
    return (
        hamming.pack(random.random((queries, bits)) < 0.5),
        hamming.pack(random.random((database, bits)) < 0.5),
        random.integers(classes, size=queries),
        random.integers(classes, size=database),
    )


@pytest.mark.parametrize("cutoff", [None, 1, 2, 3, 4, 5, 6, 7])
def test_tie_average_is_the_mean_over_all_orders(cutoff: int | None) -> None:
    random = np.random.default_rng(0)
    for _ in range(6):
        scores = random.integers(3, size=(2, 6)).astype(float)
        query_labels, labels = np.array([0, 1]), random.integers(3, size=6)
        found = retrieval.average_precision_scores(scores, query_labels, labels, cutoff=cutoff)
        expected = [
            naive_expectation(naive_average_precision, row, labels == label, cutoff)
            for row, label in zip(scores, query_labels, strict=True)
        ]
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("cutoff", [None, 1, 3, 4])
def test_hamming_tie_average_is_the_mean_over_all_orders(cutoff: int | None) -> None:
    for seed in range(5):
        queries, database, query_labels, labels = problem(seed, 3, 6, 3, 2)
        found = retrieval.average_precision_hamming(
            queries, database, query_labels, labels, cutoff=cutoff
        )
        near = -hamming.distances(queries, database).astype(int)
        expected = [
            naive_expectation(naive_average_precision, row, labels == label, cutoff)
            for row, label in zip(near, query_labels, strict=True)
        ]
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("k", [1, 2, 4, 6])
def test_recall_and_reciprocal_rank_are_means_over_all_orders(k: int) -> None:
    random = np.random.default_rng(1)
    for _ in range(6):
        scores = random.integers(3, size=(2, 6)).astype(float)
        query_labels, labels = np.array([0, 1]), random.integers(3, size=6)
        recall = retrieval.recall_at_k(scores, query_labels, labels, k)
        reciprocal = retrieval.reciprocal_rank(scores, query_labels, labels)
        for i, label in enumerate(query_labels):
            relevant = labels == label
            assert recall[i] == pytest.approx(
                naive_expectation(naive_recall_at_k, scores[i], relevant, k), abs=1e-14
            )
            assert reciprocal[i] == pytest.approx(
                naive_expectation(naive_reciprocal_rank, scores[i], relevant, None), abs=1e-14
            )


@pytest.mark.parametrize("cutoff", [None, 1, 20, 50, 400])
def test_stable_is_a_loop_over_the_ranking(cutoff: int | None) -> None:
    queries, database, query_labels, labels = problem(0, 6, 300, 8, 3)
    query_labels[0] = 9
    near = -hamming.distances(queries, database).astype(float)
    rankings = [
        (labels[np.argsort(-row, kind="stable")] == label).tolist()
        for row, label in zip(near, query_labels, strict=True)
    ]
    expected = [float(naive_average_precision(ranking, cutoff)) for ranking in rankings]
    by_code = retrieval.average_precision_hamming(
        queries, database, query_labels, labels, cutoff=cutoff, ties="stable"
    )
    by_score = retrieval.average_precision_scores(
        near, query_labels, labels, cutoff=cutoff, ties="stable"
    )
    np.testing.assert_allclose(by_code, expected, rtol=1e-12)
    np.testing.assert_array_equal(by_score, by_code)
    assert by_code[0] == 0.0
    recall = retrieval.recall_at_k(near, query_labels, labels, 2, ties="stable")
    assert recall.tolist() == [float(naive_recall_at_k(ranking, 2)) for ranking in rankings]
    reciprocal = retrieval.reciprocal_rank(near, query_labels, labels, ties="stable")
    np.testing.assert_allclose(
        reciprocal, [float(naive_reciprocal_rank(ranking, None)) for ranking in rankings]
    )


@pytest.mark.parametrize("ties", ["average", "stable"])
def test_distinct_scores_agree_with_scikit_learn_and_torchmetrics(ties: Any) -> None:
    random = np.random.default_rng(0)
    scores = random.permutation(20 * 400).reshape(20, 400) / 8000
    query_labels, labels = random.integers(4, size=20), random.integers(4, size=400)
    relevant = labels == query_labels[:, None]
    found = retrieval.average_precision_scores(scores, query_labels, labels, ties=ties)
    expected = [
        average_precision_score(row, score) for row, score in zip(relevant, scores, strict=True)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    mean = RetrievalMAP()(
        torch.tensor(scores.ravel()),
        torch.tensor(relevant.ravel()),
        indexes=torch.arange(20).repeat_interleave(400),
    )
    assert found.mean() == pytest.approx(float(mean), rel=1e-5)
    cut = retrieval.average_precision_scores(scores, query_labels, labels, cutoff=50, ties=ties)
    peers = [
        float(retrieval_average_precision(torch.tensor(score), torch.tensor(row), top_k=50))
        for score, row in zip(scores, relevant, strict=True)
    ]
    np.testing.assert_allclose(cut, peers, rtol=1e-5)


@pytest.mark.parametrize("cutoff", [None, 150, 450])
def test_tie_average_is_the_limit_of_random_orders(cutoff: int | None) -> None:
    queries, database, query_labels, labels = problem(0, 8, 600, 4, 3)
    found = retrieval.average_precision_hamming(
        queries, database, query_labels, labels, cutoff=cutoff
    )
    random = np.random.default_rng(1)
    draws = []
    for _ in range(400):
        order = random.permutation(600)
        draws.append(
            retrieval.average_precision_hamming(
                queries, database[order], query_labels, labels[order], cutoff=cutoff, ties="stable"
            )
        )
    error = np.std(draws, axis=0) / np.sqrt(400)
    assert (np.abs(np.mean(draws, axis=0) - found) < 4 * error).all()


@pytest.mark.parametrize("cutoff", [None, 7, 300])
def test_chance_is_the_mean_of_random_rankings(cutoff: int | None) -> None:
    random = np.random.default_rng(0)
    query_labels, labels = np.array([2, 0, 1, 5, 0]), random.integers(3, size=400) ** 2
    chance = retrieval.chance_average_precision(query_labels, labels, cutoff=cutoff)
    draws = [
        retrieval.average_precision_scores(
            random.random((5, 400)), query_labels, labels, cutoff=cutoff
        )
        for _ in range(1000)
    ]
    error = np.std(draws, axis=0) / np.sqrt(1000)
    assert (np.abs(np.mean(draws, axis=0) - chance) <= 4 * error).all()
    assert chance[3] == 0.0
    assert chance[1] == chance[4] > 0.3


def test_chance_between_the_test_halves_of_wikipedia() -> None:
    names = WIKIPEDIA / "testset_txt_img_cat.list"
    if not names.exists():
        pytest.skip(f"needs {names}")
    labels = np.array([int(line.split("\t")[2]) for line in names.read_text().splitlines()])
    chance = retrieval.chance_average_precision(labels, labels)
    assert len(labels) == 693
    assert chance.mean() == pytest.approx(0.118, abs=0.0005)


cases = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32),
        "bits": st.sampled_from([1, 3, 16, 70]),
        "cutoff": st.sampled_from([None, 1, 5, 39, 40, 1000]),
    }
)


@given(cases)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_invariants_of_the_tie_average(case: dict[str, Any]) -> None:
    queries, database, query_labels, labels = problem(case["seed"], 5, 40, case["bits"], 4)
    cutoff = case["cutoff"]
    found = retrieval.average_precision_hamming(
        queries, database, query_labels, labels, cutoff=cutoff
    )
    assert (found >= 0).all()
    assert (found <= 1 + 1e-12).all()
    order = np.random.default_rng(case["seed"]).permutation(40)
    np.testing.assert_array_equal(
        retrieval.average_precision_hamming(
            queries, database[order], query_labels, labels[order], cutoff=cutoff
        ),
        found,
    )
    # Rankings by any decreasing function of the distance are the same rankings.
    near = np.exp(-hamming.distances(queries, database).astype(float) / 10)
    for scores in (near, 3 * near - 7, near.astype(np.float32)):
        by_score = retrieval.average_precision_scores(scores, query_labels, labels, cutoff=cutoff)
        np.testing.assert_allclose(by_score, found, rtol=1e-11)


@given(cases)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_perfect_and_worst_rankings(case: dict[str, Any]) -> None:
    _, _, query_labels, labels = problem(case["seed"], 5, 40, 1, 4)
    relevant = labels == query_labels[:, None]
    some = relevant.any(axis=1)
    perfect = retrieval.average_precision_scores(
        relevant, query_labels, labels, cutoff=case["cutoff"]
    )
    np.testing.assert_allclose(perfect, some, rtol=1e-12)
    np.testing.assert_array_equal(retrieval.recall_at_k(relevant, query_labels, labels, 1), some)
    np.testing.assert_array_equal(retrieval.reciprocal_rank(relevant, query_labels, labels), some)
    worst = retrieval.average_precision_scores(~relevant, query_labels, labels)
    chance = retrieval.chance_average_precision(query_labels, labels)
    assert (worst <= chance + 1e-12).all()


def test_large_groups_keep_their_digits() -> None:
    # 200,000 items in one group, a cut-off in its middle; Monte Carlo cannot tell 1e-4 from it,
    # so the reference is the same sum term by term in extended precision.
    count, relevant, slots = 200_000, 20_000, 30_000
    labels = (np.arange(count) < relevant).astype(int)
    found = retrieval.chance_average_precision(np.array([1]), labels, cutoff=slots)[0]
    hits = np.arange(2500, 3501)
    place = np.arange(1, slots + 1, dtype=np.longdouble)
    inverse, complement = (1 / place).sum(), ((place - 1) / place).sum()
    given_hits = (inverse + (hits - 1) / (slots - 1) * complement) / slots
    expected = (hypergeom.pmf(hits, count, relevant, slots) * given_hits).sum()
    assert found == pytest.approx(float(expected), rel=1e-9)


def test_precision_and_recall_by_radius_agree_with_a_loop() -> None:
    queries, database, query_labels, labels = problem(3, 7, 30, 10, 3)
    query_labels[0] = 9
    precision, recall = retrieval.precision_recall_hamming(
        queries, database, query_labels, labels, bits=10
    )
    found = hamming.distances(queries, database)
    assert precision.shape == recall.shape == (11,)
    for radius in range(11):
        precisions, recalls = [], []
        for row, label in zip(found, query_labels, strict=True):
            retrieved, relevant = row <= radius, labels == label
            hits = int((retrieved & relevant).sum())
            precisions.append(hits / retrieved.sum() if retrieved.any() else 0.0)
            recalls.append(hits / relevant.sum() if relevant.any() else 0.0)
        assert precision[radius] == pytest.approx(np.mean(precisions))
        assert recall[radius] == pytest.approx(np.mean(recalls))


@pytest.mark.parametrize("points", [11, 101])
def test_interpolated_curve_agrees_with_a_loop_over_thresholds(points: int) -> None:
    queries, database, query_labels, labels = problem(3, 7, 50, 6, 3)
    query_labels[0] = 9
    found = hamming.distances(queries, database).astype(float)
    levels, precision = retrieval.precision_recall_curve_hamming(
        queries, database, query_labels, labels, points=points
    )
    expected = np.zeros((7, points))
    for row, label, curve in zip(found, query_labels, expected, strict=True):
        relevant = labels == label
        for threshold in np.unique(row):
            within = row <= threshold
            hits = int((within & relevant).sum())
            for step in range(points):
                reached = hits * (points - 1) >= step * int(relevant.sum())
                if reached and hits:
                    curve[step] = max(curve[step], hits / within.sum())
    np.testing.assert_allclose(levels, np.linspace(0, 1, points))
    np.testing.assert_allclose(precision, expected.mean(axis=0))
    _, by_score = retrieval.precision_recall_curve_scores(
        -found, query_labels, labels, points=points
    )
    np.testing.assert_allclose(by_score, precision)


def test_a_recall_level_asks_for_no_more_than_its_share() -> None:
    # 0.7 is 0.7000000000000001 in a grid of 11 levels; 7 of 10 relevant items still reach it.
    labels = np.array([1] * 7 + [0] * 7 + [1] * 3)
    scores = -np.arange(17.0)[None]
    _, precision = retrieval.precision_recall_curve_scores(scores, np.array([1]), labels)
    assert precision[:8].tolist() == [1.0] * 8
    np.testing.assert_allclose(precision[8:], 10 / 17)


@pytest.mark.parametrize("ties", ["average", "stable"])
def test_chunks_do_not_change_the_numbers(ties: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = problem(0, 11, 90, 16, 3)
    queries, database, query_labels, labels = arguments
    whole = retrieval.average_precision_hamming(*arguments, cutoff=20, ties=ties)
    scores = -hamming.distances(queries, database).astype(float)
    recall = retrieval.recall_at_k(scores, query_labels, labels, 3, ties=ties)
    monkeypatch.setattr(hamming, "CHUNK_BYTES", 600)
    chunked = retrieval.average_precision_hamming(*arguments, cutoff=20, ties=ties)
    np.testing.assert_allclose(chunked, whole, rtol=1e-14)
    np.testing.assert_array_equal(
        retrieval.recall_at_k(scores, query_labels, labels, 3, ties=ties), recall
    )


def test_no_queries_give_no_numbers() -> None:
    queries, database, query_labels, labels = problem(0, 4, 9, 16, 2)
    none = query_labels[:0]
    assert retrieval.average_precision_hamming(queries[:0], database, none, labels).shape == (0,)
    assert retrieval.reciprocal_rank(np.zeros((0, 9)), none, labels).shape == (0,)
    assert retrieval.chance_average_precision(none, labels).shape == (0,)


def test_bad_input_is_refused() -> None:
    queries, database, query_labels, labels = problem(0, 4, 9, 16, 2)
    scores = np.zeros((4, 9))
    with pytest.raises(ValueError, match="query labels"):
        retrieval.average_precision_hamming(queries, database, labels, labels)
    with pytest.raises(ValueError, match="database labels"):
        retrieval.average_precision_scores(scores, query_labels, labels.astype(float))
    with pytest.raises(ValueError, match="empty"):
        retrieval.average_precision_scores(scores[:, :0], query_labels, labels[:0])
    with pytest.raises(ValueError, match="cut-off"):
        retrieval.average_precision_scores(scores, query_labels, labels, cutoff=0)
    with pytest.raises(ValueError, match="17"):
        retrieval.precision_recall_hamming(queries, database, query_labels, labels, bits=170)
    scores[1, 1] = np.nan
    with pytest.raises(InputError, match="scores"):
        retrieval.average_precision_scores(scores, query_labels, labels)
