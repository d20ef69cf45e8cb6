"""Verification metrics against naive loops, scikit-learn and hand-made cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score, roc_curve

from crossmodal.errors import InputError
from crossmodal.metrics.verification import (
    auc,
    auc_components,
    best_threshold,
    equal_error_components,
    equal_error_rate,
    expected_calibration_error,
    fit_calibration,
    roc,
    sweep,
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores with many ties, both kinds of pairs, and which were recognised."""
    count = draw(st.integers(2, 30))
    scores = draw(st.lists(st.integers(-4, 4), min_size=count, max_size=count))
    matched = draw(st.lists(st.booleans(), min_size=count - 2, max_size=count - 2))
    identified = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    return np.array(scores) / 4, np.array([True, False, *matched]), np.array(identified)


def normal_pairs(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    matched = random.random(count) < 0.4
    return random.normal(matched * 1.0, 1.0), matched


@given(pairs())
def test_curve_and_area_are_those_of_scikit_learn(case: tuple) -> None:
    scores, matched, _ = case
    curve = roc(scores, matched)
    theirs = roc_curve(matched, scores, drop_intermediate=False)
    np.testing.assert_allclose(curve.false_positive_rate, theirs[0])
    np.testing.assert_allclose(curve.true_positive_rate, theirs[1])
    np.testing.assert_allclose(curve.thresholds, theirs[2])
    assert auc(scores, matched) == pytest.approx(roc_auc_score(matched, scores))
    assert curve.area() == pytest.approx(auc(scores, matched))


@given(pairs())
def test_modified_curve_against_counting(case: tuple) -> None:
    scores, matched, identified = case
    curve = roc(scores, matched, identified)
    for rate, threshold in zip(curve.true_positive_rate[1:], curve.thresholds[1:], strict=True):
        found = sum(
            bool(m and i and s >= threshold)
            for s, m, i in zip(scores, matched, identified, strict=True)
        )
        assert rate == pytest.approx(found / matched.sum())
    assert curve.true_positive_rate[-1] == pytest.approx(identified[matched].mean())
    assert curve.area() == pytest.approx(auc(scores, matched, identified))
    assert auc(scores, matched, identified) <= auc(scores, matched) + 1e-12


def test_modified_curve_of_a_hand_made_case() -> None:
    scores = [0.9, 0.8, 0.7, 0.6, 0.5]
    matched = [True, True, False, True, False]
    identified = [True, False, True, True, True]
    curve = roc(scores, matched, identified)
    np.testing.assert_allclose(curve.true_positive_rate, [0, 1 / 3, 1 / 3, 1 / 3, 2 / 3, 2 / 3])
    np.testing.assert_allclose(curve.false_positive_rate, [0, 0, 0, 0.5, 0.5, 1])
    # Between the two mismatched pairs two of three matched pairs are found, before both one.
    assert curve.area() == pytest.approx((1 / 3 + 2 / 3) / 2)


@given(pairs(), st.booleans())
def test_components_have_the_area_as_their_mean(case: tuple, modified: bool) -> None:
    scores, matched, identified = case
    given_too = identified if modified else None
    components = auc_components(scores, matched, given_too)
    area = auc(scores, matched, given_too)
    assert components.mean() == pytest.approx(area)
    assert components[matched].mean() == pytest.approx(area)
    assert components[~matched].mean() == pytest.approx(area)


def test_components_scatter_as_the_area_does() -> None:
    scores, matched = normal_pairs(400)
    random = np.random.default_rng(1)
    areas = []
    for _ in range(500):
        rows = random.integers(len(scores), size=len(scores))
        areas.append(auc(scores[rows], matched[rows]))
    expected = auc_components(scores, matched).std() / np.sqrt(len(scores))
    assert np.std(areas) == pytest.approx(expected, rel=0.12)


@given(pairs())
def test_area_does_not_depend_on_the_order_or_a_rising_map(case: tuple) -> None:
    scores, matched, _ = case
    backwards = auc(scores[::-1], matched[::-1])
    assert auc(scores, matched) == pytest.approx(backwards)
    assert auc(np.exp(scores), matched) == pytest.approx(backwards)
    assert auc(-scores, matched) == pytest.approx(1 - backwards)


def test_equal_error_rate() -> None:
    # Two of four matched pairs lie below the upper of two mismatched ones, one below both.
    assert equal_error_rate([3, 1], [True, False]) == 0.0
    assert equal_error_rate([1, 3], [True, False]) == 1.0
    assert equal_error_rate([1, 1], [True, False]) == 0.5
    scores, matched = normal_pairs(20_000)
    # Two normal distributions one deviation apart: the rate is that beyond half a deviation.
    assert equal_error_rate(scores, matched) == pytest.approx(0.3085, abs=0.01)


@given(pairs())
def test_equal_errors_of_pairs_average_to_the_rate(case: tuple) -> None:
    scores, matched, _ = case
    components = equal_error_components(scores, matched)
    rate = equal_error_rate(scores, matched)
    assert components[matched].mean() == pytest.approx(rate)
    assert components[~matched].mean() == pytest.approx(rate)
    assert 0 <= components.min() <= components.max() <= 1


@given(pairs())
def test_equal_error_rate_lies_on_the_curve(case: tuple) -> None:
    scores, matched, _ = case
    rate = equal_error_rate(scores, matched)
    assert 0 <= rate <= 1
    curve = roc(scores, matched)
    missed = 1 - curve.true_positive_rate
    accepted = curve.false_positive_rate
    sides = [
        (a, b)
        for a, b in zip(
            zip(accepted, missed, strict=True),
            list(zip(accepted, missed, strict=True))[1:],
            strict=False,
        )
        if min(a[0], b[0]) - 1e-9 <= rate <= max(a[0], b[0]) + 1e-9
        and min(a[1], b[1]) - 1e-9 <= rate <= max(a[1], b[1]) + 1e-9
    ]
    assert sides


@given(pairs())
def test_sweep_against_loops(case: tuple) -> None:
    scores, matched, identified = case
    result = sweep(scores, matched, [-0.5, 0.0, 0.25], identified)
    for place, threshold in enumerate(result.thresholds):
        judged = scores >= threshold
        assert result.accuracy[place] == pytest.approx(np.mean(judged == matched))
        assert result.false_positive_rate[place] == pytest.approx(judged[~matched].mean())
        found = judged & identified
        assert result.true_positive_rate[place] == pytest.approx(found[matched].mean())


@given(pairs())
def test_best_threshold_beats_every_other(case: tuple) -> None:
    scores, matched, _ = case
    best = sweep(scores, matched, [best_threshold(scores, matched)]).accuracy[0]
    distinct = np.unique(scores)
    between = (distinct[1:] + distinct[:-1]) / 2
    assert best >= sweep(scores, matched, between).accuracy.max(initial=0) - 1e-12


def test_best_threshold_stands_in_the_widest_gap() -> None:
    assert best_threshold([0.0, 0.1, 0.9, 1.0], [False, False, True, True]) == 0.5
    assert best_threshold([0.3, 0.3], [True, False]) == 0.3


def test_calibration_is_logistic_regression() -> None:
    scores, matched = normal_pairs(5_000)
    ours = fit_calibration(scores, matched)
    theirs = LogisticRegression(C=np.inf).fit(scores[:, None], matched)
    assert ours.slope == pytest.approx(theirs.coef_[0, 0], rel=0.01)
    assert ours.offset == pytest.approx(theirs.intercept_[0], rel=0.01)
    assert expected_calibration_error(ours(scores), matched) < 0.02


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_calibration_of_separable_scores_is_finite_and_keeps_the_order(scale: float) -> None:
    scores = np.array([0.0, 1.0, 2.0, 3.0]) * scale
    probability = fit_calibration(scores, [False, False, True, True])(scores)
    assert (np.diff(probability) > 0).all()
    assert probability[0] > 0.0
    assert probability[-1] < 1.0
    # Platt's targets for two of each kind are 1/4 and 3/4.
    assert probability.mean() == pytest.approx(0.5, abs=1e-6)


def test_calibration_of_equal_scores_is_the_share() -> None:
    probability = fit_calibration([0.5] * 4, [True, False, True, False])([0.5])
    assert probability[0] == pytest.approx(0.5)


def test_calibration_error_by_hand() -> None:
    probability = [0.05, 0.05, 0.95, 1.0]
    assert expected_calibration_error(probability, [False, True, True, True]) == pytest.approx(
        (2 * 0.45 + 2 * 0.025) / 4
    )
    with pytest.raises(InputError, match="from 0 to 1"):
        expected_calibration_error([1.2], [True])


def test_one_kind_alone_or_a_broken_score_is_refused() -> None:
    with pytest.raises(InputError, match="no mismatched"):
        roc([0.1, 0.2], [True, True])
    with pytest.raises(InputError, match="no matched"):
        auc([0.1, 0.2], [False, False])
    with pytest.raises(InputError, match="not finite"):
        equal_error_rate([0.1, np.nan], [True, False])
    with pytest.raises(ValueError, match="scores"):
        roc([0.1], [True, False])
