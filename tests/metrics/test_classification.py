"""Accuracies against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score

from crossmodal.metrics.classification import chance, correct, majority_share


@pytest.mark.filterwarnings("ignore:A single label")
@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 13))
def test_all_are_scikit_learns(seed: int, count: int, classes: int) -> None:
    random = np.random.default_rng(seed)
    labels, predicted = random.integers(classes, size=(2, count))
    assert correct(predicted, labels).mean() == pytest.approx(accuracy_score(labels, predicted))
    constant = DummyClassifier(strategy="most_frequent").fit(labels[:, None], labels)
    assert majority_share(labels) == pytest.approx(constant.score(labels[:, None], labels))


def test_by_hand() -> None:
    labels, predicted = np.array([0, 0, 0, 2]), np.array([0, 1, 0, 0])
    assert correct(predicted, labels).tolist() == [1, 0, 1, 0]
    assert majority_share(labels) == 0.75
    assert chance(13) == pytest.approx(0.0769, abs=1e-4)


def test_no_items() -> None:
    none = np.empty(0, np.int64)
    assert len(correct(none, none)) == 0
    with pytest.raises(ValueError, match="no item"):
        majority_share(none)


def test_bad_labels_are_refused() -> None:
    labels = np.array([0, 1, 2])
    with pytest.raises(ValueError, match="both sides"):
        correct(labels[:2], labels)
    with pytest.raises(ValueError, match="integers"):
        correct(labels / 1.0, labels)  # type: ignore[arg-type]
