"""Galleries of pairs, and the rank at which each query finds its own."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from crossmodal.metrics.retrieval import first_rank


def galleries(image: Tensor, size: int, count: int, seed: int) -> list[Tensor]:
    """Draw galleries of pairs: the same images in each, another caption of them if there is one.

    Args:
        image: [n], the number of each caption's image.
        size: Pairs of a gallery; all images where there are fewer.
        count: How many galleries.
        seed: Of the draws; nothing else decides them.

    Returns:
        `count` times rows [size], in rising order of the images' numbers.
    """
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(image), generator=generator)
    captions: dict[int, list[int]] = {}
    for row, number in zip(order.tolist(), image[order].tolist(), strict=True):
        captions.setdefault(number, []).append(row)
    chosen = sorted(list(captions)[:size])
    return [
        torch.tensor([captions[number][turn % len(captions[number])] for number in chosen])
        for turn in range(count)
    ]


def ranks(similarities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return at which rank [n] query i finds item i, of similarities [n, n]; ties count half."""
    numbers = np.arange(len(similarities))
    return first_rank(similarities, numbers, numbers)
