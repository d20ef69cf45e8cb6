"""Pairs as the trained networks judge them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from crossmodal.papers.facevoice.data import Windows
from crossmodal.papers.facevoice.model import FaceVoice, similarity
from crossmodal.papers.facevoice.pairs import Trios
from crossmodal.papers.facevoice.settings import FEATURES


@dataclass(frozen=True)
class Scored:
    """Pairs [2 m], the matched ones first.

    Attributes:
        similarity: Cosine of face and voice.
        matched: Whether they belong together.
        identified: By feature, whether the person of the face is recognised; a mismatched pair
            has two people, so this is about matched pairs.
    """

    similarity: NDArray[np.float64]
    matched: NDArray[np.bool_]
    identified: dict[str, NDArray[np.bool_]]


@torch.no_grad()
def score_pairs(
    network: FaceVoice, face: Tensor, voice: Tensor, windows: Windows, trios: Trios
) -> Scored:
    """Score the matched and mismatched pairs of some trios.

    Args:
        network: In evaluation mode.
        face: Common representations of all windows' faces, [n, width].
        voice: Of their voices.
        windows: On the same device.
        trios: Rows of the windows.
    """
    faces, voices, matched = trios.pairs()
    left, right = torch.from_numpy(faces), torch.from_numpy(voices)
    cosines = similarity(network.matching(face[left]), network.matching(voice[right]))
    logits = network.identity(face[left], voice[right])
    person = windows.person[left]
    return Scored(
        cosines.double().cpu().numpy(),
        matched,
        {name: (logits[name].argmax(dim=1) == person).cpu().numpy() for name in FEATURES},
    )
