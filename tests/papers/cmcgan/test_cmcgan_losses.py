from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from fixture_cmcgan import TINY, make_pairs
from hypothesis import given
from hypothesis import strategies as st
from measure.plain_cmcgan import PlainAlgorithm
from torch import Tensor

from crossmodal.papers.cmcgan import losses
from crossmodal.papers.cmcgan.settings import ModelSettings
from crossmodal.papers.cmcgan.train import (
    Cmcgan,
    draw_wrong,
    gan_step,
    new_cmcgan,
    new_translator,
    translator_step,
)

CPU = torch.device("cpu")
logits = st.lists(st.floats(-8, 8), min_size=4, max_size=4).map(torch.tensor)


def probability(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def mean_log(values: Tensor, *, fake: bool) -> float:
    """log S, or log(1 - S), item by item as printed."""
    chances = [probability(value) for value in values.double().tolist()]
    return sum(math.log(1 - s if fake else s) for s in chances) / len(chances)


@given(logits, logits, logits, logits, logits)
def test_equations_1_and_2_against_loops(
    real: Tensor, wrong_sound: Tensor, wrong_image: Tensor, fake_sound: Tensor, fake_image: Tensor
) -> None:
    l_dw = mean_log(real, fake=False) + 0.5 * (
        mean_log(wrong_sound, fake=True) + mean_log(wrong_image, fake=True)
    )
    l_df = mean_log(real, fake=False) + 0.5 * (
        mean_log(fake_sound, fake=True) + mean_log(fake_image, fake=True)
    )
    l_g = mean_log(fake_sound, fake=False) + mean_log(fake_image, fake=False)
    found = losses.pair_loss(real, wrong_sound, wrong_image)
    assert float(found) == pytest.approx(-l_dw, abs=1e-4)
    found = losses.pair_loss(real, fake_sound, fake_image)
    assert float(found) == pytest.approx(-l_df, abs=1e-4)
    assert float(losses.generator_loss(fake_sound, fake_image)) == pytest.approx(-l_g, abs=1e-4)


def test_losses_stay_finite_at_certainty() -> None:
    sure = torch.tensor([500.0, -500.0])
    assert float(losses.real_loss(sure)) == pytest.approx(250)
    assert float(losses.fake_loss(sure)) == pytest.approx(250)


def test_equation_3_against_loops() -> None:
    torch.manual_seed(0)
    image, sound = torch.randn(5, 2, 3, 2, 2).unbind(), torch.randn(5, 2, 1, 2, 3).unbind()
    x, a = image[4], sound[4]
    prefixes = enumerate(("f", "rf", "r", "fr"))
    made = {f"{p}_{m}": v[i] for i, p in prefixes for m, v in (("image", image), ("sound", sound))}
    wanted = {
        name: sum(
            abs(p - q)
            for p, q in zip(made[name].flatten().tolist(), truth.flatten().tolist(), strict=True)
        )
        / truth.numel()
        for name, truth in (("rf_sound", a), ("rf_image", x), ("fr_image", x), ("fr_sound", a))
    }
    found = {name: float(value) for name, value in losses.consistency_terms(made, x, a).items()}
    assert found == pytest.approx(wanted, rel=1e-5)
    cycles = {name: made[name] for name in ("f_image", "f_sound", "rf_image", "rf_sound")}
    assert list(losses.consistency_terms(cycles, x, a)) == ["rf_sound", "rf_image"]


@given(st.lists(st.integers(0, 3), min_size=2, max_size=20), st.integers(0, 9))
def test_wrong_pairs_are_of_another_instrument(labels: list[int], seed: int) -> None:
    torch.manual_seed(seed)
    label = torch.tensor(labels)
    rows = draw_wrong(label)
    if len(set(labels)) > 1:
        assert (label[rows] != label).all()


def new_gan(**settings: Any) -> Cmcgan:
    torch.manual_seed(0)
    values = {"batch": 6, "noise": 5, "adversarial": 0.5, "consistency": 2.0, **settings}
    chosen = ModelSettings.model_validate(values)
    return new_cmcgan(replace(TINY, layers=chosen.layers, noise=chosen.noise), chosen, CPU)


@pytest.mark.parametrize("loss", ["joint", "no_wrong", "realism"])
@pytest.mark.parametrize("paths", ["four", "cycles"])
@pytest.mark.parametrize("fakes", ["ends", "one_step"])
def test_a_step_is_the_plain_algorithm(loss: str, paths: str, fakes: str) -> None:
    """Same losses, same updated weights as the transcription with separate forward passes."""
    ours = new_gan(loss=loss, paths=paths, fakes=fakes)
    for network in (ours.generator, ours.discriminator):
        network.double()  # Adam's first steps blow rounding of small gradients up
    plain = PlainAlgorithm(ours)
    pairs = make_pairs(6)
    x, a = (values.double() for values in pairs.batch(torch.arange(6)))
    for seed in (1, 2):
        torch.manual_seed(seed)
        found = gan_step(ours, x, a, pairs.label)
        torch.manual_seed(seed)
        wanted = plain.step(x, a, pairs.label)
        assert found.keys() == wanted.keys()
        for name, value in wanted.items():
            torch.testing.assert_close(found[name], value.detach())
    for mine, theirs in (
        (ours.discriminator, plain.discriminator),
        (ours.generator, plain.generator),
    ):
        for one, other in zip(mine.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("kind", ["joint", "realism", "translator"])
def test_each_update_moves_its_own_weights(kind: str) -> None:
    gan: Any = None
    step: Any = gan_step
    if kind == "translator":
        torch.manual_seed(0)
        settings = ModelSettings.model_validate({"noise": 10})
        gan, step = new_translator(replace(TINY, noise=10), settings, 3, CPU), translator_step
    else:
        gan = new_gan(loss=kind)
    pairs = make_pairs(6)
    for still, optimizer in (
        ("generator", gan.generator_optimizer),
        ("discriminator", gan.discriminator_optimizer),
    ):
        for group in optimizer.param_groups:
            group["lr"] = 0.0
        before = {
            name: [value.clone() for value in getattr(gan, name).parameters()]
            for name in ("generator", "discriminator")
        }
        step(gan, *pairs.batch(torch.arange(6)), pairs.label)
        for name, values in before.items():
            same = [
                torch.equal(old, new)
                for old, new in zip(values, getattr(gan, name).parameters(), strict=True)
            ]
            assert all(same) if name == still else not all(same)
        for group in optimizer.param_groups:
            group["lr"] = 1e-3
    assert all(value.requires_grad for value in gan.discriminator.parameters())


def test_more_generator_steps() -> None:
    """K = 3 moves the generator three times and the discriminator once."""
    counts = {}
    for steps in (1, 3):
        gan, pairs = new_gan(generator_steps=steps), make_pairs(6)
        gan_step(gan, *pairs.batch(torch.arange(6)), pairs.label)
        counts[steps] = int(next(iter(gan.generator_optimizer.state.values()))["step"])
    assert counts == {1: 1, 3: 3}
