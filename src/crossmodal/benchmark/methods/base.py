"""What every method gives once it is fitted, and how its embeddings are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from crossmodal.benchmark.data import Items

Comparison = Literal["cosine", "inner product", "distance"]
Embed = Callable[[Items], Tensor]

_BLOCK = 512


@dataclass(frozen=True)
class Fitted:
    """A fitted method.

    Attributes:
        pictures: Items -> embeddings of their pictures, [n, d].
        sounds: Items -> embeddings of their sounds, [n, d].
        history: One row an epoch or component.
        network: What `describe_network` says of each network, by its name.
        picture_from_sound: Items -> pictures [n, c, h, w] or picture vectors [n, p] made of their
            sounds; None where the method makes none.
        sound_from_picture: The reverse.
    """

    pictures: Embed
    sounds: Embed
    comparison: Comparison
    weights: Mapping[str, Tensor]
    history: pd.DataFrame
    network: Mapping[str, list[dict[str, Any]]]
    picture_from_sound: Embed | None = None
    sound_from_picture: Embed | None = None

    @property
    def parameters(self) -> int:
        """Return how many numbers were learned."""
        return sum(value.numel() for value in self.weights.values())

    @property
    def diverged(self) -> bool:
        """Tell whether the training left weights that are no numbers."""
        return not all(bool(value.isfinite().all()) for value in self.weights.values())

    def silenced(self) -> Fitted:
        """Return the same method, but what is no number is 0: to a diverged one all are alike."""

        def silence(embed: Embed | None) -> Any:
            return None if embed is None else lambda items: embed(items).nan_to_num(0, 0, 0)

        names = ("pictures", "sounds", "picture_from_sound", "sound_from_picture")
        return replace(self, **{name: silence(getattr(self, name)) for name in names})


def in_blocks(embed: Embed, items: Items) -> Tensor:
    """Apply a function to a few items at a time, without gradients; the result is on the CPU."""
    with torch.inference_mode():
        rows = torch.arange(len(items), device=items.answer.device)
        return torch.cat([embed(items.take(part)).cpu() for part in torch.split(rows, _BLOCK)])


def similarities(left: Tensor, right: Tensor, comparison: Comparison) -> NDArray[np.float64]:
    """Return how alike embeddings [q, d] and [n, d] are, [q, n]; higher is nearer."""
    a, b = left.double(), right.double()
    if comparison == "cosine":
        a, b = (torch.nn.functional.normalize(side) for side in (a, b))
    if comparison == "distance":
        return np.asarray((-torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")).numpy())
    return np.asarray((a @ b.T).numpy())


def pair_similarities(left: Tensor, right: Tensor, comparison: Comparison) -> NDArray[np.float64]:
    """Return how alike embeddings [m, d] are row by row, [m]."""
    a, b = left.double(), right.double()
    if comparison == "cosine":
        a, b = (torch.nn.functional.normalize(side) for side in (a, b))
    if comparison == "distance":
        return np.asarray((-(a - b).norm(dim=1)).numpy())
    return np.asarray((a * b).sum(dim=1).numpy())


def state_of(networks: Mapping[str, torch.nn.Module]) -> dict[str, Tensor]:
    """Return the weights of some networks by name, on the CPU."""
    return {
        f"{name}.{key}": value.detach().cpu()
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }


def batches(answer: Tensor, size: int) -> Iterable[Tensor]:
    """Yield the rows of one shuffled pass; a last batch of one is left out."""
    for rows in torch.split(torch.randperm(len(answer)), size):
        if len(rows) > 1:
            yield rows.to(answer.device)
