"""The first phase: generators and judges play the games of Eq. 1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from crossmodal.papers.facevoice import losses, model
from crossmodal.papers.facevoice.data import Windows
from crossmodal.papers.facevoice.pairs import Trios
from crossmodal.papers.facevoice.settings import ModelSettings
from crossmodal.papers.facevoice.steps import adam, batches, frame, step, table
from crossmodal.resume import Part, Resume
from crossmodal.training import Row, fit

TERMS = ("judges", "rebuilt", "exchanged", "classes")


@dataclass(frozen=True)
class FirstPhase:
    """What the games leave behind.

    Attributes:
        generators: In evaluation mode.
        judges: Kept for the record of their layers only.
        face: Common representation of every window's face, [n, width].
        voice: Of its voice.
        history: Columns `phase, epoch` and `TERMS`.
    """

    generators: model.Generators
    judges: model.Judges
    face: Tensor
    voice: Tensor
    history: pd.DataFrame


def play(
    windows: Windows,
    trios: Trios,
    settings: ModelSettings,
    seed: int,
    resume: Resume | None = None,
) -> FirstPhase:
    """Train generators and judges against each other (Eq. 1).

    Args:
        windows: On the device to train on.
        trios: Training trios of the first phase.
        settings: Of the variant.
        seed: Of weights and data order.
        resume: Keeps the state; None keeps none.
    """
    torch.manual_seed(seed)
    sizes, device = (windows.face.shape[1], windows.voice.shape[1]), windows.face.device
    generators = model.Generators(*sizes, len(windows.people), settings).to(device)
    judges = model.Judges(*sizes, settings).to(device)
    players = [adam(side, settings.learning_rate, settings.beta1) for side in (judges, generators)]
    schedules = [
        torch.optim.lr_scheduler.StepLR(player, settings.halve_every, 0.5) for player in players
    ]
    parts: dict[str, Part] = {"generators": generators, "judges": judges}
    parts |= {f"player{place}": player for place, player in enumerate(players)}
    parts |= {f"schedule{place}": schedule for place, schedule in enumerate(schedules)}
    everything = table(trios, device)

    def learn(rows: Tensor, epoch: int) -> dict[str, Tensor]:
        batch = Batch.of(windows, everything[:, rows.to(device)])
        judged = judges_update(generators, judges, batch, players[0], settings)
        for _ in range(settings.generator_steps):
            terms = generators_update(generators, judges, batch, players[1], settings)
        return dict(zip(TERMS, (judged, *terms), strict=True))

    def close(means: Row, epoch: int) -> Row:
        for schedule in schedules:
            schedule.step()
        return means

    history = fit(
        parts,
        resume,
        epochs=settings.epochs,
        draw=lambda: batches(trios, settings.batch),
        step=learn,
        close=close,
    )
    face, voice = represent(generators.eval(), windows)
    return FirstPhase(generators, judges, face, voice, frame(history, phase=1))


@dataclass(frozen=True)
class Batch:
    """Original features and persons [b] of the trios of a batch."""

    face: Tensor
    voice: Tensor
    other_face: Tensor
    other_voice: Tensor
    face_person: Tensor
    voice_person: Tensor

    @classmethod
    def of(cls, windows: Windows, rows: Tensor) -> Batch:
        """Take rows [3, b] (face, voice, other) of the windows."""
        face, voice, other = rows
        return cls(
            windows.face[face],
            windows.voice[voice],
            windows.face[other],
            windows.voice[other],
            windows.person[face],
            windows.person[voice],
        )


def judges_update(
    generators: model.Generators,
    judges: model.Judges,
    batch: Batch,
    player: torch.optim.Optimizer,
    settings: ModelSettings,
) -> Tensor:
    """Let the four judges learn from one batch; returns their loss."""
    form = settings.adversarial
    with torch.no_grad():
        s_face, s_voice = generators.encode(batch.face, batch.voice)
        r_face, r_voice = generators.decode(s_face, s_voice)
    loss = (
        losses.intra_judge(form, judges.face(batch.face), judges.face(r_face))
        + losses.intra_judge(form, judges.voice(batch.voice), judges.voice(r_voice))
        + sum(
            losses.inter_judge(form, *logits)
            for logits in _inter_logits(generators, judges, batch, s_face, s_voice, settings)
        )
    )
    step(player, loss)
    if form == "wasserstein":
        with torch.no_grad():
            for weight in judges.parameters():
                weight.clamp_(-settings.clip, settings.clip)
    return loss.detach()


def generators_update(
    generators: model.Generators,
    judges: model.Judges,
    batch: Batch,
    player: torch.optim.Optimizer,
    settings: ModelSettings,
) -> tuple[Tensor, Tensor, Tensor]:
    """Let the generators learn from one batch; returns the terms `TERMS[1:]`."""
    form = settings.adversarial
    judges.requires_grad_(False)
    s_face, s_voice = generators.encode(batch.face, batch.voice)
    r_face, r_voice = generators.decode(s_face, s_voice)
    rebuilt = losses.intra_generator(form, judges.face(r_face)) + losses.intra_generator(
        form, judges.voice(r_voice)
    )
    exchanged = torch.stack(
        [
            losses.inter_generator(form, *logits)
            for logits in _inter_logits(
                generators, judges, batch, s_face, s_voice, settings, all_terms=form != "bce"
            )
        ]
    ).sum()
    heads = generators.classes(s_face), generators.classes(s_voice)
    classes = losses.identification(heads[:1], batch.face_person) + losses.identification(
        heads[1:], batch.voice_person
    )
    step(player, rebuilt + exchanged + settings.class_weight * classes)
    judges.requires_grad_(True)
    return rebuilt.detach(), exchanged.detach(), classes.detach()


def _inter_logits(
    generators: model.Generators,
    judges: model.Judges,
    batch: Batch,
    s_face: Tensor,
    s_voice: Tensor,
    settings: ModelSettings,
    *,
    all_terms: bool = True,
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield the logits (own, exchanged, mismatched) of D_Ci and of D_Ct.

    Without `all_terms`, only the exchanged ones, in all three places: no other is needed.
    """
    sides = (
        (judges.face_common, s_face, s_voice, batch.face, batch.other_face),
        (judges.voice_common, s_voice, s_face, batch.voice, batch.other_voice),
    )
    if not all_terms:
        for judge, _, exchanged, original, _ in sides:
            logits = judge(exchanged, original)
            yield logits, logits, logits
        return
    with torch.set_grad_enabled(s_face.requires_grad):
        others = generators.encode(batch.other_face, batch.other_voice)
    for (judge, own, exchanged, original, elsewhere), other in zip(sides, others, strict=True):
        beside = original if settings.mismatched_condition == "own" else elsewhere
        yield judge(own, original), judge(exchanged, original), judge(other, beside)


@torch.no_grad()
def represent(
    generators: model.Generators, windows: Windows, block: int = 4096
) -> tuple[Tensor, Tensor]:
    """Return the common representations of all windows' faces and voices, [n, width] each.

    The generators must be in evaluation mode; then no window changes another's values.
    """
    parts = [
        generators.encode(windows.face[start : start + block], windows.voice[start : start + block])
        for start in range(0, len(windows.face), block)
    ]
    return torch.cat([face for face, _ in parts]), torch.cat([voice for _, voice in parts])
