"""Eq. 1 to 3 of the paper, as losses to be minimised.

Eq. 1 and 2 are printed as what is to be maximised; here the sign is turned. Scores are logits:
log S = -softplus(-logit) and log(1 - S) = -softplus(logit) stay finite where S is 0 or 1. All terms
are means over their items.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn.functional import l1_loss, softplus


def real_loss(logit: Tensor) -> Tensor:
    """Return the mean of -log S."""
    return softplus(-logit).mean()


def fake_loss(logit: Tensor) -> Tensor:
    """Return the mean of -log(1 - S)."""
    return softplus(logit).mean()


def pair_loss(real: Tensor, false_sound: Tensor, false_image: Tensor) -> Tensor:
    """Eq. 1, L_Dw or L_Df with its sign turned: true pairs against false ones.

    Args:
        real: S_rvra, logits [n] of true pairs.
        false_sound: S_rvwa, logits [n] of pairs of two instruments; S_rvfa, logits [m] of pairs
            with a generated sound, every path that ends in one counting the same.
        false_image: S_wvra or S_fvra, likewise.
    """
    return real_loss(real) + (fake_loss(false_sound) + fake_loss(false_image)) / 2


def discriminator_terms(logits: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Eq. 1, or the standard loss where pictures and sounds were scored apart; to be summed.

    Args:
        logits: What `score_all` of a discriminator returned; without wrong pairs Eq. 1 loses L_Dw.
    """
    if "real" not in logits:
        return {
            f"d_{modality}": real_loss(logits[f"real_{modality}"])
            + fake_loss(logits[f"fake_{modality}"])
            for modality in ("image", "sound")
        }
    real = logits["real"]
    terms = {"d_forgery": pair_loss(real, logits["fake_sound"], logits["fake_image"])}
    if "wrong_sound" in logits:
        terms["d_mismatch"] = pair_loss(real, logits["wrong_sound"], logits["wrong_image"])
    return terms


def generator_loss(fake_sound: Tensor, fake_image: Tensor) -> Tensor:
    """Eq. 2 with its sign turned: S_rvfa and S_fvra, logits [m] each."""
    return real_loss(fake_sound) + real_loss(fake_image)


def consistency_terms(made: Mapping[str, Tensor], x: Tensor, a: Tensor) -> dict[str, Tensor]:
    """Eq. 3: the L1 distance of each path's end from the truth, by the paper's name of the end.

    Args:
        made: What the generator made; ends that it did not make are left out.
        x: True pictures [n, 3, h, w].
        a: True sounds [n, 1, bands, steps].
    """
    ends = {"rf_sound": a, "rf_image": x, "fr_image": x, "fr_sound": a}
    return {name: l1_loss(made[name], truth) for name, truth in ends.items() if name in made}
