"""Training: every method by its own algorithm; a run trains all code lengths of a variant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from crossmodal import training
from crossmodal.jobs import Trained, TrainingJob
from crossmodal.papers.hashing import linear, losses, model
from crossmodal.papers.hashing.data import Pairs, load_split
from crossmodal.papers.hashing.settings import MethodSettings, PaperSettings
from crossmodal.papers.search import read_chosen
from crossmodal.progress import progress
from crossmodal.resume import Resume
from crossmodal.runs import describe_network
from crossmodal.training import Row, update

SSAH_TERMS = (
    *("label", "feature", "hash", "quantisation", "labels"),
    *("adversarial", "discriminator"),
)
Optimizers = dict[str, torch.optim.Optimizer]
Step = Callable[[Tensor, int], Mapping[str, Tensor]]


def train(job: TrainingJob) -> Trained:
    """Train all code lengths of a variant, one after the other, each from the same seed."""
    settings: PaperSettings = job.settings
    variant, method = job.run.variant, settings.variants[job.run.variant].method
    assert job.search is not None
    found = read_chosen(job.search, variant, list(settings.searched(variant)))
    chosen = settings.method_settings(variant, **found)
    split = load_split(settings, job.run.corpus, variant, job.corpus_results)
    pairs = split.train.to(job.device)
    codes = settings.codes(variant)
    networks, histories = {}, []
    for code, bits in progress(codes.items(), title=job.run.name, unit="code length"):
        resume = job.resume(f"bits{code}")
        network, history = fit(method, pairs, bits, chosen, job.run.seed, resume)
        networks[code] = network.cpu()
        histories.append(history.assign(code=code))
    config = {
        "method": method,
        "codes": codes,
        "image_width": pairs.image.shape[1],
        "text_width": pairs.text.shape[1],
        "classes": pairs.classes,
        "settings": chosen.model_dump(),
    }
    parts = {
        f"{code}.{name}": describe_network(part)
        for code, network in networks.items()
        for name, part in network.named_children()
    }
    weights = nn.ModuleDict(networks).state_dict()
    return Trained(weights, config, pd.concat(histories, ignore_index=True), parts)


def fit(
    method: str,
    pairs: Pairs,
    bits: int | None,
    settings: MethodSettings,
    seed: int,
    resume: Resume | None = None,
) -> tuple[model.TwoBranch, pd.DataFrame]:
    """Train one method on all pairs given.

    Args:
        bits: Length of the code; None for `semantic`.
        settings: The method's settings.
        resume: Keeps the state of a network's training; None keeps none. CVH and SMFH have no
            steps to keep: killed, they start over.

    Returns:
        The network in evaluation mode, and its history, a column a loss term.
    """
    torch.manual_seed(seed)
    network = model.build(
        method, pairs.image.shape[1], pairs.text.shape[1], len(pairs.classes), bits, settings
    ).to(pairs.image.device)
    network.fit_standardisation(pairs.image, pairs.text)
    if isinstance(network, model.LinearHash):
        return network.eval(), _solve(method, network, pairs, settings, seed)
    if isinstance(network, model.SsahNetwork):
        optimizers, step = _ssah(network, pairs, settings)
    else:
        assert isinstance(network, model.SemanticNetwork)
        optimizers, step = _semantic(network, pairs, settings)
    schedules = {
        f"{name}_schedule": torch.optim.lr_scheduler.CosineAnnealingLR(one, settings.epochs)
        for name, one in optimizers.items()
        if name != "discriminators"
    }

    def close(means: Row, epoch: int) -> Row:
        for schedule in schedules.values():
            schedule.step()
        return means

    rows = training.fit(
        {"network": network, **optimizers, **schedules},
        resume,
        epochs=settings.epochs,
        draw=lambda: _batches(len(pairs), settings.batch),
        step=step,
        close=close,
    )
    return network.eval(), pd.DataFrame(rows)


def _solve(
    method: str, network: model.LinearHash, pairs: Pairs, settings: MethodSettings, seed: int
) -> pd.DataFrame:
    image = network.standardise_image(pairs.image).cpu().double().numpy()
    text = network.standardise_text(pairs.text).cpu().double().numpy()
    bits = network.image_weight.shape[1]
    rng = np.random.default_rng(seed)
    if method == "cvh":
        wx, wy, history = linear.fit_cvh(image, text, bits, settings, rng)
    else:
        graph = linear.neighbour_graph(image, text, pairs.label.cpu().numpy(), settings.neighbours)
        wx, wy, history = linear.fit_smfh(image, text, graph, bits, settings, rng)
    network.image_weight.copy_(torch.from_numpy(wx))
    network.text_weight.copy_(torch.from_numpy(wy))
    return pd.DataFrame(history)


def _batches(count: int, size: int) -> Iterator[Tensor]:
    """Yield the rows of one shuffled epoch; a last batch of one row is left out."""
    order = torch.randperm(count)
    for start in range(0, count, size):
        rows = order[start : start + size]
        if len(rows) > 1:
            yield rows


def _adam(settings: MethodSettings, *networks: nn.Module) -> torch.optim.Optimizer:
    parameters = [value for network in networks for value in network.parameters()]
    return torch.optim.AdamW(
        parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay
    )


def _semantic(
    network: model.SemanticNetwork, pairs: Pairs, settings: MethodSettings
) -> tuple[Optimizers, Step]:
    """The paper's two networks: each learns to classify."""
    optimizer = _adam(settings, network)

    def step(rows: Tensor, epoch: int) -> dict[str, Tensor]:
        batch = pairs.take(rows)
        image, text, image_logit, text_logit = network.logits(batch.image, batch.text)
        classification = losses.classification_loss(image_logit, text_logit, batch.label)
        quantisation = losses.quantisation_loss(image) + losses.quantisation_loss(text)
        update(optimizer, classification + settings.quantisation * quantisation)
        return {"classification": classification, "quantisation": quantisation}

    return {"networks": optimizer}, step


def _ssah(
    network: model.SsahNetwork, pairs: Pairs, settings: MethodSettings
) -> tuple[Optimizers, Step]:
    """Algorithm 1 of SSAH: per batch the label network, the modalities, the discriminators."""
    onehot = nn.functional.one_hot(pairs.label, len(pairs.classes)).float()
    branches = [network.image, network.text]
    discriminators = [network.image_discriminator, network.text_discriminator]
    inputs = [network.standardise_image(pairs.image), network.standardise_text(pairs.text)]
    optimizers = {
        "label": _adam(settings, network.label),
        "branches": _adam(settings, *branches),
        "discriminators": _adam(settings, *discriminators),
    }

    def step(rows: Tensor, epoch: int) -> dict[str, Any]:
        target = onehot[rows]
        similar = (pairs.label[rows][:, None] == pairs.label[rows][None, :]).float()

        own = network.label(target)
        label: Any = sum(losses.ssah_terms(own, own, target, similar, settings))
        update(optimizers["label"], label)

        with torch.no_grad():
            anchor = network.label(target)
        outputs = [branch(x[rows]) for branch, x in zip(branches, inputs, strict=True)]
        terms = [losses.ssah_terms(anchor, out, target, similar, settings) for out in outputs]
        fooling = sum(
            losses.adversarial_loss(discriminator(out[0]), True)
            for discriminator, out in zip(discriminators, outputs, strict=True)
        )
        sums = [sum(pair) for pair in zip(*terms, strict=True)]
        update(optimizers["branches"], sum(sums) + settings.adversarial * fooling)

        telling: Any = sum(
            losses.adversarial_loss(discriminator(anchor[0]), True)
            + losses.adversarial_loss(discriminator(out[0].detach()), False)
            for discriminator, out in zip(discriminators, outputs, strict=True)
        )
        update(optimizers["discriminators"], telling)
        return dict(zip(SSAH_TERMS, (label, *sums, fooling, telling), strict=True))

    return optimizers, step
