"""Training: one network and loss, from random weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from crossmodal import training
from crossmodal.jobs import Trained, TrainingJob
from crossmodal.metrics.retrieval import first_rank
from crossmodal.papers.captions import losses
from crossmodal.papers.captions.data import (
    Pairs,
    batches,
    caption_statistics,
    galleries,
    load_pairs,
)
from crossmodal.papers.captions.model import (
    IMAGE_NETWORK,
    NETWORK,
    TwoBranches,
    embed_captions,
    embed_images,
)
from crossmodal.papers.captions.settings import RunSettings
from crossmodal.resume import Resume
from crossmodal.runs import describe_network, load_checkpoint
from crossmodal.training import Row, update

TERMS = ("own_pair", "caption_impostor_pair", "image_impostor_pair")
"""The hinges by the pair they are anchored on: t1, t2 and t3."""


def train(job: TrainingJob) -> Trained:
    """Train a variant; the network that described its images goes into the checkpoint with it."""
    settings: RunSettings = job.settings.run_settings(job.run.variant)
    pairs, validation = (
        load_pairs(job.corpus_results, part).cut(settings.frames).to(job.device)
        for part in ("train", "validation")
    )
    network, history = fit(pairs, settings, job.run.seed, validation, job.resume())
    network = network.cpu()
    weights: dict[str, Any] = {NETWORK: network.state_dict()}
    # VGG16 needs no copy: its weights are public. The small network is this corpus's own.
    small = job.corpus_results / "image_deep.pt"
    if small.is_file():
        weights[IMAGE_NETWORK] = load_checkpoint(small)
    temporal = network.caption.temporal
    config = {
        "image_width": pairs.features.shape[1],
        "image_network": "small" if IMAGE_NETWORK in weights else "vgg16",
        "settings": settings.model_dump(mode="json"),
        "temporal": None if temporal is None else temporal.described(settings.frames),
    }
    branches = {"image": network.image, "caption": network.caption}
    tables = {name: describe_network(branch) for name, branch in branches.items()}
    return Trained(weights, config, history, tables)


def fit(
    pairs: Pairs,
    settings: RunSettings,
    seed: int,
    validation: Pairs | None = None,
    resume: Resume | None = None,
    draw: Callable[[], Iterable[Tensor]] | None = None,
) -> tuple[TwoBranches, pd.DataFrame]:
    """Train a network.

    Args:
        pairs: To train on, on the device to train on; standardisation is fitted on them.
        validation: Scored after every epoch; nothing is chosen by it.
        resume: Keeps the state; None keeps none.
        draw: Returns the rows of the batches of an epoch; None: no batch has an image twice.

    Returns:
        The network in evaluation mode, and a row an epoch: `epoch`, `learning_rate`, the terms of
        the loss, and with validation pairs `validation_recall`: at the tenth rank, mean of both
        ways.
    """
    network, optimizer = start(pairs, settings, seed)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, settings.decay_every)

    def close(means: Row, epoch: int) -> Row:
        row = {"learning_rate": optimizer.param_groups[0]["lr"], **means}
        schedule.step()
        if validation is not None:
            row["validation_recall"] = validation_recall(network, validation)
        return row

    rows = training.fit(
        {"network": network, "optimizer": optimizer, "schedule": schedule},
        resume,
        epochs=settings.epochs,
        draw=draw or (lambda: batches(pairs.image, settings.batch)),
        step=lambda rows, epoch: train_step(network, optimizer, pairs, rows),
        close=close,
    )
    return network.eval(), pd.DataFrame(rows)


def start(
    pairs: Pairs, settings: RunSettings, seed: int
) -> tuple[TwoBranches, torch.optim.Optimizer]:
    """Return a network with random weights on the device of its training pairs, and its SGD."""
    torch.manual_seed(seed)
    network = TwoBranches(pairs.features.shape[1], settings)
    network.caption.standardise.fit(*caption_statistics(pairs))
    features = pairs.features.cpu()
    network.image.standardise.fit(features.mean(0), features.std(0))
    network.to(pairs.bands.device)
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=settings.learning_rate * settings.rate_factor,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
    )
    return network, optimizer


def train_step(
    network: TwoBranches, optimizer: torch.optim.Optimizer, pairs: Pairs, rows: Tensor
) -> dict[str, Tensor]:
    """Learn from some rows of the pairs; return the terms of the loss: one, or three."""
    settings = network.settings
    images = network.embed_images(pairs.images(rows))
    similarities = images @ network.embed_captions(*pairs.captions(rows)).T
    impostors = losses.draw_impostors(len(rows)).to(similarities.device)
    terms: tuple[Tensor, ...]
    if settings.hinges == "two":
        terms = (losses.two_hinges(similarities, impostors, settings.margin),)
    else:
        terms = losses.six_hinges(
            similarities, impostors, settings.margin, average=settings.average
        )
    update(optimizer, torch.stack(terms).sum())
    return dict(zip(TERMS, terms, strict=False))


def validation_recall(network: TwoBranches, pairs: Pairs, cutoff: int = 10) -> float:
    """Return recall at a rank, mean of both ways, over one gallery of all images."""
    rows = galleries(pairs.image, len(pairs.features), 1, seed=0)[0]
    images = embed_images(network, pairs.features)[pairs.image[rows].numpy()]
    captions = embed_captions(network, pairs, rows)
    own = np.arange(len(rows))
    both = (first_rank(each, own, own) for each in (images @ captions.T, captions @ images.T))
    return float(sum((ranks <= cutoff).mean() for ranks in both) / 2)
