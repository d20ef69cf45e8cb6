"""Parts of networks that several papers use."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Standardise(nn.Module):
    """Shift and scale each feature to mean 0 and deviation 1 over the training rows."""

    mean: Tensor
    scale: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))

    def fit(self, mean: Tensor, deviation: Tensor) -> None:
        """Take the training rows' mean and deviation [width]; a constant feature becomes 0."""
        self.mean.copy_(mean)
        self.scale.copy_(torch.where(deviation > 1e-8, 1 / deviation.clamp_min(1e-8), 0.0))

    def forward(self, x: Tensor) -> Tensor:
        """[..., width] -> [..., width]."""
        return (x - self.mean) * self.scale
