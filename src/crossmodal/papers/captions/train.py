"""Training: one network and loss, a run a seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from crossmodal.devices import choose_device, device_name
from crossmodal.digest import source_digest
from crossmodal.papers.captions import losses
from crossmodal.papers.captions.data import Pairs, batches, caption_statistics, load_pairs
from crossmodal.papers.captions.embed import embed_captions, embed_images
from crossmodal.papers.captions.model import TwoBranches
from crossmodal.papers.captions.picture import image_network
from crossmodal.papers.captions.plan import INPUTS
from crossmodal.papers.captions.ranking import galleries, ranks
from crossmodal.papers.captions.settings import PaperSettings, RunSettings
from crossmodal.progress import progress
from crossmodal.resume import Part, Resume, stamp_of
from crossmodal.runs import Run, Stopwatch, describe_network, provenance, write_run

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


def fit(learner: Learner, pairs: Pairs, validation: Pairs, resume: Resume) -> pd.DataFrame:
    """Train, going on where a killed training was.

    Args:
        learner: Of `start`.
        pairs: To train on.
        validation: Scored after every epoch; nothing is chosen by it.
        resume: Keeps the state.

    Returns:
        A row an epoch: `epoch`, `learning_rate`, the terms of the loss, `validation_recall`: at
        the tenth rank, mean of both ways.
    """
    network = learner.network
    rows: list[dict[str, float]] = (resume.load() or {"rows": []})["rows"]
    for epoch in range(len(rows), network.settings.epochs):
        row: dict[str, float] = {
            "epoch": epoch + 1,
            "learning_rate": learner.optimiser.param_groups[0]["lr"],
        }
        terms = _epoch(network, learner.optimiser, pairs)
        learner.schedule.step()
        row |= dict(zip(TERMS, terms, strict=False))
        rows.append({**row, "validation_recall": validation_recall(network, validation)})
        if len(rows) < network.settings.epochs:
            resume.save_if_due({"rows": rows})
    resume.save({"rows": rows})
    network.eval()
    return pd.DataFrame(rows)


def _epoch(network: TwoBranches, optimiser: torch.optim.Optimizer, pairs: Pairs) -> list[float]:
    """Train one epoch; return the mean of each term."""
    settings = network.settings
    network.train()
    sums: list[Tensor] = []
    for rows in batches(pairs.image, settings.batch):
        images = network.embed_images(pairs.images(rows))
        captions = network.embed_captions(*pairs.captions(rows))
        terms = loss_terms(images @ captions.T, settings)
        optimiser.zero_grad()
        torch.stack(terms).sum().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        sums.append(torch.stack(terms).detach())
    means: list[float] = torch.stack(sums).mean(0).tolist()
    return means


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
    origin = provenance([folder / name for name in INPUTS], DISTRIBUTIONS, threads)
    picture = image_network(folder)
    pairs, validation = (load_pairs(folder, part) for part in ("train", "validation"))
    states: list[Resume] = []
    jobs = [(family, seed) for family in families for seed in seeds]
    for family, seed in progress(jobs, title=f"training on {corpus}", unit="run"):
        chosen = settings.run_settings(family)
        cut = pairs.cut(chosen.frames).to(device)
        watch = Stopwatch()
        learner = start(cut, chosen, seed)
        run = Run(corpus, family, seed)
        stamp = stamp_of(
            settings=chosen.model_dump(),
            seed=seed,
            inputs=origin["inputs"],
            versions=origin["versions"],
            threads=threads,
            device=device_name(device),
            code=source_digest(__name__),
        )
        states.append(Resume(Resume.place(out, run), stamp, learner.parts(), device))
        history = fit(learner, cut, validation.cut(chosen.frames).to(device), states[-1])
        network = learner.network.cpu()
        write_run(
            run.folder(out),
            paper="captions",
            run=run,
            source=source,
            weights={**network.state_dict(), **picture.weights},
            config=run_config(network, family, pairs.features.shape[1], picture.kind),
            history=history,
            network={
                "image": describe_network(network.image),
                "caption": describe_network(network.caption),
            },
            origin=origin,
            device=device_name(device),
            watch=watch,
        )
    # A job that is killed loses the runs it has written: their states stay until all are there.
    for state in states:
        state.close()


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
