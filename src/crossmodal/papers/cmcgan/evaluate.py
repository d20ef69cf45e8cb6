"""Evaluation: what every run makes of the test clips, judged by classifiers of real data.

Tasks: `image` (made from the sound) and `sound` (made from the picture), for training clips
`image_train` and `sound_train`. Protocols: `two_step` (FR_, the ends of A->A->V and V->V->A),
`one_step` (F_), `recovered` (RF_), `reconstructed` (R_), and `real` for the true items. The task
`classification` has the protocols of Table 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from crossmodal.devices import choose_device
from crossmodal.errors import InputError
from crossmodal.metrics.classification import correct
from crossmodal.metrics.generation import absolute_error
from crossmodal.papers.cmcgan import samples
from crossmodal.papers.cmcgan.baselines import Translator
from crossmodal.papers.cmcgan.data import Pairs, load_parts
from crossmodal.papers.cmcgan.measures import (
    Scalars,
    Scores,
    measurable,
    quality,
    real,
    recognised,
    true_items,
)
from crossmodal.papers.cmcgan.model import Classifier, Generator
from crossmodal.papers.cmcgan.multimodal import FusionNetwork
from crossmodal.papers.cmcgan.networks import classify, load_network, outputs
from crossmodal.papers.cmcgan.settings import MODALITIES, Modality, PaperSettings
from crossmodal.progress import progress
from crossmodal.runs import Run, write_scores

_ROWS = 256


@dataclass(frozen=True)
class Bench:
    """One corpus and split, and the finished runs on it.

    Attributes:
        settings: The paper's settings.
        corpus: Name of the corpus.
        split: Column of the manifest.
        seeds: The edition's seeds.
        folder: `results/<edition>/corpora/<corpus>/cmcgan`.
        paper_results: `results/<edition>/cmcgan`.
        device: Where to compute.
        test: The test clips that are measured.
        train: As many training clips.
    """

    settings: PaperSettings
    corpus: str
    split: str
    seeds: list[int]
    folder: Path
    paper_results: Path
    device: torch.device
    test: Pairs
    train: Pairs

    def network(self, family: str, seed: int) -> nn.Module:
        """Load a run's network; a family with fewer seeds lends its first."""
        own = self.seeds[: self.settings.families[family].seeds]
        run = Run(self.corpus, family, seed if seed in own else own[0])
        return load_network(run.folder(self.paper_results), self.device)[0]

    def judge(self, modality: Modality, seed: int) -> Classifier:
        """Load the classifier of real data that judges a modality."""
        judge = self.network(self.settings.judge(modality, self.split), seed)
        assert isinstance(judge, Classifier)
        return judge

    def filler(self, seed: int, *, everything: bool) -> Generator | None:
        """Load the CMCGAN that fills a missing modality; None where the settings have none."""
        family = self.settings.reference(self.split, everything=everything)
        if family is None:
            return None
        generator = self.network(family, seed)
        assert isinstance(generator, Generator)
        return generator

    def plays(self, family: str, seed: int) -> bool:
        """Whether a figure plays the run's sounds: making waves takes seconds."""
        compared = self.settings.families[family].model != "cmcgan"
        compared |= family == self.settings.reference("split")
        return compared and self.split == "split" and seed == self.seeds[0]

    @cached_property
    def shown(self) -> Tensor:
        """Rows of the test clips to show, one an instrument.

        Of each instrument the clip whose picture, made by the first seed of CMCGAN, has the median
        L1: neither the best nor the worst.

        Raises:
            InputError: No CMCGAN is trained on this split.
        """
        generator = self.filler(self.seeds[0], everything=False)
        if generator is None:
            raise InputError(
                f"no CMCGAN is trained on {self.split!r}",
                file="config/papers/cmcgan.yaml",
                field="families",
                hint="Add one: it chooses the clips that are shown",
            )
        made = measurable("image", outputs(generator, self.test)["fr_image"])
        true = measurable("image", true_items(self.test)["image"])
        return samples.median_items(absolute_error(made, true), self.test.label)


def evaluate(
    settings: PaperSettings,
    corpus: str,
    families: list[str],
    seeds: list[int],
    folder: Path,
    out: Path,
) -> None:
    """Write `scores.npz`, `metrics.csv` and `samples.npz` of the runs of some families.

    Args:
        settings: The paper's settings.
        corpus: Name of the corpus.
        families: Their runs are scored; classifiers and CMCGAN must be trained, whether or not
            they are among them.
        seeds: The edition's seeds.
        folder: `results/<edition>/corpora/<corpus>/cmcgan`.
        out: `results/<edition>/cmcgan`.

    Raises:
        InputError: A file is missing or does not fit.
    """
    device = choose_device(1)
    benches: dict[str, Bench] = {}
    runs = [entry for entry in settings.runs(seeds) if entry[0] in families]
    for family, seed in progress(runs, title=f"evaluating {corpus}", unit="run"):
        split = settings.model_settings(family).split
        if split not in benches:
            parts = load_parts(folder, settings.sizes, split)
            test = spread(parts.test, settings.items).to(device)
            train = spread(parts.train, len(test)).to(device)
            benches[split] = Bench(settings, corpus, split, seeds, folder, out, device, test, train)
        run = Run(corpus, family, seed)
        scores, scalars, shown = evaluate_run(benches[split], family, seed)
        samples.write_samples(run.folder(out) / "samples.npz", shown)
        write_scores(run.folder(out), "cmcgan", run, scores, scalars)


def evaluate_run(bench: Bench, family: str, seed: int) -> tuple[Scores, Scalars, samples.Samples]:
    """Score one run.

    Returns:
        Scores by `task|protocol|metric`, further rows for `metrics.csv`, and what is shown.
    """
    network = bench.network(family, seed)
    if isinstance(network, FusionNetwork):
        return dynamic(bench, network, seed), [], samples.sampled({}, bench.test, bench.shown)
    if isinstance(network, Classifier):
        modality = bench.settings.model_settings(family).modality
        scores, scalars = real(modality, network, bench.test, bench.train)
        made = {f"true_{modality}": true_items(bench.test)[modality]}
        shown = samples.sampled(made, bench.test, bench.shown)
        if modality == "sound":
            shown["band_hz"] = samples.band_centres_hz(bench.settings.sizes.bands)
        if modality == "sound" and bench.plays(family, seed):
            shown["wave"] = samples.true_waves(bench.folder, shown["clip"])
            shown["wave_reconstructed"] = samples.heard(shown["true_sound"])
        return scores, scalars, shown
    assert isinstance(network, Generator | Translator)
    modalities = MODALITIES if isinstance(network, Generator) else (network.modality,)
    judges: dict[str, Classifier] = {name: bench.judge(name, seed) for name in modalities}
    made = outputs(network, bench.test)
    scores, scalars = quality(made, bench.test, judges)
    scores |= recognised(outputs(network, bench.train), bench.train, judges, "_train")
    shown = samples.sampled(made, bench.test, bench.shown)
    if "sound" in modalities and bench.plays(family, seed):
        shown["wave"] = samples.heard(shown["fr_sound" if "fr_sound" in shown else "f_sound"])
    return scores, scalars, shown


def dynamic(bench: Bench, network: FusionNetwork, seed: int) -> Scores:
    """Score the dynamic network under the protocols of Table 2.

    V and A are the classifiers of one modality. GV-A is the sound with a picture made from it,
    GA-V the picture with a sound made from it; with `-everything` behind, the generator that fills
    has learned from the test songs too.
    """
    true = true_items(bench.test)
    labels = bench.test.label.numpy()
    found = {
        "V": classify(bench.judge("image", seed), true["image"]),
        "A": classify(bench.judge("sound", seed), true["sound"]),
        "V-A": _joined(network, true["image"], true["sound"], bench.device),
    }
    for everything, suffix in ((False, ""), (True, "-everything")):
        generator = bench.filler(seed, everything=everything)
        if generator is None:
            continue
        made = outputs(generator, bench.test)
        found[f"GV-A{suffix}"] = _joined(network, made["fr_image"], true["sound"], bench.device)
        found[f"GA-V{suffix}"] = _joined(network, true["image"], made["fr_sound"], bench.device)
    return {
        f"classification|{protocol}|accuracy": correct(classes.numpy(), labels)
        for protocol, classes in found.items()
    }


def _joined(network: FusionNetwork, image: Tensor, sound: Tensor, device: torch.device) -> Tensor:
    """Return the classes [n], on the CPU, of pictures with sounds."""
    with torch.inference_mode():
        found = [
            network(x.to(device), a.to(device)).argmax(dim=1).cpu()
            for x, a in zip(torch.split(image, _ROWS), torch.split(sound, _ROWS), strict=True)
        ]
    return torch.cat(found)


def spread(pairs: Pairs, items: int) -> Pairs:
    """Return at most so many pairs, evenly spread over all of them in their order."""
    count = min(items, len(pairs))
    return pairs.take(torch.from_numpy(np.linspace(0, len(pairs) - 1, count).round().astype(int)))
