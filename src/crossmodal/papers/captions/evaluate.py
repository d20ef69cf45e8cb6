"""Evaluation: at which rank captions of the test part find their images, and the reverse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from crossmodal.files import write_json
from crossmodal.metrics.retrieval import first_rank, recall_at_k
from crossmodal.papers.captions.answers import shown_searches
from crossmodal.papers.captions.data import Pairs, load_pairs
from crossmodal.papers.captions.embed import embed_captions, embed_images
from crossmodal.papers.captions.model import load
from crossmodal.papers.captions.plan import ANSWERS
from crossmodal.papers.captions.ranking import galleries
from crossmodal.papers.captions.settings import TASKS, PaperSettings, Protocol
from crossmodal.progress import progress
from crossmodal.runs import Run, load_checkpoint, write_scores

PROTOCOLS = ("pairs", "captions")
"""`pairs`: an image and one caption of it, as in the paper; `captions`: all captions of the images,
of which any one counts."""

Scores = dict[str, NDArray[np.float64]]
Embeddings = NDArray[np.float32]


def score(
    images: Embeddings, captions: Embeddings, pairs: Pairs, protocol: Protocol
) -> tuple[Scores, list[dict[str, Any]]]:
    """Score embeddings of the test part both ways under both protocols.

    Args:
        images: [m, d], of the distinct images.
        captions: [n, d].
        pairs: The test part.
        protocol: The galleries and the cut-offs.

    Returns:
        `task|protocol|recallK` and `task|protocol|rank`, a value a query (under `pairs` the mean
        over galleries of an image's queries), and rows for `metrics.csv`: median ranks and chance.
    """
    drawn = galleries(pairs.image, protocol.gallery, protocol.galleries, protocol.seed)
    inside = np.isin(pairs.image.numpy(), pairs.image[drawn[0]].numpy())
    every = torch.from_numpy(np.flatnonzero(inside))
    scores: Scores = {}
    scalars: list[dict[str, Any]] = []
    for name, rounds in zip(PROTOCOLS, (drawn, [every]), strict=True):
        for task in TASKS:
            turns = [
                _search(task, images, captions[rows.numpy()], pairs.image[rows].numpy(), protocol)
                for rows in rounds
            ]
            joined = {key: np.stack([turn[key] for turn in turns]) for key in turns[0]}
            place = {"protocol": name, "task": task}
            for metric, values in joined.items():
                if metric.endswith("_chance"):
                    value, n = values.mean(), values.shape[1]
                    scalars.append({**place, "metric": metric, "value": float(value), "n": n})
                else:
                    scores[f"{task}|{name}|{metric}"] = values.mean(axis=0)
            median = float(np.median(joined["rank"]))
            n = joined["rank"].size
            scalars.append({**place, "metric": "median_rank", "value": median, "n": n})
    return scores, scalars


def _search(
    task: str,
    images: Embeddings,
    captions: Embeddings,
    numbers: NDArray[np.int64],
    protocol: Protocol,
) -> Scores:
    """Search one gallery one way; return recalls, their chance, and ranks, a value a query.

    Args:
        task: One of `TASKS`.
        images: [m, d], all of the part.
        captions: [g, d], those of the gallery.
        numbers: [g], whose image each caption is; the gallery's images are these.
        protocol: For the cut-offs.
    """
    distinct = np.unique(numbers)
    similarities, queries, database = images[distinct] @ captions.T, distinct, numbers
    if task == "caption_to_image":
        similarities, queries, database = similarities.T, numbers, distinct
    # In a random order everything is tied.
    orders = {"": similarities, "_chance": np.zeros(similarities.shape)}
    recalls = {
        f"recall{k}{suffix}": recall_at_k(values, queries, database, k)
        for suffix, values in orders.items()
        for k in protocol.cutoffs
    }
    return {**recalls, "rank": first_rank(similarities, queries, database)}


def evaluate(
    settings: PaperSettings,
    corpus: str,
    families: list[str],
    seeds: list[int],
    folder: Path,
    out: Path,
    corpus_folder: Path,
) -> None:
    """Write `scores.npz` and `metrics.csv` of some runs, and `answers.json` of the one shown.

    Args:
        settings: The paper's settings.
        corpus: Name of the corpus.
        families: Their runs are scored.
        seeds: Of these seeds.
        folder: `results/<edition>/corpora/<corpus>/captions`.
        out: `results/<edition>/captions`.
        corpus_folder: The corpus in its published layout, for the pictures that are shown.
    """
    test = load_pairs(folder, "test")
    shown = (settings.examples.family, seeds[0])
    runs = [(family, seed) for family in families for seed in seeds]
    for family, seed in progress(runs, title=f"evaluating {corpus}", unit="run"):
        run = Run(corpus, family, seed)
        target = run.folder(out)
        network, _ = load(load_checkpoint(target / "checkpoint.pt"))
        cut = test.cut(network.settings.frames)
        images = embed_images(network, cut.features)
        captions = embed_captions(network, cut, torch.arange(len(cut)))
        scores, scalars = score(images, captions, cut, settings.protocol)
        if (family, seed) == shown:
            rows = galleries(cut.image, settings.protocol.gallery, 1, settings.protocol.seed)[0]
            searches = shown_searches(
                images[cut.image[rows].numpy()] @ captions[rows.numpy()].T,
                cut.rows.iloc[rows.numpy()],
                settings.examples,
                folder,
                corpus_folder,
            )
            write_json(target / ANSWERS, searches)
        write_scores(target, "captions", run, scores, scalars)
