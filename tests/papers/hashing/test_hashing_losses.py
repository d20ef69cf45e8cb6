from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from crossmodal.papers.hashing import losses

DTYPES = pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)]
)


def random(*shape: int, dtype: torch.dtype, seed: int) -> Tensor:
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def softplus(value: float) -> float:
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


@DTYPES
def test_pairwise_nll_is_the_weighted_mean_over_pairs(dtype: torch.dtype, tolerance: float) -> None:
    left, right = random(5, 4, dtype=dtype, seed=0), random(3, 4, dtype=dtype, seed=1)
    similar = (random(5, 3, dtype=dtype, seed=2) > 0).to(dtype)
    weight = random(5, 3, dtype=dtype, seed=3).abs()

    total, weights = 0.0, 0.0
    for i in range(5):
        for j in range(3):
            theta = sum(float(left[i, d]) * float(right[j, d]) for d in range(4)) / 2
            loss = -(float(similar[i, j]) * theta - softplus(theta))
            total += float(weight[i, j]) * loss
            weights += float(weight[i, j])

    found = losses.pairwise_nll(left, right, similar, weight)
    assert found.dtype == dtype
    assert float(found) == pytest.approx(total / weights, rel=tolerance)


def test_pairwise_nll_stays_finite_far_from_zero() -> None:
    left = torch.tensor([[2000.0], [-2000.0]], requires_grad=True)
    loss = losses.pairwise_nll(left, torch.tensor([[1.0]]), torch.zeros(2, 1), torch.ones(2, 1))
    (gradient,) = torch.autograd.grad(loss, left)
    assert float(loss.detach()) == pytest.approx(1000 / 2)
    assert gradient[:, 0].tolist() == pytest.approx([0.25, 0.0])


@DTYPES
def test_pair_weight(dtype: torch.dtype, tolerance: float) -> None:
    similar = torch.zeros(4, 5, dtype=dtype)
    similar[0, 0] = similar[2, 3] = similar[3, 1] = 1
    weight = losses.pair_weight(similar, balance=True)
    for i in range(4):
        for j in range(5):
            share = 3 / 20 if similar[i, j] else 17 / 20
            assert float(weight[i, j]) == pytest.approx(1 / share, rel=tolerance)
    # Both kinds count alike in all.
    assert float((weight * similar).sum()) == pytest.approx(20, rel=tolerance)
    assert float((weight * (1 - similar)).sum()) == pytest.approx(20, rel=tolerance)
    assert torch.equal(losses.pair_weight(similar, balance=False), torch.ones_like(similar))


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_pair_weight_is_even_when_all_pairs_are_of_one_kind(value: float) -> None:
    weight = losses.pair_weight(torch.full((3, 3), value), balance=True)
    assert weight.flatten().tolist() == pytest.approx([1.0] * 9, rel=1e-5)


@DTYPES
def test_quantisation_loss(dtype: torch.dtype, tolerance: float) -> None:
    hashes = torch.tanh(random(6, 3, dtype=dtype, seed=4))
    hashes[0, 0] = 0  # counts as a set bit
    total = sum((v - (1.0 if v >= 0 else -1.0)) ** 2 for v in hashes.flatten().tolist())
    assert float(losses.quantisation_loss(hashes)) == pytest.approx(total / 18, rel=tolerance)


@DTYPES
def test_label_loss(dtype: torch.dtype, tolerance: float) -> None:
    predicted, onehot = random(4, 3, dtype=dtype, seed=5), torch.eye(3, dtype=dtype)[[0, 2, 1, 2]]
    pairs = zip(predicted.flatten().tolist(), onehot.flatten().tolist(), strict=True)
    mean = sum((p - t) ** 2 for p, t in pairs) / 12
    assert float(losses.label_loss(predicted, onehot)) == pytest.approx(mean, rel=tolerance)


@DTYPES
@pytest.mark.parametrize("is_label_feature", [True, False])
def test_adversarial_loss(dtype: torch.dtype, tolerance: float, is_label_feature: bool) -> None:
    logit = random(7, 1, dtype=dtype, seed=6)
    mean = sum(softplus(-v if is_label_feature else v) for v in logit.flatten().tolist()) / 7
    found = losses.adversarial_loss(logit, is_label_feature)
    assert float(found) == pytest.approx(mean, rel=tolerance)


@DTYPES
def test_classification_loss_sums_both_branches(dtype: torch.dtype, tolerance: float) -> None:
    branches = (random(4, 3, dtype=dtype, seed=7), random(4, 3, dtype=dtype, seed=8))
    label = [2, 0, 1, 2]
    expected = 0.0
    for logits in branches:
        for row, target in zip(logits.tolist(), label, strict=True):
            expected += (math.log(sum(math.exp(v) for v in row)) - row[target]) / 4
    found = losses.classification_loss(*branches, torch.tensor(label))
    assert float(found) == pytest.approx(expected, rel=tolerance)
