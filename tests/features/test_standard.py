"""Standardisation of sequences against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from crossmodal.errors import InputError
from crossmodal.features import standard
from crossmodal.features.standard import fit_standardisation


@settings(max_examples=30, deadline=None)
@given(
    rows=st.integers(2, 9),
    width=st.integers(1, 4),
    steps=st.integers(1, 5),
    block=st.integers(1, 4),
)
def test_it_is_scikit_learns_over_all_training_frames(
    rows: int, width: int, steps: int, block: int
) -> None:
    random = np.random.default_rng([rows, width, steps])
    features = random.normal(3, 50, (rows, width, steps)).astype(np.float32)
    features[:, 0] = 0.1  # nothing varies
    train = np.arange(rows) < max(1, rows // 2)
    frames = features.transpose(0, 2, 1).reshape(-1, width)
    scaler = StandardScaler().fit(frames[np.repeat(train, steps)].astype(np.float64))
    expected = scaler.transform(frames).reshape(rows, steps, width).transpose(0, 2, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standard, "_BLOCK", block)
        found = fit_standardisation(features, train)(features)
    if max(1, rows // 2) * steps > 1:
        np.testing.assert_allclose(found, expected, atol=1e-4)
    assert np.abs(found[:, 0]).max() < 1e-6


def test_test_rows_do_not_count() -> None:
    features = np.random.default_rng(0).normal(size=(6, 3, 4)).astype(np.float32)
    train = np.arange(6) < 4
    others = features.copy()
    others[~train] *= 100
    first, second = (fit_standardisation(given_rows, train) for given_rows in (features, others))
    assert np.array_equal(first.mean, second.mean)
    assert np.array_equal(first.deviation, second.deviation)


def test_without_training_rows() -> None:
    with pytest.raises(InputError, match="no training rows"):
        fit_standardisation(np.ones((3, 2, 4), np.float32), np.zeros(3, bool))
