from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from fixture_msvae import FACE, VOICE, method_settings

from crossmodal.papers.msvae.model import MODALITIES, MsVae, load
from crossmodal.papers.msvae.settings import MethodSettings

PAPER = MethodSettings.model_validate({})


def linear_widths(module: torch.nn.Module) -> list[tuple[int, int]]:
    return [
        (part.in_features, part.out_features)
        for part in module.modules()
        if isinstance(part, torch.nn.Linear)
    ]


def test_the_layers_are_those_of_the_paper() -> None:
    network = MsVae(529, 512, PAPER)
    widths = [100, 512, 512, 512, 640, 640, 640, 1041]
    assert linear_widths(network.decoders["face"]) == list(pairwise(widths))
    for name, width in (("face", 529), ("voice", 512)):
        layers = linear_widths(network.encoders[name])
        assert layers[0][0] == width
        assert layers[-1][1] == 2 * 100
        latent = network.encode(name, torch.zeros(3, width))
        assert latent.mean.shape == latent.log_variance.shape == (3, 100)


@pytest.mark.parametrize("modality", MODALITIES)
def test_either_latent_decodes_both_modalities(modality: str) -> None:
    network = MsVae(529, 512, PAPER)
    parts = network.parts(network.decode(modality, torch.randn(2, 100)))
    assert parts["face"].shape == (2, 529)
    assert parts["voice"].shape == (2, 512)


def test_the_shared_decoder_is_one_and_the_ablation_has_two() -> None:
    latent = torch.randn(5, 4)
    shared = MsVae(FACE, VOICE, method_settings())
    assert shared.decoders["face"] is shared.decoders["voice"]
    torch.testing.assert_close(shared.decode("face", latent), shared.decode("voice", latent))
    separate = MsVae(FACE, VOICE, method_settings(decoders="separate"))
    own = {id(value) for value in separate.decoders["face"].parameters()}
    assert own.isdisjoint(id(value) for value in separate.decoders["voice"].parameters())
    assert not torch.allclose(separate.decode("face", latent), separate.decode("voice", latent))


@pytest.mark.parametrize("decoders", ["shared", "separate"])
def test_decoding_both_in_one_pass_is_decoding_each(decoders: str) -> None:
    network = MsVae(FACE, VOICE, method_settings(decoders=decoders))
    face, voice = torch.randn(2, 5, 4)
    both = network.decode_both(face, voice)
    torch.testing.assert_close(both[0], network.decode("face", face))
    torch.testing.assert_close(both[1], network.decode("voice", voice))


def test_a_checkpoint_gives_the_network_back() -> None:
    settings = method_settings(decoders="separate")
    network = MsVae(FACE, VOICE, settings)
    config = {"face_width": FACE, "voice_width": VOICE, "settings": settings.model_dump()}
    again = load({"weights": network.state_dict(), "config": config})
    x = torch.randn(3, VOICE)
    torch.testing.assert_close(again.encode("voice", x), network.encode("voice", x))
    assert not again.training
