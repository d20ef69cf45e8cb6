"""Evaluation: codes or posteriors of the test part, ranked under every protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.papers.hashing.data import Parts, load_parts
from crossmodal.papers.hashing.model import load
from crossmodal.papers.hashing.ranking import encode, rankings
from crossmodal.papers.hashing.settings import PaperSettings
from crossmodal.progress import progress
from crossmodal.runs import Run, load_checkpoint, write_csv, write_scores


def evaluate_run(
    content: dict[str, Any], parts: Parts, settings: PaperSettings
) -> tuple[dict[str, NDArray[np.float64]], list[dict[str, Any]], pd.DataFrame]:
    """Score one trained run under every protocol.

    Args:
        content: A checkpoint's content.
        parts: The corpus as the run's family wants it.
        settings: The paper's settings, for the protocols.

    Returns:
        Average precision a query by `task|protocol|map`; the chance level of each as rows for
        `metrics.csv`; curves with columns `database, task, curve, at, precision, recall`.
    """
    network, config = load(content), content["config"]
    vectors = {"test": encode(network, parts.test), "train": encode(network, parts.train)}
    labels = {"test": parts.test.label.numpy(), "train": parts.train.label.numpy()}
    distance = config["settings"]["distance"]
    scores, chance, curves = {}, [], []
    for database in settings.protocol.databases:
        for task, ranking in rankings(
            vectors["test"],
            vectors[database],
            labels["test"],
            labels[database],
            config["bits"],
            distance,
        ):
            curves.append(ranking.curves().assign(database=database, task=task))
            for cutoff in settings.protocol.cutoffs:
                protocol = settings.protocol.label(database, cutoff)
                scores[f"{task}|{protocol}|map"] = ranking.average_precision(
                    cutoff, settings.protocol.ties
                )
                chance.append(
                    {
                        "protocol": protocol,
                        "task": task,
                        "metric": "map_chance",
                        "value": ranking.chance(cutoff),
                        "n": len(parts.test),
                    }
                )
    columns = ["database", "task", "curve", "at", "precision", "recall"]
    return scores, chance, pd.concat(curves, ignore_index=True)[columns]


def evaluate(
    settings: PaperSettings,
    corpus: str,
    families: list[str],
    seeds: list[int],
    folder: Path,
    out: Path,
) -> None:
    """Write `scores.npz`, `metrics.csv` and `curves.csv` of the runs of some families.

    Args:
        settings: The paper's settings.
        corpus: Name of the corpus.
        families: Their runs of every code length are scored.
        seeds: Of these seeds.
        folder: `results/<edition>/corpora/<corpus>`.
        out: `results/<edition>/hashing`.
    """
    runs = [
        (variant, seed)
        for family in families
        for variant, _ in settings.variants(family)
        for seed in seeds
    ]
    parts: dict[str, Parts] = {}
    for variant, seed in progress(runs, title=f"evaluating {corpus}", unit="run"):
        run = Run(corpus, variant, seed)
        target = run.folder(out)
        content = load_checkpoint(target / "checkpoint.pt")
        family = content["config"]["family"]
        if family not in parts:
            parts[family] = load_parts(settings, corpus, family, folder)
        scores, chance, curves = evaluate_run(content, parts[family], settings)
        write_csv(target / "curves.csv", curves)
        write_scores(target, "hashing", run, scores, chance)
