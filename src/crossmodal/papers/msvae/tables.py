"""The paper's tables, most of which it only announces, from the files of its runs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crossmodal.metrics.uncertainty import bootstrap_mean, paired_bootstrap
from crossmodal.papers.msvae.plan import SPACES
from crossmodal.papers.msvae.results import MAIN, TASK_NAMES, Results, reported
from crossmodal.reporting import tables

SPLIT_NAMES = {"published": "same people", "identity": "new people"}
INTERVAL = "Interval: 95 %, over seeds and items."


def _write(results: Results, rows: list[dict[str, Any]], stem: Path, title: str, note: str) -> None:
    if results.corpus is None:
        rows, note = [], "No corpus of the paper is at hand."
    frame = pd.DataFrame(rows)
    if not rows:
        frame = pd.DataFrame(columns=["model"])
    tables.write_table(frame, stem, title=title, source=results.source, note=note)


def _named(results: Results, family: str) -> dict[str, Any]:
    return {"model": results.title(family), "tested on": SPLIT_NAMES[results.split(family)]}


def _ours(scores: np.ndarray, paper: float = math.nan) -> dict[str, Any]:
    """Return the paper's number, ours with its interval, and the difference."""
    interval = bootstrap_mean(scores)
    return {
        "paper": paper,
        "ours": interval.mean,
        "low": interval.low,
        "high": interval.high,
        "difference": interval.mean - paper,
    }


def table_mrr(results: Results, stem: Path) -> None:
    """Mean reciprocal rank of person and gender, both ways, with chance and permutation test."""
    rows = []
    for family in results.main():
        for level in ("people", "clips"):
            for task, task_name in TASK_NAMES.items():
                for metric, what in (("mrr", "person"), ("gender_mrr", "gender")):
                    scores = results.scores(family, task, level, metric)
                    chance = results.scores(family, task, f"{level}/chance", metric)
                    if scores is None or chance is None:
                        continue
                    p = results.scalar(family, task, level, f"{metric}_p")
                    rows.append(
                        {
                            **_named(results, family),
                            "direction": task_name,
                            "ranked": level,
                            "sought": what,
                            **_ours(scores),
                            "chance": float(chance.mean()),
                            "largest p": float(p.max()),
                            "seeds": len(scores),
                            "n": scores.shape[1],
                            tables.RUNS: results.read_from(family),
                        }
                    )
    _write(
        results,
        rows,
        stem,
        "Mean reciprocal rank over all test people",
        "The paper announces the number for one person and does not print it. People: one query "
        "a person, everyone the mean of his or her clips. Clips: one query a clip, the first clip "
        "of the person counts. Chance: the mean over all answers. p: permutation test "
        f"({results.settings.protocol.permutations:,} permutations of the identities), the largest "
        f"over the seeds. {INTERVAL}",
    )


def table_dbscan(results: Results, stem: Path) -> None:
    """Clusters in audio, video and joint space: number, noise, adjusted Rand index."""
    said = {"audio": "no clusters", "video": "clusters", "joint": "no clusters"}
    rows = []
    for family in results.main():
        for space in SPACES:
            rand = results.scores(family, "clustering", space, "adjusted_rand")
            if rand is None:
                continue
            means = {
                name: _mean(results, family, "clustering", place, metric)
                for name, place, metric in (
                    ("clusters", space, "clusters"),
                    ("noise share", space, "noise"),
                    ("neighbour of same person", space, "neighbour"),
                    ("by chance", f"{space}/chance", "neighbour"),
                )
            }
            rows.append(
                {
                    **_named(results, family),
                    "space": space,
                    "paper says": said[space],
                    **_ours(rand),
                    **means,
                    "radius": float(results.scalar(family, "clustering", space, "radius").mean()),
                    "seeds": len(rand),
                    tables.RUNS: results.read_from(family),
                }
            )
    core = results.settings.protocol.core_points
    _write(
        results,
        rows,
        stem,
        "DBSCAN in the latent spaces, adjusted Rand index against people",
        f"Core points have {core} points, themselves included, within the radius, which is the "
        f"distance to the neighbour number {core - 1} at the knee of its sorted curve. Noise "
        "points count as clusters of one. Joint: the points of both modalities. Interval: 95 %, "
        "over seeds; the paper prints no numbers. Clips of one person's test videos may come from "
        "one recording, so that a cluster may be a video rather than a person.",
    )


def _mean(results: Results, family: str, task: str, place: str, metric: str) -> float:
    scores = results.scores(family, task, place, metric)
    return math.nan if scores is None else float(scores.mean())


def table_verification(results: Results, stem: Path) -> None:
    """Whether face and voice are of one person: area under the curve and equal error rate."""
    rows = []
    for family in results.main():
        for place, name in (("all", "anyone"), ("same_gender", "same gender")):
            scores = results.scores(family, "verification", place, "auc")
            if scores is None:
                continue
            rows.append(
                {
                    **_named(results, family),
                    "others": name,
                    **_ours(scores),
                    "equal error rate": float(
                        results.scalar(family, "verification", place, "eer").mean()
                    ),
                    "seeds": len(scores),
                    "pairs": scores.shape[1],
                    tables.RUNS: results.read_from(family),
                }
            )
    _write(
        results,
        rows,
        stem,
        "Verification of face and voice, area under the curve",
        "Every test clip's face with its own voice and with voices of "
        f"{results.settings.protocol.negatives} clips of others: anyone's, or of the same gender. "
        f"Chance: 0.5. The paper does not verify. {INTERVAL}",
    )


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
    ("neighbour of the same person, audio", "clustering", "audio", "neighbour"),
    ("neighbour of the same person, video", "clustering", "video", "neighbour"),
    ("neighbour of the same person, joint", "clustering", "joint", "neighbour"),
    ("verification, area under the curve", "verification", "all", "auc"),
    ("verification among one gender", "verification", "same_gender", "auc"),
    ("squared error of the face made from the voice", "voice_to_face", "generation", "error"),
)


def _paper_numbers() -> dict[tuple[str, str, str], float]:
    """Return the paper's numbers by task, place and metric."""
    log, top = reported("fig2_training_log"), reported("fig4_top5")
    found = {
        ("training", "first", "total"): log["1"],
        ("training", "last", "total"): log["8"],
    }
    return found | {
        (task, "clips", "gender_share"): top[f"{task}_same_gender"] for task in TASK_NAMES
    }


def table_as_written(results: Results, stem: Path) -> None:
    """Every number as written and corrected, and what the correction changes."""
    printed = _paper_numbers()
    rows = []
    for what, task, place, metric in NUMBERS:
        pair = [results.scores(name, task, place, metric) for name in ("written", "corrected")]
        if pair[0] is None or pair[1] is None:
            continue
        written, corrected = pair[0], pair[1]
        change = paired_bootstrap(corrected, written)
        rows.append(
            {
                "number": what,
                "paper": printed.get((task, place, metric), math.nan),
                # The rounding noise of the voice would be shown as 0.000.
                "as written": f"{written.mean():.3g}",
                "corrected": f"{corrected.mean():.3g}",
                "chance": _mean(results, "corrected", task, f"{place}/chance", metric),
                "change": change.mean,
                "from": change.low,
                "to": change.high,
                tables.RUNS: results.read_from("written", "corrected"),
            }
        )
    _write(
        results,
        rows,
        stem,
        "Every number, as written and corrected",
        "As written, each frequency is normalised over time and then averaged over time, which is "
        "zero but for rounding: the network hears nothing, as the first row shows. Loss and "
        "squared errors of the two are sums over different targets and not to be compared. The "
        "paper's shares of a gender are those of one person's five neighbours. Last columns: "
        "corrected less as written with its 95 % interval.",
    )


READINGS = (
    ("whole_clip", "clip normalised as a whole, then averaged"),
    ("constant_kl", "weight of the divergence constant"),
    ("mean_error", "squared error averaged over the outputs"),
)
ABLATIONS = (
    ("written_validated", "as-written voice"),
    ("corrected", "eight epochs"),
    ("no_wasserstein", "no Wasserstein term"),
    ("separate_decoders", "one decoder each"),
)


def table_readings(results: Results, stem: Path) -> None:
    """Readings against the corrected model, ablations against the one trained to validation.

    A family that stands in no other row or table, as of a sweep, is set against the corrected one.
    """
    rows = []
    compared = [("corrected", *entry) for entry in READINGS]
    compared += [("validated", *entry) for entry in ABLATIONS]
    named = {*MAIN, *(second for _, second, _ in compared)}
    compared += [
        (
            "corrected" if results.split(name) == "published" else "corrected_identity",
            name,
            results.title(name),
        )
        for name in results.families
        if name not in named
    ]
    for first, second, what in compared:
        for task, task_name in TASK_NAMES.items():
            pair = [results.scores(name, task, "people", "mrr") for name in (first, second)]
            if pair[0] is None or pair[1] is None:
                continue
            change = paired_bootstrap(pair[1], pair[0])
            rows.append(
                {
                    "model": results.title(first),
                    "instead": what,
                    "direction": task_name,
                    "first": float(pair[0].mean()),
                    "second": float(pair[1].mean()),
                    "second - first": change.mean,
                    "from": change.low,
                    "to": change.high,
                    tables.RUNS: results.read_from(first, second),
                }
            )
    _write(
        results,
        rows,
        stem,
        "Readings and ablations, mean reciprocal rank of people",
        "The last two columns are the 95 % interval of the change. The paper prints none of these.",
    )
