"""Face-voice: generators with a common layer, then the matching network on what they represent."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from crossmodal.benchmark.data import Items
from crossmodal.benchmark.methods.base import Fitted, state_of
from crossmodal.papers.facevoice.data import Triplets, Windows, draw
from crossmodal.papers.facevoice.settings import ModelSettings
from crossmodal.papers.facevoice.train import fit as fit_facevoice
from crossmodal.runs import describe_network


def fit(train: Items, settings: ModelSettings, passes: int, seed: int, *, unique: bool) -> Fitted:
    """Train both phases on vectors, each with half of the passes.

    Where answers are pairs there is nobody to be identified: all are one person to the class
    heads, whose losses are then zero, and the negatives are drawn from the other pairs.
    """
    answer = train.answer.cpu().numpy()
    known, person = np.unique(answer, return_inverse=True)
    people = ["everyone"] if unique else [str(number) for number in known.tolist()]
    windows = Windows(
        train.picture_vector,
        train.sound_vector,
        torch.from_numpy(np.zeros_like(person) if unique else person).to(train.answer.device),
        answer.astype(np.str_),
        np.full(len(train), "train"),
        people,
        np.arange(len(train)).astype(np.str_),
    )
    triplets = (
        of_pairs(answer, seed)
        if unique
        else draw(np.arange(len(train)), answer, 2 * len(train), seed, settings.matched)
    )
    first, second = (passes + 1) // 2, max(1, passes // 2)
    chosen = settings.model_copy(
        update={"epochs": first, "matching_epochs": second, "halve_every": max(1, first // 2)}
    )
    fitted = fit_facevoice(windows, triplets, chosen, seed)
    network = fitted.network

    def represent(items: Items) -> tuple[Tensor, Tensor]:
        return network.generators.encode(items.picture_vector, items.sound_vector)

    return Fitted(
        lambda items: network.matching(represent(items)[0]),
        lambda items: network.matching(represent(items)[1]),
        "cosine",
        state_of({"network": network}),
        fitted.history,
        {name: describe_network(part) for name, part in network.named_children()},
    )


def of_pairs(answer: NDArray[np.int64], seed: int) -> Triplets:
    """Draw triplets of unique pairs: each row, its own sound and, evenly, a row of another pair.

    The paper's drawing lists all others of every person: of pairs that would be all rows squared.

    Args:
        answer: [n], number of the pair; at least two different ones.
    """
    random = np.random.default_rng(seed)
    own = np.arange(len(answer))
    negative = random.integers(len(answer), size=len(answer))
    while (same := answer[negative] == answer).any():
        negative[same] = random.integers(len(answer), size=int(same.sum()))
    return Triplets(own, own, negative)
