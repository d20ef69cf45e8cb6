from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from fixture_msvae import FACE, VOICE, method_settings
from scipy.linalg import sqrtm
from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence

from crossmodal.papers.msvae import losses
from crossmodal.papers.msvae.losses import Gaussian
from crossmodal.papers.msvae.model import MsVae
from crossmodal.papers.msvae.train import TERMS, loss_terms, weights


def gaussian(seed: int, rows: int = 5, width: int = 3) -> Gaussian:
    generator = torch.Generator().manual_seed(seed)
    return Gaussian(*torch.randn(2, rows, width, generator=generator))


def test_divergence_is_that_of_torch() -> None:
    latent = gaussian(0)
    given = Independent(Normal(latent.mean, (latent.log_variance / 2).exp()), 1)
    prior = Independent(Normal(torch.zeros(5, 3), torch.ones(5, 3)), 1)
    torch.testing.assert_close(losses.kl_divergence(latent), kl_divergence(given, prior).mean())
    nothing = Gaussian(torch.zeros(2, 3), torch.zeros(2, 3))
    assert float(losses.kl_divergence(nothing)) == 0


def test_divergence_is_its_monte_carlo_estimate() -> None:
    latent = gaussian(1, rows=1)
    given: Any = Normal(latent.mean, (latent.log_variance / 2).exp())
    prior: Any = Normal(0, 1)
    torch.manual_seed(0)
    drawn = given.sample((200_000,))
    estimate = (given.log_prob(drawn) - prior.log_prob(drawn)).sum(dim=(1, 2)).mean()
    assert float(losses.kl_divergence(latent)) == pytest.approx(float(estimate), rel=0.02)


def matrix_wasserstein(left: Gaussian, right: Gaussian) -> float:
    """Mean over rows of the general formula, with covariance matrices and their roots."""
    total = 0.0
    for row in range(len(left.mean)):
        a, b = (np.diag(g.log_variance[row].exp().double().numpy()) for g in (left, right))
        root = sqrtm(a)
        cross = sqrtm(root @ b @ root).real
        means = (left.mean[row] - right.mean[row]).double().square().sum()
        total += float(means) + float(np.trace(a + b - 2 * cross))
    return total / len(left.mean)


def test_wasserstein_is_the_general_formula() -> None:
    left, right = gaussian(2), gaussian(3)
    found = float(losses.wasserstein(left, right))
    assert found == pytest.approx(matrix_wasserstein(left, right), rel=1e-5)
    assert float(losses.wasserstein(left, left)) == 0


def test_wasserstein_is_the_transport_of_sorted_draws() -> None:
    """In one dimension the best coupling joins equal quantiles."""
    left, right = gaussian(4, rows=1, width=1), gaussian(5, rows=1, width=1)
    levels = (torch.arange(100_000, dtype=torch.float64) + 0.5) / 100_000
    sides: list[Any] = [
        Normal(g.mean.double(), (g.log_variance.double() / 2).exp()) for g in (left, right)
    ]
    quantiles = [side.icdf(levels)[0] for side in sides]
    cost = (quantiles[0] - quantiles[1]).square().mean()
    assert float(losses.wasserstein(left, right)) == pytest.approx(float(cost), rel=1e-3)


@pytest.mark.parametrize("error", ["sum", "mean"])
def test_squared_error_is_that_of_a_loop(error: str) -> None:
    decoded, truth = torch.randn(2, 4, 6, generator=torch.Generator().manual_seed(0))
    total = 0.0
    for made, true in zip(decoded.tolist(), truth.tolist(), strict=True):
        squares = [(a - b) ** 2 for a, b in zip(made, true, strict=True)]
        total += sum(squares) / (len(squares) if error == "mean" else 1)
    found = float(losses.squared_error(decoded, truth, error))
    assert found == pytest.approx(total / 4, rel=1e-6)


def network_and_batch(decoders: str = "shared") -> tuple[MsVae, Tensor, Tensor]:
    torch.manual_seed(0)
    network = MsVae(FACE, VOICE, method_settings(decoders=decoders))
    return network, torch.randn(6, FACE), torch.randn(6, VOICE)


@pytest.mark.parametrize("decoders", ["shared", "separate"])
@pytest.mark.parametrize("error", ["sum", "mean"])
def test_the_loss_is_that_of_the_formula_written_out(decoders: str, error: str) -> None:
    network, face, voice = network_and_batch(decoders)
    noise = torch.randn(2, 6, 4)
    found = loss_terms(network, face, voice, (noise[0], noise[1]), error)
    assert len(found) == len(TERMS)
    joint = torch.cat([face, voice], dim=1)
    latents = [network.encode("face", face), network.encode("voice", voice)]
    total = torch.zeros(())
    for name, latent, epsilon in zip(("face", "voice"), latents, noise, strict=True):
        z = latent.mean + torch.exp(0.5 * latent.log_variance) * epsilon
        difference = (network.decode(name, z) - joint).square()
        errors = difference.sum(dim=1) if error == "sum" else difference.mean(dim=1)
        total = total + errors.mean() + 0.1 * losses.kl_divergence(latent)
    total = total + 3 * losses.wasserstein(*latents)
    weight = weights(method_settings(wasserstein_weight=3), 0.1)
    torch.testing.assert_close(found @ weight, total)


def test_terms_are_named_in_their_order() -> None:
    network, face, voice = network_and_batch()
    with torch.no_grad():  # a decoder that makes zeros
        *_, last = network.decoders["face"].children()
        for value in last.parameters():
            value.zero_()
    noise = torch.zeros(2, 6, 4)
    terms = loss_terms(network, face, voice, (noise[0], noise[1]), "sum").tolist()
    found = dict(zip(TERMS, terms, strict=True))
    for source in ("face", "voice"):
        assert found[f"face_from_{source}"] == pytest.approx(
            float(face.square().sum(dim=1).mean()), rel=1e-5
        )
        assert found[f"voice_from_{source}"] == pytest.approx(
            float(voice.square().sum(dim=1).mean()), rel=1e-5
        )
    assert all(math.isfinite(value) for value in found.values())
