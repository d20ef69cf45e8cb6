"""Training of my paper's model: resumable, the same bytes from the same seed."""

from __future__ import annotations

import pandas as pd
import torch
from crossmodal.papers.mypaper import losses
from crossmodal.papers.mypaper.data import Pairs, load_pairs
from crossmodal.papers.mypaper.model import TwoBranches
from crossmodal.papers.mypaper.settings import ModelSettings
from torch import Tensor

from crossmodal import training
from crossmodal.jobs import Trained, TrainingJob
from crossmodal.resume import Resume
from crossmodal.runs import describe_network


def train(job: TrainingJob) -> Trained:
    """Train one run."""
    settings = job.settings.resolved(job.run.variant)
    pairs = load_pairs(job.corpus_results, "train")
    network, rows = fit(pairs, settings, job.run.seed, job.resume())
    sizes = {"image": pairs.image.shape[1], "text": pairs.text.shape[1]}
    config = {**sizes, "settings": settings.model_dump()}
    described = {name: describe_network(part) for name, part in network.named_children()}
    return Trained(network.state_dict(), config, pd.DataFrame(rows), described)


def fit(
    pairs: Pairs, settings: ModelSettings, seed: int, resume: Resume | None = None
) -> tuple[TwoBranches, list[training.Row]]:
    """Train a network on pairs; return it and the history, a row an epoch."""
    torch.manual_seed(seed)
    network = TwoBranches(pairs.image.shape[1], pairs.text.shape[1], settings.width)
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)

    def step(rows: Tensor, epoch: int) -> dict[str, Tensor]:
        image, text = network(pairs.image[rows], pairs.text[rows])
        loss = losses.contrastive(image @ text.T, settings.temperature)
        training.update(optimizer, loss)
        return {"contrastive": loss}

    rows = training.fit(
        {"network": network, "optimizer": optimizer},
        resume,
        epochs=settings.epochs,
        draw=lambda: torch.split(torch.randperm(len(pairs)), settings.batch),
        step=step,
        close=lambda means, epoch: means,
    )
    return network.eval(), rows
