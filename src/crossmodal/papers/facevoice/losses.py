"""The adversarial losses of the first phase (Eq. 1-2) and the losses of the second.

Every value is to be minimised; the discriminators maximise Eq. 2, so theirs is its negative.
Logits are those of the discriminators, [n] each. `bce` puts cross-entropies in place of the bare
logits; there the generators make what is theirs look real, and leave the rest alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from crossmodal.papers.facevoice.model import similarity

Form = Literal["bce", "wasserstein"]

FAKE_WEIGHT = 0.5
"""Of each of the two fakes of an inter-modal discriminator, against 1 of the real pair."""


def intra_discriminator(form: Form, real: Tensor, rebuilt: Tensor) -> Tensor:
    """D(h) - D(r): original features against reconstructions."""
    if form == "wasserstein":
        return rebuilt.mean() - real.mean()
    return _cross_entropy(real, True) + _cross_entropy(rebuilt, False)


def intra_generator(form: Form, rebuilt: Tensor) -> Tensor:
    """The reconstruction is to pass for an original."""
    return -rebuilt.mean() if form == "wasserstein" else _cross_entropy(rebuilt, True)


def inter_discriminator(form: Form, own: Tensor, exchanged: Tensor, mismatched: Tensor) -> Tensor:
    """D(own) - D(exchanged) / 2 - D(mismatched) / 2: whose representation lies beside h?

    Args:
        own: Logits of the modality's own representation.
        exchanged: Of the other modality's representation of the same pair.
        mismatched: Of the modality's representation of another person.
    """
    if form == "wasserstein":
        return FAKE_WEIGHT * (exchanged.mean() + mismatched.mean()) - own.mean()
    fakes = _cross_entropy(exchanged, False) + _cross_entropy(mismatched, False)
    return _cross_entropy(own, True) + FAKE_WEIGHT * fakes


def inter_generator(form: Form, own: Tensor, exchanged: Tensor, mismatched: Tensor) -> Tensor:
    """The other modality's representation is to pass for the own one.

    As printed (`wasserstein`) the generators minimise every term, the own pair's and the mismatched
    pair's too.
    """
    if form == "wasserstein":
        return -inter_discriminator(form, own, exchanged, mismatched)
    return FAKE_WEIGHT * _cross_entropy(exchanged, True)


def triplet(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float) -> Tensor:
    """Mean of max(0, margin - cos(anchor, positive) + cos(anchor, negative)); [n, d] each."""
    gap = similarity(anchor, positive) - similarity(anchor, negative)
    return functional.relu(margin - gap).mean()


def identification(logits: Sequence[Tensor], person: Tensor) -> Tensor:
    """Sum of the cross-entropies of several heads' logits [n, people] with persons [n]."""
    return torch.stack([functional.cross_entropy(head, person) for head in logits]).sum()


def _cross_entropy(logit: Tensor, real: bool) -> Tensor:
    """Mean cross-entropy of logits that should all say real, or all fake."""
    return functional.softplus(-logit if real else logit).mean()
