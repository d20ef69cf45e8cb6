"""Hashing: the paper's two networks with a shared classifier; signs of 64 activations."""

from __future__ import annotations

import torch
from torch import Tensor

from crossmodal.benchmark.data import Items
from crossmodal.benchmark.methods.base import Fitted, state_of
from crossmodal.benchmark.settings import HashingSettings
from crossmodal.papers.hashing.data import Pairs
from crossmodal.papers.hashing.train import fit as fit_hashing
from crossmodal.runs import describe_network


def fit(train: Items, settings: HashingSettings, passes: int, seed: int, *, unique: bool) -> Fitted:
    """Train the paper's model on vectors and classes.

    The inner product of two codes of signs orders as their Hamming distance does.
    """
    numbers, label = torch.unique(train.answer, return_inverse=True)
    pairs = Pairs(
        train.picture_vector, train.sound_vector, label, [str(n) for n in numbers.tolist()]
    )
    chosen = settings.model_copy(update={"epochs": passes})
    network, history = fit_hashing("ours", pairs, settings.bits, chosen, seed)
    return Fitted(
        lambda items: _signs(network.encode_image(items.picture_vector)),
        lambda items: _signs(network.encode_text(items.sound_vector)),
        "inner product",
        state_of({"network": network}),
        history,
        {name: describe_network(part) for name, part in network.named_children()},
    )


def _signs(activations: Tensor) -> Tensor:
    return torch.where(activations >= 0, 1.0, -1.0)
