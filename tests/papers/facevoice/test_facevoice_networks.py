"""Networks and updates: what is shared, what each switch does, who moves whose weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from fixture_facevoice import model_settings
from torch import Tensor, nn

from crossmodal.papers.facevoice import model, train
from crossmodal.papers.facevoice.settings import REGION_SIZE, REGIONS, ModelSettings
from crossmodal.papers.facevoice.train import adam

FACE, VOICE, ROWS = 53 * 4, 25 * 4, 10


def batch(seed: int = 0) -> train.Batch:
    generator = torch.Generator().manual_seed(seed)
    face, negative_face = (torch.randn(ROWS, FACE, generator=generator) for _ in range(2))
    voice, negative_voice = (torch.randn(ROWS, VOICE, generator=generator) for _ in range(2))
    person = torch.arange(ROWS) % 5
    return train.Batch(face, voice, negative_face, negative_voice, person, person)


def networks(settings: ModelSettings) -> tuple[model.Generators, model.Discriminators]:
    torch.manual_seed(0)
    return model.Generators(FACE, VOICE, 5, settings), model.Discriminators(FACE, VOICE, settings)


def weights(module: nn.Module) -> list[Tensor]:
    return [value.detach().clone() for value in module.parameters()]


def moved(module: nn.Module, before: list[Tensor]) -> list[bool]:
    return [not torch.equal(a, b) for a, b in zip(module.parameters(), before, strict=True)]


@pytest.mark.parametrize("shared", [True, False])
def test_last_layers_are_one_layer_when_and_only_when_the_variant_says_so(shared: bool) -> None:
    generators, _ = networks(model_settings(common_layer=shared))
    face = {id(value) for value in generators.face_common.parameters()}
    voice = {id(value) for value in generators.voice_common.parameters()}
    assert (face == voice) is shared
    assert bool(face & voice) is shared
    parts = [generators.face_encoder, generators.voice_encoder]
    parts += [generators.face_decoder, generators.voice_decoder]
    owned = [{id(value) for value in part.parameters()} for part in parts]
    for place, first in enumerate(owned):
        assert not any(first & second for second in owned[place + 1 :])
    # A step on the voice alone moves the face's representation through the common layer only.
    sent = batch()
    generators.eval()
    before, _ = generators.encode(sent.face, sent.voice)
    _, s_voice = generators.encode(sent.face, sent.voice)
    torch.autograd.backward(s_voice.sum())
    with torch.no_grad():
        for value in generators.parameters():
            if value.grad is not None:
                value.sub_(value.grad)
    after, _ = generators.encode(sent.face, sent.voice)
    assert (not torch.equal(before, after)) is shared


@pytest.mark.parametrize("form", ["bce", "wasserstein"])
def test_updates_move_only_the_weights_of_the_optimizer(form: Any) -> None:
    settings = model_settings(adversarial=form, clip=10.0)
    generators, discriminators = networks(settings)
    sides = [adam(side, 1e-2, 0.5) for side in (discriminators, generators)]
    of_generators, of_discriminators = weights(generators), weights(discriminators)
    train.discriminators_step(generators, discriminators, batch(), sides[0], settings)
    assert not any(moved(generators, of_generators))
    assert sum(moved(discriminators, of_discriminators)) >= 0.8 * len(of_discriminators)
    of_discriminators = weights(discriminators)
    train.generators_step(generators, discriminators, batch(), sides[1], settings)
    assert not any(moved(discriminators, of_discriminators))
    assert sum(moved(generators, of_generators)) >= 0.8 * len(of_generators)
    assert all(value.requires_grad for value in discriminators.parameters())


def test_printed_form_bounds_the_discriminators() -> None:
    settings = model_settings(adversarial="wasserstein", clip=0.03)
    generators, discriminators = networks(settings)
    train.discriminators_step(
        generators, discriminators, batch(), adam(discriminators, 0.1, 0.5), settings
    )
    assert max(float(value.detach().abs().max()) for value in discriminators.parameters()) <= 0.03


@pytest.mark.parametrize("condition", ["own", "mismatched"])
def test_what_lies_beside_a_mismatched_representation(
    condition: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = model_settings(mismatched_condition=condition)
    generators, discriminators = networks(settings)
    generators.eval()
    seen: list[tuple[Tensor, Tensor]] = []
    forward = model.Discriminator.forward

    def watch(self: model.Discriminator, *parts: Tensor) -> Tensor:
        if len(parts) == 2:
            seen.append((parts[0], parts[1]))
        return forward(self, *parts)

    monkeypatch.setattr(model.Discriminator, "forward", watch)
    sent = batch()
    train.discriminators_step(
        generators, discriminators, sent, adam(discriminators, 1e-3, 0.5), settings
    )
    s_face, s_voice = generators.encode(sent.face, sent.voice)
    o_face, o_voice = generators.encode(sent.negative_face, sent.negative_voice)
    own = condition == "own"
    wanted = [
        *((s_face, sent.face), (s_voice, sent.face)),
        (o_face, sent.face if own else sent.negative_face),
        *((s_voice, sent.voice), (s_face, sent.voice)),
        (o_voice, sent.voice if own else sent.negative_voice),
    ]
    assert len(seen) == len(wanted)
    for (representation, original), (right, beside) in zip(seen, wanted, strict=True):
        torch.testing.assert_close(representation, right)
        assert torch.equal(original, beside)


def test_class_head_learns_only_with_its_weight() -> None:
    for weight, learns in ((1.0, True), (0.0, False)):
        settings = model_settings(class_weight=weight)
        generators, discriminators = networks(settings)
        before = weights(generators.classes)
        optimizer = adam(generators, 1e-2, 0.5)
        train.generators_step(generators, discriminators, batch(), optimizer, settings)
        assert all(moved(generators.classes, before)) is learns


def test_without_the_matching_network_the_representation_is_compared() -> None:
    x = torch.randn(6, 8)
    assert torch.equal(model.Matching(model_settings(matching=False))(x), x)
    assert not torch.equal(model.Matching(model_settings())(x), x)


def test_attention_weighs_regions() -> None:
    attention = model.RegionAttention(steps=3)
    face = torch.randn(4, REGIONS * REGION_SIZE * 3)
    weight = attention.weights(face)
    assert weight.shape == (4, REGIONS)
    torch.testing.assert_close(weight.sum(dim=1), torch.ones(4))
    with torch.no_grad():
        attention.values.weight.zero_()
        attention.values.bias.zero_()
    torch.testing.assert_close(attention(face), face)  # equal weights change nothing
    with torch.no_grad():
        attention.place[2] = 50.0  # everything looks at the third region
    looked = attention(face).view(4, REGIONS, -1)
    torch.testing.assert_close(looked[:, 2], face.view(4, REGIONS, -1)[:, 2] * REGIONS)
    assert float(looked[:, :2].detach().abs().max()) < 1e-6


def test_sizes_of_the_paper() -> None:
    settings = ModelSettings.model_validate({})
    network = model.FaceVoice(53 * 49, 25 * 49, 5, settings)
    network.eval()
    face, voice = torch.zeros(2, 2597), torch.zeros(2, 1225)
    s_face, s_voice = network.generators.encode(face, voice)
    assert s_face.shape == s_voice.shape == (2, 1024)
    r_face, r_voice = network.generators.decode(s_face, s_voice)
    assert (r_face.shape, r_voice.shape) == ((2, 2597), (2, 1225))
    assert network.matching(s_face).shape == (2, 512)
    logits = network.identity(s_face, s_voice)
    assert {name: tuple(x.shape) for name, x in logits.items()} == dict.fromkeys(
        ("voice", "face", "concatenated"), (2, 5)
    )
    discriminator = model.Discriminators(2597, 1225, settings).voice_common
    assert discriminator.hidden[0].in_features == 1024 + 1225
    assert discriminator.hidden[0].out_features == 512
