from __future__ import annotations

from typing import Any

import pytest
import torch
from fixture_cmcgan import TINY
from torch import Tensor, nn

from crossmodal.papers.cmcgan.baselines import ConditionalDiscriminator, ConditionalGenerator
from crossmodal.papers.cmcgan.layers import Conv, Decoder, Deconv, Encoder, Shape, Tower
from crossmodal.papers.cmcgan.model import (
    Classifier,
    FusionNetwork,
    Generator,
    PairDiscriminator,
    RealismDiscriminator,
)

PAPER = Shape((128, 128), (128, 32), 64)
ENCODER = [64, 128, 256, 512, 512, 256, 64]
DECODER = [256, 512, 512, 256, 128, 64]


def traced(network: nn.Module, *inputs: Tensor) -> tuple[Tensor, list[tuple[int, ...]]]:
    """Run a network; return its output and the shape behind each convolution."""
    shapes: list[tuple[int, ...]] = []

    def note(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
        shapes.append(tuple(output.shape[1:]))

    hooks = [
        module.register_forward_hook(note)
        for module in network.modules()
        if isinstance(module, Conv | Deconv)
    ]
    with torch.no_grad():
        output = network(*inputs)
    for hook in hooks:
        hook.remove()
    return output, shapes


@pytest.mark.parametrize(("channels", "size"), [(3, PAPER.picture), (1, PAPER.sound)])
def test_layers_as_printed(channels: int, size: tuple[int, int]) -> None:
    heights = [64, 32, 16, 8, 4, 2, 1]
    widths = heights if channels == 3 else [16, 8, 4, 2, 1, 1, 1]
    encoder = Encoder(channels, size, 7, 64).eval()
    code, shapes = traced(encoder, torch.zeros(1, channels, *size))
    assert shapes == list(zip(ENCODER, heights, widths, strict=True))
    decoder = Decoder(channels, size, 7, 64, 100).eval()
    made, shapes = traced(decoder, code, torch.zeros(1, 100))
    upwards = [(*pair,) for pair in zip(heights[-2::-1], widths[-2::-1], strict=True)]
    assert shapes == [
        (width, *pair) for width, pair in zip([*DECODER, channels], [*upwards, size], strict=True)
    ]
    assert made.shape == (1, channels, *size)
    for layer in [*encoder.layers, *decoder.layers]:
        assert layer.kernel_size == (5, 5)
    assert decoder.layers[0].in_channels == 164
    assert len(encoder.norms) == 7
    assert len(decoder.norms) == 6


def test_classifier_and_discriminator_at_the_papers_size() -> None:
    classifier = Classifier(3, PAPER.picture, 7, 64, 13)
    assert (classifier.top.in_features, classifier.top.out_features) == (64, 13)
    for channels, size in ((3, PAPER.picture), (1, PAPER.sound)):
        _, shapes = traced(Tower(channels, size, 64), torch.zeros(1, channels, *size))
        assert [shape[0] for shape in shapes] == [64, 128, 256, 512, 512]
        assert shapes[-1] == (512, 4, 4)


@pytest.mark.parametrize(("layers", "side"), [(5, 4), (6, 2), (7, 1)])
@pytest.mark.parametrize("size", [16, 32, 128])
@pytest.mark.parametrize("noise", [0, 100])
def test_depths_differ_at_every_size(layers: int, side: int, size: int, noise: int) -> None:
    generator = Generator(Shape((size, size), (size, size // 2), 4, layers, noise)).eval()
    code, shapes = traced(generator.image_encoder, torch.zeros(2, 3, size, size))
    assert code.shape == (2, 64, side, side)
    assert len(shapes) == layers
    sound = generator.sound_encoder(torch.zeros(2, 1, size, size // 2))
    assert sound.shape == code.shape
    made = generator.image_decoder(sound, generator.draw_noise(2))
    assert made.shape == (2, 3, size, size)


def test_shallower_widths() -> None:
    widths = [layer.out_channels for layer in Encoder(3, (128, 128), 5, 64).layers]
    assert widths == [64, 128, 256, 512, 64]
    widths = [layer.out_channels for layer in Decoder(3, (128, 128), 6, 64, 0).layers]
    assert widths == [512, 512, 256, 128, 64, 3]


def test_sub_networks_share_exactly_what_figure_1_says() -> None:
    generator = Generator(TINY)
    parts = {way: generator.subnetwork(way[0], way[1]) for way in ("AV", "VA", "AA", "VV")}
    assert parts["AV"][0] is parts["AA"][0] is generator.sound_encoder
    assert parts["VA"][0] is parts["VV"][0] is generator.image_encoder
    assert parts["AV"][1] is parts["VV"][1] is generator.image_decoder
    assert parts["VA"][1] is parts["AA"][1] is generator.sound_decoder
    four = [set(map(id, part.parameters())) for part in generator.children()]
    assert len(four) == 4
    assert sum(map(len, four)) == len(set.union(*four)) == len(list(generator.parameters()))


WAYS = {
    "f_image": "AV",
    "f_sound": "VA",
    "r_image": "VV",
    "r_sound": "AA",
    "rf_image": "VAV",
    "rf_sound": "AVA",
    "fr_image": "AAV",
    "fr_sound": "VVA",
}


@pytest.mark.parametrize("training", [True, False])
def test_all_paths_at_once_are_the_single_paths(training: bool) -> None:
    torch.manual_seed(0)
    generator = Generator(TINY).train(training)
    x, a = torch.rand(4, 3, 16, 16) * 2 - 1, torch.rand(4, 1, 16, 16) * 2 - 1
    z = generator.draw_noise(4)
    paths, cycles = generator(x, a, z), generator(x, a, z, cross=False)
    for name, way in WAYS.items():
        start = a if way[0] == "A" else x
        alone = generator.translate(way, start, z)
        torch.testing.assert_close(paths[name], alone, rtol=1e-4, atol=1e-5)
        assert (name in cycles) == name.startswith(("f_", "rf_"))
        if name in cycles:
            torch.testing.assert_close(cycles[name], alone, rtol=1e-4, atol=1e-5)


def test_a_pair_is_scored_by_its_own_halves() -> None:
    """Scores from shared encodings are those of each pair alone."""
    torch.manual_seed(0)
    network = PairDiscriminator(TINY)
    x, a = torch.randn(3, 3, 16, 16), torch.randn(3, 1, 16, 16)
    image, sound = network.encode_image(x), network.encode_sound(a)
    together = network.score(image, sound[[1, 2, 0]])
    for i, j in enumerate([1, 2, 0]):
        alone = network.score(
            network.encode_image(x[i : i + 1]), network.encode_sound(a[j : j + 1])
        )
        torch.testing.assert_close(together[i : i + 1], alone)
    # The sum of halves is the 1x1 convolution of the concatenated towers.
    weight = torch.cat([network.image_mix.weight, network.sound_mix.weight], dim=1)
    towers = torch.cat([network.image_tower(x), network.sound_tower(a)], dim=1)
    joined = nn.functional.conv2d(towers, weight, network.image_mix.bias)
    torch.testing.assert_close(image + sound, joined)
    assert RealismDiscriminator(TINY).score_image(x).shape == (3,)


@pytest.mark.parametrize("modality", ["image", "sound"])
def test_translators(modality: Any) -> None:
    shape = Shape((32, 32), (32, 16), 4, noise=10)
    network = ConditionalGenerator(shape, modality, 5)
    given, truth = network.ends(torch.randn(2, 3, 32, 32), torch.randn(2, 1, 32, 16))
    features = network.features(given)
    assert features.shape == (2, 128)
    assert not features.requires_grad
    assert network(features, network.draw_noise(2)).shape == truth.shape
    assert network.decoder.layers[0].in_channels == 74
    discriminator = ConditionalDiscriminator(shape, modality)
    assert discriminator.score(discriminator.tower(truth), features).shape == (2,)
    whole = ConditionalGenerator(
        Shape(PAPER.picture, PAPER.sound, 64, noise=10), modality, 13
    ).source
    assert [m.out_features for m in whole.modules() if isinstance(m, nn.Linear)] == [1024, 128, 13]


def test_fusion() -> None:
    x, a = torch.randn(2, 3, 16, 16), torch.randn(2, 1, 16, 16)
    assert FusionNetwork(TINY, "feature", 3, 0.5)(x, a).shape == (2, 3)
    joined = FusionNetwork(TINY, "input", 3, 0.5)
    assert joined(x, a).shape == (2, 3)
    assert joined.joint_encoder.layers[0].in_channels == 4
