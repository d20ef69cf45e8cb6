"""The vectors that stand for pictures and sounds where a method does not convolve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import Tensor

_SEED = 0


@dataclass(frozen=True)
class Basis:
    """Principal axes, turned at random, in one common scale.

    The components of a principal component analysis differ much in variance. Methods that
    standardise each value by itself would blow up the weakest, which are noise; turned, all values
    are alike, and what does not depend on the axes (distances, linear maps) is as before.

    Attributes:
        mean: [d] of the training rows.
        axes: [d, k], orthonormal columns.
        scale: Root mean variance of the k values over the training rows.
        shape: Of one item before it was laid out as a row of d values.
    """

    mean: Tensor
    axes: Tensor
    scale: float
    shape: torch.Size

    def project(self, values: Tensor) -> Tensor:
        """Return vectors [n, k] of items [n, *shape]."""
        return (values.flatten(1) - self.mean) @ self.axes / self.scale

    def rebuild(self, vectors: Tensor) -> Tensor:
        """Return items [n, *shape] of vectors [n, k], as near as k axes come."""
        rows = vectors @ self.axes.T * self.scale + self.mean
        return rows.reshape(-1, *self.shape)

    def to(self, device: torch.device) -> Basis:
        """Return the basis on a device."""
        return Basis(self.mean.to(device), self.axes.to(device), self.scale, self.shape)


def fit_basis(train: Tensor, originals: int, width: int) -> Basis:
    """Fit a basis.

    Args:
        train: Training items [n, ...].
        originals: How many of them, the first ones, are no changed copies: it is fitted on them.
        width: Number of axes; fewer where the items have fewer values or rows.
    """
    rows = train[:originals].flatten(1).double().numpy()
    count = min(width, *rows.shape)
    analysis = PCA(count, svd_solver="randomized", random_state=_SEED).fit(rows)
    random = np.random.default_rng(_SEED)
    turn, _ = np.linalg.qr(random.standard_normal((count, count)))
    return Basis(
        torch.from_numpy(analysis.mean_).float(),
        torch.from_numpy(analysis.components_.T @ turn).float(),
        float(np.sqrt(analysis.explained_variance_.mean())) or 1.0,
        train.shape[1:],
    )
