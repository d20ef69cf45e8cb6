"""The loss of my paper."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def contrastive(similarity: Tensor, temperature: float) -> Tensor:
    """Eq. 1: cross-entropy of finding each row's partner among a batch, mean of both ways.

    Args:
        similarity: Cosines [n, n], partners on the diagonal.
        temperature: Cosines are divided by it.
    """
    partner = torch.arange(len(similarity), device=similarity.device)
    logits = similarity / temperature
    return (
        functional.cross_entropy(logits, partner) + functional.cross_entropy(logits.T, partner)
    ) / 2
