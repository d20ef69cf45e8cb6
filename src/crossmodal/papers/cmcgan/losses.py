"""Eq. 1 to 3 of the paper, as losses to be minimised.

Eq. 1 and 2 are printed as what is to be maximised; here the sign is turned. Scores are logits:
log S = -softplus(-logit) and log(1 - S) = -softplus(logit) stay finite where S is 0 or 1. All terms
are means over their items.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import l1_loss, softplus

from crossmodal.papers.cmcgan.model import Paths


def judged_real(logit: Tensor) -> Tensor:
    """Return the mean of -log S."""
    return softplus(-logit).mean()


def judged_fake(logit: Tensor) -> Tensor:
    """Return the mean of -log(1 - S)."""
    return softplus(logit).mean()


def mismatch_loss(real: Tensor, wrong_sound: Tensor, wrong_image: Tensor) -> Tensor:
    """Eq. 1, L_Dw with its sign turned: pairs of one instrument against pairs of two.

    Args:
        real: S_rvra, logits [n] of true pairs.
        wrong_sound: S_rvwa, logits [n].
        wrong_image: S_wvra, logits [n].
    """
    return judged_real(real) + (judged_fake(wrong_sound) + judged_fake(wrong_image)) / 2


def forgery_loss(real: Tensor, fake_sound: Tensor, fake_image: Tensor) -> Tensor:
    """Eq. 1, L_Df with its sign turned: true pairs against pairs with one half generated.

    Args:
        real: S_rvra, logits [n] of true pairs.
        fake_sound: S_rvfa, logits [m]: every path that ends in a sound counts the same.
        fake_image: S_fvra, logits [m].
    """
    return judged_real(real) + (judged_fake(fake_sound) + judged_fake(fake_image)) / 2


def generator_loss(fake_sound: Tensor, fake_image: Tensor) -> Tensor:
    """Eq. 2 with its sign turned: S_rvfa and S_fvra, logits [m] each."""
    return judged_real(fake_sound) + judged_real(fake_image)


def consistency_terms(paths: Paths, x: Tensor, a: Tensor) -> dict[str, Tensor]:
    """Eq. 3: the L1 distance of each path's end from the truth, by the paper's name of the end.

    Args:
        paths: What the generator made; ends that it did not make are left out.
        x: True pictures [n, 3, h, w].
        a: True sounds [n, 1, bands, steps].
    """
    ends = {
        "rf_sound": (paths.rf_sound, a),
        "rf_image": (paths.rf_image, x),
        "fr_image": (paths.fr_image, x),
        "fr_sound": (paths.fr_sound, a),
    }
    return {name: l1_loss(end, truth) for name, (end, truth) in ends.items() if end is not None}
