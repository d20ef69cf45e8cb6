"""The paper's tables, and those it lacks, from the files of its runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crossmodal.metrics.uncertainty import paired_bootstrap
from crossmodal.reporting import tables
from crossmodal.reporting.results import CorpusResults, Results

NAMES = {"sub_urmp": "Sub-URMP", "folder": "Videos"}
DIRECTIONS = {"image": "sound → image", "sound": "image → sound"}
PREFIXES = {"two_step": "FR_", "one_step": "F_", "recovered": "RF_", "reconstructed": "R_"}
"""Protocol -> the paper's prefix of that output."""


def floors(ours: CorpusResults, modality: str) -> tuple[float, float]:
    """Return chance and the share of the majority class among the test clips."""
    evaluator = ours.settings.evaluator(modality, "split")
    chance, majority = (
        ours.scalar(evaluator, modality, "real", f"accuracy_{name}")
        for name in ("chance", "majority")
    )
    return chance, majority


def clips(ours: CorpusResults) -> int:
    """Return the number of test clips measured."""
    return len(ours.items(ours.settings.evaluator("image", "split"), "image", "real"))


def _floors_note(ours: CorpusResults) -> str:
    chance, majority = floors(ours, "image")
    return (
        f"Chance: {chance:.3f}; always the most frequent instrument: {majority:.3f}; {clips(ours)} "
        "test clips. Interval: 95 %, over seeds and clips."
    )


def _beside_reported(ours: CorpusResults, artefact: str) -> pd.DataFrame:
    """Return the rows of `reported.csv` of a table with our numbers beside them."""
    frame = pd.read_csv(Path(__file__).with_name("reported.csv"))
    frame = frame[frame["artefact"] == artefact].rename(columns={"accuracy": "paper"})
    frame["key"] = frame["task"] + "|" + frame["protocol"] + "|accuracy"
    pairs = zip(frame["variant"], frame["key"], strict=True)
    measured = [key in ours.keys(variant) for variant, key in pairs]
    if not any(measured):
        ours.need(*frame["variant"].unique())
    frame = frame[measured]
    return tables.comparison(ours, list(frame["key"]), frame.drop(columns=["artefact", "key"]))


def table1_generated_accuracy(results: Results, stem: Path) -> None:
    """Share of generated samples that the classifiers recognise, on training and test clips."""
    ours = results.first
    frame = _beside_reported(ours, "table1_generated_accuracy")
    modality = frame["task"].str.removesuffix("_train")
    frame.insert(0, "direction", modality.map(DIRECTIONS))
    frame.insert(1, "model", frame["variant"].map(ours.title))
    parts = frame["task"].str.endswith("_train").map({True: "training", False: "test"})
    frame.insert(2, "clips", parts)
    real = [
        ours.interval(ours.settings.evaluator(modality, "split"), f"{modality}|real|accuracy").mean
        for modality in DIRECTIONS
    ]
    tables.write_table(
        frame.drop(columns=["task", "protocol"]),
        stem,
        title=f"{NAMES[ours.name]}, accuracy of generated samples",
        source=ours.source,
        note=(
            f"{_floors_note(ours)} The same classifiers on true test clips: image {real[0]:.3f}, "
            f"sound {real[1]:.3f}."
        ),
    )


def table2_dynamic_classification(results: Results, stem: Path) -> None:
    """Accuracy with the picture, the sound, both, and one of them with the other generated."""
    ours = results.first
    frame = _beside_reported(ours, "table2_dynamic_classification")
    frame = frame.rename(columns={"protocol": "input"})
    tables.write_table(
        frame.drop(columns=["task", "variant"]),
        stem,
        title=f"{NAMES[ours.name]}, accuracy of the dynamic multimodal network",
        source=ours.source,
        note=(
            "V picture, A sound, GV picture made from the sound, GA sound made from the picture. "
            f"{_floors_note(ours)}"
        ),
    )


def table_generation_quality(results: Results, stem: Path) -> None:
    """Every variant: accuracy, L1, SSIM, PSNR and Fréchet distance of what it generates."""
    ours = results.first
    rows = []
    for modality in DIRECTIONS:
        evaluator = ours.settings.evaluator(modality, "split")
        rows.append({**_quality(ours, evaluator, modality, "real"), "variant": "true test clips"})
        rows += [
            _quality(ours, variant, modality, protocol)
            for variant in ours.seeds
            if modality in ours.settings.generated(variant)
            for protocol in _shown_protocols(ours, variant)
        ]
    columns = ["direction", "variant", "output", "accuracy", "from", "to"]
    columns += ["L1", "SSIM", "PSNR", "Fréchet", "seeds", tables.RUNS]
    tables.write_table(
        pd.DataFrame(rows, columns=columns),
        stem,
        title=f"{NAMES[ours.name]}, quality of generated samples",
        source=ours.source,
        note=(
            f"{_floors_note(ours)} L1 in grey levels (0–255) or dB, PSNR in dB. Fréchet "
            "distance in the classifier's features against the true test clips; the row of "
            "these has that of as many true training clips. Variants of the random split have "
            "other test clips."
        ),
    )


def _shown_protocols(ours: CorpusResults, variant: str) -> list[str]:
    """Return the outputs of a variant to list: all for the two models of Fig. 3, else the one.

    The one is the end of the two-step path; the one-step output where the two-step paths are not
    trained, or where the run is about the other reading.
    """
    if variant in (ours.settings.reference("split"), "lcgan"):
        return list(PREFIXES)
    settings = ours.settings.resolved(variant)
    one_step = settings.paths == "cycles" or settings.fakes == "one_step"
    return ["one_step" if one_step else "two_step"]


def _quality(ours: CorpusResults, variant: str, modality: str, protocol: str) -> dict[str, Any]:
    """Return a row of the table of quality; true clips have no distances to themselves."""
    key = f"{modality}|{protocol}"
    accuracy = ours.interval(variant, f"{key}|accuracy")
    generated = ours.settings.generated(variant)
    metrics = {"L1": "l1", "SSIM": "ssim", "PSNR": "psnr"} if generated else {}
    evaluator = ours.settings.evaluator(modality, ours.settings.resolved(variant).split)
    return {
        "direction": DIRECTIONS[modality],
        "variant": ours.title(variant),
        "output": PREFIXES[protocol].rstrip("_") if len(generated) > 1 else "–",
        "accuracy": accuracy.mean,
        "from": accuracy.low,
        "to": accuracy.high,
        **{
            name: float(ours.scores(variant, f"{key}|{metric}").mean())
            for name, metric in metrics.items()
        },
        "Fréchet": ours.scalar(variant, modality, protocol, "frechet"),
        "seeds": len(ours.seeds[variant]),
        tables.RUNS: ours.read_from(*dict.fromkeys((variant, evaluator))),
    }


_MISSING = "generator of what is missing, trained: without the test songs / with them"
_FUSION = "fusion: of features / at the input"
_SPLIT = "split: by song / windows at random"
READINGS = (
    ("cmcgan", "cmcgan@one_step", "generated is: end of the two-step path / one-step output"),
    ("cmcgan", "one_step@one_step", "what the discriminator gets: ends / one-step outputs"),
    ("cmcgan", "random", _SPLIT),
    ("s2ic", "s2ic_random", _SPLIT),
    ("i2s", "i2s_random", _SPLIT),
    ("standard", "no_wrong", "standard loss: realism only / joint without wrong pairs"),
    ("cmcgan", "everything", "generator trained: without the test songs / with them"),
    ("fusion@V-A", "fusion_input@V-A", _FUSION),
    ("fusion@GV-A", "fusion_input@GV-A", _FUSION),
    ("fusion@GA-V", "fusion_input@GA-V", _FUSION),
    ("fusion@GV-A", "fusion@GV-A-everything", _MISSING),
    ("fusion@GA-V", "fusion@GA-V-everything", _MISSING),
)
"""`variant@protocol` of the default and of the other reading (none: two_step), and what is read."""


def table_readings(results: Results, stem: Path) -> None:
    """The default reading beside the other one, with the interval of the difference."""
    ours = results.first
    rows = []
    for *texts, what in READINGS:
        sides = [_side(text) for text in texts]
        rows += [
            _reading(ours, task, sides, what)
            for task in (*DIRECTIONS, "classification")
            if all(f"{task}|{side}|accuracy" in ours.keys(name) for name, side in sides)
        ]
    tables.write_table(
        pd.DataFrame(rows),
        stem,
        title=f"{NAMES[ours.name]}, readings, accuracy",
        source=ours.source,
        note=(
            f"{_floors_note(ours)} The last two columns are the interval of the gain; there is "
            "none between splits, whose test clips are not the same."
        ),
    )


def _side(text: str) -> tuple[str, str]:
    variant, _, protocol = text.partition("@")
    return variant, protocol or "two_step"


def _reading(
    ours: CorpusResults, task: str, sides: Sequence[tuple[str, str]], what: str
) -> dict[str, Any]:
    (variant, protocol), (other, _) = sides
    left, right = (ours.scores(name, f"{task}|{side}|accuracy") for name, side in sides)
    items, other_items = (ours.items(name, task, side) for name, side in sides)
    row = {
        "task": DIRECTIONS.get(task, f"classification, {protocol}"),
        "model": ours.title(variant),
        "reading": what,
        "first": float(left.mean()),
        "second": float(right.mean()),
        "second - first": float(right.mean() - left.mean()),
        "from": math.nan,
        "to": math.nan,
        tables.RUNS: ours.read_from(variant, other),
    }
    if np.array_equal(items, other_items):
        interval = paired_bootstrap(right, left)
        row |= {"from": interval.low, "to": interval.high}
    return row
