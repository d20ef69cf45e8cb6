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

from crossmodal.papers.cmcgan import losses
from crossmodal.papers.cmcgan.discriminator import (
    SIDE,
    Tower,
    draw_wrong,
    frozen,
    keep_scale,
    update,
)
from crossmodal.papers.cmcgan.layers import Size
from crossmodal.papers.cmcgan.model import CODE, LEAK, Decoder, Shape
from crossmodal.papers.cmcgan.settings import Modality, ModelSettings

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


class Translator(nn.Module):
    """S2I-C (`modality` image) or I2S (`modality` sound): the frozen features made the other."""

    def __init__(self, shape: Shape, modality: Modality, classes: int) -> None:
        super().__init__()
        self.shape = shape
        self.modality = modality
        source = (1, shape.sound) if modality == "image" else (3, shape.picture)
        target = (3, shape.picture) if modality == "image" else (1, shape.sound)
        self.source = SourceClassifier(*source, shape.width, classes)
        self.compress = nn.Linear(_HIDDEN[1], CODE)
        self.decoder = Decoder(*target, shape.layers, shape.width, shape.noise)

    def ends(self, x: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
        """Return of pictures x and sounds a what is given and what is to be made."""
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
        target = (3, shape.picture) if modality == "image" else (1, shape.sound)
        self.tower = Tower(*target, shape.width)
        mixed = self.tower.channels
        self.compress = nn.Linear(_HIDDEN[1], CODE)
        self.mix = nn.Conv2d(mixed + CODE, mixed, 1)
        keep_scale(self.compress)
        keep_scale(self.mix)
        self.top = nn.Linear(mixed * SIDE * SIDE, 1)

    def forward(self, maps: Tensor, features: Tensor) -> Tensor:
        """Maps [n, c, 4, 4] of the tower and features [n, 128] -> logits [n]."""
        code = nn.functional.leaky_relu(self.compress(features), LEAK)
        tiled = code[:, :, None, None].expand(-1, -1, SIDE, SIDE)
        mixed = nn.functional.leaky_relu(self.mix(torch.cat([maps, tiled], dim=1)), LEAK)
        logits: Tensor = self.top(mixed.flatten(1))
        return logits[:, 0]


class TranslatorAdversaries:
    """A translator, its discriminator and their optimisers."""

    def __init__(
        self,
        shape: Shape,
        settings: ModelSettings,
        classes: int,
        device: torch.device,
    ) -> None:
        self.device = device
        self.generator = Translator(shape, settings.modality, classes).to(device)
        self.discriminator = ConditionalDiscriminator(shape, settings.modality).to(device)
        trained = [*self.generator.compress.parameters(), *self.generator.decoder.parameters()]
        self.generator_optimiser = torch.optim.Adam(trained, lr=settings.learning_rate, fused=True)
        self.discriminator_optimiser = torch.optim.SGD(
            self.discriminator.parameters(),
            lr=settings.discriminator_rate,
            momentum=settings.momentum,
            fused=True,
        )

    def parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        """Return everything whose state decides how training goes on."""
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "generator_optimiser": self.generator_optimiser,
            "discriminator_optimiser": self.discriminator_optimiser,
        }

    def step(self, x: Tensor, a: Tensor, label: Tensor) -> dict[str, Tensor]:
        """Update discriminator and generator once; arguments and result as for CMCGAN.

        The discriminator maximises log S_r + (log(1 - S_w) + log(1 - S_f)) / 2.
        """
        given, truth = self.generator.ends(x, a)
        features = self.generator.features(given)
        made = self.generator(features, self.generator.draw_noise(len(x)).to(self.device))
        judge, n = self.discriminator, len(x)
        maps = judge.tower(torch.cat([truth, made.detach()]))
        wrong = draw_wrong(label).to(self.device)
        real = judge(maps[:n], features)
        deceived = losses.forgery_loss(
            real, judge(maps[:n], features[wrong]), judge(maps[n:], features)
        )
        update(self.discriminator_optimiser, deceived)
        with frozen(judge):
            fooling = losses.judged_real(judge(judge.tower(made), features))
        update(self.generator_optimiser, fooling)
        distance = nn.functional.l1_loss(made.detach(), truth)
        return {
            "d_forgery": deceived.detach(),
            "g_adversarial": fooling.detach(),
            "l1_not_trained": distance,
        }
