from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.metrics import uncertainty
from crossmodal.metrics.uncertainty import Interval, bootstrap_mean, paired_bootstrap


def scores(seed: int, seeds: int, items: int, *, seed_effect: float = 0.0) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    item = random.exponential(size=items)
    noise = random.normal(scale=0.5, size=(seeds, items))
    values: NDArray[np.float64] = item + noise + seed_effect * random.normal(size=(seeds, 1))
    return values


def coverage(intervals: list[Interval], truth: float) -> float:
    return float(np.mean([interval.low <= truth <= interval.high for interval in intervals]))


def width(interval: Interval) -> float:
    return interval.high - interval.low


def test_one_seed_agrees_with_scipy() -> None:
    values = scores(0, 1, 150)
    ours = bootstrap_mean(values, resamples=20_000, level=0.9)
    theirs = scipy.stats.bootstrap(
        (values[0],),
        np.mean,
        n_resamples=20_000,
        confidence_level=0.9,
        method="percentile",
        rng=np.random.default_rng(1),
    )
    assert ours.mean == pytest.approx(values.mean(), rel=1e-12)
    tolerance = 0.05 * theirs.standard_error
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=tolerance)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=tolerance)


def test_difference_with_one_seed_agrees_with_scipy_paired() -> None:
    left, right = scores(0, 1, 150), scores(0, 1, 150) + scores(2, 1, 150)
    ours = paired_bootstrap(left, right, resamples=20_000)
    theirs = scipy.stats.bootstrap(
        (left[0], right[0]),
        lambda a, b, axis: np.mean(a, axis=axis) - np.mean(b, axis=axis),
        n_resamples=20_000,
        paired=True,
        vectorized=True,
        method="percentile",
        rng=np.random.default_rng(1),
    )
    tolerance = 0.08 * theirs.standard_error
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=tolerance)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=tolerance)


@pytest.mark.parametrize("seeds", [1, 3])
def test_two_level_interval_agrees_with_a_naive_loop(seeds: int) -> None:
    values = scores(3, seeds, 40, seed_effect=0.3)
    random = np.random.default_rng(5)
    draws = []
    for _ in range(8000):
        items = random.integers(40, size=40)
        picked = random.integers(seeds, size=seeds)
        draws.append(values[np.ix_(picked, items)].mean())
    low, high = np.quantile(draws, [0.025, 0.975])
    ours = bootstrap_mean(values, resamples=20_000)
    tolerance = 0.08 * float(np.std(draws))
    assert ours.low == pytest.approx(low, abs=tolerance)
    assert ours.high == pytest.approx(high, abs=tolerance)


def test_coverage_over_items_with_one_seed() -> None:
    found = [bootstrap_mean(scores(k, 1, 100), resamples=400) for k in range(400)]
    # Percentile intervals of 100 skewed items cover a little less than 95 %.
    assert 0.90 <= coverage(found, truth=1.0) <= 0.97


def test_coverage_over_items_and_seeds() -> None:
    found = [bootstrap_mean(scores(k, 12, 100, seed_effect=0.3), resamples=400) for k in range(400)]
    assert 0.90 <= coverage(found, truth=1.0) <= 0.98
    one_level = [
        bootstrap_mean(scores(k, 12, 100, seed_effect=0.3).mean(axis=0, keepdims=True))
        for k in range(400)
    ]
    # Leaving the seeds out is what the two levels are there to mend.
    assert coverage(one_level, truth=1.0) < coverage(found, truth=1.0) - 0.05


def test_coverage_of_a_difference() -> None:
    found = []
    for k in range(400):
        left = scores(k, 8, 60, seed_effect=0.2)
        random = np.random.default_rng(k + 10_000)
        gain = random.normal(0.1, 0.3, size=60) + random.normal(0.0, 0.05, size=(8, 1))
        found.append(paired_bootstrap(left + gain, left, resamples=400))
    assert 0.90 <= coverage(found, truth=0.1) <= 0.98


def test_noise_of_single_scores_is_counted_thrice() -> None:
    values = np.random.default_rng(0).normal(size=(60, 60))
    standard_error = 1.0 / 60
    expected = 2 * scipy.stats.norm.ppf(0.975) * standard_error * math.sqrt(3)
    assert width(bootstrap_mean(values, resamples=8000)) == pytest.approx(expected, rel=0.1)


def test_two_seeds_give_seed_variance_times_a_half() -> None:
    # Seeds at -1 and 1: the resampled means are -1, 0, 0, 1, of variance 1/2; an unbiased
    # estimate of the variance of the mean of two would be 1.
    values = np.repeat([[-1.0], [1.0]], 5, axis=1)
    interval = bootstrap_mean(values, level=0.6)
    assert (interval.low, interval.mean, interval.high) == (-1.0, 0.0, 1.0)
    assert bootstrap_mean(values, level=0.4) == Interval(0.0, 0.0, 0.0)


def test_pairing_removes_what_items_and_seeds_share() -> None:
    left = scores(0, 5, 80, seed_effect=1.0)
    interval = paired_bootstrap(left + 0.25, left)
    assert interval.mean == pytest.approx(0.25)
    assert width(interval) < 1e-9
    # With another number of seeds only the items stay paired.
    unpaired = paired_bootstrap(left + 0.25, left[:4])
    assert width(unpaired) > 0.5
    alike = np.repeat(left[:1], 5, axis=0)
    assert width(paired_bootstrap(alike, left[:1])) < 1e-9


def test_swapping_sides_mirrors_the_mean() -> None:
    left, right = scores(0, 3, 50), scores(1, 2, 50)
    assert paired_bootstrap(left, right).mean == pytest.approx(left.mean() - right.mean())
    assert paired_bootstrap(right, left).mean == pytest.approx(right.mean() - left.mean())


def test_same_seed_same_numbers_and_constant_scores_have_no_width() -> None:
    values = scores(0, 3, 50)
    assert bootstrap_mean(values, seed=4) == bootstrap_mean(values, seed=4)
    assert bootstrap_mean(values, seed=4) != bootstrap_mean(values, seed=5)
    constant = bootstrap_mean(np.full((2, 9), 0.3))
    assert constant.low == pytest.approx(0.3)
    assert constant.high == pytest.approx(0.3)


def test_level_widens_the_interval() -> None:
    values = scores(0, 3, 50)
    widths = [width(bootstrap_mean(values, level=level)) for level in (0.5, 0.8, 0.95, 0.99)]
    assert widths == sorted(widths)
    assert widths[0] > 0


def test_many_items_are_worked_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    values = scores(0, 2, 300)
    whole = bootstrap_mean(values, resamples=4000)
    monkeypatch.setattr(uncertainty, "_CHUNK_CELLS", 3000)
    chunked = bootstrap_mean(values, resamples=4000)
    assert chunked.low == pytest.approx(whole.low, abs=0.1 * width(whole))
    assert chunked.high == pytest.approx(whole.high, abs=0.1 * width(whole))


def test_bad_input_is_refused() -> None:
    values = scores(0, 2, 10)
    values[1, 3] = np.nan
    with pytest.raises(InputError, match="scores: not finite"):
        bootstrap_mean(values)
    with pytest.raises(InputError, match="scores: not finite"):
        paired_bootstrap(np.ones((2, 10)), values)
    with pytest.raises(ValueError, match="items must be the same"):
        paired_bootstrap(np.ones((2, 10)), np.ones((2, 9)))
    with pytest.raises(ValueError, match="not empty"):
        bootstrap_mean(np.ones((0, 4)))
    with pytest.raises(ValueError, match="level"):
        bootstrap_mean(np.ones((1, 4)), level=95)
