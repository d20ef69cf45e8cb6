"""Training: generators against discriminators (Eq. 1), then matching network and identity heads.

Both phases start from the run's seed, so that a second phase is the same whether its first phase
was trained just before it or read from another run's checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from crossmodal.jobs import Trained, TrainingJob
from crossmodal.papers.facevoice import losses
from crossmodal.papers.facevoice.data import Triplets, Windows, draw_split, load_windows
from crossmodal.papers.facevoice.model import (
    Discriminators,
    FaceVoice,
    Generators,
    Matching,
    represent,
)
from crossmodal.papers.facevoice.plan import MARGIN, SEARCHED_WITH
from crossmodal.papers.facevoice.settings import ModelSettings
from crossmodal.papers.search import read_chosen
from crossmodal.resume import Part, Resume
from crossmodal.runs import describe_network, load_checkpoint, read_csv, read_run
from crossmodal.training import Row, update
from crossmodal.training import fit as fit_epochs

FIRST_TERMS = ("discriminators", "rebuilt", "exchanged", "classes")
SECOND_TERMS = ("triplet", "identification")


@dataclass(frozen=True)
class FirstPhase:
    """What the first phase leaves behind.

    Attributes:
        generators: Their weights.
        discriminators: Module tables by `discriminator_<name>`, for the record only.
        history: Columns `phase, epoch` and `FIRST_TERMS`.
    """

    generators: dict[str, Tensor]
    discriminators: dict[str, Any]
    history: pd.DataFrame

    @classmethod
    def of_run(cls, folder: Path) -> FirstPhase:
        """Read the first phase of a finished run.

        Raises:
            InputError: A file of the run is missing or damaged.
        """
        weights, start = load_checkpoint(folder / "checkpoint.pt")["weights"], "generators."
        history, described = read_csv(folder / "history.csv"), read_run(folder)["network"]
        return cls(
            {name[len(start) :]: weights[name] for name in weights if name.startswith(start)},
            {name: described[name] for name in described if name.startswith("discriminator_")},
            history.loc[history["phase"] == 1, ["phase", "epoch", *FIRST_TERMS]],
        )


@dataclass(frozen=True)
class Fitted:
    """A trained model.

    Attributes:
        network: In evaluation mode, on the windows' device.
        history: A row an epoch: `phase, epoch, *FIRST_TERMS, *SECOND_TERMS`.
        description: Module tables by part.
    """

    network: FaceVoice
    history: pd.DataFrame
    description: dict[str, Any]


def train(job: TrainingJob) -> Trained:
    """Train one run, from another run's first phase where the settings say so."""
    searched = {} if job.search is None else read_chosen(job.search, SEARCHED_WITH, names=[MARGIN])
    settings = job.settings.resolved(job.run.variant, **searched)
    windows = load_windows(settings, job.corpus_results).to(job.device)
    triplets, pairs = draw_split(windows, settings, job.settings.pairs).train, job.settings.pairs
    before = job.before.get("first_phase")
    fitted = fit(
        windows,
        triplets,
        settings,
        job.run.seed,
        first_phase_triplets=triplets.first(pairs.first_phase(len(triplets))),
        first=None if before is None else FirstPhase.of_run(before),
        resume=job.resume,
    )
    config = {
        "face_size": windows.sizes[0],
        "voice_size": windows.sizes[1],
        "people": windows.people,
        "settings": settings.model_dump(),
    }
    weights = fitted.network.cpu().state_dict()
    return Trained(weights, config, fitted.history, fitted.description)


def fit(
    windows: Windows,
    triplets: Triplets,
    settings: ModelSettings,
    seed: int,
    *,
    first_phase_triplets: Triplets | None = None,
    first: FirstPhase | None = None,
    resume: Callable[[str], Resume] | None = None,
) -> Fitted:
    """Train both phases.

    Args:
        first_phase_triplets: Those of the first phase; None: all.
        first: A first phase with the same settings and seed, which is then not trained again.
        resume: Returns the keeper of the state of a phase; None keeps none.
    """
    if first is None:
        early = triplets if first_phase_triplets is None else first_phase_triplets
        first = train_adversarial(windows, early, settings, seed, resume and resume("first_phase"))
    network, history = train_matching(
        first, windows, triplets, settings, seed, resume and resume("second_phase")
    )
    parts = {**dict(network.generators.named_children()), **dict(network.named_children())}
    del parts["generators"]
    described = {name: describe_network(part) for name, part in parts.items()}
    whole = pd.concat([first.history, history], ignore_index=True)
    return Fitted(network, whole, described | first.discriminators)


def train_adversarial(
    windows: Windows,
    triplets: Triplets,
    settings: ModelSettings,
    seed: int,
    resume: Resume | None = None,
) -> FirstPhase:
    """Train generators and discriminators against each other (Eq. 1)."""
    torch.manual_seed(seed)
    device = windows.face.device
    generators = Generators(*windows.sizes, len(windows.people), settings).to(device)
    discriminators = Discriminators(*windows.sizes, settings).to(device)
    networks = {"discriminators": discriminators, "generators": generators}
    optimizers = {
        name: adam(network, settings.learning_rate, settings.beta1)
        for name, network in networks.items()
    }
    schedules = {
        name: torch.optim.lr_scheduler.StepLR(optimizer, settings.halve_every, 0.5)
        for name, optimizer in optimizers.items()
    }
    rows_of_windows = triplets.on(device)

    def step(rows: Tensor, epoch: int) -> dict[str, Tensor]:
        batch = Batch.of(windows, rows_of_windows[:, rows.to(device)])
        terms = [
            discriminators_step(
                generators, discriminators, batch, optimizers["discriminators"], settings
            )
        ]
        for _ in range(settings.generator_steps):
            terms[1:] = generators_step(
                generators, discriminators, batch, optimizers["generators"], settings
            )
        return dict(zip(FIRST_TERMS, terms, strict=True))

    def close(means: Row, epoch: int) -> Row:
        for schedule in schedules.values():
            schedule.step()
        return means

    parts: dict[str, Part] = {
        **networks,
        **{f"optimizer_{name}": one for name, one in optimizers.items()},
    }
    history = fit_epochs(
        parts | {f"schedule_{name}": one for name, one in schedules.items()},
        resume,
        epochs=settings.epochs,
        draw=lambda: _batches(triplets, settings.batch),
        step=step,
        close=close,
    )
    described = {
        f"discriminator_{name}": describe_network(part)
        for name, part in discriminators.named_children()
    }
    return FirstPhase(generators.state_dict(), described, _frame(history, phase=1))


def train_matching(
    first: FirstPhase,
    windows: Windows,
    triplets: Triplets,
    settings: ModelSettings,
    seed: int,
    resume: Resume | None = None,
) -> tuple[FaceVoice, pd.DataFrame]:
    """Train matching network and identity heads on the frozen common representation.

    Returns:
        All networks, in evaluation mode, and the history: columns `phase, epoch, *SECOND_TERMS`.
    """
    torch.manual_seed(seed)
    device = windows.face.device
    network = FaceVoice(*windows.sizes, len(windows.people), settings).to(device)
    network.generators.load_state_dict(first.generators)
    faces, voices = represent(network.generators.eval(), windows.face, windows.voice)
    learners = nn.ModuleList([network.matching, network.identity])
    optimizer = adam(learners, settings.matching_learning_rate, 0.9)
    rows_of_windows = triplets.on(device)

    def step(rows: Tensor, epoch: int) -> dict[str, Tensor]:
        face, voice, negative = rows_of_windows[:, rows.to(device)]
        heads = network.identity(faces[face], voices[voice])
        identification = losses.identification(list(heads.values()), windows.person[face])
        gap = torch.zeros_like(identification)
        if settings.matching:
            anchors = faces[face], voices[voice], faces[negative], voices[negative]
            gap = _triplets(network.matching, anchors, settings.margin)
        update(optimizer, identification + gap)
        return dict(zip(SECOND_TERMS, (gap, identification), strict=True))

    history = fit_epochs(
        {"learners": learners, "optimizer": optimizer},
        resume,
        epochs=settings.matching_epochs,
        draw=lambda: _batches(triplets, settings.batch),
        step=step,
        close=lambda means, epoch: means,
    )
    return network.eval(), _frame(history, phase=2)


@dataclass(frozen=True)
class Batch:
    """Original features and persons [b] of the triplets of a batch."""

    face: Tensor
    voice: Tensor
    negative_face: Tensor
    negative_voice: Tensor
    face_person: Tensor
    voice_person: Tensor

    @classmethod
    def of(cls, windows: Windows, rows: Tensor) -> Batch:
        """Take rows [3, b] (face, voice, negative) of the windows."""
        face, voice, negative = rows
        return cls(
            windows.face[face],
            windows.voice[voice],
            windows.face[negative],
            windows.voice[negative],
            windows.person[face],
            windows.person[voice],
        )


def discriminators_step(
    generators: Generators,
    discriminators: Discriminators,
    batch: Batch,
    optimizer: torch.optim.Optimizer,
    settings: ModelSettings,
) -> Tensor:
    """Let the four discriminators learn from one batch; returns their loss."""
    form = settings.adversarial
    with torch.no_grad():
        s_face, s_voice = generators.encode(batch.face, batch.voice)
        r_face, r_voice = generators.decode(s_face, s_voice)
    face, voice = discriminators.face, discriminators.voice
    loss = (
        losses.intra_discriminator(form, face(batch.face), face(r_face))
        + losses.intra_discriminator(form, voice(batch.voice), voice(r_voice))
        + sum(
            losses.inter_discriminator(form, *logits)
            for logits in _inter_logits(
                generators, discriminators, batch, s_face, s_voice, settings
            )
        )
    )
    update(optimizer, loss)
    if form == "wasserstein":
        with torch.no_grad():
            for weight in discriminators.parameters():
                weight.clamp_(-settings.clip, settings.clip)
    return loss.detach()


def generators_step(
    generators: Generators,
    discriminators: Discriminators,
    batch: Batch,
    optimizer: torch.optim.Optimizer,
    settings: ModelSettings,
) -> tuple[Tensor, Tensor, Tensor]:
    """Let the generators learn from one batch; returns the terms `FIRST_TERMS[1:]`."""
    form = settings.adversarial
    discriminators.requires_grad_(False)
    s_face, s_voice = generators.encode(batch.face, batch.voice)
    r_face, r_voice = generators.decode(s_face, s_voice)
    rebuilt = losses.intra_generator(form, discriminators.face(r_face)) + losses.intra_generator(
        form, discriminators.voice(r_voice)
    )
    inter = _inter_logits(
        generators, discriminators, batch, s_face, s_voice, settings, all_terms=form != "bce"
    )
    exchanged = torch.stack([losses.inter_generator(form, *logits) for logits in inter]).sum()
    heads = generators.classes(s_face), generators.classes(s_voice)
    classes = losses.identification(heads[:1], batch.face_person) + losses.identification(
        heads[1:], batch.voice_person
    )
    update(optimizer, rebuilt + exchanged + settings.class_weight * classes)
    discriminators.requires_grad_(True)
    return rebuilt.detach(), exchanged.detach(), classes.detach()


def _inter_logits(
    generators: Generators,
    discriminators: Discriminators,
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
        (discriminators.face_common, s_face, s_voice, batch.face, batch.negative_face),
        (discriminators.voice_common, s_voice, s_face, batch.voice, batch.negative_voice),
    )
    if not all_terms:
        for discriminator, _, exchanged, original, _ in sides:
            logits = discriminator(exchanged, original)
            yield logits, logits, logits
        return
    with torch.set_grad_enabled(s_face.requires_grad):
        negatives = generators.encode(batch.negative_face, batch.negative_voice)
    for (discriminator, own, exchanged, original, other), mismatched in zip(
        sides, negatives, strict=True
    ):
        beside = original if settings.mismatched_condition == "own" else other
        yield (
            discriminator(own, original),
            discriminator(exchanged, original),
            discriminator(mismatched, beside),
        )


def _triplets(matching: Matching, anchors: tuple[Tensor, ...], margin: float) -> Tensor:
    """Return the triplet loss of both directions; all windows of a batch share one BN."""
    vectors = matching(torch.cat(anchors)).split(len(anchors[0]))
    face, voice, negative_face, negative_voice = vectors
    return losses.triplet(face, voice, negative_voice, margin) + losses.triplet(
        voice, face, negative_face, margin
    )


def adam(module: nn.Module, rate: float, beta1: float) -> torch.optim.Optimizer:
    """Return Adam over the weights of a module; fused, which is a fifth faster on the CPU."""
    return torch.optim.Adam(module.parameters(), lr=rate, betas=(beta1, 0.999), fused=True)


def _batches(triplets: Triplets, size: int) -> list[Tensor]:
    """Return the rows of one shuffled pass; a last batch of one is left out."""
    return [part for part in torch.split(torch.randperm(len(triplets)), size) if len(part) > 1]


def _frame(rows: list[Row], phase: int) -> pd.DataFrame:
    found = pd.DataFrame(rows)
    found.insert(0, "phase", phase)
    return found
