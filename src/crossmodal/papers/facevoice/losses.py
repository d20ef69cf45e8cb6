"""The two games of the first phase (Eq. 1-2) and the losses of the second.

A value is what its player minimises; the judges maximise Eq. 2, so their value is its negative.
Logits are those of the judges, [n] each. `bce` puts cross-entropies in place of the bare logits;
there the generators make what is theirs look real, and leave the rest alone.
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
"""Of each of the two fakes of an inter-modal judge, against 1 of the real pair."""


def intra_judge(form: Form, real: Tensor, rebuilt: Tensor) -> Tensor:
    """D(h) - D(r): the judge tells original features from reconstructions."""
    if form == "wasserstein":
        return rebuilt.mean() - real.mean()
    return _against(real, True) + _against(rebuilt, False)


def intra_generator(form: Form, rebuilt: Tensor) -> Tensor:
    """The reconstruction is to pass for an original."""
    return -rebuilt.mean() if form == "wasserstein" else _against(rebuilt, True)


def inter_judge(form: Form, own: Tensor, exchanged: Tensor, mismatched: Tensor) -> Tensor:
    """D(own) - D(exchanged) / 2 - D(mismatched) / 2: whose representation lies beside h?

    Args:
        form: See the module.
        own: Logits of the modality's own representation.
        exchanged: Of the other modality's representation of the same pair.
        mismatched: Of the modality's representation of another person.
    """
    if form == "wasserstein":
        return FAKE_WEIGHT * (exchanged.mean() + mismatched.mean()) - own.mean()
    fakes = _against(exchanged, False) + _against(mismatched, False)
    return _against(own, True) + FAKE_WEIGHT * fakes


def inter_generator(form: Form, own: Tensor, exchanged: Tensor, mismatched: Tensor) -> Tensor:
    """The other modality's representation is to pass for the own one.

    As printed (`wasserstein`) the generators minimise every term, the own pair's and the mismatched
    pair's too.
    """
    if form == "wasserstein":
        return -inter_judge(form, own, exchanged, mismatched)
    return FAKE_WEIGHT * _against(exchanged, True)


def triplet(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float) -> Tensor:
    """Mean of max(0, margin - cos(anchor, positive) + cos(anchor, negative)); [n, d] each."""
    gap = similarity(anchor, positive) - similarity(anchor, negative)
    return functional.relu(margin - gap).mean()


def identification(logits: Sequence[Tensor], person: Tensor) -> Tensor:
    """Sum of the cross-entropies of several heads' logits [n, people] with persons [n]."""
    return torch.stack([functional.cross_entropy(head, person) for head in logits]).sum()


def _against(logit: Tensor, real: bool) -> Tensor:
    """Cross-entropy of logits against one verdict."""
    return functional.softplus(-logit if real else logit).mean()
