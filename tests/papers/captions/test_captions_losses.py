from __future__ import annotations

import pytest
import torch
from fixture_captions import learnable_pairs, run_settings
from torch import Tensor

from crossmodal.papers.captions.losses import Impostors, draw_impostors, six_hinges, two_hinges
from crossmodal.papers.captions.train import start, train_step

MARGIN = 0.7


def batch(pairs: int = 9) -> tuple[Tensor, Impostors]:
    torch.manual_seed(0)
    return torch.randn(pairs, pairs, dtype=torch.float64), draw_impostors(pairs)


def hinge(wrong: Tensor, right: Tensor) -> float:
    return max(0.0, float(wrong) - float(right) + MARGIN)


def test_the_baseline_loss_is_the_formula_pair_by_pair() -> None:
    s, impostors = batch()
    total = 0.0
    for j in range(len(s)):
        caption, image = int(impostors.caption[j]), int(impostors.image[j])
        total += hinge(s[j, caption], s[j, j]) + hinge(s[image, j], s[j, j])
    assert float(two_hinges(s, impostors, MARGIN)) == pytest.approx(total / len(s), rel=1e-12)


@pytest.mark.parametrize("average", [False, True])
def test_the_new_loss_is_the_formula_pair_by_pair(average: bool) -> None:
    # s[a, b]: A's image, B's caption; the paper writes S(BCaption, AImage).
    s, impostors = batch()
    t1 = t2 = t3 = 0.0
    for j in range(len(s)):
        i1, i2 = int(impostors.caption[j]), int(impostors.image[j])
        t1 += hinge(s[j, i1], s[j, j]) + hinge(s[i2, j], s[j, j])
        t2 += hinge(s[i1, j], s[i1, i1]) + hinge(s[j, i1], s[i1, i1])
        t3 += hinge(s[i2, j], s[i2, i2]) + hinge(s[j, i2], s[i2, i2])
    scale = len(s) * (3 if average else 1)
    found = [float(term) for term in six_hinges(s, impostors, MARGIN, average=average)]
    assert found == pytest.approx([t1 / scale, t2 / scale, t3 / scale], rel=1e-12)


def test_the_first_term_of_the_new_loss_is_the_baseline() -> None:
    s, impostors = batch()
    assert torch.equal(six_hinges(s, impostors, MARGIN)[0], two_hinges(s, impostors, MARGIN))


def test_gradients_are_those_of_the_loop() -> None:
    s, impostors = batch(5)
    s.requires_grad_()
    sum(six_hinges(s, impostors, MARGIN)).backward()  # type: ignore[union-attr]
    expected = torch.zeros_like(s)
    for j in range(len(s)):
        i1, i2 = int(impostors.caption[j]), int(impostors.image[j])
        for wrong, right in (
            *(((j, i1), (j, j)), ((i2, j), (j, j)), ((i1, j), (i1, i1))),
            *(((j, i1), (i1, i1)), ((i2, j), (i2, i2)), ((j, i2), (i2, i2))),
        ):
            if hinge(s[wrong].detach(), s[right].detach()) > 0:
                expected[wrong] += 1 / len(s)
                expected[right] -= 1 / len(s)
    assert s.grad is not None
    torch.testing.assert_close(s.grad, expected)


def test_impostors_are_others_and_each_other_is_as_likely() -> None:
    torch.manual_seed(1)
    counts = torch.zeros(2, 4, 4)
    rounds = 3000
    same = 0
    for _ in range(rounds):
        for place, drawn in enumerate(draw := draw_impostors(4)):
            counts[place, torch.arange(4), drawn] += 1
        same += int((draw.caption == draw.image).sum())
    assert counts.diagonal(dim1=1, dim2=2).sum() == 0
    others = counts[:, ~torch.eye(4, dtype=torch.bool)] / rounds
    assert (others - 1 / 3).abs().max() < 0.04
    # The two are drawn independently: they agree one time in three.
    assert same / (4 * rounds) == pytest.approx(1 / 3, abs=0.03)


def test_two_pairs_have_each_other() -> None:
    assert torch.equal(draw_impostors(2).caption, torch.tensor([1, 0]))


def test_the_settings_choose_the_loss() -> None:
    pairs = learnable_pairs()

    def terms(**changes: object) -> list[float]:
        network, optimizer = start(pairs, run_settings(**changes), 2)
        rows = torch.arange(0, len(pairs), 3)
        return [float(term) for term in train_step(network, optimizer, pairs, rows).values()]

    two, six, mean = terms(), terms(hinges="six"), terms(hinges="six", average=True)
    assert len(two) == 1
    assert len(six) == 3
    # The same batch and impostors: the first term is the baseline's.
    assert six[0] == two[0]
    assert mean == pytest.approx([value / 3 for value in six])
    assert terms(margin=2.0)[0] > two[0]
