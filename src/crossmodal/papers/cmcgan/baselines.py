"""S2I-C and I2S: one modality made from the other by a conditional network (Chen et al. 2017).

First a classifier learns the source modality; its features, frozen, become a code of 64 values by
one layer that the generator trains. Noise is joined to the code, and the other modality is made
of it against a discriminator that also sees wrong pairs. Widths follow the size settings.

Source: Chen, Srivastava, Duan, Xu, Deep cross-modal audio-visual generation, 2017.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from crossmodal.papers.cmcgan.layers import (
    CODE,
    LEAK,
    TOWER_SIDE,
    Decoder,
    Shape,
    Size,
    Tower,
    keep_scale,
)
from crossmodal.papers.cmcgan.settings import Modality

_CHANNELS = (4, 8, 16, 16)
_HIDDEN = (1024, 128)
_DROPOUT = (0.7, 0.8)
"""Shares of hidden units dropped, as the parent work gives them."""


class SourceClassifier(nn.Module):
    """Four 3x3 convolutions (4-8-16-16) with pooling, FC 1024, FC 128, and the classes."""

    def __init__(self, channels: int, size: Size, width: int, classes: int) -> None:
        super().__init__()
        widths = [channels, *_CHANNELS]
        # Hidden layers narrow with the rest, the dropout would starve them below these.
        hidden = [max(128, _HIDDEN[0] * width // 64), _HIDDEN[1]]
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, 2)]
        rows, columns = (axis >> len(_CHANNELS) for axis in size)
        self.maps = nn.Sequential(*layers, nn.Flatten())
        self.hidden = nn.Sequential(
            nn.Linear(widths[-1] * rows * columns, hidden[0]),
            nn.ReLU(),
            nn.Dropout(_DROPOUT[0]),
            nn.Linear(hidden[0], hidden[1]),
            nn.ReLU(),
        )
        self.top = nn.Sequential(nn.Dropout(_DROPOUT[1]), nn.Linear(hidden[1], classes))

    def features(self, x: Tensor) -> Tensor:
        """[n, c, h, w] -> [n, 128]."""
        hidden: Tensor = self.hidden(self.maps(x))
        return hidden

    def forward(self, x: Tensor) -> Tensor:
        """[n, c, h, w] -> [n, classes]."""
        logits: Tensor = self.top(self.features(x))
        return logits


class ConditionalGenerator(nn.Module):
    """S2I-C (`modality` image) or I2S (`modality` sound): the frozen features made the other."""

    def __init__(self, shape: Shape, modality: Modality, classes: int) -> None:
        super().__init__()
        self.shape = shape
        self.modality = modality
        self.given: Modality = "sound" if modality == "image" else "image"
        self.source = SourceClassifier(*shape.of(self.given), shape.width, classes)
        self.compress = nn.Linear(_HIDDEN[1], CODE)
        self.decoder = Decoder(*shape.of(modality), shape.layers, shape.width, shape.noise)

    def ends(self, x: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
        """Return of pictures x and sounds a what is given and what is to be generated."""
        return (a, x) if self.modality == "image" else (x, a)

    def features(self, given: Tensor) -> Tensor:
        """Return the frozen features [n, 128] of what is given."""
        self.source.eval()
        with torch.no_grad():
            return self.source.features(given)

    def forward(self, features: Tensor, z: Tensor) -> Tensor:
        """Features [n, 128] and noise [n, noise] -> pictures or sounds, -1 to 1."""
        made: Tensor = self.decoder(self.compress(features)[:, :, None, None], z)
        return made

    def draw_noise(self, rows: int, source: torch.Generator | None = None) -> Tensor:
        """Draw latent vectors [rows, noise] on the CPU, so that every device sees the same."""
        return torch.randn(rows, self.shape.noise, generator=source)


class ConditionalDiscriminator(nn.Module):
    """Joins a tower's maps at 4x4 with the given features, 64 values tiled over the map."""

    def __init__(self, shape: Shape, modality: Modality) -> None:
        super().__init__()
        self.tower = Tower(*shape.of(modality), shape.width)
        mixed = self.tower.channels
        self.compress = nn.Linear(_HIDDEN[1], CODE)
        self.mix = nn.Conv2d(mixed + CODE, mixed, 1)
        keep_scale(self.compress)
        keep_scale(self.mix)
        self.top = nn.Linear(mixed * TOWER_SIDE * TOWER_SIDE, 1)

    def score(self, maps: Tensor, features: Tensor) -> Tensor:
        """Maps [n, c, 4, 4] of the tower and features [n, 128] -> logits [n]."""
        code = nn.functional.leaky_relu(self.compress(features), LEAK)
        tiled = code[:, :, None, None].expand(-1, -1, TOWER_SIDE, TOWER_SIDE)
        mixed = nn.functional.leaky_relu(self.mix(torch.cat([maps, tiled], dim=1)), LEAK)
        logits: Tensor = self.top(mixed.flatten(1))
        return logits[:, 0]

    def score_all(
        self, truth: Tensor, fake: Tensor, features: Tensor, wrong: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the logits [n] of true items, of true items with wrong features, and of fakes."""
        maps = self.tower(torch.cat([truth, fake]))
        true_maps, fake_maps = maps.split(len(truth))
        return (
            self.score(true_maps, features),
            self.score(true_maps, features[wrong]),
            self.score(fake_maps, features),
        )
