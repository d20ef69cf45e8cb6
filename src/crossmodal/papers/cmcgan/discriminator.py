"""The discriminators: does this picture go with this sound, and is it real?

They have no batch normalisation: a picture's encoding does not depend on its batch, so each tower
sees each picture or sound once and the pairs are formed from the encodings.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from crossmodal.papers.cmcgan.layers import Conv, Size, map_sizes
from crossmodal.papers.cmcgan.model import LEAK, Shape

SIDE = 4
"""Side of the maps that are joined."""
MOST = 8
"""Channels of a tower end at this many base widths: 512 of 64."""


class Tower(nn.Module):
    """Convolutions with LeakyReLU: [n, c, h, w] -> [n, width, 4, 4].

    The channels double from the base width to eight times it: 64-128-256-512-512 for 128 px.
    """

    def __init__(self, channels: int, size: Size, width: int) -> None:
        super().__init__()
        depth = max(size).bit_length() - SIDE.bit_length()
        widths = [channels, *(width * min(1 << i, MOST) for i in range(depth))]
        sizes = map_sizes(size, SIDE, depth)
        self.layers = nn.ModuleList(
            Conv(widths[i], widths[i + 1], sizes[i], sizes[i + 1], bias=True) for i in range(depth)
        )
        self.channels = widths[-1]
        keep_scale(self)

    def forward(self, x: Tensor) -> Tensor:
        """Encode a batch."""
        for layer in self.layers:
            x = nn.functional.leaky_relu_(layer(x), LEAK)
        return x


def keep_scale(network: nn.Module) -> None:
    """Draw a network's first weights so that values keep their scale from layer to layer.

    Without batch normalisation PyTorch's own choice shrinks them at every layer, until pictures
    and sounds hardly move the score and the generator outruns its discriminator.

    Source: He, Zhang, Ren, Sun, Delving deep into rectifiers, ICCV 2015.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, LEAK)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


class PairDiscriminator(nn.Module):
    """Joint corresponding: one logit for a picture and a sound; its sigmoid is the paper's s.

    The encodings are concatenated, mixed by a 1x1 convolution, and made one number. The
    convolution of a concatenation is a sum of two, so each half is computed once an encoding.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.image_tower = Tower(3, shape.picture, shape.width)
        self.sound_tower = Tower(1, shape.sound, shape.width)
        mixed = self.image_tower.channels
        self.image_mix = nn.Conv2d(self.image_tower.channels, mixed, 1)
        self.sound_mix = nn.Conv2d(self.sound_tower.channels, mixed, 1, bias=False)
        keep_scale(self.image_mix)
        keep_scale(self.sound_mix)
        self.top = nn.Linear(mixed * SIDE * SIDE, 1)

    def encode_image(self, x: Tensor) -> Tensor:
        """[n, 3, h, w] -> [n, c, 4, 4], the picture's half of the mixture."""
        mixed: Tensor = self.image_mix(self.image_tower(x))
        return mixed

    def encode_sound(self, a: Tensor) -> Tensor:
        """[n, 1, bands, steps] -> [n, c, 4, 4], the sound's half."""
        mixed: Tensor = self.sound_mix(self.sound_tower(a))
        return mixed

    def score(self, image: Tensor, sound: Tensor) -> Tensor:
        """Return the logits [n] of pairs of encodings."""
        logits: Tensor = self.top(nn.functional.leaky_relu(image + sound, LEAK).flatten(1))
        return logits[:, 0]


class RealismDiscriminator(nn.Module):
    """Standard loss: a picture is real or not, a sound is real or not; pairs are not judged."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.image_tower = Tower(3, shape.picture, shape.width)
        self.sound_tower = Tower(1, shape.sound, shape.width)
        self.image_top = nn.Linear(self.image_tower.channels * SIDE * SIDE, 1)
        self.sound_top = nn.Linear(self.sound_tower.channels * SIDE * SIDE, 1)

    def score_image(self, x: Tensor) -> Tensor:
        """[n, 3, h, w] -> logits [n]."""
        logits: Tensor = self.image_top(self.image_tower(x).flatten(1))
        return logits[:, 0]

    def score_sound(self, a: Tensor) -> Tensor:
        """[n, 1, bands, steps] -> logits [n]."""
        logits: Tensor = self.sound_top(self.sound_tower(a).flatten(1))
        return logits[:, 0]


def update(optimiser: torch.optim.Optimizer, loss: Any) -> None:
    """Take one step down a loss, by the optimiser's weights alone."""
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Let gradients pass through a network without being computed for its weights."""
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)


def draw_wrong(label: Tensor) -> Tensor:
    """Draw for each item of a batch another one of another class.

    Args:
        label: [n], on the CPU.

    Returns:
        Rows of the batch, [n]. Where a batch has one class only, any row.
    """
    other = (label[:, None] != label[None, :]).float()
    other[other.sum(dim=1) == 0] = 1
    return torch.multinomial(other, 1)[:, 0]
