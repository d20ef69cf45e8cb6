"""Measures of generated items against loops, torchmetrics and closed forms."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from torchmetrics.functional.image import (
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from crossmodal.errors import InputError
from crossmodal.metrics import generation
from crossmodal.metrics.generation import PSNR_LIMIT_DB, absolute_error, frechet, psnr, ssim

Array = NDArray[Any]
SHAPES = [(3, 17, 23), (2, 16, 31, 3), (4, 12, 11, 1), (2, 128, 32)]
seeds = st.integers(0, 2**32 - 1)
quick = settings(deadline=None, derandomize=True, max_examples=40)


def pictures(shape: tuple[int, ...], seed: int = 0) -> Array:
    """Smooth pictures of 0 to 255: what windows see differs from place to place."""
    random = np.random.default_rng(seed)
    rough = random.normal(size=shape)
    smooth = np.cumsum(np.cumsum(rough, axis=1), axis=2)
    smooth -= smooth.min()
    return np.asarray(smooth / smooth.max() * 255, dtype=np.uint8)


def naive_ssim(left: Array, right: Array, data_range: float) -> float:
    """Return the mean over every window of an item [h, w], window by window, as printed."""
    heights, widths = (min(11, size) - (min(11, size) + 1) % 2 for size in left.shape)
    rows, columns = np.arange(heights) - heights // 2, np.arange(widths) - widths // 2
    weights = np.exp(-(rows[:, None] ** 2 + columns**2) / (2 * 1.5**2))
    weights /= weights.sum()
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    values = []
    for top in range(left.shape[0] - heights + 1):
        for first in range(left.shape[1] - widths + 1):
            x, y = (
                side[top : top + heights, first : first + widths].astype(float)
                for side in (left, right)
            )
            mx, my = (weights * x).sum(), (weights * y).sum()
            vx, vy = (weights * (x - mx) ** 2).sum(), (weights * (y - my) ** 2).sum()
            cov = (weights * (x - mx) * (y - my)).sum()
            top_part = (2 * mx * my + c1) * (2 * cov + c2)
            values.append(top_part / ((mx**2 + my**2 + c1) * (vx + vy + c2)))
    return float(np.mean(values))


@pytest.mark.parametrize("shape", SHAPES)
def test_errors_are_those_of_loops(shape: tuple[int, ...]) -> None:
    found, true = pictures(shape), pictures(shape, 1)
    for row, (left, right) in enumerate(zip(found, true, strict=True)):
        pairs = [(float(x), float(y)) for x, y in zip(left.flat, right.flat, strict=True)]
        l1 = sum(abs(x - y) for x, y in pairs) / len(pairs)
        mse = sum((x - y) ** 2 for x, y in pairs) / len(pairs)
        assert absolute_error(found, true)[row] == pytest.approx(l1, rel=1e-12)
        expected = 10 * math.log10(255**2 / mse)
        assert psnr(found, true, 255)[row] == pytest.approx(expected, rel=1e-12)


def test_psnr_and_ssim_are_torchmetrics() -> None:
    for shape in ((3, 40, 30, 3), (2, 128, 32, 1)):
        found, true = pictures(shape), pictures(shape, 1)
        left, right = (
            torch.from_numpy(side.astype(np.float64)).permute(0, 3, 1, 2) for side in (found, true)
        )
        ratios = peak_signal_noise_ratio(
            left, right, data_range=255.0, reduction="none", dim=(1, 2, 3)
        )
        np.testing.assert_allclose(psnr(found, true, 255), ratios.numpy(), rtol=1e-6)
        # torchmetrics reflects the picture at its edges; without its outer 5 pixels it does not.
        _, full = structural_similarity_index_measure(
            left, right, data_range=255.0, reduction="none", return_full_image=True
        )
        inside = full[:, :, 5:-5, 5:-5].mean(dim=(1, 2, 3))
        np.testing.assert_allclose(ssim(found, true, 255), inside.numpy(), atol=1e-9)


@pytest.mark.parametrize("size", [(24, 13), (11, 11), (10, 15), (4, 7), (1, 20), (2, 2), (1, 1)])
def test_ssim_is_the_printed_formula_and_small_pictures_get_small_windows(
    size: tuple[int, int],
) -> None:
    found, true = pictures((3, *size)), pictures((3, *size), 1)
    expected = [naive_ssim(x, y, 255) for x, y in zip(found, true, strict=True)]
    np.testing.assert_allclose(ssim(found, true, 255), expected, atol=1e-9)


@quick
@given(seeds, st.sampled_from(SHAPES))
def test_an_item_is_like_itself(seed: int, shape: tuple[int, ...]) -> None:
    true = pictures(shape, seed)
    np.testing.assert_allclose(ssim(true, true, 255), 1, atol=1e-9)
    assert (psnr(true, true, 255) == PSNR_LIMIT_DB).all()
    assert (absolute_error(true, true) == 0).all()


@quick
@given(seeds, st.floats(1, 1e3), st.floats(0.01, 100))
def test_measures_are_symmetric_bounded_and_go_with_the_scale(
    seed: int, data_range: float, scale: float
) -> None:
    left, right = pictures((3, 14, 15), seed) / 255, pictures((3, 14, 15), seed + 1) / 255
    similar = ssim(left * data_range, right * data_range, data_range)
    np.testing.assert_allclose(
        similar, ssim(right * data_range, left * data_range, data_range), atol=1e-12
    )
    assert (np.abs(similar) <= 1 + 1e-9).all()
    larger = (left * data_range * scale, right * data_range * scale, data_range * scale)
    np.testing.assert_allclose(ssim(*larger), similar, atol=1e-9)
    np.testing.assert_allclose(psnr(*larger), psnr(left, right, 1), atol=1e-9)
    np.testing.assert_allclose(
        absolute_error(*larger[:2]), absolute_error(left, right) * data_range * scale, rtol=1e-9
    )


def test_noise_makes_everything_worse() -> None:
    true = pictures((4, 32, 32, 3)).astype(float)
    noise = np.random.default_rng(0).normal(size=true.shape)
    series = [true + level * noise for level in (1, 5, 25)]
    for better, worse in pairwise(series):
        assert (ssim(better, true, 255) > ssim(worse, true, 255)).all()
        assert (psnr(better, true, 255) > psnr(worse, true, 255) + 10).all()
        assert (absolute_error(better, true) < absolute_error(worse, true)).all()


def test_blocks_change_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    found, true = pictures((9, 20, 20, 3)), pictures((9, 20, 20, 3), 1)
    whole = [psnr(found, true, 255), ssim(found, true, 255)]
    monkeypatch.setattr(generation, "_BLOCK_CELLS", 2500)
    assert np.array_equal([psnr(found, true, 255), ssim(found, true, 255)], whole)


def test_no_items_give_no_scores() -> None:
    none = np.empty((0, 16, 16))
    assert [len(ssim(none, none, 1)), len(psnr(none, none, 1))] == [0, 0]


def with_moments(seed: int, count: int, mean: Array, root: Array) -> Array:
    """Draw features whose sample mean is `mean` and sample covariance `root @ root.T`, exactly."""
    drawn = np.random.default_rng(seed).normal(size=(count, len(mean)))
    drawn -= drawn.mean(axis=0)
    white = drawn @ np.linalg.inv(np.linalg.cholesky(np.cov(drawn.T))).T
    return np.asarray(mean + white @ root.T)


def test_frechet_of_known_gaussians() -> None:
    # Diagonal covariances: sum of (m1 - m2)² + (s1 - s2)².
    left = with_moments(0, 50, np.array([1.0, 2, 3]), np.diag([1.0, 2, 3]))
    right = with_moments(1, 80, np.array([0.0, 4, 3]), np.diag([4.0, 2, 0.5]))
    assert frechet(left, right) == pytest.approx(1 + 4 + 0 + 9 + 0 + 6.25, rel=1e-9)


def test_frechet_is_the_formula_with_the_root_of_a_matrix() -> None:
    random = np.random.default_rng(0)
    left = random.normal(size=(60, 7)) @ random.normal(size=(7, 7))
    right = random.normal(size=(90, 7)) @ random.normal(size=(7, 7)) + 1
    covariances = np.cov(left.T), np.cov(right.T)
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    expected = ((left.mean(0) - right.mean(0)) ** 2).sum()
    expected += np.trace(covariances[0] + covariances[1] - 2 * root)
    assert frechet(left, right) == pytest.approx(expected, rel=1e-9)


@quick
@given(seeds, st.integers(2, 12), st.integers(2, 12), st.integers(1, 9))
def test_frechet_invariants(seed: int, count: int, other: int, width: int) -> None:
    random = np.random.default_rng(seed)
    left, right = random.normal(size=(count, width)), random.normal(size=(other, width)) * 2
    distance = frechet(left, right)
    assert distance >= 0
    assert frechet(right, left) == pytest.approx(distance, rel=1e-9, abs=1e-9)
    assert frechet(left, left[::-1]) == pytest.approx(0, abs=1e-9)
    shift = random.normal(size=width)
    assert frechet(left, left + shift) == pytest.approx((shift**2).sum(), abs=1e-9)
    assert frechet(left + shift, right + shift) == pytest.approx(distance, abs=1e-8)
    turn = np.linalg.qr(random.normal(size=(width, width)))[0]
    assert frechet(left @ turn, right @ turn) == pytest.approx(distance, abs=1e-8)


def test_few_items_make_frechet_too_large() -> None:
    random = np.random.default_rng(0)
    means = [
        np.mean([frechet(*random.normal(size=(2, count, 8))) for _ in range(20)])
        for count in (20, 40, 80)
    ]
    assert means[0] > means[1] > means[2] > 0
    assert means[0] / means[2] == pytest.approx(4, rel=0.3)  # falls as 1/n


def test_the_number_of_threads_changes_no_byte() -> None:
    random = np.random.default_rng(0)
    left, right = random.normal(size=(600, 96)), random.normal(size=(500, 96))
    with threadpool_limits(1):
        first = frechet(left, right)
    with threadpool_limits(2):
        assert frechet(left, right) == first


def test_bad_input_is_refused() -> None:
    good, bad = np.ones((2, 12, 12)), np.ones((2, 12, 12))
    bad[1, 3, 4] = np.nan
    for measure in (lambda a, b: psnr(a, b, 1), lambda a, b: ssim(a, b, 1), absolute_error):
        with pytest.raises(InputError, match="generated: not finite"):
            measure(bad, good)
        with pytest.raises(ValueError, match="alike"):
            measure(good, good[:, :5])
        with pytest.raises(ValueError, match="pixels"):
            measure(good[:, :0], good[:, :0])
    with pytest.raises(ValueError, match="data_range"):
        ssim(good, good, 0)
    with pytest.raises(InputError, match="not finite"):
        frechet(bad[:, 3], good[:, 3])
    with pytest.raises(ValueError, match="two items"):
        frechet(good[:1, 0], good[:, 0])
    with pytest.raises(ValueError, match="features"):
        frechet(good[:, 0], good[:, 0, :5])
