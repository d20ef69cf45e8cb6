"""The networks of CMCGAN (Fig. 1), its evaluators and Fig. 6; how they are built and used.

Names of outputs are the paper's: F_ is made from the other modality, R_ from the same one, FR_ from
the R_ of the other modality (A->A->V, V->V->A), RF_ is recovered from F_ (V->A->V, A->V->A).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from crossmodal.papers.cmcgan.baselines import ConditionalGenerator
from crossmodal.papers.cmcgan.data import Pairs
from crossmodal.papers.cmcgan.layers import (
    CODE,
    LEAK,
    TOWER_SIDE,
    Decoder,
    Encoder,
    Shape,
    Size,
    Tower,
    bottleneck_side,
    keep_scale,
)
from crossmodal.papers.cmcgan.settings import Model, ModelSettings, Sizes

_ROWS = 256
"""Rows at a time where no gradient is kept."""
_NOISE_SEED = 0

Pair = tuple[Tensor, Tensor]
"""Pictures [n, 3, h, w] and sounds [n, 1, bands, steps]."""


class Generator(nn.Module):
    """EncoderV, EncoderA, DecoderV, DecoderA and the four sub-networks made of them."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        image, sound = shape.of("image"), shape.of("sound")
        self.image_encoder = Encoder(*image, shape.layers, shape.width)
        self.sound_encoder = Encoder(*sound, shape.layers, shape.width)
        self.image_decoder = Decoder(*image, shape.layers, shape.width, shape.noise)
        self.sound_decoder = Decoder(*sound, shape.layers, shape.width, shape.noise)

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

    def forward(self, x: Tensor, a: Tensor, z: Tensor, *, cross: bool = True) -> dict[str, Tensor]:
        """Follow all paths at once, each encoding computed once.

        Args:
            x: Pictures [n, 3, h, w].
            a: Sounds [n, 1, bands, steps] of the same clips.
            z: Latent vectors [n, noise], the same in every sub-network.
            cross: Also follow V->V->A and A->A->V; without, only the two cycles (LCGAN).

        Returns:
            `f_image, r_image, rf_image, fr_image` and the same with `sound`, -1 to 1, shaped as x
            and a; without `cross` no R_ and FR_.
        """
        image, sound = self.image_encoder(x), self.sound_encoder(a)
        if not cross:
            f_image, f_sound = self.image_decoder(sound, z), self.sound_decoder(image, z)
            rf_sound = self.sound_decoder(self.image_encoder(f_image), z)
            rf_image = self.image_decoder(self.sound_encoder(f_sound), z)
            made = {"f_image": f_image, "f_sound": f_sound}
            return made | {"rf_image": rf_image, "rf_sound": rf_sound}
        # Two paths in one batch, item by item: half the calls, each with its own statistics.
        z = z.repeat_interleave(2, dim=0)
        images = self.image_decoder(_beside(sound, image), z, 2)
        sounds = self.sound_decoder(_beside(image, sound), z, 2)
        from_images = self.sound_decoder(self.image_encoder(images, 2), z, 2)
        from_sounds = self.image_decoder(self.sound_encoder(sounds, 2), z, 2)
        return {
            "f_image": images[0::2],
            "r_image": images[1::2],
            "f_sound": sounds[0::2],
            "r_sound": sounds[1::2],
            "rf_sound": from_images[0::2],
            "fr_sound": from_images[1::2],
            "rf_image": from_sounds[0::2],
            "fr_image": from_sounds[1::2],
        }


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


class PairDiscriminator(nn.Module):
    """Joint corresponding: one logit for a picture and a sound; its sigmoid is the paper's s.

    The encodings are concatenated, mixed by a 1x1 convolution, and made one number. The
    convolution of a concatenation is a sum of two, so each half is computed once an encoding.
    Without batch normalisation an encoding does not depend on its batch.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.image_tower = Tower(*shape.of("image"), shape.width)
        self.sound_tower = Tower(*shape.of("sound"), shape.width)
        mixed = self.image_tower.channels
        self.image_mix = nn.Conv2d(self.image_tower.channels, mixed, 1)
        self.sound_mix = nn.Conv2d(self.sound_tower.channels, mixed, 1, bias=False)
        keep_scale(self.image_mix)
        keep_scale(self.sound_mix)
        self.top = nn.Linear(mixed * TOWER_SIDE * TOWER_SIDE, 1)

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
        logits: Tensor = self.top(functional.leaky_relu(image + sound, LEAK).flatten(1))
        return logits[:, 0]

    def score_all(
        self, true: Pair, fake: Pair, wrong: tuple[Tensor, Tensor] | None = None
    ) -> dict[str, Tensor]:
        """Score true pairs, pairs with one half generated, and pairs of two instruments.

        Args:
            fake: m generated ones each, m a multiple of n, in the order of the clips.
            wrong: Rows of wrong pictures and of wrong sounds, [n] each; None: no such pairs.

        Returns:
            Logits `real, wrong_sound, wrong_image` [n], `fake_sound, fake_image` [m].
        """
        n, times = len(true[0]), len(fake[0]) // len(true[0])
        images = self.encode_image(torch.cat([true[0], fake[0]]))
        sounds = self.encode_sound(torch.cat([true[1], fake[1]]))
        image, sound = images[:n], sounds[:n]
        found = {
            "real": self.score(image, sound),
            "fake_sound": self.score(image.repeat(times, 1, 1, 1), sounds[n:]),
            "fake_image": self.score(images[n:], sound.repeat(times, 1, 1, 1)),
        }
        if wrong is not None:
            found["wrong_sound"] = self.score(image, sound[wrong[1]])
            found["wrong_image"] = self.score(image[wrong[0]], sound)
        return found

    def score_fakes(self, true: Pair, fake: Pair) -> tuple[Tensor, Tensor]:
        """Return the logits [m] of generated sounds and of generated pictures, for Eq. 2."""
        times = len(fake[0]) // len(true[0])
        with torch.no_grad():
            image = self.encode_image(true[0]).repeat(times, 1, 1, 1)
            sound = self.encode_sound(true[1]).repeat(times, 1, 1, 1)
        return (
            self.score(image, self.encode_sound(fake[1])),
            self.score(self.encode_image(fake[0]), sound),
        )


class RealismDiscriminator(nn.Module):
    """Standard loss: a picture is real or not, a sound is real or not; pairs have no score."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.image_tower = Tower(*shape.of("image"), shape.width)
        self.sound_tower = Tower(*shape.of("sound"), shape.width)
        self.image_top = nn.Linear(self.image_tower.channels * TOWER_SIDE * TOWER_SIDE, 1)
        self.sound_top = nn.Linear(self.sound_tower.channels * TOWER_SIDE * TOWER_SIDE, 1)

    def score_image(self, x: Tensor) -> Tensor:
        """[n, 3, h, w] -> logits [n]."""
        logits: Tensor = self.image_top(self.image_tower(x).flatten(1))
        return logits[:, 0]

    def score_sound(self, a: Tensor) -> Tensor:
        """[n, 1, bands, steps] -> logits [n]."""
        logits: Tensor = self.sound_top(self.sound_tower(a).flatten(1))
        return logits[:, 0]

    def score_all(
        self, true: Pair, fake: Pair, wrong: tuple[Tensor, Tensor] | None = None
    ) -> dict[str, Tensor]:
        """As for pairs; the logits are `real_image`, `real_sound`, `fake_image`, `fake_sound`."""
        image = self.score_image(torch.cat([true[0], fake[0]]))
        sound = self.score_sound(torch.cat([true[1], fake[1]]))
        n = len(true[0])
        real = {"real_image": image[:n], "real_sound": sound[:n]}
        return real | {"fake_image": image[n:], "fake_sound": sound[n:]}

    def score_fakes(self, true: Pair, fake: Pair) -> tuple[Tensor, Tensor]:
        """Return the logits [m] of generated sounds and of generated pictures."""
        return self.score_sound(fake[1]), self.score_image(fake[0])


class FusionNetwork(nn.Module):
    """The dynamic multimodal classification network (Fig. 6), joined at features or at the input.

    The modality that is missing is made by CMCGAN, then both go through the same network.

    At the input, the sound is stretched to the picture's size and becomes its fourth channel.
    """

    def __init__(
        self, shape: Shape, fusion: Literal["feature", "input"], classes: int, dropout: float
    ) -> None:
        super().__init__()
        self.fusion = fusion
        code = CODE * bottleneck_side(shape.layers) ** 2
        if fusion == "feature":
            self.image_encoder = Encoder(*shape.of("image"), shape.layers, shape.width)
            self.sound_encoder = Encoder(*shape.of("sound"), shape.layers, shape.width)
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


def shape_of(sizes: Sizes, settings: ModelSettings) -> Shape:
    """Return how large a model's networks are."""
    picture, sound = (sizes.picture_px, sizes.picture_px), (sizes.bands, sizes.steps)
    return Shape(picture, sound, sizes.width, settings.layers, settings.noise)


def build(model: Model, shape: Shape, settings: ModelSettings, classes: int) -> nn.Module:
    """Return an untrained network; the generator alone, where there is a discriminator too."""
    if model == "cmcgan":
        return Generator(shape)
    if model == "translator":
        return ConditionalGenerator(shape, settings.modality, classes)
    if model == "fusion":
        return FusionNetwork(shape, settings.fusion, classes, settings.dropout)
    return Classifier(*shape.of(settings.modality), settings.layers, shape.width, classes)


def load(content: Mapping[str, Any]) -> nn.Module:
    """Return the network of a checkpoint's content on the CPU, in evaluation mode.

    It is a `Generator`, `ConditionalGenerator`, `Classifier` or `FusionNetwork`.
    """
    config = content["config"]
    settings = ModelSettings.model_validate(config["settings"])
    shape = shape_of(Sizes.model_validate(config["sizes"]), settings)
    network = build(config["model"], shape, settings, len(config["classes"]))
    network.load_state_dict(content["weights"])
    return network.eval()


def outputs(network: nn.Module, pairs: Pairs) -> dict[str, Tensor]:
    """Make everything a generator can make of pairs, with the same latent vectors every time.

    Returns:
        What `Generator` returns, on the CPU; a translator gives `f_image` or `f_sound`.
    """
    assert isinstance(network, Generator | ConditionalGenerator)
    source = torch.Generator().manual_seed(_NOISE_SEED)
    blocks: list[dict[str, Tensor]] = []
    with torch.inference_mode():
        for rows in torch.split(torch.arange(len(pairs)), _ROWS):
            x, a = pairs.batch(rows)
            z = network.draw_noise(len(rows), source).to(x.device)
            if isinstance(network, ConditionalGenerator):
                given, _ = network.ends(x, a)
                made = {f"f_{network.modality}": network(network.features(given), z)}
            else:
                made = network(x, a, z)
            blocks.append({name: value.cpu() for name, value in made.items()})
    return {name: torch.cat([block[name] for block in blocks]) for name in blocks[0]}


def classify(network: nn.Module, *inputs: Tensor) -> Tensor:
    """Return the classes [n], on the CPU, that a network gives items [n, ...] of any device."""
    return _by_rows(lambda *values: network(*values).argmax(dim=1), network, *inputs)


def features_of(network: Classifier, values: Tensor) -> Tensor:
    """Return a classifier's features [n, 64], on the CPU, for the Fréchet distance."""
    return _by_rows(network.features, network, values)


def _by_rows(compute: Callable[..., Tensor], network: nn.Module, *inputs: Tensor) -> Tensor:
    """Compute something of all items on a network's device, some rows at a time."""
    device = next(network.parameters()).device
    blocks = zip(*(torch.split(values, _ROWS) for values in inputs), strict=True)
    with torch.inference_mode():
        return torch.cat([compute(*(v.to(device) for v in block)).cpu() for block in blocks])
