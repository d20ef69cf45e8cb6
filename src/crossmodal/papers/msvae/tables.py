"""The paper's tables, most of which it only announces, from the files of its runs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from crossmodal.metrics.uncertainty import paired_bootstrap
from crossmodal.papers.msvae.evaluate import SPACES
from crossmodal.reporting import tables
from crossmodal.reporting.results import CorpusResults, Results

TASK_NAMES = {"face_to_voice": "face → voice", "voice_to_face": "voice → face"}
MAIN = (
    *("written", "corrected", "validated"),
    *("written_identity", "corrected_identity", "validated_identity"),
)
"""Variants of the main tables: the paper's split, then people dealt anew."""
SPLIT_NAMES = {"published": "same people", "identity": "new people"}
INTERVAL = "Interval: 95 %, over seeds and items."


def reported(artefact: str) -> dict[str, float]:
    """Return the numbers the paper prints in one artefact."""
    frame = pd.read_csv(Path(__file__).with_name("reported.csv"), dtype={"key": str})
    rows = frame[frame["artefact"] == artefact]
    return dict(zip(rows["key"], rows["value"], strict=True))


def _protocol(ours: CorpusResults, variant: str, place: str) -> str:
    return f"{ours.settings.variants[variant].split}/{place}"


def _scores(
    ours: CorpusResults, variant: str, task: str, place: str, metric: str
) -> NDArray | None:
    """Return scores [seeds, items] under `<split of the variant>/<place>`, None without any."""
    key = f"{task}|{_protocol(ours, variant, place)}|{metric}"
    return ours.scores(variant, key) if key in ours.keys(variant) else None


def _mean(ours: CorpusResults, variant: str, task: str, place: str, metric: str) -> float:
    scores = _scores(ours, variant, task, place, metric)
    return math.nan if scores is None else float(scores.mean())


def _scalar(ours: CorpusResults, variant: str, task: str, place: str, metric: str) -> float:
    return ours.scalar(variant, task, _protocol(ours, variant, place), metric)


def _row(
    ours: CorpusResults, variant: str, task: str, place: str, metric: str, **columns: Any
) -> dict[str, Any]:
    """Return the place of a cell of a main table, what else its row says, and its scores' key."""
    split = SPLIT_NAMES[ours.settings.variants[variant].split]
    key = f"{task}|{_protocol(ours, variant, place)}|{metric}"
    named = {"model": ours.title(variant), "tested on": split}
    return {**named, **columns, "variant": variant, "paper": math.nan, "key": key}


def _write_main(
    ours: CorpusResults, rows: list[dict[str, Any]], stem: Path, title: str, note: str
) -> None:
    """Write rows of `_row` with our numbers; without those whose numbers were not taken."""
    cells = pd.DataFrame([row for row in rows if row["key"] in ours.keys(row["variant"])])
    if not cells.empty:
        cells = tables.comparison(ours, list(cells.pop("key")), cells).drop(columns="variant")
    tables.write_table(cells, stem, title=title, source=ours.source, note=note)


def table_mrr(results: Results, stem: Path) -> None:
    """Mean reciprocal rank of person and gender, both ways, with chance and permutation test."""
    ours = results.first
    largest = ours.metrics.groupby(["variant", "task", "protocol", "metric"])["value"].max()
    rows = []
    for variant in filter(ours.seeds.get, MAIN):
        for level in ("people", "clips"):
            for task, direction in TASK_NAMES.items():
                for metric, sought in (("mrr", "person"), ("gender_mrr", "gender")):
                    test = (variant, task, _protocol(ours, variant, level), f"{metric}_p")
                    columns = {
                        "direction": direction,
                        "ranked": level,
                        "sought": sought,
                        "chance": _mean(ours, variant, task, f"{level}/chance", metric),
                        "largest p": largest.get(test, math.nan),
                    }
                    rows.append(_row(ours, variant, task, level, metric, **columns))
    title = "Mean reciprocal rank over all test people"
    note = (
        "The paper announces the number for one person and does not print it. People: one query "
        "a person, everyone the mean of his or her clips. Clips: one query a clip, the first clip "
        "of the person counts. Chance: the mean over all answers. p: permutation test "
        f"({ours.settings.protocol.permutations:,} permutations of the identities), the largest "
        f"over the seeds. {INTERVAL}"
    )
    _write_main(ours, rows, stem, title, note)


def table_dbscan(results: Results, stem: Path) -> None:
    """Clusters in audio, video and joint space: number, noise, adjusted Rand index."""
    ours = results.first
    said = {"audio": "no clusters", "video": "clusters", "joint": "no clusters"}
    rows = []
    for variant in filter(ours.seeds.get, MAIN):
        for space in SPACES:
            columns = {
                "space": space,
                "paper says": said[space],
                "clusters": _mean(ours, variant, "clustering", space, "clusters"),
                "noise share": _mean(ours, variant, "clustering", space, "noise"),
                "neighbour of same person": _mean(ours, variant, "neighbour", space, "same_person"),
                "by chance": _mean(ours, variant, "neighbour", f"{space}/chance", "same_person"),
                "radius": _scalar(ours, variant, "clustering", space, "radius"),
            }
            rows.append(_row(ours, variant, "clustering", space, "adjusted_rand", **columns))
    core = ours.settings.protocol.core_points
    title = "DBSCAN in the latent spaces, adjusted Rand index against people"
    note = (
        f"Core points have {core} points, themselves included, within the radius, which is the "
        f"distance to the neighbour number {core - 1} at the knee of its sorted curve. Noise "
        "points count as clusters of one. Joint: the points of both modalities. Interval: 95 %, "
        "over seeds; the paper prints no numbers. Clips of one person's test videos may come from "
        "one recording, so that a cluster may be a video rather than a person."
    )
    _write_main(ours, rows, stem, title, note)


def table_verification(results: Results, stem: Path) -> None:
    """Whether face and voice are of one person: area under the curve and equal error rate."""
    ours = results.first
    rows = []
    for variant in filter(ours.seeds.get, MAIN):
        for place, negatives in (("all", "anyone"), ("same_gender", "same gender")):
            rate = _scalar(ours, variant, "verification", place, "eer")
            columns = {"negatives": negatives, "equal error rate": rate}
            rows.append(_row(ours, variant, "verification", place, "auc", **columns))
    note = (
        "Every test clip's face with its own voice and with voices of "
        f"{ours.settings.protocol.negatives} clips of others: anyone's, or of the same gender. "
        f"Chance: 0.5. The paper does not verify. {INTERVAL}"
    )
    title = "Verification of face and voice, area under the curve"
    _write_main(ours, rows, stem, title, note)


NUMBERS = (
    ("deviation of the voice input between clips", "input", "voice", "deviation"),
    ("training loss, first epoch", "training", "first", "total"),
    ("training loss, last epoch", "training", "last", "total"),
    ("training loss, first epoch, constant weights", "training", "first", "total_constant"),
    ("training loss, last epoch, constant weights", "training", "last", "total_constant"),
    ("mean reciprocal rank of people, face → voice", "face_to_voice", "people", "mrr"),
    ("mean reciprocal rank of people, voice → face", "voice_to_face", "people", "mrr"),
    ("mean reciprocal rank of clips, face → voice", "face_to_voice", "clips", "mrr"),
    ("mean reciprocal rank of clips, voice → face", "voice_to_face", "clips", "mrr"),
    ("same gender among the first clips, face → voice", "face_to_voice", "clips", "gender_share"),
    ("same gender among the first clips, voice → face", "voice_to_face", "clips", "gender_share"),
    ("adjusted Rand index, audio", "clustering", "audio", "adjusted_rand"),
    ("adjusted Rand index, video", "clustering", "video", "adjusted_rand"),
    ("adjusted Rand index, joint", "clustering", "joint", "adjusted_rand"),
    ("neighbour of the same person, audio", "neighbour", "audio", "same_person"),
    ("neighbour of the same person, video", "neighbour", "video", "same_person"),
    ("neighbour of the same person, joint", "neighbour", "joint", "same_person"),
    ("verification, area under the curve", "verification", "all", "auc"),
    ("verification among one gender", "verification", "same_gender", "auc"),
    ("squared error of the face made from the voice", "voice_to_face", "generation", "error"),
)
"""What the table of all numbers shows: its name, and task, place and metric of the scores."""


def table_as_written(results: Results, stem: Path) -> None:
    """Every number as written and corrected, and what the correction changes."""
    ours = results.first
    log, top = reported("fig2_training_log"), reported("fig4_top5")
    printed = {("training", "first", "total"): log["1"], ("training", "last", "total"): log["8"]}
    printed |= {(task, "clips", "gender_share"): top[f"{task}_same_gender"] for task in TASK_NAMES}
    rows = []
    for number, *key in NUMBERS:
        written, corrected = (_scores(ours, name, *key) for name in ("written", "corrected"))
        if written is None or corrected is None:
            continue
        task, place, metric = key
        change = paired_bootstrap(corrected, written)
        rows.append(
            {
                "number": number,
                "paper": printed.get((task, place, metric), math.nan),
                # The rounding noise of the voice would be shown as 0.000.
                "as written": f"{written.mean():.3g}",
                "corrected": f"{corrected.mean():.3g}",
                "chance": _mean(ours, "corrected", task, f"{place}/chance", metric),
                "change": change.mean,
                "from": change.low,
                "to": change.high,
                tables.RUNS: ours.read_from("written", "corrected"),
            }
        )
    note = (
        "As written, each frequency is normalised over time and then averaged over time, which is "
        "zero but for rounding: the network reads nothing, as the first row shows. Loss and "
        "squared errors of the two are sums over different targets and not to be compared. The "
        "paper's shares of a gender are those of one person's five neighbours. Last columns: "
        "corrected less as written with its 95 % interval."
    )
    title = "Every number, as written and corrected"
    tables.write_table(pd.DataFrame(rows), stem, title=title, source=ours.source, note=note)


COMPARED = (
    ("corrected", "whole_clip", "clip normalised as a whole, then averaged"),
    ("corrected", "constant_kl", "weight of the divergence constant"),
    ("corrected", "mean_error", "squared error averaged over the outputs"),
    ("validated", "written_validated", "as-written voice"),
    ("validated", "corrected", "eight epochs"),
    ("validated", "no_wasserstein", "no Wasserstein term"),
    ("validated", "separate_decoders", "one decoder each"),
)
"""Readings against the corrected model, ablations against the one trained to validation."""


def table_readings(results: Results, stem: Path) -> None:
    """Readings and ablations, each against the model it departs from.

    A variant that stands in no other row or table, as of a sweep, is set against the corrected one.
    """
    ours = results.first
    compared, named = list(COMPARED), {*MAIN, *(second for _, second, _ in COMPARED)}
    for name in ours.seeds:
        if name not in named:
            published = ours.settings.variants[name].split == "published"
            first = "corrected" if published else "corrected_identity"
            compared.append((first, name, ours.title(name)))
    rows = []
    for first, second, instead in compared:
        for task, direction in TASK_NAMES.items():
            left, right = (_scores(ours, name, task, "people", "mrr") for name in (first, second))
            if left is None or right is None:
                continue
            change = paired_bootstrap(right, left)
            rows.append(
                {
                    "model": ours.title(first),
                    "instead": instead,
                    "direction": direction,
                    "first": float(left.mean()),
                    "second": float(right.mean()),
                    "second - first": change.mean,
                    "from": change.low,
                    "to": change.high,
                    tables.RUNS: ours.read_from(first, second),
                }
            )
    title = "Readings and ablations, mean reciprocal rank of people"
    note = "Last columns: 95 % interval of the change. The paper prints none of these."
    tables.write_table(pd.DataFrame(rows), stem, title=title, source=ours.source, note=note)
