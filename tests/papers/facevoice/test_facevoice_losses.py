"""The losses against naive loops over the printed formulas."""

from __future__ import annotations

import math

import pytest
import torch

from crossmodal.papers.facevoice import losses


def logits(seed: int) -> torch.Tensor:
    return torch.randn(7, generator=torch.Generator().manual_seed(seed))


def log_sigmoid(x: float) -> float:
    return math.log(1 / (1 + math.exp(-x)))


REAL, OTHER, THIRD = logits(0), logits(1), logits(2)


def mean(values: torch.Tensor) -> float:
    return float(sum(values.tolist())) / len(values)


def test_printed_form_is_equation_2_and_its_negative() -> None:
    intra = mean(REAL) - mean(OTHER)
    assert losses.intra_discriminator("wasserstein", REAL, OTHER).item() == pytest.approx(
        -intra, abs=1e-6
    )
    inter = sum(
        own - exchanged / 2 - mismatched / 2
        for own, exchanged, mismatched in zip(
            REAL.tolist(), OTHER.tolist(), THIRD.tolist(), strict=True
        )
    ) / len(REAL)
    discriminator = losses.inter_discriminator("wasserstein", REAL, OTHER, THIRD)
    assert discriminator.item() == pytest.approx(-inter, abs=1e-6)
    optimizer = losses.inter_generator("wasserstein", REAL, OTHER, THIRD)
    assert optimizer.item() == pytest.approx(inter, abs=1e-6)
    # D(h) does not depend on the generators; what is left of their value is -D(r).
    optimizer = losses.intra_generator("wasserstein", OTHER)
    assert optimizer.item() == pytest.approx(-mean(OTHER), abs=1e-6)


def test_cross_entropies_weigh_the_real_pair_once_and_each_fake_half() -> None:
    wanted = 0.0
    for own, exchanged, mismatched in zip(
        REAL.tolist(), OTHER.tolist(), THIRD.tolist(), strict=True
    ):
        wanted -= log_sigmoid(own)
        wanted -= 0.5 * log_sigmoid(-exchanged) + 0.5 * log_sigmoid(-mismatched)
    discriminator = losses.inter_discriminator("bce", REAL, OTHER, THIRD)
    assert discriminator.item() == pytest.approx(wanted / len(REAL), rel=1e-5)
    intra = [-log_sigmoid(r) - log_sigmoid(-f) for r, f in zip(REAL, OTHER, strict=True)]
    discriminator = losses.intra_discriminator("bce", REAL, OTHER)
    assert discriminator.item() == pytest.approx(sum(intra) / len(intra), rel=1e-5)


def test_generators_make_the_exchanged_look_real_and_leave_the_mismatched_alone() -> None:
    own, exchanged, mismatched = (logits(seed).requires_grad_() for seed in (3, 4, 5))
    loss = losses.inter_generator("bce", own, exchanged, mismatched)
    wanted = sum(-0.5 * log_sigmoid(x) for x in exchanged.tolist()) / len(exchanged)
    assert loss.item() == pytest.approx(wanted, rel=1e-5)
    torch.autograd.backward(loss)
    assert exchanged.grad is not None
    assert (exchanged.grad < 0).all()
    assert own.grad is None
    assert mismatched.grad is None
    assert losses.intra_generator("bce", REAL).item() == pytest.approx(
        sum(-log_sigmoid(x) for x in REAL.tolist()) / len(REAL), rel=1e-5
    )


@pytest.mark.parametrize("margin", [0.1, 0.5, 2.5])
def test_triplet_loss_against_loops(margin: float) -> None:
    generator = torch.Generator().manual_seed(6)
    anchor, positive, negative = (torch.randn(9, 4, generator=generator) for _ in range(3))

    def cosine(left: torch.Tensor, right: torch.Tensor) -> float:
        dot = sum(a * b for a, b in zip(left.tolist(), right.tolist(), strict=True))
        sizes = [math.sqrt(sum(a * a for a in side.tolist())) for side in (left, right)]
        return float(dot) / (sizes[0] * sizes[1])

    wanted = [
        max(0.0, margin - cosine(a, p) + cosine(a, n))
        for a, p, n in zip(anchor, positive, negative, strict=True)
    ]
    loss = losses.triplet(anchor, positive, negative, margin)
    assert loss.item() == pytest.approx(sum(wanted) / len(wanted), rel=1e-5)


def test_identification_sums_the_heads() -> None:
    heads = [torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([[0.0, 0.0], [3.0, 0.0]])]
    person = torch.tensor([0, 1])
    wanted = 0.0
    for head in heads:
        for row, who in zip(head.tolist(), person.tolist(), strict=True):
            wanted -= math.log(math.exp(row[who]) / sum(math.exp(x) for x in row)) / 2
    assert losses.identification(heads, person).item() == pytest.approx(wanted, rel=1e-5)
