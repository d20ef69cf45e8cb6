"""Measure what one training example takes at the sizes of an edition, for `crossmodal plan`.

    python -m measure.measure_costs [paper ...]

Every kind of training of every paper runs for a few steps on random data of the shapes its corpus
gives, on one thread of the CPU or on the GPU that is there, and goes into `config/costs.csv`.
What differs in nothing that takes time is measured once.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from crossmodal.papers.cmcgan.learners import ClassifierLearner
from crossmodal.papers.cmcgan.networks import build
from crossmodal.papers.cmcgan.step import Adversaries
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from crossmodal.config import load_edition, resolve
from crossmodal.costs import COLUMNS, MEASURED, TABLE
from crossmodal.devices import choose_device, device_name
from crossmodal.files import atomic_path
from crossmodal.papers.captions import train as captions
from crossmodal.papers.captions.data import Pairs as Captions
from crossmodal.papers.captions.settings import PaperSettings as CaptionsSettings
from crossmodal.papers.cmcgan.baselines import TranslatorAdversaries
from crossmodal.papers.cmcgan.data import shape_of
from crossmodal.papers.cmcgan.settings import PaperSettings as CmcganSettings
from crossmodal.papers.facevoice.data import Windows
from crossmodal.papers.facevoice.first_phase import play
from crossmodal.papers.facevoice.pairs import Trios
from crossmodal.papers.facevoice.second_phase import match
from crossmodal.papers.facevoice.settings import PaperSettings as FacevoiceSettings
from crossmodal.papers.hashing import train as hashing
from crossmodal.papers.hashing.data import Pairs as Articles
from crossmodal.papers.hashing.plan import LINEAR
from crossmodal.papers.hashing.settings import PaperSettings as HashingSettings
from crossmodal.papers.msvae import train as msvae
from crossmodal.papers.msvae.data import Clips, Parts
from crossmodal.papers.msvae.settings import PaperSettings as MsvaeSettings

EDITION = "paper"
COSTS = Path("config") / TABLE
# Examples a step where the paper's own batch would take a CPU minutes.
SMALL = {"captions": 8, "cmcgan": 2}
WIDTHS = {"wikipedia": (128, 10, 2173), "nuswide10k": (500, 1000, 8000)}
"""Image feature, text feature, training pairs."""
DEEP_WIDTH = 4096
FREE = {
    "epochs",
    "matching_epochs",
    "learning_rate",
    "margin",
    "split",
    "everything",
    "matched",
    "hinges",
    "rate_factor",
    "average",
    "voice",
    "keep",
    "kl_switch",
    "wasserstein_weight",
    "error",
    "loss",
    "class_weight",
    "adversarial",
    "mismatched_condition",
    "unseen_people",
    "noise",
}
"""Settings that change the time of a step by little or nothing."""


class Measured(NamedTuple):
    """One row of the table."""

    corpus: str
    family: str
    stage: str
    seconds: float
    gflop: float
    parameters: int
    batch: int


def clock(device: torch.device) -> float:
    """Return the processor's seconds, or the wall's when a GPU has done what it was given."""
    if device.type == "cpu":
        return time.process_time()
    torch.cuda.synchronize(device)
    return time.perf_counter()


def once(action: Callable[[], object], device: torch.device) -> float:
    """Return the seconds of an action."""
    began = clock(device)
    action()
    return clock(device) - began


def gflop(action: Callable[[], object]) -> float:
    """Return the arithmetic of an action in 10^9 operations."""
    with FlopCounterMode(display=False) as counter:
        action()
    return float(counter.get_total_flops()) / 1e9


def of_step(step: Callable[[], object], device: torch.device) -> tuple[float, float]:
    """Return seconds, after a step that warms up, and 10^9 operations of a step."""
    work = gflop(step)
    return once(step, device), work


def of_epochs(train: Callable[[int], object], device: torch.device) -> tuple[float, float]:
    """Return seconds and 10^9 operations of an epoch: what three take more than one."""
    train(1)
    seconds = once(lambda: train(3), device) - once(lambda: train(1), device)
    return max(seconds, 0.0) / 2, gflop(lambda: train(2)) - gflop(lambda: train(1))


def size(network: nn.Module) -> int:
    """Return how many numbers a checkpoint of a network holds."""
    return sum(value.numel() for value in network.state_dict().values())


def kinds(families: Any, resolved: Callable[[str], Any]) -> dict[str, list[str]]:
    """Group families by the settings that a step's time depends on."""
    groups: dict[str, list[str]] = {}
    for name in families:
        values = {k: v for k, v in resolved(name).model_dump().items() if k not in FREE}
        groups.setdefault(repr(values), []).append(name)
    return {names[0]: names for names in groups.values()}


def of_captions(settings: CaptionsSettings, device: torch.device) -> Iterator[Measured]:
    """Captions of full length."""
    batch = settings.training.batch if device.type == "cuda" else SMALL["captions"]
    frames = settings.training.frames
    pairs = Captions(
        -60 * torch.rand(batch, 40, frames).half(),
        torch.full((batch,), frames),
        torch.arange(batch),
        torch.randn(batch, DEEP_WIDTH),
        None,  # type: ignore[arg-type]
    ).to(device)
    for first, names in kinds(settings.families, settings.run_settings).items():
        learner = captions.start(
            pairs, settings.run_settings(first).model_copy(update={"batch": batch}), 0
        )

        def step(learner: captions.Learner = learner, batch: int = batch) -> None:
            captions.train_step(learner, pairs, torch.arange(batch))

        seconds, work = (value / batch for value in of_step(step, device))
        for name in names:
            for corpus in settings.corpora:
                yield Measured(corpus, name, "train", seconds, work, size(learner.network), batch)


def of_cmcgan(settings: CmcganSettings, device: torch.device) -> Iterator[Measured]:
    """Random pictures and sounds of 13 instruments."""
    label = torch.arange(64) % 13

    def measured(learner: Any, batch: int) -> tuple[float, float]:
        x = torch.rand(batch, 3, settings.sizes.picture_px, settings.sizes.picture_px)
        a = torch.rand(batch, 1, settings.sizes.bands, settings.sizes.steps)
        x, a = x.to(device), a.to(device)

        def step() -> None:
            learner.step(x, a, label[:batch])

        seconds, work = of_step(step, device)
        return seconds / batch, work / batch

    for model in settings.models:
        own = [name for name, family in settings.families.items() if family.model == model]
        for first, names in kinds(own, settings.model_settings).items():
            resolved = settings.model_settings(first)
            batch = resolved.batch if device.type == "cuda" else SMALL["cmcgan"]
            found: dict[str, tuple[float, float]] = {}
            if model in ("classifier", "fusion"):
                network = build(model, settings.sizes, resolved, 13).to(device)
                inputs = ("image", "sound") if model == "fusion" else (resolved.modality,)
                found["train"] = measured(ClassifierLearner(network, resolved, inputs), batch)
            elif model == "cmcgan":
                four = Adversaries(shape_of(settings.sizes, resolved), resolved, device)
                network, found["train"] = four.generator, measured(four, batch)
            else:
                shape = shape_of(settings.sizes, resolved)
                pair = TranslatorAdversaries(shape, resolved, 13, device)
                given = "sound" if resolved.modality == "image" else "image"
                source = ClassifierLearner(pair.generator.source, resolved, (given,))
                network = pair.generator
                found = {"source": measured(source, batch), "train": measured(pair, batch)}
            for name in names:
                for stage, (seconds, work) in found.items():
                    for corpus in settings.corpora:
                        yield Measured(corpus, name, stage, seconds, work, size(network), batch)


def of_facevoice(settings: FacevoiceSettings, device: torch.device) -> Iterator[Measured]:
    """Random windows of five people."""
    rows = settings.model.batch
    random = np.random.default_rng(0)
    trios = Trios(*(random.integers(0, rows, rows) for _ in range(3)))
    for first, names in kinds(settings.families, settings.resolved).items():
        resolved = settings.resolved(first)
        width = 16 * 11 if resolved.face == "regions" else 53
        windows = Windows(
            torch.randn(rows, width * resolved.steps),
            torch.randn(rows, 25 * resolved.steps),
            torch.arange(rows) % 5,
            np.array([""] * rows),
            np.array(["train"] * rows),
            [str(person) for person in range(5)],
        ).to(device)

        def run(epochs: int, w: Windows = windows, s: Any = resolved) -> Any:
            return play(w, trios, s.model_copy(update={"epochs": epochs}), 0)

        seconds, work = of_epochs(run, device)
        played = run(1)

        def last(epochs: int, w: Windows = windows, s: Any = resolved, f: Any = played) -> Any:
            return match(f, w, trios, s.model_copy(update={"matching_epochs": epochs}), 0)

        more_seconds, more_work = of_epochs(last, device)
        parameters, batch = size(last(1)[0]), resolved.batch
        for name in names:
            for corpus in settings.corpora:
                yield Measured(
                    corpus, name, "first", seconds / rows, work / rows, parameters, batch
                )
                yield Measured(
                    corpus, name, "second", more_seconds / rows, more_work / rows, parameters, batch
                )


def of_hashing(settings: HashingSettings, device: torch.device) -> Iterator[Measured]:
    """Random features; methods without a network are fitted once to all published pairs."""
    for corpus, (image, text, published) in WIDTHS.items():
        for name, family in settings.families.items():
            resolved = settings.method_settings(name)
            linear = family.method in LINEAR
            count = published if linear else 4 * resolved.batch
            width = DEEP_WIDTH if family.image_feature else image
            pairs = Articles(
                torch.rand(count, width),
                torch.rand(count, text),
                torch.arange(count) % 10,
                [str(number) for number in range(10)],
            )
            pairs = pairs if linear else pairs.to(device)
            bits = None if family.method == "semantic" else max(settings.bits)

            def run(
                epochs: int, p: Articles = pairs, f: Any = family, s: Any = resolved, b: Any = bits
            ) -> Any:
                return hashing.train(f.method, p, b, s.model_copy(update={"epochs": epochs}), 0)

            if linear:
                began = time.process_time()
                network = run(1)[0]
                seconds, work = time.process_time() - began, 0.0
            else:
                seconds, work = of_epochs(run, device)
                network = run(1)[0]
            yield Measured(
                corpus, name, "train", seconds / count, work / count, size(network), resolved.batch
            )


def of_msvae(settings: MsvaeSettings, device: torch.device) -> Iterator[Measured]:
    """Random faces and voices."""
    import pandas as pd

    rows = 4 * settings.method.batch
    clips = Clips(torch.randn(rows, 529), torch.randn(rows, 512), pd.DataFrame()).to(device)
    parts = Parts(clips, Clips(clips.face[:2], clips.voice[:2], pd.DataFrame()), clips, 0.0, 1.0)
    for first, names in kinds(settings.families, settings.method_settings).items():
        resolved = settings.method_settings(first).model_copy(update={"passes": 1})

        def run(epochs: int, s: Any = resolved) -> Any:
            return msvae.train(parts, s.model_copy(update={"epochs": epochs}), 0)

        seconds, work = of_epochs(run, device)
        network = run(1)[0]
        for name in names:
            for corpus in settings.corpora:
                yield Measured(
                    corpus,
                    name,
                    "train",
                    seconds / rows,
                    work / rows,
                    size(network),
                    resolved.batch,
                )


PAPERS: dict[str, tuple[Any, Callable[[Any, torch.device], Iterator[Measured]]]] = {
    "hashing": (HashingSettings, of_hashing),
    "captions": (CaptionsSettings, of_captions),
    "cmcgan": (CmcganSettings, of_cmcgan),
    "facevoice": (FacevoiceSettings, of_facevoice),
    "msvae": (MsvaeSettings, of_msvae),
}


def main(papers: list[str]) -> None:
    """Measure some papers (none named: all) and put them into the table."""
    device = choose_device(1)
    kept: list[list[str]] = []
    if COSTS.is_file():
        with COSTS.open(encoding="utf-8", newline="") as stream:
            table = list(csv.reader(stream))[1:]
        kept = [row for row in table if papers and (row[0] != EDITION or row[1] not in papers)]
    edition = load_edition(EDITION)
    for paper in papers or PAPERS:
        model, measure = PAPERS[paper]
        for found in measure(resolve(model, paper, edition), device):
            key = [EDITION, paper, found.corpus, found.family, found.stage]
            numbers = [f"{found.seconds:.3g}", f"{found.gflop:.3g}", str(found.parameters)]
            kept.append([*key, *numbers, str(found.batch), device_name(device)])
            print(*kept[-1], flush=True)
    with atomic_path(COSTS) as temporary, temporary.open("w", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*COLUMNS, *MEASURED])
        writer.writerows(sorted(kept))


if __name__ == "__main__":
    main(sys.argv[1:])
