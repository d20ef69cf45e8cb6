"""Training of the paper's models: run folders, each training resumable after a kill."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

from crossmodal.devices import choose_device
from crossmodal.digest import source_digest
from crossmodal.jobs import Circumstances, Training, TrainingJob
from crossmodal.papers.cmcgan.baselines import TranslatorAdversaries
from crossmodal.papers.cmcgan.data import FILES, Pairs, Parts, load_parts, shape_of
from crossmodal.papers.cmcgan.fit import fit
from crossmodal.papers.cmcgan.learners import ClassifierLearner, GeneratorLearner, Learner
from crossmodal.papers.cmcgan.model import Classifier
from crossmodal.papers.cmcgan.networks import build, generated_names, load_network
from crossmodal.papers.cmcgan.settings import Modality, ModelSettings, PaperSettings
from crossmodal.papers.cmcgan.step import Adversaries
from crossmodal.progress import progress
from crossmodal.resume import Resume
from crossmodal.runs import Run, describe_network
from crossmodal.training import Row

DISTRIBUTIONS = ("numpy", "torch")


def judge_runs(
    settings: PaperSettings, family: str, run: Run, paper_results: Path
) -> dict[Modality, Path]:
    """Return the run folders of the classifiers that judge a family: modality -> folder.

    They are those of the same seed and split; families that are classifiers have none.
    """
    model, resolved = settings.families[family].model, settings.model_settings(family)
    if model not in ("cmcgan", "translator"):
        return {}
    return {
        modality: Run(run.corpus, settings.judge(modality, resolved.split), run.seed).folder(
            paper_results
        )
        for modality in generated_names(model, resolved)
    }


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
    """Train some families and write their run folders.

    Classifiers come first where they are among the families; otherwise their runs must be there.

    Args:
        settings: The paper's settings.
        corpus: Name of the corpus.
        source: synthetic, download or own.
        families: Families to train, each with its own number of seeds.
        seeds: The edition's seeds.
        folder: `results/<edition>/corpora/<corpus>/cmcgan`.
        out: `results/<edition>/cmcgan`.
        threads: Number of threads on the CPU.

    Raises:
        InputError: A file is missing or does not fit.
    """
    device = choose_device(threads)
    under = Circumstances(device, threads, DISTRIBUTIONS, source_digest(__name__))
    job = TrainingJob("cmcgan", corpus, source, out, under)
    runs = [entry for entry in settings.runs(seeds) if entry[0] in families]
    loaded: dict[str, Parts] = {}
    for family, seed in progress(runs, title=f"training on {corpus}", unit="run"):
        split = settings.model_settings(family).split
        if split not in loaded:
            loaded = {split: load_parts(folder, settings.sizes, split).to(device)}
        judges = judge_runs(settings, family, Run(corpus, family, seed), out)
        files = [
            *(folder / name for name in FILES),
            *(judge / "checkpoint.pt" for judge in judges.values()),
        ]
        config = {
            "family": family,
            "model": settings.families[family].model,
            "sizes": settings.sizes.model_dump(),
            "settings": settings.model_settings(family).model_dump(),
            "classes": loaded[split].train.classes,
        }
        training = job.training(family, seed, files, config)
        if training.put_back():
            continue
        learner, rows = train(settings, training, loaded[split], judges)
        network = learner.network.cpu()
        described = _described(network, learner)
        training.finish(network.state_dict(), pd.DataFrame(rows), described)


def train(
    settings: PaperSettings, training: Training, parts: Parts, judges: dict[Modality, Path]
) -> tuple[Learner, list[Row]]:
    """Train one run.

    Args:
        settings: The paper's settings.
        training: The run.
        parts: The corpus on the device to compute on.
        judges: Modality -> run folder of the classifier that judges.

    Returns:
        The learner, whose network has the best epoch's weights, and the history.
    """
    family, seed, device = training.run.variant, training.run.seed, parts.train.picture.device
    model, chosen = settings.families[family].model, settings.model_settings(family)
    pairs, shape = _pairs(parts, chosen), shape_of(settings.sizes, chosen)
    classes = len(parts.train.classes)
    torch.manual_seed(seed)
    learner: Learner
    if model in ("classifier", "fusion"):
        network = build(model, settings.sizes, chosen, classes).to(device)
        inputs = ("image", "sound") if model == "fusion" else (chosen.modality,)
        learner = ClassifierLearner(network, chosen, inputs)
    else:
        names = generated_names(model, chosen)
        seated = {modality: _judge(path, device) for modality, path in judges.items()}
        if model == "cmcgan":
            learner = GeneratorLearner(Adversaries(shape, chosen, device), names, seated)
        else:
            adversaries = TranslatorAdversaries(shape, chosen, classes, device)
            _fit_source(adversaries, pairs, parts.validation, chosen, training.resume("source"))
            learner = GeneratorLearner(adversaries, names, seated)
    # What came before may have been resumed; the training itself starts from its seed.
    torch.manual_seed(seed)
    fitted = fit(
        learner,
        pairs,
        parts.validation,
        epochs=chosen.epochs,
        batch=chosen.batch,
        decay=chosen.decay,
        resume=training.resume(),
    )
    learner.network.load_state_dict(fitted.weights)
    return learner, fitted.rows


def _pairs(parts: Parts, settings: ModelSettings) -> Pairs:
    """Return what is learned from: the training part, or everything (a reading)."""
    if not settings.everything:
        return parts.train
    return Pairs.joined([parts.train, parts.validation, parts.test])


def _judge(folder: Path, device: torch.device) -> Classifier:
    network, _ = load_network(folder, device)
    assert isinstance(network, Classifier)
    return network


def _fit_source(
    adversaries: TranslatorAdversaries,
    pairs: Pairs,
    validation: Pairs,
    settings: ModelSettings,
    resume: Resume,
) -> None:
    """Train the classifier whose features a translator reads, and leave its best epoch in it."""
    source = adversaries.generator.source
    given = "sound" if settings.modality == "image" else "image"
    fitted = fit(
        ClassifierLearner(source, settings, (given,)),
        pairs,
        validation,
        epochs=settings.source_epochs,
        batch=settings.batch,
        decay=False,
        resume=resume,
    )
    source.load_state_dict(fitted.weights)


def _described(network: nn.Module, learner: Learner) -> dict[str, list[dict[str, Any]]]:
    """Return the module tables of the network's parts and of its discriminator."""
    found = {name: describe_network(part) for name, part in network.named_children()}
    judge = learner.parts().get("discriminator")
    if isinstance(judge, nn.Module):
        found["discriminator"] = describe_network(judge)
    return found
