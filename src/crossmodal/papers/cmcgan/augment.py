"""Random shifts and lights of pictures, so that a classifier does not learn rooms by heart.

A few songs an instrument have a few rooms; without this, classifiers of the stand-in know every
training picture and one test picture in two.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SHIFT = 0.1
"""Largest shift, of the side."""
LIGHT = 0.3
"""Largest change of a colour's contrast and brightness, of the range from 0 to 1 and back."""


def augment(x: Tensor) -> Tensor:
    """Shift each picture and change its colours; edges are continued.

    Args:
        x: Pictures [n, 3, h, w], -1 to 1.

    Returns:
        The same shape; values may go beyond -1 and 1. Random numbers come from the CPU's
        generator, so that every device sees the same.
    """
    n, _, height, width = x.shape
    margins = round(SHIFT * height), round(SHIFT * width)
    padded = functional.pad(x, (margins[1], margins[1], margins[0], margins[0]), mode="replicate")
    down, right = (
        torch.randint(0, 2 * margin + 1, (n, 1)) + torch.arange(size)
        for margin, size in zip(margins, (height, width), strict=True)
    )
    picture = torch.arange(n)[:, None, None]
    chosen = (picture, down[:, :, None], right[:, None, :])
    places = tuple(index.to(x.device) for index in chosen)
    shifted = padded.permute(0, 2, 3, 1)[places].permute(0, 3, 1, 2)
    gain = 1 + LIGHT * (2 * torch.rand(n, 3, 1, 1) - 1)
    offset = LIGHT * (2 * torch.rand(n, 3, 1, 1) - 1)
    return shifted * gain.to(x.device) + offset.to(x.device)
