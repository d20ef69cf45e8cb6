"""The sampled-margin losses: two hinges a pair (baseline), or six (the paper's).

Similarities S [b, b] hold S[i, j] of image i and caption j; the pairs are on the diagonal. Losses
are means over the pairs, as in the public code of the baseline, so that they do not grow with the
batch.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class Impostors(NamedTuple):
    """For each pair the number of another one: whose caption, and whose image, it is set against.

    The paper's imp1 is `caption`, its imp2 is `image`; both [b], drawn independently.
    """

    caption: Tensor
    image: Tensor

    def to(self, device: torch.device) -> Impostors:
        """Return the numbers on a device."""
        return Impostors(self.caption.to(device), self.image.to(device))


def draw_impostors(pairs: int) -> Impostors:
    """Draw both impostors of every pair, each other pair being equally likely.

    Drawn on the CPU, so that the draws are the same on every device.

    Args:
        pairs: Size of the batch, at least 2.
    """
    drawn = torch.randint(pairs - 1, (2, pairs))
    # The numbers from the own one on move up by one: all but the own one are reached.
    return Impostors(*(drawn + (drawn >= torch.arange(pairs))))


def two_hinges(similarities: Tensor, impostors: Impostors, margin: float) -> Tensor:
    """Return the baseline's loss (the paper's t1), a scalar.

    max(0, S(own image, impostor caption) - S(own pair) + margin)
    + max(0, S(impostor image, own caption) - S(own pair) + margin), mean over pairs.
    """
    own = torch.arange(len(similarities), device=similarities.device)
    return _hinges(similarities, own, impostors.caption, impostors.image, margin)


def six_hinges(
    similarities: Tensor, impostors: Impostors, margin: float, *, average: bool = False
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the three terms of the new loss, t1, t2 and t3, each a scalar.

    t1 is the baseline's loss. t2 and t3 hold the same two cross similarities of pair j and the
    impostor's pair against the impostor's own similarity: t2 for the pair of the impostor
    caption, t3 for that of the impostor image.

    Args:
        similarities: [b, b].
        average: A third of each term, so that six hinges weigh as much as two.
    """
    own = torch.arange(len(similarities), device=similarities.device)
    caption, image = impostors
    terms = (
        _hinges(similarities, own, caption, image, margin),
        _hinges(similarities, caption, own, own, margin),
        _hinges(similarities, image, own, own, margin),
    )
    first, second, third = (term / 3 if average else term for term in terms)
    return first, second, third


def _hinges(
    similarities: Tensor, pair: Tensor, caption: Tensor, image: Tensor, margin: float
) -> Tensor:
    """Set pairs against another caption and another image each; mean over the pairs."""
    true = similarities[pair, pair]
    wrong = (similarities[pair, caption], similarities[image, pair])
    return torch.stack([functional.relu(value - true + margin) for value in wrong]).sum(0).mean()
