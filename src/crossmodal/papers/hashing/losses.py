"""The losses of the deep methods.

Losses are means over pairs or elements, so that their weights do not depend on the batch size.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from crossmodal.papers.hashing.settings import MethodSettings

Outputs = tuple[Tensor, Tensor, Tensor]
"""Of a branch of SSAH: features [n, 512], activations [n, bits], labels [n, classes]."""


def pairwise_nll(left: Tensor, right: Tensor, similar: Tensor, weight: Tensor) -> Tensor:
    """Negative log-likelihood of pairwise similarities (SSAH Eq. 1, first and second term).

    -sum(W (S theta - log(1 + exp(theta)))) / sum(W), theta = left right' / 2.

    Args:
        left: [n, d].
        right: [m, d].
        similar: [n, m], 1 where a pair shares a label, else 0.
        weight: [n, m], what each pair counts.
    """
    theta = left @ right.T / 2
    return (weight * (functional.softplus(theta) - similar * theta)).sum() / weight.sum()


def pair_weight(similar: Tensor, balance: bool) -> Tensor:
    """Return what each pair counts: 1 each, or similar and dissimilar pairs half each.

    With ten classes one pair in ten is similar; unbalanced, a code that is far from everything
    is a good answer to an uncertain item, and all codes collapse into it.
    """
    if not balance:
        return torch.ones_like(similar)
    share = similar.mean().clamp(1e-6, 1 - 1e-6)
    return similar / share + (1 - similar) / (1 - share)


def quantisation_loss(hashes: Tensor) -> Tensor:
    """Mean squared distance of hash activations [n, bits] to their signs (SSAH, third term)."""
    return (hashes - torch.where(hashes >= 0, 1.0, -1.0)).square().mean()


def label_loss(predicted: Tensor, onehot: Tensor) -> Tensor:
    """Mean squared error of predicted labels [n, classes] (SSAH, fourth term)."""
    return (predicted - onehot).square().mean()


def adversarial_loss(logit: Tensor, is_label_feature: bool) -> Tensor:
    """Cross-entropy of a discriminator's logits [n, 1] against one origin (SSAH Eq. 4)."""
    target = torch.full_like(logit, float(is_label_feature))
    return functional.binary_cross_entropy_with_logits(logit, target)


def classification_loss(image_logit: Tensor, text_logit: Tensor, label: Tensor) -> Tensor:
    """Sum of both branches' cross-entropies: logits [n, classes] twice, labels [n]."""
    return functional.cross_entropy(image_logit, label) + functional.cross_entropy(
        text_logit, label
    )


def ssah_terms(
    anchor: Outputs, out: Outputs, onehot: Tensor, similar: Tensor, settings: MethodSettings
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """SSAH Eq. 1-2: feature, hash, quantisation and label term, each with its weight.

    Args:
        anchor: Outputs of the label network.
        out: Outputs of the branch that learns; the label network itself, or a modality's.
        onehot: Labels [n, classes].
        similar: [n, n], 1 where two rows share a label, else 0.
    """
    weight = pair_weight(similar, settings.balance)
    return (
        settings.feature_weight * pairwise_nll(anchor[0], out[0], similar, weight),
        settings.hash_weight * pairwise_nll(anchor[1], out[1], similar, weight),
        settings.quantisation * quantisation_loss(out[1]),
        settings.label_weight * label_loss(out[2], onehot),
    )
