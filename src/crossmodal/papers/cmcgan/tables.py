"""The paper's tables, and those it lacks, from the files of its runs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.metrics.uncertainty import paired_bootstrap
from crossmodal.papers.cmcgan.results import DIRECTIONS, NAMES, PREFIXES, Results
from crossmodal.reporting import tables


def _beside_reported(results: Results, artefact: str) -> pd.DataFrame:
    """Return the rows of `reported.csv` of a table with our numbers beside them."""
    frame = pd.read_csv(Path(__file__).with_name("reported.csv"))
    frame = frame[frame["artefact"] == artefact].rename(columns={"accuracy": "paper"})
    frame = frame[frame["variant"].isin(list(results.seeds))]
    parts = []
    for (task, protocol), rows in frame.groupby(["task", "protocol"], sort=False):
        key = f"{task}|{protocol}|accuracy"
        parts.append(tables.comparison(results.folder, results.corpus, key, rows))
    return pd.concat(parts).sort_index().drop(columns="artefact")


def _floors_note(results: Results) -> str:
    chance, majority = results.floors("image")
    clips = results.clips(results.judge("image"))
    return (
        f"Chance: {chance:.3f}; always the most frequent instrument: {majority:.3f}; {clips} test "
        "clips. Interval: 95 %, over seeds and clips."
    )


def table1_generated_accuracy(results: Results, stem: Path) -> None:
    """Share of generated samples that the classifiers recognise, on training and test clips."""
    frame = _beside_reported(results, "table1_generated_accuracy")
    modality = frame["task"].str.removesuffix("_train")
    frame.insert(0, "direction", modality.map(DIRECTIONS))
    frame.insert(1, "model", frame["variant"].map(results.title))
    parts = frame["task"].str.endswith("_train").map({True: "training", False: "test"})
    frame.insert(2, "clips", parts)
    real = ", ".join(
        f"{modality} {results.interval(results.judge(modality), modality, 'real').mean:.3f}"
        for modality in DIRECTIONS
    )
    tables.write_table(
        frame.drop(columns=["task", "protocol"]),
        stem,
        title=f"{NAMES[results.corpus]}, accuracy of generated samples",
        source=results.source,
        note=f"{_floors_note(results)} The same classifiers on true test clips: {real}.",
    )


def table2_dynamic_classification(results: Results, stem: Path) -> None:
    """Accuracy with the picture, the sound, both, and one of them with the other generated."""
    frame = _beside_reported(results, "table2_dynamic_classification")
    frame = frame.rename(columns={"protocol": "input"})
    tables.write_table(
        frame.drop(columns=["task", "variant"]),
        stem,
        title=f"{NAMES[results.corpus]}, accuracy of the dynamic multimodal network",
        source=results.source,
        note=(
            "V picture, A sound, GV picture made from the sound, GA sound made from the picture. "
            f"{_floors_note(results)}"
        ),
    )


def table_generation_quality(results: Results, stem: Path) -> None:
    """Every variant: accuracy, L1, SSIM, PSNR and Fréchet distance of what it generates."""
    rows = []
    for modality, direction in DIRECTIONS.items():
        judge = results.judge(modality)
        accuracy = results.interval(judge, modality, "real")
        rows.append(
            {
                "direction": direction,
                "variant": "true test clips",
                "output": "–",
                "accuracy": accuracy.mean,
                "from": accuracy.low,
                "to": accuracy.high,
                "Fréchet": results.scalar(judge, modality, "real", "frechet"),
                "seeds": len(results.seeds[judge]),
                tables.RUNS: results.read_from(judge),
            }
        )
        rows += [
            _quality_row(results, variant, modality, protocol)
            for variant in results.settings.families
            for protocol in _shown_protocols(results, variant, modality)
        ]
    columns = ["direction", "variant", "output", "accuracy", "from", "to"]
    columns += ["L1", "SSIM", "PSNR", "Fréchet", "seeds", tables.RUNS]
    tables.write_table(
        pd.DataFrame(rows)[columns],
        stem,
        title=f"{NAMES[results.corpus]}, quality of generated samples",
        source=results.source,
        note=(
            f"{_floors_note(results)} L1 in grey levels (0–255) or dB, PSNR in dB. Fréchet "
            "distance in the classifier's features against the true test clips; the row of "
            "these has that of as many true training clips. Variants of the random split have "
            "other test clips."
        ),
    )


def _shown_protocols(results: Results, variant: str, modality: str) -> list[str]:
    """Return the outputs of a variant to list: all for the two models of Fig. 3, else the one."""
    if not _made(results, variant, modality):
        return []
    if variant in (results.settings.reference("split"), "lcgan"):
        return list(PREFIXES)
    return [results.protocol(variant)]


def _quality_row(results: Results, variant: str, modality: str, protocol: str) -> dict[str, Any]:
    accuracy = results.interval(variant, modality, protocol)
    means = {
        name: float(results.scores(variant, modality, protocol, metric).mean())
        for name, metric in (("L1", "l1"), ("SSIM", "ssim"), ("PSNR", "psnr"))
    }
    translator = results.settings.families[variant].model == "translator"
    settings = results.settings.model_settings(variant)
    return {
        "direction": DIRECTIONS[modality],
        "variant": results.title(variant),
        "output": "–" if translator else PREFIXES[protocol].rstrip("_"),
        "accuracy": accuracy.mean,
        "from": accuracy.low,
        "to": accuracy.high,
        **means,
        "Fréchet": results.scalar(variant, modality, protocol, "frechet"),
        "seeds": len(results.seeds[variant]),
        tables.RUNS: results.read_from(variant, results.judge(modality, settings.split)),
    }


Side = tuple[str, str]
"""Variant and protocol."""

GENERATION_READINGS: tuple[tuple[Side, Side, str], ...] = (
    (
        ("cmcgan", "two_step"),
        ("cmcgan", "one_step"),
        "generated is: end of the two-step path / one-step output",
    ),
    (
        ("cmcgan", "two_step"),
        ("one_step", "one_step"),
        "discriminator sees, and generated is: ends / one-step outputs",
    ),
    (("cmcgan", "two_step"), ("random", "two_step"), "split: by song / windows at random"),
    (("s2ic", "two_step"), ("s2ic_random", "two_step"), "split: by song / windows at random"),
    (("i2s", "two_step"), ("i2s_random", "two_step"), "split: by song / windows at random"),
    (
        ("standard", "two_step"),
        ("no_wrong", "two_step"),
        "standard loss: realism only / joint without wrong pairs",
    ),
    (
        ("cmcgan", "two_step"),
        ("everything", "two_step"),
        "generator trained: without the test songs / with them",
    ),
)
CLASSIFICATION_READINGS: tuple[tuple[Side, Side, str], ...] = (
    (("fusion", "V-A"), ("fusion_input", "V-A"), "fusion: of features / at the input"),
    (("fusion", "GV-A"), ("fusion_input", "GV-A"), "fusion: of features / at the input"),
    (("fusion", "GA-V"), ("fusion_input", "GA-V"), "fusion: of features / at the input"),
    (
        ("fusion", "GV-A"),
        ("fusion", "GV-A-everything"),
        "filler trained: without the test songs / with them",
    ),
    (
        ("fusion", "GA-V"),
        ("fusion", "GA-V-everything"),
        "filler trained: without the test songs / with them",
    ),
)


def table_readings(results: Results, stem: Path) -> None:
    """The default reading beside the other one, with the interval of the difference."""
    rows = [
        _reading(results, modality, *reading)
        for reading in GENERATION_READINGS
        for modality in DIRECTIONS
        if _made(results, reading[0][0], modality) and _made(results, reading[1][0], modality)
    ]
    rows += [
        _reading(results, "classification", *reading)
        for reading in CLASSIFICATION_READINGS
        if all(results.measured(variant, "classification", where) for variant, where in reading[:2])
    ]
    tables.write_table(
        pd.DataFrame(rows),
        stem,
        title=f"{NAMES[results.corpus]}, readings, accuracy",
        source=results.source,
        note=(
            f"{_floors_note(results)} The last two columns are the interval of the gain; there is "
            "none between splits, whose test clips are not the same."
        ),
    )


def _made(results: Results, variant: str, modality: str) -> bool:
    """Whether a variant ran and makes this modality."""
    settings = results.settings
    model = settings.families[variant].model
    if variant not in results.seeds or model not in ("cmcgan", "translator"):
        return False
    return model == "cmcgan" or settings.model_settings(variant).modality == modality


def _reading(results: Results, task: str, first: Side, second: Side, what: str) -> dict[str, Any]:
    left, right = (results.scores(variant, task, protocol) for variant, protocol in (first, second))
    splits = {results.settings.model_settings(variant).split for variant, _ in (first, second)}
    row = {
        "task": DIRECTIONS.get(task, f"classification, {first[1]}"),
        "model": results.title(first[0]),
        "reading": what,
        "first": float(left.mean()),
        "second": float(right.mean()),
        "second - first": float(right.mean() - left.mean()),
        "from": math.nan,
        "to": math.nan,
        tables.RUNS: results.read_from(first[0], second[0]),
    }
    if len(splits) == 1:
        interval = paired_bootstrap(right, left)
        row |= {"from": interval.low, "to": interval.high}
    return row
