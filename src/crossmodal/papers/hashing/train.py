"""Training: every method by its own algorithm, all bits and seeds of a method in one job."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from crossmodal.devices import choose_device
from crossmodal.digest import source_digest
from crossmodal.jobs import Circumstances, TrainingJob
from crossmodal.papers.hashing import linear, losses, model
from crossmodal.papers.hashing.choice import chosen_settings
from crossmodal.papers.hashing.data import Pairs, feature_files, load_parts
from crossmodal.papers.hashing.plan import LINEAR
from crossmodal.papers.hashing.settings import MethodSettings, PaperSettings
from crossmodal.progress import progress
from crossmodal.resume import Resume
from crossmodal.runs import describe_network
from crossmodal.training import Row, fit

DISTRIBUTIONS = ("numpy", "scipy", "torch")
SSAH_TERMS = (
    *("label", "feature", "hash", "quantisation", "labels"),
    *("adversarial", "discriminator"),
)
History = dict[str, list]


def train(
    method: str,
    pairs: Pairs,
    bits: int | None,
    settings: MethodSettings,
    seed: int,
    resume: Resume | None = None,
) -> tuple[model.TwoBranch, History]:
    """Train one method on all pairs given.

    Args:
        method: cvh, smfh, ssah, dssah, ours or semantic.
        pairs: Training pairs, on the device to train on.
        bits: Length of the code; None for `semantic`.
        settings: The method's settings.
        seed: Of weights, data order and rotations.
        resume: Keeps the state of a network's training; None keeps none. CVH and SMFH have no
            steps to keep: killed, they start over.

    Returns:
        The network in evaluation mode, and its history: one list a loss term.
    """
    torch.manual_seed(seed)
    network = model.build(
        method, pairs.image.shape[1], pairs.text.shape[1], len(pairs.classes), bits, settings
    ).to(pairs.image.device)
    network.fit_standardisation(pairs.image, pairs.text)
    if isinstance(network, model.LinearHash):
        history = _fit_linear(method, network, pairs, settings, seed)
    elif isinstance(network, model.SsahNetwork):
        history = _fit_ssah(network, pairs, settings, resume)
    else:
        assert isinstance(network, model.SemanticNetwork)
        history = _fit_semantic(network, pairs, settings, resume)
    return network.eval(), history


def _fit_linear(
    method: str, network: model.LinearHash, pairs: Pairs, settings: MethodSettings, seed: int
) -> History:
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
    return history


def _batches(count: int, size: int) -> Iterator[Tensor]:
    """Yield the rows of one shuffled epoch; a last batch of one row is left out."""
    order = torch.randperm(count)
    for start in range(0, count, size):
        rows = order[start : start + size]
        if len(rows) > 1:
            yield rows


def _schedule(optimiser: torch.optim.Optimizer, settings: MethodSettings) -> Any:
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings.epochs)


def _fit_semantic(
    network: model.SemanticNetwork,
    pairs: Pairs,
    settings: MethodSettings,
    resume: Resume | None,
) -> History:
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = _schedule(optimiser, settings)

    def step(rows: Tensor, epoch: int) -> dict[str, Tensor]:
        batch = pairs.take(rows)
        image, text, image_logit, text_logit = network.logits(batch.image, batch.text)
        classification = losses.classification_loss(image_logit, text_logit, batch.label)
        quantisation = losses.quantisation_loss(image) + losses.quantisation_loss(text)
        _step(optimiser, classification + settings.quantisation * quantisation)
        return {"classification": classification, "quantisation": quantisation}

    def close(means: Row, epoch: int) -> Row:
        schedule.step()
        return means

    rows = fit(
        {"network": network, "optimiser": optimiser, "schedule": schedule},
        resume,
        epochs=settings.epochs,
        draw=lambda: _batches(len(pairs), settings.batch),
        step=step,
        close=close,
    )
    return {name: [row[name] for row in rows] for name in rows[0]}


def _fit_ssah(
    network: model.SsahNetwork, pairs: Pairs, settings: MethodSettings, resume: Resume | None
) -> History:
    """Algorithm 1 of SSAH: per batch the label network, the modalities, the discriminators."""
    onehot = torch.nn.functional.one_hot(pairs.label, len(pairs.classes)).float()
    players = [network.image, network.text]
    judges = [network.image_discriminator, network.text_discriminator]
    inputs = [network.standardise_image(pairs.image), network.standardise_text(pairs.text)]

    def optimiser(*modules: torch.nn.Module) -> torch.optim.Optimizer:
        parameters = [value for module in modules for value in module.parameters()]
        return torch.optim.AdamW(
            parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay
        )

    optimisers = {
        "label": optimiser(network.label),
        "players": optimiser(*players),
        "judges": optimiser(*judges),
    }
    schedules = {name: _schedule(optimisers[name], settings) for name in ("label", "players")}

    def step(rows: Tensor, epoch: int) -> dict[str, Tensor]:
        target = onehot[rows]
        similar = (pairs.label[rows][:, None] == pairs.label[rows][None, :]).float()

        own = network.label(target)
        label_terms = _ssah_terms(own, own, target, similar, settings)
        _step(optimisers["label"], sum(label_terms))

        with torch.no_grad():
            anchor = network.label(target)
        outputs = [p(x[rows]) for p, x in zip(players, inputs, strict=True)]
        terms = [_ssah_terms(anchor, out, target, similar, settings) for out in outputs]
        fooling = sum(
            losses.adversarial_loss(judge(out[0]), True)
            for judge, out in zip(judges, outputs, strict=True)
        )
        means = [sum(pair) for pair in zip(*terms, strict=True)]
        _step(optimisers["players"], sum(means) + settings.adversarial * fooling)

        judged = sum(
            losses.adversarial_loss(judge(anchor[0]), True)
            + losses.adversarial_loss(judge(out[0].detach()), False)
            for judge, out in zip(judges, outputs, strict=True)
        )
        _step(optimisers["judges"], judged)
        values = (sum(label_terms), *means, fooling, judged)
        return dict(zip(SSAH_TERMS, values, strict=True))

    def close(means: Row, epoch: int) -> Row:
        for schedule in schedules.values():
            schedule.step()
        return means

    rows = fit(
        {
            "network": network,
            **{f"{name}_optimiser": part for name, part in optimisers.items()},
            **{f"{name}_schedule": part for name, part in schedules.items()},
        },
        resume,
        epochs=settings.epochs,
        draw=lambda: _batches(len(pairs), settings.batch),
        step=step,
        close=close,
    )
    return {name: [row[name] for row in rows] for name in rows[0]}


def _step(optimiser: torch.optim.Optimizer, loss: Any) -> None:
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


Outputs = tuple[Tensor, Tensor, Tensor]


def _ssah_terms(
    anchor: Outputs, out: Outputs, target: Tensor, similar: Tensor, settings: MethodSettings
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """SSAH Eq. 1-2: feature, hash, quantisation and label term, each with its weight."""
    weight = losses.pair_weight(similar, settings.balance)
    return (
        settings.feature_weight * losses.pairwise_nll(anchor[0], out[0], similar, weight),
        settings.hash_weight * losses.pairwise_nll(anchor[1], out[1], similar, weight),
        settings.quantisation * losses.quantisation_loss(out[1]),
        settings.label_weight * losses.label_loss(out[2], target),
    )


def train_runs(
    settings: PaperSettings,
    corpus: str,
    source: str,
    families: list[str],
    seeds: list[int],
    folder: Path,
    tuning: Path,
    out: Path,
    threads: int,
) -> None:
    """Train all bits and seeds of some families of one method and write their run folders.

    Args:
        settings: The paper's settings.
        corpus: Name of the corpus.
        source: synthetic, download or own.
        families: Families of one method.
        seeds: One run each.
        folder: `results/<edition>/corpora/<corpus>`.
        tuning: What `tune` wrote.
        out: `results/<edition>/hashing`.
        threads: Number of threads on the CPU.
    """
    linear_only = {settings.families[family].method for family in families} <= set(LINEAR)
    device = choose_device(threads, gpu=not linear_only)
    under = Circumstances(device, threads, DISTRIBUTIONS, source_digest(__name__))
    job = TrainingJob("hashing", corpus, source, out, under)
    runs = [
        (family, variant, bits, seed)
        for family in families
        for variant, bits in settings.variants(family)
        for seed in seeds
    ]
    for family, variant, bits, seed in progress(runs, title=f"training on {corpus}", unit="run"):
        method = settings.families[family].method
        searched = list(settings.search.get(method, {}))
        chosen = settings.method_settings(family, **chosen_settings(tuning, family, searched))
        files = [folder / "manifest.csv", *feature_files(settings, corpus, family, folder), tuning]
        pairs = load_parts(settings, corpus, family, folder).train.to(device)
        config = {
            "family": family,
            "method": method,
            "bits": bits,
            "image_width": pairs.image.shape[1],
            "text_width": pairs.text.shape[1],
            "classes": pairs.classes,
            "settings": chosen.model_dump(),
        }
        training = job.training(variant, seed, files, config)
        if training.put_back():
            continue
        network, history = train(method, pairs, bits, chosen, seed, training.resume())
        training.finish(
            network.cpu().state_dict(),
            pd.DataFrame(history),
            {name: describe_network(part) for name, part in network.named_children()},
        )
