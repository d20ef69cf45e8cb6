"""Bootstrap intervals of means over items (queries, pairs, clips) and training seeds.

Items and seeds are crossed: every seed scores every item. Both are resampled with replacement,
independently (the pigeonhole bootstrap: Owen, Annals of Applied Statistics 2007), so an interval
covers new items and new trainings alike. Intervals are percentiles of the resampled means. With
one seed only the items vary.

Two known errors, both tested: the part of the width that comes from the seeds is too narrow by
sqrt((seeds - 1) / seeds), as in any bootstrap of few units; the part that comes from noise of
single scores, shared by neither an item nor a seed, is counted by both levels and is too wide, by
up to sqrt(3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crossmodal.errors import InputError

Floats = NDArray[np.float64]

_CHUNK_CELLS = 1 << 21


@dataclass(frozen=True)
class Interval:
    """A mean with the bounds of its confidence interval, in the unit of the scores."""

    mean: float
    low: float
    high: float


def bootstrap_mean(
    scores: Floats, *, resamples: int = 2000, level: float = 0.95, seed: int = 0
) -> Interval:
    """Mean of ``scores`` [seeds, items] with its two-level bootstrap interval.

    Raises:
        InputError: ``scores`` holds a value that is not finite.
        ValueError: ``scores`` is not a two-dimensional array with a seed and an item, or
            ``resamples`` or ``level`` is out of range.
    """
    return _interval([scores], resamples, level, seed)


def paired_bootstrap(
    left: Floats, right: Floats, *, resamples: int = 2000, level: float = 0.95, seed: int = 0
) -> Interval:
    """Mean of ``left`` [left seeds, items] minus that of ``right`` [right seeds, items].

    Items are paired: both sides must score the same items in the same order, and a resample draws
    the same items on both. Seeds are paired by index when both sides have equally many, because
    equal seeds share splits and data order and their common part cancels; where they share
    nothing, the pairing is still valid. Otherwise each side's seeds are resampled by themselves.

    Raises:
        InputError: A side holds a value that is not finite.
        ValueError: As :func:`bootstrap_mean`, or the numbers of items differ.
    """
    if left.shape[-1:] != right.shape[-1:]:
        raise ValueError(f"items must be the same on both sides: {left.shape}, {right.shape}")
    sides = [left - right] if left.shape == right.shape else [left, -right]
    return _interval(sides, resamples, level, seed)


def _interval(sides: list[Floats], resamples: int, level: float, seed: int) -> Interval:
    """Interval of the sum of the sides' means; items are shared, seeds are each side's own."""
    if resamples < 1 or not 0.0 < level < 1.0:
        raise ValueError(f"resamples must be positive, level in (0, 1): {resamples}, {level}")
    for scores in sides:
        if scores.ndim != 2 or scores.size == 0:
            raise ValueError(f"scores must be [seeds, items], not empty; got {scores.shape}")
        if not np.isfinite(scores).all():
            raise InputError("not finite", field="scores", hint="Look for a diverged training")
    random = np.random.default_rng(seed)
    items = sides[0].shape[1]
    means = np.zeros(resamples)
    step = max(1, _CHUNK_CELLS // items)
    for start in range(0, resamples, step):
        part = means[start : start + step]
        item_weights = _resampling_weights(random, len(part), items)
        for scores in sides:
            seed_weights = _resampling_weights(random, len(part), len(scores))
            # Not a BLAS product: its sums depend on the number of threads.
            seed_means = np.einsum("bi,si->bs", item_weights, scores)
            part += (seed_means * seed_weights).sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    mean = sum(float(scores.mean()) for scores in sides)
    return Interval(mean=mean, low=float(low), high=float(high))


def _resampling_weights(random: np.random.Generator, draws: int, count: int) -> Floats:
    """Shares [draws, count] of each unit in ``count`` draws with replacement; rows sum to 1."""
    picked = random.integers(count, size=(draws, count))
    picked += np.arange(draws)[:, None] * count
    weights: Floats = np.bincount(picked.ravel(), minlength=draws * count) / count
    return weights.reshape(draws, count)
