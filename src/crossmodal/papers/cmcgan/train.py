"""Training of the paper's models: run folders, each training resumable after a kill."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

from crossmodal.devices import choose_device, device_name
from crossmodal.digest import source_digest
from crossmodal.papers.cmcgan.baselines import TranslatorAdversaries
from crossmodal.papers.cmcgan.data import FILES, Pairs, Parts, load_parts, shape_of
from crossmodal.papers.cmcgan.fit import Progress, fit, history
from crossmodal.papers.cmcgan.learners import ClassifierLearner, GeneratorLearner, Learner
from crossmodal.papers.cmcgan.model import Classifier
from crossmodal.papers.cmcgan.networks import build, generated_names, load_network
from crossmodal.papers.cmcgan.settings import Modality, ModelSettings, PaperSettings
from crossmodal.papers.cmcgan.step import Adversaries
from crossmodal.progress import progress
from crossmodal.resume import Resume, stamp_of
from crossmodal.runs import Run, Stopwatch, describe_network, provenance, write_run

DISTRIBUTIONS = ("numpy", "torch")


@dataclass(frozen=True)
class Job:
    """One training: what it learns, from what, and where its state lies.

    Attributes:
        settings: The paper's settings.
        family: The variant's name.
        run: Corpus, variant and seed.
        parts: The corpus on the device.
        paper_results: `results/<edition>/cmcgan`.
        origin: What `runs.provenance` returned.
        device: Where to compute.
    """

    settings: PaperSettings
    family: str
    run: Run
    parts: Parts
    paper_results: Path
    origin: dict[str, Any]
    device: torch.device

    @property
    def resolved(self) -> ModelSettings:
        """The family's settings."""
        return self.settings.model_settings(self.family)

    def config(self) -> dict[str, Any]:
        """Return what the checkpoint needs to be built again; plain values."""
        return {
            "family": self.family,
            "model": self.settings.families[self.family].model,
            "sizes": self.settings.sizes.model_dump(),
            "settings": self.resolved.model_dump(),
            "classes": self.parts.train.classes,
        }

    def resume(self, learner: Learner, name: str = "state") -> Resume:
        """Return the keeper of a learner's state; another setting, input or code is another."""
        stamp = stamp_of(
            config=self.config(),
            seed=self.run.seed,
            inputs=self.origin["inputs"],
            versions=self.origin["versions"],
            threads=self.origin["threads"],
            device=device_name(self.device),
            code=source_digest(__name__),
        )
        path = Resume.place(self.paper_results, self.run).with_stem(name)
        return Resume(path, stamp, learner.parts(), self.device)

    def pairs(self) -> Pairs:
        """Return what is learned from: the training part, or everything (a reading)."""
        if not self.resolved.everything:
            return self.parts.train
        return Pairs.joined([self.parts.train, self.parts.validation, self.parts.test])


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
    States of trainings that were cut short are used and, when all runs are written, removed.

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
    states: list[Resume] = []
    jobs = [entry for entry in settings.runs(seeds) if entry[0] in families]
    loaded: dict[str, Parts] = {}
    for family, seed in progress(jobs, title=f"training on {corpus}", unit="run"):
        split = settings.model_settings(family).split
        if split not in loaded:
            loaded = {split: load_parts(folder, settings.sizes, split).to(device)}
        run = Run(corpus, family, seed)
        judges = judge_runs(settings, family, run, out)
        files = [
            *(folder / name for name in FILES),
            *(judge / "checkpoint.pt" for judge in judges.values()),
        ]
        origin = provenance(files, DISTRIBUTIONS, threads)
        job = Job(settings, family, run, loaded[split], out, origin, device)
        learner, done, keepers = train(job, judges)
        states += keepers
        _write(job, learner, done, source)
    for state in states:
        state.close()


def train(job: Job, judges: dict[Modality, Path]) -> tuple[Learner, Progress, list[Resume]]:
    """Train one run.

    Args:
        job: What to train.
        judges: Modality -> run folder of the classifier that judges.

    Returns:
        The learner, whose network has the best epoch's weights; the history; and the states kept,
        which stay until the run is written.
    """
    settings, shape = job.resolved, shape_of(job.settings.sizes, job.resolved)
    model, classes = job.settings.families[job.family].model, len(job.parts.train.classes)
    torch.manual_seed(job.run.seed)
    keepers: list[Resume] = []
    before: Progress | None = None
    learner: Learner
    if model in ("classifier", "fusion"):
        network = build(model, job.settings.sizes, settings, classes).to(job.device)
        inputs = ("image", "sound") if model == "fusion" else (settings.modality,)
        learner = ClassifierLearner(network, settings, inputs)
    else:
        names = generated_names(model, settings)
        seated = {modality: _judge(path, job.device) for modality, path in judges.items()}
        if model == "cmcgan":
            learner = GeneratorLearner(Adversaries(shape, settings, job.device), names, seated)
        else:
            adversaries = TranslatorAdversaries(shape, settings, classes, job.device)
            before, keeper = _fit_source(job, adversaries)
            keepers.append(keeper)
            learner = GeneratorLearner(adversaries, names, seated)
    # What came before may have been resumed; the training itself starts from its seed.
    torch.manual_seed(job.run.seed)
    keepers.append(job.resume(learner))
    done = fit(
        learner,
        job.pairs(),
        job.parts.validation,
        epochs=settings.epochs,
        batch=settings.batch,
        decay=settings.decay,
        resume=keepers[-1],
    )
    keepers[-1].save(vars(done))
    learner.network.load_state_dict(done.weights)
    if before is not None:
        done.seconds += before.seconds
        done.core_seconds += before.core_seconds
    return learner, done, keepers


def _judge(folder: Path, device: torch.device) -> Classifier:
    network, _ = load_network(folder, device)
    assert isinstance(network, Classifier)
    return network


def _fit_source(job: Job, adversaries: TranslatorAdversaries) -> tuple[Progress, Resume]:
    """Train the classifier whose features a translator reads, and leave its best epoch in it."""
    source = adversaries.generator.source
    given = "sound" if job.resolved.modality == "image" else "image"
    learner = ClassifierLearner(source, job.resolved, (given,))
    resume = job.resume(learner, "source")
    done = fit(
        learner,
        job.pairs(),
        job.parts.validation,
        epochs=job.resolved.source_epochs,
        batch=job.resolved.batch,
        decay=False,
        resume=resume,
    )
    resume.save(vars(done))
    source.load_state_dict(done.weights)
    return done, resume


def _write(job: Job, learner: Learner, done: Progress, source: str) -> None:
    # The seconds of jobs that were cut short count too.
    watch = Stopwatch(time.perf_counter() - done.seconds, time.process_time() - done.core_seconds)
    network = learner.network.cpu()
    write_run(
        job.run.folder(job.paper_results),
        paper="cmcgan",
        run=job.run,
        source=source,
        weights=network.state_dict(),
        config=job.config(),
        history=pd.DataFrame(history(done)),
        network=_described(network, learner),
        origin=job.origin,
        device=device_name(job.device),
        watch=watch,
    )


def _described(network: nn.Module, learner: Learner) -> dict[str, list[dict[str, Any]]]:
    """Return the module tables of the network's parts and of its discriminator."""
    found = {name: describe_network(part) for name, part in network.named_children()}
    judge = learner.parts().get("discriminator")
    if isinstance(judge, nn.Module):
        found["discriminator"] = describe_network(judge)
    return found
