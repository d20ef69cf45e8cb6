"""The dynamic multimodal classification network (Fig. 6): picture and sound to an instrument.

The modality that is missing is made by CMCGAN, then both go through the same network.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from crossmodal.papers.cmcgan.layers import bottleneck_side
from crossmodal.papers.cmcgan.model import CODE, Encoder, Generator, Shape


class FusionNetwork(nn.Module):
    """Joins both modalities at their features or at the input.

    At the input, the sound is stretched to the picture's size and becomes its fourth channel.
    """

    def __init__(
        self, shape: Shape, fusion: Literal["feature", "input"], classes: int, dropout: float
    ) -> None:
        super().__init__()
        self.fusion = fusion
        code = CODE * bottleneck_side(shape.layers) ** 2
        if fusion == "feature":
            self.image_encoder = Encoder(3, shape.picture, shape.layers, shape.width)
            self.sound_encoder = Encoder(1, shape.sound, shape.layers, shape.width)
            code *= 2
        else:
            self.joint_encoder = Encoder(4, shape.picture, shape.layers, shape.width)
        self.top = nn.Sequential(nn.Dropout(dropout), nn.Linear(code, classes))

    def forward(self, x: Tensor, a: Tensor) -> Tensor:
        """Pictures [n, 3, h, w] and sounds [n, 1, bands, steps] -> logits [n, classes]."""
        if self.fusion == "feature":
            codes = [self.image_encoder(x).flatten(1), self.sound_encoder(a).flatten(1)]
        else:
            stretched = functional.interpolate(a, x.shape[2:], mode="bilinear", align_corners=False)
            codes = [self.joint_encoder(torch.cat([x, stretched], dim=1)).flatten(1)]
        logits: Tensor = self.top(torch.cat(codes, dim=1))
        return logits


def fill_missing(
    generator: Generator, x: Tensor | None, a: Tensor | None, z: Tensor
) -> tuple[Tensor, Tensor]:
    """Return both modalities, the missing one made by the two-step path that ends in it.

    Args:
        generator: A trained generator in evaluation mode.
        x: Pictures [n, 3, h, w], or None: they are made from the sounds (A->A->V).
        a: Sounds [n, 1, bands, steps], or None: they are made from the pictures (V->V->A).
        z: Latent vectors [n, noise].

    Raises:
        ValueError: Both are missing.
    """
    if x is None and a is None:
        raise ValueError("picture and sound are both missing")
    if x is None:
        assert a is not None
        return generator.translate("AAV", a, z), a
    return x, generator.translate("VVA", x, z) if a is None else a
