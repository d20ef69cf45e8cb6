"""How close generated pictures and spectrograms come to the true ones.

Every measure but the Fréchet distance is float64 per item, so that intervals can be taken over
items. Items are pictures [n, height, width] or [n, height, width, channels], uint8 or floating
point; a log-mel spectrogram is a picture of bands by steps. `data_range` is the largest value less
the smallest one that the scale allows: 255 for uint8, 80 for spectrograms of 80 dB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d
from threadpoolctl import threadpool_limits

from crossmodal.errors import InputError

Floats = NDArray[np.float64]
Pictures = NDArray[Any]

PSNR_LIMIT_DB = 100.0
"""Instead of infinity for an item that is equal to the true one, so that means stay finite."""

SSIM_WINDOW = 11
"""Pixels a side of the Gaussian window, of standard deviation `SSIM_SIGMA`."""

SSIM_SIGMA = 1.5
SSIM_K1, SSIM_K2 = 0.01, 0.03

_BLOCK_CELLS = 1 << 20


def absolute_error(found: Pictures, true: Pictures) -> Floats:
    """Return the mean absolute difference (L1) of each item, [n], in the unit of the values.

    Raises:
        InputError: A value is not finite.
        ValueError: The shapes differ or are not those of pictures.
    """
    return _each(lambda left, right: _mean(np.abs(left - right)), found, true)


def psnr(found: Pictures, true: Pictures, data_range: float) -> Floats:
    """Return the peak signal-to-noise ratio of each item, [n], dB, at most `PSNR_LIMIT_DB`.

    Raises:
        InputError: A value is not finite.
        ValueError: The shapes differ or are not those of pictures, or the range is not positive.
    """
    _check_range(data_range)
    least = data_range**2 * 10 ** (-PSNR_LIMIT_DB / 10)

    def ratio(left: Floats, right: Floats) -> Floats:
        error = np.maximum(_mean((left - right) ** 2), least)
        return np.asarray(10 * np.log10(data_range**2 / error), dtype=np.float64)

    return _each(ratio, found, true)


def ssim(found: Pictures, true: Pictures, data_range: float) -> Floats:
    """Return the structural similarity of each item, [n], between -1 and 1.

    The mean over the places where the whole window lies inside the picture, and over channels.
    Along a side shorter than 11 pixels the window is cut to the largest odd number that fits.

    Raises:
        InputError: A value is not finite.
        ValueError: The shapes differ or are not those of pictures, or the range is not positive.

    Source: Wang, Bovik, Sheikh, Simoncelli, Image quality assessment: from error visibility to
    structural similarity, IEEE Transactions on Image Processing 2004.
    """
    _check_range(data_range)
    c1, c2 = (SSIM_K1 * data_range) ** 2, (SSIM_K2 * data_range) ** 2

    def similarity(left: Floats, right: Floats) -> Floats:
        left_mean, right_mean = _smooth(left), _smooth(right)
        # Rounding can leave a flat patch with a variance just below 0.
        left_var = np.maximum(_smooth(left * left) - left_mean**2, 0)
        right_var = np.maximum(_smooth(right * right) - right_mean**2, 0)
        covariance = _smooth(left * right) - left_mean * right_mean
        level = (2 * left_mean * right_mean + c1) / (left_mean**2 + right_mean**2 + c1)
        return _mean(level * (2 * covariance + c2) / (left_var + right_var + c2))

    return _each(similarity, found, true)


def frechet(left: NDArray[Any], right: NDArray[Any]) -> float:
    """Return the squared Fréchet distance of the Gaussians with the features' moments.

    |m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^½), with unbiased covariances, never negative. The trace of
    the root is the sum of the singular values of C1^½ C2^½, taken from the singular values of the
    centred features themselves: no root of a matrix, no squared rounding, and fewer items than
    dimensions do no harm.

    Estimated from few items it is too large, by about 1/n; compare only sets of equal sizes, and
    set beside them what two sets of true items of those sizes give.

    Args:
        left: Features [n, d], n at least 2.
        right: Features [m, d], m at least 2.

    Raises:
        InputError: A value is not finite.
        ValueError: The shapes are not those of features with d in common.

    Source: Dowson, Landau, Journal of Multivariate Analysis 1982; as a measure of generated
    pictures: Heusel et al., NIPS 2017.
    """
    if left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[1]:
        raise ValueError(f"features must be [n, d] and [m, d], got {left.shape}, {right.shape}")
    if min(len(left), len(right)) < 2:
        raise ValueError(f"a covariance needs two items, got {len(left)} and {len(right)}")
    _check_finite(left, right)
    # One thread: the sums of a threaded product depend on the number of threads.
    with threadpool_limits(1):
        left_mean, left_scales, left_axes = _moments(left)
        right_mean, right_scales, right_axes = _moments(right)
        product = left_scales[:, None] * (left_axes @ right_axes.T) * right_scales
        root = np.linalg.svd(product, compute_uv=False).sum()
    spreads = (left_scales**2).sum() + (right_scales**2).sum()
    return max(0.0, float(((left_mean - right_mean) ** 2).sum() + spreads - 2 * root))


def _moments(features: NDArray[Any]) -> tuple[Floats, Floats, Floats]:
    """Return the mean [d], and standard deviations [r] along the principal axes [r, d]."""
    values = features.astype(np.float64)
    mean = values.mean(axis=0)
    _, scales, axes = np.linalg.svd(values - mean, full_matrices=False)
    return mean, scales / np.sqrt(len(values) - 1), axes


def _each(measure: Callable[[Floats, Floats], Floats], found: Pictures, true: Pictures) -> Floats:
    """Apply a measure of float64 pictures [k, h, w, c] block by block; memory stays bounded."""
    if found.shape != true.shape or found.ndim not in (3, 4):
        raise ValueError(f"pictures must be [n, h, w(, c)], alike; got {found.shape}, {true.shape}")
    if 0 in found.shape[1:]:
        raise ValueError(f"pictures must have pixels, got {found.shape}")
    result = np.empty(len(found))
    for rows in _blocks(found.shape):
        shape = (-1, *found.shape[1:3], found[0, 0, 0].size)
        left, right = (side[rows].astype(np.float64).reshape(shape) for side in (found, true))
        _check_finite(left, right)
        result[rows] = measure(left, right)
    return result


def _blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Yield slices over items, so many at once as hold about a million values."""
    step = max(1, _BLOCK_CELLS // int(np.prod(shape[1:])))
    for start in range(0, shape[0], step):
        yield slice(start, start + step)


def _smooth(pictures: Floats) -> Floats:
    """Return Gaussian means of pictures [k, h, w, c] where the window fits inside."""
    for axis in (1, 2):
        size = pictures.shape[axis]
        half = (min(SSIM_WINDOW, size) - 1) // 2
        weights = np.exp(-(np.arange(-half, half + 1) ** 2) / (2 * SSIM_SIGMA**2))
        smooth = correlate1d(pictures, weights / weights.sum(), axis=axis)
        pictures = smooth.take(range(half, size - half), axis=axis)
    return pictures


def _mean(values: Floats) -> Floats:
    means: Floats = values.reshape(len(values), -1).mean(axis=1)
    return means


def _check_range(data_range: float) -> None:
    if not data_range > 0:
        raise ValueError(f"data_range must be positive, got {data_range}")


def _check_finite(*sides: NDArray[Any]) -> None:
    if not all(np.isfinite(side).all() for side in sides):
        raise InputError("not finite", field="generated", hint="Look for a diverged training")
