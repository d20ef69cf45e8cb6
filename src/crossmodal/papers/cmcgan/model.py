"""Encoders, decoders and the four sub-networks of CMCGAN that share them (Fig. 1).

Names of outputs are the paper's: F_ is made from the other modality, R_ from the same one, FR_ from
the R_ of the other modality (A->A->V, V->V->A), RF_ is recovered from F_ (V->A->V, A->V->A).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from crossmodal.papers.cmcgan.layers import (
    DEPTH,
    Conv,
    Deconv,
    PathNorm,
    Size,
    bottleneck_side,
    map_sizes,
)

CODE = 64
"""Channels of the code; kept when the rest is narrowed, or the noise drowns it."""
LEAK = 0.2
_WIDTHS = (1, 2, 4, 8, 8, 4)
"""Channels of the encoder before the code, in base widths of 64."""


def encoder_widths(layers: int, width: int) -> list[int]:
    """Return the channels after each layer; 64-128-256-512-512-256-64 for 7 layers of width 64.

    Shallower encoders leave out the layers next to the code: -512-512-64 for 6, -512-64 for 5.
    """
    return [factor * width for factor in _WIDTHS[: layers - 1]] + [CODE]


def decoder_widths(layers: int, width: int, channels: int) -> list[int]:
    """Return the channels after each layer; 256-512-512-256-128-64-3 for 7 layers of width 64."""
    return [factor * width for factor in _WIDTHS[: layers - 1][::-1]] + [channels]


@dataclass(frozen=True)
class Shape:
    """How large the networks are.

    Attributes:
        picture: Height and width of pictures, px.
        sound: Bands and steps of sounds.
        width: Channels after the first layer of an encoder; the paper's 64.
        layers: 5, 6 or 7 layers.
        noise: Length of the latent vector, 0 for none.
    """

    picture: Size
    sound: Size
    width: int
    layers: int = DEPTH
    noise: int = 100


class Encoder(nn.Module):
    """Convolutions with batch normalisation and ReLU: [n, c, h, w] -> [n, 64, side, side]."""

    def __init__(self, channels: int, size: Size, layers: int, width: int) -> None:
        super().__init__()
        widths = [channels, *encoder_widths(layers, width)]
        sizes = map_sizes(size, bottleneck_side(layers), layers)
        self.layers = nn.ModuleList(
            Conv(widths[i], widths[i + 1], sizes[i], sizes[i + 1]) for i in range(layers)
        )
        self.norms = nn.ModuleList(PathNorm(channels) for channels in widths[1:])

    def forward(self, x: Tensor, paths: int = 1) -> Tensor:
        """Encode a batch; `paths` of them may be interleaved in it."""
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = norm(layer(x), paths).relu_()
        return x


class Decoder(nn.Module):
    """Transposed convolutions: code and latent vector to values from -1 to 1.

    All layers but the last have batch normalisation and LeakyReLU; the last one ends in tanh.
    """

    def __init__(self, channels: int, size: Size, layers: int, width: int, noise: int) -> None:
        super().__init__()
        widths = [CODE + noise, *decoder_widths(layers, width, channels)]
        sizes = map_sizes(size, bottleneck_side(layers), layers)[::-1]
        self.layers = nn.ModuleList(
            Deconv(widths[i], widths[i + 1], sizes[i], sizes[i + 1], bias=i == layers - 1)
            for i in range(layers)
        )
        self.norms = nn.ModuleList(PathNorm(channels) for channels in widths[1:-1])

    def forward(self, code: Tensor, z: Tensor, paths: int = 1) -> Tensor:
        """[n, 64, side, side] and the latent vectors [n, noise], tiled over the map."""
        tiled = z[:, :, None, None].expand(-1, -1, *code.shape[2:])
        x = torch.cat([code, tiled.to(code.dtype)], dim=1)
        for layer, norm in zip(self.layers[:-1], self.norms, strict=True):
            x = nn.functional.leaky_relu_(norm(layer(x), paths), LEAK)
        made: Tensor = self.layers[-1](x).tanh()
        return made


@dataclass(frozen=True)
class Paths:
    """What the paths give: pictures [n, 3, h, w] and sounds [n, 1, bands, steps], -1 to 1.

    The R_ and FR_ ends are None without the cross-modal paths (LCGAN in training).
    """

    f_image: Tensor
    f_sound: Tensor
    rf_image: Tensor
    rf_sound: Tensor
    r_image: Tensor | None = None
    r_sound: Tensor | None = None
    fr_image: Tensor | None = None
    fr_sound: Tensor | None = None


class Generator(nn.Module):
    """EncoderV, EncoderA, DecoderV, DecoderA and the four sub-networks made of them."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.image_encoder = Encoder(3, shape.picture, shape.layers, shape.width)
        self.sound_encoder = Encoder(1, shape.sound, shape.layers, shape.width)
        self.image_decoder = Decoder(3, shape.picture, shape.layers, shape.width, shape.noise)
        self.sound_decoder = Decoder(1, shape.sound, shape.layers, shape.width, shape.noise)

    def subnetwork(self, source: str, target: str) -> tuple[Encoder, Decoder]:
        """Return the encoder and decoder of one sub-network; "A" is sound, "V" is picture."""
        encoders = {"A": self.sound_encoder, "V": self.image_encoder}
        decoders = {"A": self.sound_decoder, "V": self.image_decoder}
        return encoders[source], decoders[target]

    def draw_noise(self, rows: int, source: torch.Generator | None = None) -> Tensor:
        """Draw latent vectors [rows, noise] on the CPU, so that every device sees the same."""
        return torch.randn(rows, self.shape.noise, generator=source)

    def translate(self, path: str, x: Tensor, z: Tensor) -> Tensor:
        """Follow one path to its end, e.g. "AV" for F_Image or "VVA" for FR_Sound."""
        for source, target in itertools.pairwise(path):
            encoder, decoder = self.subnetwork(source, target)
            x = decoder(encoder(x), z)
        return x

    def forward(self, x: Tensor, a: Tensor, z: Tensor, *, cross: bool = True) -> Paths:
        """Follow all paths at once, each encoding computed once.

        Args:
            x: Pictures [n, 3, h, w].
            a: Sounds [n, 1, bands, steps] of the same clips.
            z: Latent vectors [n, noise], the same in every sub-network.
            cross: Also follow V->V->A and A->A->V; without, only the two cycles (LCGAN).
        """
        seen, heard = self.image_encoder(x), self.sound_encoder(a)
        if not cross:
            f_image, f_sound = self.image_decoder(heard, z), self.sound_decoder(seen, z)
            rf_sound = self.sound_decoder(self.image_encoder(f_image), z)
            rf_image = self.image_decoder(self.sound_encoder(f_sound), z)
            return Paths(f_image, f_sound, rf_image, rf_sound)
        # Two paths in one batch, item by item: half the calls, each with its own statistics.
        z = z.repeat_interleave(2, dim=0)
        images = self.image_decoder(_beside(heard, seen), z, 2)
        sounds = self.sound_decoder(_beside(seen, heard), z, 2)
        from_images = self.sound_decoder(self.image_encoder(images, 2), z, 2)
        from_sounds = self.image_decoder(self.sound_encoder(sounds, 2), z, 2)
        return Paths(
            f_image=images[0::2],
            r_image=images[1::2],
            f_sound=sounds[0::2],
            r_sound=sounds[1::2],
            rf_sound=from_images[0::2],
            fr_sound=from_images[1::2],
            rf_image=from_sounds[0::2],
            fr_image=from_sounds[1::2],
        )


def _beside(first: Tensor, second: Tensor) -> Tensor:
    """Interleave two batches [n, ...] to [2 n, ...], the two rows of an item together."""
    return torch.stack([first, second], dim=1).flatten(0, 1)


class Classifier(nn.Module):
    """The encoder with a fully connected layer: pictures or sounds to class logits."""

    def __init__(self, channels: int, size: Size, layers: int, width: int, classes: int) -> None:
        super().__init__()
        self.encoder = Encoder(channels, size, layers, width)
        self.top = nn.Linear(CODE * bottleneck_side(layers) ** 2, classes)

    def features(self, x: Tensor) -> Tensor:
        """[n, c, h, w] -> [n, 64]: what stands before the fully connected layer."""
        features: Tensor = self.encoder(x).flatten(1)
        return features

    def forward(self, x: Tensor) -> Tensor:
        """[n, c, h, w] -> [n, classes]."""
        logits: Tensor = self.top(self.features(x))
        return logits
