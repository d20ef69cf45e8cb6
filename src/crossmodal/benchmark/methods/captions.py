"""Captions: a linear map of the picture's vector, a convolutional network of the sound."""

from __future__ import annotations

import pandas as pd
import torch
from torch import Tensor

from crossmodal.benchmark.data import Items
from crossmodal.benchmark.methods.base import Fitted, state_of
from crossmodal.papers.captions.data import Pairs, in_rounds
from crossmodal.papers.captions.settings import RunSettings
from crossmodal.papers.captions.train import fit as fit_captions
from crossmodal.runs import describe_network


def fit(train: Items, settings: RunSettings, passes: int, seed: int, *, unique: bool) -> Fitted:
    """Train the two-branch network with its sampled margins.

    Impostors are of another answer: as the paper lets no image occur twice in a batch, no answer
    does here, so batches are as small as there are answers.
    """
    device = train.answer.device
    pairs = Pairs(
        train.sound[:, 0],
        torch.full((len(train),), train.sound.shape[3], device=device),
        torch.arange(len(train)),
        train.picture_vector,
        pd.DataFrame(index=range(len(train))),
    )
    chosen = settings.model_copy(update={"epochs": passes, "decay_every": max(1, passes * 2 // 3)})
    answer = train.answer.cpu()
    network, history = fit_captions(
        pairs, chosen, seed, draw=lambda: _batches(answer, chosen.batch)
    )

    def sounds(items: Items) -> Tensor:
        lengths = torch.full((len(items),), items.sound.shape[3], device=device)
        return network.embed_captions(items.sound[:, 0], lengths)

    return Fitted(
        lambda items: network.embed_images(items.picture_vector),
        sounds,
        "inner product",
        state_of({"network": network}),
        history,
        {"picture": describe_network(network.image), "sound": describe_network(network.caption)},
    )


def _batches(answer: Tensor, size: int) -> list[Tensor]:
    """Cut a shuffled pass into batches in which no answer occurs twice."""
    found: list[Tensor] = []
    for rows in in_rounds(answer):
        found += [part for part in torch.split(rows, size) if len(part) > 1]
    return found
