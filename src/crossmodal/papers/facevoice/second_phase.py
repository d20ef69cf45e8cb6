"""The second phase: matching network and identity heads on the frozen common representation."""

from __future__ import annotations

import pandas as pd
import torch
from torch import Tensor, nn

from crossmodal.papers.facevoice import losses, model
from crossmodal.papers.facevoice.data import Windows
from crossmodal.papers.facevoice.first_phase import FirstPhase
from crossmodal.papers.facevoice.pairs import Trios
from crossmodal.papers.facevoice.settings import ModelSettings
from crossmodal.papers.facevoice.steps import Means, adam, batches, step

TERMS = ("triplet", "identification")


def match(
    first: FirstPhase, windows: Windows, trios: Trios, settings: ModelSettings, seed: int
) -> tuple[model.FaceVoice, pd.DataFrame]:
    """Train matching network and identity heads on the frozen representation.

    Returns:
        All networks, in evaluation mode, and the history: columns `phase, epoch`, `TERMS`.
    """
    torch.manual_seed(seed)
    sizes = windows.face.shape[1], windows.voice.shape[1]
    network = model.FaceVoice(*sizes, len(windows.people), settings).to(windows.face.device)
    network.generators.load_state_dict(first.generators.state_dict())
    learners = nn.ModuleList([network.matching, network.identity])
    player = adam(learners, settings.matching_learning_rate, 0.9)
    means = Means(TERMS)
    network.generators.eval()
    for _ in range(settings.matching_epochs):
        for face, voice, other in batches(trios, settings.batch, windows.face.device):
            heads = network.identity(first.face[face], first.voice[voice])
            identification = losses.identification(list(heads.values()), windows.person[face])
            gap = torch.zeros_like(identification)
            if settings.matching:
                gap = _triplets(network.matching, first, face, voice, other, settings.margin)
            step(player, identification + gap)
            means.add(gap.detach(), identification.detach())
        means.close_epoch()
    return network.eval(), means.frame(phase=2)


def _triplets(
    matching: model.Matching,
    first: FirstPhase,
    face: Tensor,
    voice: Tensor,
    other: Tensor,
    margin: float,
) -> Tensor:
    """Return the triplet loss of both directions; all windows of a batch share one BN."""
    count = len(face)
    together = torch.cat(
        [first.face[face], first.voice[voice], first.face[other], first.voice[other]]
    )
    faces, voices, other_faces, other_voices = matching(together).split(count)
    return losses.triplet(faces, voices, other_voices, margin) + losses.triplet(
        voices, faces, other_faces, margin
    )
