"""Evaluation: what every run generates from the test clips, against classifiers of real data.

Tasks: `image` (made from the sound) and `sound` (made from the picture), for training clips
`image_train` and `sound_train`. Protocols: `two_step` (FR_, the ends of A->A->V and V->V->A),
`one_step` (F_), `recovered` (RF_), `reconstructed` (R_), and `real` for the true items. The task
`classification` has the protocols of Table 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from crossmodal.corpora.manifest import read_manifest
from crossmodal.features.sounding import band_centres_hz, to_waveform
from crossmodal.features.store import read_feature
from crossmodal.jobs import EvaluationJob
from crossmodal.metrics.classification import chance, correct, majority_share
from crossmodal.metrics.generation import absolute_error, frechet, psnr, ssim
from crossmodal.papers.cmcgan.data import HIGH_DB, LOW_DB, Pairs, load_split, to_bytes, to_db
from crossmodal.papers.cmcgan.model import (
    Classifier,
    FusionNetwork,
    classify,
    features_of,
    load,
    outputs,
)
from crossmodal.papers.cmcgan.settings import MODALITIES
from crossmodal.progress import progress
from crossmodal.runs import Run, load_checkpoint
from crossmodal.scores import Scored

Scores = dict[str, NDArray[np.float64]]
Scalars = dict[str, float]
"""`task|protocol|metric` -> one value a clip, [n]; one value of all clips."""

PROTOCOLS = {"fr": "two_step", "f": "one_step", "rf": "recovered", "r": "reconstructed"}
"""Prefix of an output's name -> protocol."""
_PLACE = ("task", "protocol", "metric")
_DATA_RANGE = {"image": 255.0, "sound": HIGH_DB - LOW_DB}
"""Largest less smallest value: grey levels of pictures, dB of sounds."""


def evaluate(job: EvaluationJob) -> Iterator[Scored]:
    """Yield the scores of every run; examples are of the split by song, one clip a class."""
    contexts: dict[str, Context] = {}
    for run in progress(job.runs, title=f"evaluating {job.corpus}", unit="run"):
        split = job.settings.resolved(run.variant).split
        if split not in contexts:
            contexts[split] = Context.of(job, split)
            if split == "split":
                job.examples.update(contexts[split].true_examples())
        yield contexts[split].score(run)


@dataclass(frozen=True)
class Context:
    """The runs of a split, the test clips that they are scored on, and as many training clips."""

    job: EvaluationJob
    split: str
    test: Pairs
    train: Pairs

    @classmethod
    def of(cls, job: EvaluationJob, split: str) -> Context:
        """Load at most `items` clips of each part."""
        pairs = load_split(job.corpus_results, job.settings.sizes, split)
        test = evenly_spread(pairs.test, job.settings.items).to(job.device)
        train = evenly_spread(pairs.train, len(test)).to(job.device)
        return cls(job, split, test, train)

    def network(self, variant: str, seed: int) -> nn.Module:
        """Load a run's network; a variant with fewer seeds lends its first."""
        seeds = [run.seed for run in self.job.runs if run.variant == variant]
        run = Run(self.job.corpus, variant, seed if seed in seeds else seeds[0])
        content = load_checkpoint(self.job.paper.run(run) / "checkpoint.pt")
        return load(content).to(self.job.device)

    def evaluator(self, modality: str, seed: int) -> Classifier:
        """Load the classifier of real data that evaluates a modality."""
        found = self.network(self.job.settings.evaluator(modality, self.split), seed)
        assert isinstance(found, Classifier)
        return found

    def score(self, run: Run) -> Scored:
        """Score one run."""
        network = self.network(run.variant, run.seed)
        scalars: Scalars = {}
        made: dict[str, Tensor] = {}
        if isinstance(network, FusionNetwork):
            scores = self.score_fusion(network, run.seed)
        elif isinstance(network, Classifier):
            modality = self.job.settings.resolved(run.variant).modality
            scores, scalars = score_real(modality, network, self.test, self.train)
        else:
            evaluators = {
                modality: self.evaluator(modality, run.seed)
                for modality in self.job.settings.generated(run.variant)
            }
            made = outputs(network, self.test)
            scores, scalars = score_generated(made, self.test, evaluators)
            for modality, protocol, values in generated(outputs(network, self.train)):
                found = accuracy(evaluators[modality], values, self.train)
                scores[f"{modality}_train|{protocol}|accuracy"] = found
        items = {
            key.rpartition("|")[0]: (self.train if "_train|" in key else self.test).clips
            for key in scores
        }
        rows = [
            {**dict(zip(_PLACE, key.split("|"), strict=True)), "value": value, "n": len(self.test)}
            for key, value in scalars.items()
        ]
        return Scored(run, scores, items, rows, self.examples(run, made))

    def score_fusion(self, network: nn.Module, seed: int) -> Scores:
        """Score the dynamic network under the protocols of Table 2.

        V and A are the classifiers of one modality. GV-A is the sound with a picture made from it,
        GA-V the picture with a sound made from it; with `-everything` behind, the generator of what
        is missing has learned from the test songs too.
        """
        true = true_items(self.test)
        found = {
            "V": classify(self.evaluator("image", seed), true["image"]),
            "A": classify(self.evaluator("sound", seed), true["sound"]),
            "V-A": classify(network, true["image"], true["sound"]),
        }
        for train_on_all, suffix in ((False, ""), (True, "-everything")):
            made = self.missing_made(seed, train_on_all=train_on_all)
            if made is not None:
                found[f"GV-A{suffix}"] = classify(network, made["fr_image"], true["sound"])
                found[f"GA-V{suffix}"] = classify(network, true["image"], made["fr_sound"])
        labels = self.test.label.numpy()
        return {
            f"classification|{protocol}|accuracy": correct(classes.numpy(), labels)
            for protocol, classes in found.items()
        }

    def missing_made(self, seed: int, *, train_on_all: bool = False) -> dict[str, Tensor] | None:
        """Return what CMCGAN makes of the test clips; None where the settings have none."""
        variant = self.job.settings.reference(self.split, train_on_all=train_on_all)
        return None if variant is None else outputs(self.network(variant, seed), self.test)

    @cached_property
    def shown(self) -> Tensor:
        """Rows of the test clips that figures show, one a class; none without CMCGAN.

        Of each class the clip whose picture, made by the first seed of CMCGAN, has the median L1:
        neither the best nor the worst.
        """
        made = self.missing_made(min(run.seed for run in self.job.runs))
        if made is None:
            return torch.zeros(0, dtype=torch.int64)
        found, true = measurable("image", made["fr_image"]), true_items(self.test)["image"]
        return median_items(absolute_error(found, measurable("image", true)), self.test.label)

    def true_examples(self) -> dict[str, NDArray[Any]]:
        """Return what figures show of k true clips, as `measurable` gives it.

        `wave` and `wave_reconstructed`, int16 [k, 22050], are as recorded and made of the log-mels.
        """
        rows = self.shown
        if not len(rows):
            return {}
        shown = self.test.take(rows)
        true = {name: measurable(name, values) for name, values in true_items(shown).items()}
        manifest = read_manifest(self.job.corpus_results / "manifest.csv")
        waves = read_feature(self.job.corpus_results / "waves.npy", len(manifest))
        row_of = {clip: row for row, clip in enumerate(manifest["clip"])}
        return {
            "clip": np.array(shown.clips),
            "label": np.array([shown.classes[number] for number in shown.label.tolist()]),
            **{f"true_{name}": values for name, values in true.items()},
            "band_hz": band_centres_hz(self.job.settings.sizes.bands),
            "wave": np.array(waves[[row_of[clip] for clip in shown.clips]], dtype=np.int16),
            "wave_reconstructed": to_waveform(true["sound"]),
        }

    def examples(self, run: Run, made: Mapping[str, Tensor]) -> dict[str, NDArray[Any]]:
        """Return what figures show of a run: values by the output's name, and `wave` to play."""
        if self.split != "split":
            return {}
        found = {
            name: measurable(name.split("_")[1], values[self.shown])
            for name, values in made.items()
        }
        # Making waves takes seconds: only where a figure plays them.
        settings, own = self.job.settings, [r for r in self.job.runs if r.variant == run.variant]
        compared = settings.variants[run.variant].model == "translator"
        compared |= run.variant == settings.reference("split")
        sounds = found.get("fr_sound", found.get("f_sound"))
        if sounds is not None and compared and run == min(own):
            found["wave"] = to_waveform(sounds)
        return found


def evenly_spread(pairs: Pairs, items: int) -> Pairs:
    """Return at most so many pairs, evenly spread over all of them in their order."""
    count = min(items, len(pairs))
    return pairs.take(torch.from_numpy(np.linspace(0, len(pairs) - 1, count).round().astype(int)))


def true_items(pairs: Pairs) -> dict[str, Tensor]:
    """Return all pictures and sounds of pairs, -1 to 1, by modality."""
    return dict(zip(MODALITIES, pairs.all(), strict=True))


def measurable(modality: str, values: Tensor) -> NDArray[Any]:
    """Turn values from -1 to 1 into what is measured and shown.

    Returns:
        Pictures uint8 [n, h, w, 3]; sounds float32 [n, bands, steps], dB.
    """
    if modality == "image":
        return to_bytes(values.cpu()).permute(0, 2, 3, 1).contiguous().numpy()
    return to_db(values.cpu())[:, 0].float().numpy()


def generated(made: Mapping[str, Tensor]) -> Iterator[tuple[str, str, Tensor]]:
    """Yield (modality, protocol, values) of what `model.outputs` returns.

    What a translator makes is its only output of a modality: it stands for both the one-step and
    the two-step protocol, so that "the generated image" of all models can be compared.
    """
    for name, values in made.items():
        prefix, modality = name.split("_")
        yield modality, PROTOCOLS[prefix], values
        if prefix == "f" and f"fr_{modality}" not in made:
            yield modality, "two_step", values


def accuracy(evaluator: Classifier, values: Tensor, pairs: Pairs) -> NDArray[np.float64]:
    """Return for each item [n] whether the evaluator finds the class of its clip."""
    return correct(classify(evaluator, values).numpy(), pairs.label.numpy())


def score_generated(
    made: Mapping[str, Tensor], pairs: Pairs, evaluators: Mapping[str, Classifier]
) -> tuple[Scores, Scalars]:
    """Measure what `model.outputs` made of n pairs against the true items of the same clips.

    Returns:
        By `modality|protocol|metric`, n values each: `accuracy` (1 where the evaluator finds the
        right class), `l1` (grey levels or dB), `ssim`, `psnr` (dB); and `frechet`, the distances
        in the evaluator's features.
    """
    truth, scores, scalars = true_items(pairs), Scores(), Scalars()
    for modality, protocol, values in generated(made):
        found, true = measurable(modality, values), measurable(modality, truth[modality])
        span, key = _DATA_RANGE[modality], f"{modality}|{protocol}"
        scores[f"{key}|accuracy"] = accuracy(evaluators[modality], values, pairs)
        scores[f"{key}|l1"] = absolute_error(found, true)
        scores[f"{key}|ssim"] = ssim(found, true, span)
        scores[f"{key}|psnr"] = psnr(found, true, span)
        scalars[f"{key}|frechet"] = frechet_distance(evaluators[modality], values, truth[modality])
    return scores, scalars


def score_real(
    modality: str, evaluator: Classifier, test: Pairs, train: Pairs
) -> tuple[Scores, Scalars]:
    """Measure what an evaluator makes of real items: ceiling and floor of all the others.

    Returns:
        `modality|real|accuracy` and `modality_train|real|accuracy`; the accuracy of chance and of
        the majority class among the test pairs, and the Fréchet distance of as many real training
        items as there are test items, which no generator can be expected to go below.
    """
    true, learned = true_items(test)[modality], true_items(train)[modality]
    scores = {
        f"{modality}|real|accuracy": accuracy(evaluator, true, test),
        f"{modality}_train|real|accuracy": accuracy(evaluator, learned, train),
    }
    return scores, {
        f"{modality}|real|accuracy_chance": chance(len(test.classes)),
        f"{modality}|real|accuracy_majority": majority_share(test.label.numpy()),
        f"{modality}|real|frechet": frechet_distance(evaluator, learned, true),
    }


def frechet_distance(evaluator: Classifier, found: Tensor, true: Tensor) -> float:
    """Return the squared Fréchet distance of two sets in an evaluator's features."""
    return frechet(features_of(evaluator, found).numpy(), features_of(evaluator, true).numpy())


def median_items(l1: NDArray[np.float64], label: Tensor) -> Tensor:
    """Return for each class the row whose L1 [n] is the median of its class.

    The lower one of two middles; ties go to the first row.
    """
    chosen = []
    for number in np.unique(label.numpy()):
        rows = np.flatnonzero(label.numpy() == number)
        order = np.argsort(l1[rows], kind="stable")
        chosen.append(int(rows[order[(len(rows) - 1) // 2]]))
    return torch.tensor(chosen)
