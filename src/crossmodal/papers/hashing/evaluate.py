"""Evaluation: one modality ranked by the other, by codes or posteriors, under every protocol."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from crossmodal.jobs import EvaluationJob
from crossmodal.metrics import hamming, retrieval
from crossmodal.papers.hashing.data import Pairs, Split, load_split
from crossmodal.papers.hashing.model import TwoBranch, load
from crossmodal.papers.hashing.settings import Distance, PaperSettings, Ties
from crossmodal.progress import progress
from crossmodal.runs import Run, load_checkpoint
from crossmodal.scores import Scored

TASKS = {"image_to_text": ("image", "text"), "text_to_image": ("text", "image")}
"""Task -> modality of the queries, modality of the database."""
RECALL_POINTS = 21
_CHUNK = 4096

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]


def evaluate(job: EvaluationJob) -> Iterator[Scored]:
    """Score every run."""
    settings: PaperSettings = job.settings
    splits: dict[str, Split] = {}
    for run in progress(job.runs, title=f"evaluating {job.corpus}", unit="run"):
        content = load_checkpoint(job.paper.run(run) / "checkpoint.pt")
        if run.variant not in splits:
            splits[run.variant] = load_split(settings, job.corpus, run.variant, job.corpus_results)
        yield evaluate_run(run, content, splits[run.variant], settings)


def evaluate_run(
    run: Run, content: dict[str, Any], split: Split, settings: PaperSettings
) -> Scored:
    """Score the networks of a run, one a code length, under every protocol.

    Args:
        split: The corpus with the features of the run's variant.

    Returns:
        Average precision a query by `task|protocol|map`, the chance level of each, and the curves
        of `Ranking.curves` by `task|<code>/<database>|<curve>`.
    """
    networks, config = load(content), content["config"]
    distance = config["settings"]["distance"]
    scores, items, scalars, curves = {}, {}, [], {}
    for code, bits in config["codes"].items():
        for database in settings.protocol.databases:
            rankings = rank(networks[code], split.test, getattr(split, database), bits, distance)
            for task, ranking in rankings.items():
                for curve, values in ranking.curves().items():
                    curves[f"{task}|{code}/{database}|{curve}"] = values
                for cutoff in settings.protocol.cutoffs:
                    protocol = f"{code}/{settings.protocol.label(database, cutoff)}"
                    scores[f"{task}|{protocol}|map"] = ranking.average_precision(
                        cutoff, settings.protocol.ties
                    )
                    items[f"{task}|{protocol}"] = split.queries
                    row = {"protocol": protocol, "task": task, "metric": "map_chance"}
                    level = {"value": ranking.chance(cutoff), "n": len(split.queries)}
                    scalars.append({**row, **level})
    return Scored(run, scores, items, scalars, curves)


@torch.no_grad()
def encode(network: TwoBranch, pairs: Pairs) -> dict[str, Vectors]:
    """Encode both modalities: {"image": [n, bits], "text": [n, bits]}, in bounded memory."""
    network.eval()
    sides = {
        "image": (network.encode_image, pairs.image),
        "text": (network.encode_text, pairs.text),
    }
    return {
        name: torch.cat([encoder(x).cpu() for x in torch.split(features, _CHUNK)]).numpy()
        for name, (encoder, features) in sides.items()
    }


@dataclass(frozen=True)
class Ranking:
    """Queries of one modality against a database of the other, by codes or by posteriors.

    Attributes:
        queries: Codes, packed, [q, words]; posteriors [q, classes] without bits.
        database: The same [n, ...].
        labels: Class numbers of the queries [q] and of the database [n].
        bits: Length of the codes, which Hamming distance ranks; None: posteriors.
        distance: Between posteriors (Eq. 3).
    """

    queries: NDArray[Any]
    database: NDArray[Any]
    labels: tuple[NDArray[np.int64], NDArray[np.int64]]
    bits: int | None
    distance: Distance

    def average_precision(self, cutoff: int | None, ties: Ties) -> Floats:
        """Average precision of each query [q]."""
        if self.bits is not None:
            return retrieval.average_precision_hamming(
                self.queries, self.database, *self.labels, cutoff=cutoff, ties=ties
            )
        scores = similarity(self.queries, self.database, self.distance)
        return retrieval.average_precision_scores(scores, *self.labels, cutoff=cutoff, ties=ties)

    def chance(self, cutoff: int | None) -> float:
        """Mean average precision of a random order."""
        return float(retrieval.chance_average_precision(*self.labels, cutoff=cutoff).mean())

    def curves(self) -> dict[str, Floats]:
        """Return recall and mean precision over queries, [2, points] each.

        `levels`: interpolated precision at recall levels; `radii`: within each Hamming radius
        from 0 to bits; posteriors have none.
        """
        if self.bits is None:
            scores = similarity(self.queries, self.database, self.distance)
            levels = retrieval.precision_recall_curve_scores(
                scores, *self.labels, points=RECALL_POINTS
            )
            return {"levels": np.stack(levels)}
        codes = (self.queries, self.database, *self.labels)
        levels = retrieval.precision_recall_curve_hamming(*codes, points=RECALL_POINTS)
        precision, recall = retrieval.precision_recall_hamming(*codes, bits=self.bits)
        return {"levels": np.stack(levels), "radii": np.stack([recall, precision])}


def similarity(queries: Vectors, database: Vectors, distance: Distance) -> Floats:
    """Similarity of every query to every item, higher is nearer (Eq. 3).

    [q, k], [n, k] -> [q, n]: the cosine, or the negative L1 or Euclidean distance.
    """
    left, right = queries.astype(np.float64), database.astype(np.float64)
    if distance == "l1":
        return -np.stack([np.abs(right - row).sum(axis=1) for row in left])
    if distance == "euclidean":
        return -np.stack([np.sqrt(np.square(right - row).sum(axis=1)) for row in left])
    left = left / np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-12)
    right = right / np.maximum(np.linalg.norm(right, axis=1, keepdims=True), 1e-12)
    cosine: Floats = left @ right.T
    return cosine


def rank(
    network: TwoBranch, queries: Pairs, database: Pairs, bits: int | None, distance: Distance
) -> dict[str, Ranking]:
    """Rank texts by image queries and images by text queries, by task."""
    sides: list[dict[str, NDArray[Any]]] = [encode(network, pairs) for pairs in (queries, database)]
    if bits is not None:
        sides = [{name: hamming.pack(x >= 0) for name, x in side.items()} for side in sides]
    labels = (queries.label.cpu().numpy(), database.label.cpu().numpy())
    return {
        task: Ranking(sides[0][query], sides[1][other], labels, bits, distance)
        for task, (query, other) in TASKS.items()
    }


def mean_average_precision(
    network: TwoBranch, pairs: Pairs, bits: int | None, distance: Distance
) -> dict[str, float]:
    """Score pairs against themselves, all ranks, ties averaged: task -> mAP."""
    return {
        task: float(ranking.average_precision(None, "average").mean())
        for task, ranking in rank(network, pairs, pairs, bits, distance).items()
    }
