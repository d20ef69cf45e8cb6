"""Training: one network and loss, a run a seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from crossmodal.devices import choose_device
from crossmodal.digest import source_digest
from crossmodal.jobs import Circumstances, TrainingJob
from crossmodal.papers.captions import losses
from crossmodal.papers.captions.data import Pairs, batches, caption_statistics, load_pairs
from crossmodal.papers.captions.embed import embed_captions, embed_images
from crossmodal.papers.captions.model import TwoBranches
from crossmodal.papers.captions.picture import image_network
from crossmodal.papers.captions.plan import INPUTS
from crossmodal.papers.captions.ranking import galleries, ranks
from crossmodal.papers.captions.settings import PaperSettings, RunSettings
from crossmodal.progress import progress
from crossmodal.resume import Part, Resume
from crossmodal.runs import describe_network
from crossmodal.training import Row, fit

DISTRIBUTIONS = ("numpy", "torch")
TERMS = ("own_pair", "caption_impostor_pair", "image_impostor_pair")
"""The hinges by the pair they are anchored on: t1, t2 and t3."""


@dataclass(frozen=True)
class Learner:
    """A network, and what moves its weights."""

    network: TwoBranches
    optimiser: torch.optim.SGD
    schedule: torch.optim.lr_scheduler.StepLR

    def parts(self) -> dict[str, Part]:
        """Return everything that has a state."""
        return {
            "network": self.network,
            "optimiser": self.optimiser,
            "schedule": self.schedule,
        }


def start(pairs: Pairs, settings: RunSettings, seed: int) -> Learner:
    """Build a network for training pairs, on their device, and its optimiser.

    Args:
        pairs: Standardisation is fitted on them.
        settings: Of the run.
        seed: Of the weights here and, drawn later, of order and impostors.
    """
    torch.manual_seed(seed)
    network = TwoBranches(pairs.features.shape[1], settings)
    network.caption.standardise.fit(*caption_statistics(pairs))
    features = pairs.features.cpu()
    network.image.standardise.fit(features.mean(0), features.std(0))
    network.to(pairs.bands.device)
    optimiser = torch.optim.SGD(
        network.parameters(),
        lr=settings.learning_rate * settings.rate_factor,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
    )
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, settings.decay_every)
    return Learner(network, optimiser, schedule)


def train(
    learner: Learner, pairs: Pairs, validation: Pairs, resume: Resume | None = None
) -> pd.DataFrame:
    """Train, going on where a killed training was.

    Args:
        learner: Of `start`.
        pairs: To train on.
        validation: Scored after every epoch; nothing is chosen by it.
        resume: Keeps the state; None keeps none.

    Returns:
        A row an epoch: `epoch`, `learning_rate`, the terms of the loss, `validation_recall`: at
        the tenth rank, mean of both ways.
    """
    network, settings = learner.network, learner.network.settings

    def close(means: Row, epoch: int) -> Row:
        rate = learner.optimiser.param_groups[0]["lr"]
        learner.schedule.step()
        recall = validation_recall(network, validation)
        network.train()
        return {"learning_rate": rate, **means, "validation_recall": recall}

    rows = fit(
        learner.parts(),
        resume,
        epochs=settings.epochs,
        draw=lambda: batches(pairs.image, settings.batch),
        step=lambda rows, epoch: train_step(learner, pairs, rows),
        close=close,
    )
    network.eval()
    return pd.DataFrame(rows)


def train_step(learner: Learner, pairs: Pairs, rows: Tensor) -> dict[str, Tensor]:
    """Learn from some rows of the pairs; return the terms of the loss."""
    network = learner.network
    images = network.embed_images(pairs.images(rows))
    captions = network.embed_captions(*pairs.captions(rows))
    terms = loss_terms(images @ captions.T, network.settings)
    learner.optimiser.zero_grad()
    torch.stack(terms).sum().backward()  # type: ignore[no-untyped-call]
    learner.optimiser.step()
    return dict(zip(TERMS, terms, strict=False))


def loss_terms(similarities: Tensor, settings: RunSettings) -> tuple[Tensor, ...]:
    """Draw impostors and return the loss's terms: one for two hinges, three for six."""
    impostors = losses.draw_impostors(len(similarities)).to(similarities.device)
    if settings.hinges == "two":
        return (losses.two_hinges(similarities, impostors, settings.margin),)
    return losses.six_hinges(similarities, impostors, settings.margin, average=settings.average)


def validation_recall(network: TwoBranches, pairs: Pairs, cutoff: int = 10) -> float:
    """Return recall at a rank, mean of both ways, over one gallery of all images."""
    rows = galleries(pairs.image, len(pairs.features), 1, seed=0)[0]
    images = embed_images(network, pairs.features)[pairs.image[rows].numpy()]
    captions = embed_captions(network, pairs, rows)
    both = ranks(images @ captions.T), ranks(captions @ images.T)
    return float(sum((found <= cutoff).mean() for found in both) / 2)


def train_runs(
    settings: PaperSettings,
    corpus: str,
    source: str,
    families: list[str],
    seeds: list[int],
    folder: Path,
    out: Path,
    threads: int,
) -> None:
    """Train all seeds of some families and write their run folders.

    Args:
        settings: The paper's settings.
        corpus: Name of the corpus.
        source: synthetic, download or own.
        families: What to train.
        seeds: One run each.
        folder: `results/<edition>/corpora/<corpus>/captions`.
        out: `results/<edition>/captions`.
        threads: Number of threads on the CPU.
    """
    device = choose_device(threads)
    under = Circumstances(device, threads, DISTRIBUTIONS, source_digest(__name__))
    job = TrainingJob("captions", corpus, source, out, under)
    picture = image_network(folder)
    pairs, validation = (load_pairs(folder, part) for part in ("train", "validation"))
    runs = [(family, seed) for family in families for seed in seeds]
    for family, seed in progress(runs, title=f"training on {corpus}", unit="run"):
        chosen = settings.run_settings(family)
        width = pairs.features.shape[1]
        config = run_config(TwoBranches(width, chosen), family, width, picture.kind)
        training = job.training(family, seed, [folder / name for name in INPUTS], config)
        if training.put_back():
            continue
        cut, seen = (part.cut(chosen.frames).to(device) for part in (pairs, validation))
        learner = start(cut, chosen, seed)
        history = train(learner, cut, seen, training.resume())
        network = learner.network.cpu()
        training.finish(
            {**network.state_dict(), **picture.weights},
            history,
            {
                "image": describe_network(network.image),
                "caption": describe_network(network.caption),
            },
        )


def run_config(network: TwoBranches, family: str, width: int, picture: str) -> dict[str, Any]:
    """Return what a checkpoint and `run.json` say of a network; plain values."""
    branch = network.caption.temporal
    return {
        "family": family,
        "image_width": width,
        "image_network": picture,
        "settings": network.settings.model_dump(mode="json"),
        "temporal": None if branch is None else branch.described(network.settings.frames),
    }
