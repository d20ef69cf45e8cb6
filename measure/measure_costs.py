"""Measure what one training example takes at the sizes of an edition, for `crossmodal estimate`.

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
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from crossmodal.config import load_edition, resolve
from crossmodal.devices import choose_device, device_name
from crossmodal.estimate import KEY_COLUMNS, MEASURED, TABLE
from crossmodal.files import atomic_path
from crossmodal.papers.captions import train as captions
from crossmodal.papers.captions.data import Pairs as Captions
from crossmodal.papers.captions.settings import PaperSettings as CaptionsSettings
from crossmodal.papers.cmcgan import train as cmcgan
from crossmodal.papers.cmcgan.model import build, shape_of
from crossmodal.papers.cmcgan.settings import MODALITIES
from crossmodal.papers.cmcgan.settings import PaperSettings as CmcganSettings
from crossmodal.papers.facevoice.data import Triplets, Windows
from crossmodal.papers.facevoice.settings import PaperSettings as FacevoiceSettings
from crossmodal.papers.facevoice.train import train_adversarial, train_matching
from crossmodal.papers.hashing import train as hashing
from crossmodal.papers.hashing.data import Pairs as Articles
from crossmodal.papers.hashing.plan import LINEAR
from crossmodal.papers.hashing.settings import PaperSettings as HashingSettings
from crossmodal.papers.msvae import train as msvae
from crossmodal.papers.msvae.data import Clips, Split
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
    "train_on_all",
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
    variant: str
    phase: str
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


def kinds(variants: Any, resolved: Callable[[str], Any]) -> dict[str, list[str]]:
    """Group variants by the settings that a step's time depends on."""
    groups: dict[str, list[str]] = {}
    for name in variants:
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
    for first, names in kinds(settings.variants, settings.run_settings).items():
        resolved = settings.run_settings(first).model_copy(update={"batch": batch})
        network, optimizer = captions.start(pairs, resolved, 0)

        def step(network: Any = network, optimizer: Any = optimizer, batch: int = batch) -> None:
            captions.train_step(network, optimizer, pairs, torch.arange(batch))

        seconds, work = (value / batch for value in of_step(step, device))
        for name in names:
            for corpus in settings.corpora:
                yield Measured(corpus, name, "train", seconds, work, size(network), batch)


def of_cmcgan(settings: CmcganSettings, device: torch.device) -> Iterator[Measured]:
    """Random pictures and sounds of 13 instruments."""
    label = torch.arange(64) % 13

    def measured(train_step: Any, batch: int) -> tuple[float, float]:
        x = torch.rand(batch, 3, settings.sizes.picture_px, settings.sizes.picture_px)
        a = torch.rand(batch, 1, settings.sizes.bands, settings.sizes.steps)
        x, a = x.to(device), a.to(device)

        def step() -> None:
            train_step(x, a, label[:batch])

        seconds, work = of_step(step, device)
        return seconds / batch, work / batch

    for model in settings.models:
        own = [name for name, variant in settings.variants.items() if variant.model == model]
        for first, names in kinds(own, settings.resolved).items():
            resolved = settings.resolved(first)
            batch = resolved.batch if device.type == "cuda" else SMALL["cmcgan"]
            shape = shape_of(settings.sizes, resolved)
            found: dict[str, tuple[float, float]] = {}
            network: nn.Module
            if model in ("classifier", "fusion"):
                network = build(model, shape, resolved, 13).to(device)
                inputs = MODALITIES if model == "fusion" else (resolved.modality,)
                learner = cmcgan.classifier_learner(network, resolved, inputs)
                found["train"] = measured(learner.step, batch)
            elif model == "cmcgan":
                gan = cmcgan.new_cmcgan(shape, resolved, device)
                network, found["train"] = (
                    gan.generator,
                    measured(partial(cmcgan.gan_step, gan), batch),
                )
            else:
                pair = cmcgan.new_translator(shape, resolved, 13, device)
                network = pair.generator
                source = cmcgan.classifier_learner(
                    pair.generator.source, resolved, (pair.generator.given,)
                )
                found["source"] = measured(source.step, batch)
                found["train"] = measured(partial(cmcgan.translator_step, pair), batch)
            for name in names:
                for phase, (seconds, work) in found.items():
                    for corpus in settings.corpora:
                        yield Measured(corpus, name, phase, seconds, work, size(network), batch)


def of_facevoice(settings: FacevoiceSettings, device: torch.device) -> Iterator[Measured]:
    """Random windows of five people."""
    rows = settings.model.batch
    random = np.random.default_rng(0)
    triplets = Triplets(*(random.integers(0, rows, rows) for _ in range(3)))
    for first, names in kinds(settings.variants, settings.resolved).items():
        resolved = settings.resolved(first)
        width = 16 * 11 if resolved.face == "regions" else 53
        windows = Windows(
            torch.randn(rows, width * resolved.steps),
            torch.randn(rows, 25 * resolved.steps),
            torch.arange(rows) % 5,
            np.array([""] * rows),
            np.array(["train"] * rows),
            [str(person) for person in range(5)],
            np.array([str(row) for row in range(rows)]),
        ).to(device)

        def run(epochs: int, w: Windows = windows, s: Any = resolved) -> Any:
            return train_adversarial(w, triplets, s.model_copy(update={"epochs": epochs}), 0)

        seconds, work = of_epochs(run, device)
        adversarial = run(1)

        def last(epochs: int, w: Windows = windows, s: Any = resolved, f: Any = adversarial) -> Any:
            return train_matching(
                f, w, triplets, s.model_copy(update={"matching_epochs": epochs}), 0
            )

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
        for name, variant in settings.variants.items():
            resolved = settings.method_settings(name)
            linear = variant.method in LINEAR
            count = published if linear else 4 * resolved.batch
            width = DEEP_WIDTH if variant.image_feature else image
            pairs = Articles(
                torch.rand(count, width),
                torch.rand(count, text),
                torch.arange(count) % 10,
                [str(number) for number in range(10)],
            )
            pairs = pairs if linear else pairs.to(device)
            # A run trains every code length, and its checkpoint holds them all.
            codes = settings.codes(name)
            bits = None if None in codes.values() else max(filter(None, codes.values()))

            def run(
                epochs: int, p: Articles = pairs, f: Any = variant, s: Any = resolved, b: Any = bits
            ) -> Any:
                return hashing.fit(f.method, p, b, s.model_copy(update={"epochs": epochs}), 0)

            if linear:
                began = time.process_time()
                network = run(1)[0]
                seconds, work = time.process_time() - began, 0.0
            else:
                seconds, work = of_epochs(run, device)
                network = run(1)[0]
            yield Measured(
                corpus,
                name,
                "train",
                seconds / count,
                work / count,
                len(codes) * size(network),
                resolved.batch,
            )


def of_msvae(settings: MsvaeSettings, device: torch.device) -> Iterator[Measured]:
    """Random faces and voices."""
    import pandas as pd

    rows = 4 * settings.method.batch
    clips = Clips(torch.randn(rows, 529), torch.randn(rows, 512), pd.DataFrame()).to(device)
    split = Split(clips, Clips(clips.face[:2], clips.voice[:2], pd.DataFrame()), clips, 0.0, 1.0)
    for first, names in kinds(settings.variants, settings.method_settings).items():
        resolved = settings.method_settings(first).model_copy(update={"passes": 1})

        def run(epochs: int, s: Any = resolved) -> Any:
            return msvae.fit(split, s.model_copy(update={"epochs": epochs}), 0)

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
            key = [EDITION, paper, found.corpus, found.variant, found.phase]
            numbers = [f"{found.seconds:.3g}", f"{found.gflop:.3g}", str(found.parameters)]
            kept.append([*key, *numbers, str(found.batch), device_name(device)])
            print(*kept[-1], flush=True)
    with atomic_path(COSTS) as temporary, temporary.open("w", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*KEY_COLUMNS, *MEASURED])
        writer.writerows(sorted(kept))


if __name__ == "__main__":
    main(sys.argv[1:])
