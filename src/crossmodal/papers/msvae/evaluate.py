"""Evaluation: the latents of the test clips, scored, and what the figures show of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.corpora.manifest import read_manifest
from crossmodal.papers.msvae import scoring
from crossmodal.papers.msvae.arrays import Arrays, write_arrays
from crossmodal.papers.msvae.data import Parts, load_parts
from crossmodal.papers.msvae.model import load
from crossmodal.papers.msvae.settings import PaperSettings
from crossmodal.papers.msvae.shown import sample_clip, shown
from crossmodal.papers.msvae.train import encode
from crossmodal.progress import progress
from crossmodal.runs import Run, load_checkpoint, write_scores


def evaluate_run(
    content: dict[str, Any], history: pd.DataFrame, parts: Parts, settings: PaperSettings
) -> tuple[scoring.Scores, scoring.Scalars, Arrays]:
    """Score one trained run on its test clips.

    Args:
        content: A checkpoint's content.
        history: Of its training.
        parts: The corpus as the run's family wants it.
        settings: The paper's settings, for the protocol.

    Returns:
        Scores an item by `task|protocol|metric`, further rows for `metrics.csv`, and what
        `shown` returns.
    """
    network, split = load(content), content["config"]["split"]
    test, protocol = parts.test, settings.protocol
    latents = encode(network, test)
    made = scoring.generated(network, latents)
    scores = scoring.inputs(test, split) | scoring.training(history, split)
    scalars: scoring.Scalars = []
    for score in (scoring.retrieval, scoring.verification, scoring.clustering):
        found, rows = score(latents, test, split, protocol)
        scores |= found
        scalars += rows
    scores |= scoring.generation(made, test, parts.train, split)
    return scores, scalars, shown(latents, made, parts, protocol)


def evaluate(
    settings: PaperSettings,
    corpus: str,
    families: list[str],
    seeds: list[int],
    folder: Path,
    out: Path,
) -> None:
    """Write `scores.npz`, `metrics.csv` and `shown.npz` of the runs, and the clip of Figure 1.

    Args:
        settings: The paper's settings.
        corpus: Name of the corpus.
        families: Their runs are scored.
        seeds: Of these seeds.
        folder: `results/<edition>/corpora/<corpus>/msvae`.
        out: `results/<edition>/msvae`.
    """
    manifest = read_manifest(folder / "manifest.csv")
    sample = sample_clip(folder, manifest, settings.protocol.query)
    write_arrays(out / "samples" / f"{corpus}.npz", sample)
    runs = [(family, seed) for family in families for seed in seeds]
    parts: dict[str, Parts] = {}
    for family, seed in progress(runs, title=f"evaluating {corpus}", unit="run"):
        run = Run(corpus, family, seed)
        target = run.folder(out)
        if family not in parts:
            parts = {family: load_parts(settings, family, folder)}
        history = pd.read_csv(target / "history.csv")
        content = load_checkpoint(target / "checkpoint.pt")
        scores, scalars, drawn = evaluate_run(content, history, parts[family], settings)
        write_arrays(target / "shown.npz", drawn)
        write_scores(target, "msvae", run, scores, scalars)
