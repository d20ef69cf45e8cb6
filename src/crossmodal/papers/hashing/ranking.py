"""Ranking one modality by the other: by Hamming distance of codes, or by class posteriors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from crossmodal.metrics import hamming, retrieval
from crossmodal.papers.hashing.data import Pairs
from crossmodal.papers.hashing.model import TwoBranch

TASKS = ("image_to_text", "text_to_image")
RECALL_POINTS = 21
_CHUNK = 4096

Vectors = NDArray[np.float32]
Labels = NDArray[np.int64]
Codes = NDArray[np.uint64]
Distance = Literal["cosine", "l1", "euclidean"]


@torch.no_grad()
def encode(network: TwoBranch, pairs: Pairs) -> dict[str, Vectors]:
    """Encode both modalities: {"image": [n, bits], "text": [n, bits]}, in bounded memory."""
    network.eval()
    sides: tuple[tuple[str, Callable, torch.Tensor], ...] = (
        ("image", network.encode_image, pairs.image),
        ("text", network.encode_text, pairs.text),
    )
    return {
        name: torch.cat([encoder(x).cpu() for x in torch.split(features, _CHUNK)]).numpy()
        for name, encoder, features in sides
    }


@dataclass(frozen=True)
class Ranking:
    """Queries of one modality against a database of the other, by codes or by posteriors.

    Exactly one of `bits` (Hamming distance between signs) and `distance` (between the vectors
    themselves) decides the order.
    """

    queries: Vectors
    database: Vectors
    query_labels: NDArray[np.int64]
    database_labels: NDArray[np.int64]
    bits: int | None
    distance: Distance

    def average_precision(
        self, cutoff: int | None, ties: Literal["average", "stable"]
    ) -> NDArray[np.float64]:
        """Average precision of each query [q]."""
        labels = (self.query_labels, self.database_labels)
        if self.bits is not None:
            return retrieval.average_precision_hamming(
                *self._codes(), *labels, cutoff=cutoff, ties=ties
            )
        scores = similarity(self.queries, self.database, self.distance)
        return retrieval.average_precision_scores(scores, *labels, cutoff=cutoff, ties=ties)

    def chance(self, cutoff: int | None) -> float:
        """Mean average precision of a random order."""
        values = retrieval.chance_average_precision(
            self.query_labels, self.database_labels, cutoff=cutoff
        )
        return float(values.mean())

    def curves(self) -> pd.DataFrame:
        """Precision at recall levels, and precision and recall at each Hamming radius.

        Columns `curve` (recall or radius), `at`, `precision`, `recall`; means over queries.
        """
        labels = (self.query_labels, self.database_labels)
        if self.bits is None:
            scores = similarity(self.queries, self.database, self.distance)
            level, precision = retrieval.precision_recall_curve_scores(
                scores, *labels, points=RECALL_POINTS
            )
        else:
            level, precision = retrieval.precision_recall_curve_hamming(
                *self._codes(), *labels, points=RECALL_POINTS
            )
        parts = [
            pd.DataFrame({"curve": "recall", "at": level, "precision": precision, "recall": level})
        ]
        if self.bits is not None:
            at_radius, recall = retrieval.precision_recall_hamming(
                *self._codes(), *labels, bits=self.bits
            )
            radius = np.arange(self.bits + 1)
            parts.append(
                pd.DataFrame(
                    {"curve": "radius", "at": radius, "precision": at_radius, "recall": recall}
                )
            )
        return pd.concat(parts, ignore_index=True)

    def _codes(self) -> tuple[Codes, Codes]:
        return hamming.pack(self.queries >= 0), hamming.pack(self.database >= 0)


def similarity(queries: Vectors, database: Vectors, distance: Distance) -> NDArray[np.float64]:
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
    cosine: NDArray[np.float64] = left @ right.T
    return cosine


def rankings(
    queries: dict[str, Vectors],
    database: dict[str, Vectors],
    query_labels: NDArray[np.int64],
    database_labels: NDArray[np.int64],
    bits: int | None,
    distance: Distance,
) -> Iterator[tuple[str, Ranking]]:
    """Yield (task, ranking) for image queries over texts and text queries over images."""
    for task, (query, other) in zip(TASKS, (("image", "text"), ("text", "image")), strict=True):
        yield (
            task,
            Ranking(queries[query], database[other], query_labels, database_labels, bits, distance),
        )


def mean_average_precision(
    network: TwoBranch, pairs: Pairs, bits: int | None, distance: Distance
) -> dict[str, float]:
    """Score pairs against themselves, all ranks, ties averaged: task -> mAP."""
    vectors = encode(network, pairs)
    label = pairs.label.cpu().numpy()
    return {
        task: float(ranking.average_precision(None, "average").mean())
        for task, ranking in rankings(vectors, vectors, label, label, bits, distance)
    }
