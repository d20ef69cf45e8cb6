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
from crossmodal.papers.facevoice.steps import adam, batches, frame, step, table
from crossmodal.resume import Resume
from crossmodal.training import fit

TERMS = ("triplet", "identification")


def match(
    first: FirstPhase,
    windows: Windows,
    trios: Trios,
    settings: ModelSettings,
    seed: int,
    resume: Resume | None = None,
) -> tuple[model.FaceVoice, pd.DataFrame]:
    """Train matching network and identity heads on the frozen representation.

    Args:
        first: What the first phase left.
        windows: On the device to train on.
        trios: Training trios.
        settings: Of the variant.
        seed: Of weights and data order.
        resume: Keeps the state; None keeps none.

    Returns:
        All networks, in evaluation mode, and the history: columns `phase, epoch`, `TERMS`.
    """
    torch.manual_seed(seed)
    sizes, device = (windows.face.shape[1], windows.voice.shape[1]), windows.face.device
    network = model.FaceVoice(*sizes, len(windows.people), settings).to(device)
    network.generators.load_state_dict(first.generators.state_dict())
    learners = nn.ModuleList([network.matching, network.identity])
    player = adam(learners, settings.matching_learning_rate, 0.9)
    network.generators.eval()
    everything = table(trios, device)

    def learn(rows: Tensor, epoch: int) -> dict[str, Tensor]:
        face, voice, other = everything[:, rows.to(device)]
        heads = network.identity(first.face[face], first.voice[voice])
        identification = losses.identification(list(heads.values()), windows.person[face])
        gap = torch.zeros_like(identification)
        if settings.matching:
            gap = _triplets(network.matching, first, face, voice, other, settings.margin)
        step(player, identification + gap)
        return dict(zip(TERMS, (gap, identification), strict=True))

    history = fit(
        {"learners": learners, "player": player},
        resume,
        epochs=settings.matching_epochs,
        draw=lambda: batches(trios, settings.batch),
        step=learn,
        close=lambda means, epoch: means,
    )
    return network.eval(), frame(history, phase=2)


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
