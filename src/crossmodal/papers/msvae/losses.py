"""The terms of the loss. Each is a mean over clips, so that weights do not depend on the batch."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Gaussian(NamedTuple):
    """Independent normal variables: means [n, d] and logarithms of variances [n, d]."""

    mean: Tensor
    log_variance: Tensor


def squared_error(decoded: Tensor, truth: Tensor, error: str = "sum") -> Tensor:
    """Squared difference of [n, width] twice: sum (or mean) over the width, mean over clips."""
    squares = (decoded - truth).square()
    return (squares.sum(dim=1) if error == "sum" else squares.mean(dim=1)).mean()


def kl_divergence(latent: Gaussian) -> Tensor:
    """Kullback-Leibler divergence from the standard normal, in nats: summed over dimensions."""
    terms = latent.mean.square() + latent.log_variance.exp() - 1 - latent.log_variance
    return terms.sum(dim=1).mean() / 2


def wasserstein(left: Gaussian, right: Gaussian) -> Tensor:
    """Squared 2-Wasserstein distance: ||mean - mean||^2 + ||deviation - deviation||^2.

    The closed form for Gaussians with diagonal covariances (Givens, Shortt, 1984).
    """
    means = (left.mean - right.mean).square().sum(dim=1)
    deviations = ((left.log_variance / 2).exp() - (right.log_variance / 2).exp()).square()
    return (means + deviations.sum(dim=1)).mean()
