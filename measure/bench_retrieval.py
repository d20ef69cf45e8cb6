"""Time the retrieval metrics against plain loops, torchmetrics, faiss and the bare arithmetic.

    python measure/bench_retrieval.py [RESULT.json]

1,000 queries, 100,000 codes of 64 bits, 10 classes, one thread everywhere. Every time is the best
of three. Slow peers run on fewer queries; their time is scaled to 1,000 and the line says so.
The times of torchmetrics leave out the distances, which it is given.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import torch
from numpy.typing import NDArray
from torchmetrics.functional.retrieval import retrieval_average_precision
from torchmetrics.retrieval import RetrievalMAP

from crossmodal.files import write_json
from crossmodal.metrics import hamming
from crossmodal.metrics.retrieval import average_precision_hamming

QUERIES, DATABASE, BITS, CLASSES = 1_000, 100_000, 64, 10
FEW = 20
NEIGHBOURS = 50

Array = NDArray[Any]


def seconds(action: Callable[[], object], repeats: int = 3) -> float:
    """Shortest time of ``action`` in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def clustered_codes(random: np.random.Generator, labels: Array) -> Array:
    """Codes [n, 1] whose class decides two bits in three of a random class code."""
    centres = random.random((CLASSES, BITS)) < 0.5
    noise = random.random((len(labels), BITS)) < 1 / 3
    return hamming.pack(centres[labels] ^ noise)


def plain_loop(queries: Array, database: Array, query_labels: Array, labels: Array) -> Array:
    """Average precision [q] by sorting, ties by index: the loop one would write first."""
    ranks = np.arange(1, len(database) + 1)
    result = []
    for query, label in zip(queries, query_labels, strict=True):
        distance = np.bitwise_count(query ^ database).sum(axis=1)
        relevant = labels[np.argsort(distance, kind="stable")] == label
        result.append((np.cumsum(relevant) / ranks)[relevant].mean())
    return np.array(result)


def functional_peer(scores: torch.Tensor, relevant: torch.Tensor) -> Array:
    """Average precision [q] by torchmetrics, a query at a time."""
    pairs = zip(scores, relevant, strict=True)
    return np.array([float(retrieval_average_precision(*pair)) for pair in pairs])


def modular_peer(scores: torch.Tensor, relevant: torch.Tensor) -> float:
    """Mean average precision by ``torchmetrics.RetrievalMAP`` over all pairs at once."""
    indexes = torch.arange(len(scores)).repeat_interleave(scores.shape[1])
    return float(RetrievalMAP()(scores.ravel(), relevant.ravel(), indexes=indexes))


def bare_pass(queries: Array, database: Array) -> None:
    """XOR and population count of every pair, nothing kept: the floor of any exact method."""
    column = np.ascontiguousarray(database[:, 0])
    differing, count = np.empty(len(column), np.uint64), np.empty(len(column), np.uint8)
    for query in queries[:, 0]:
        np.bitwise_xor(query, column, out=differing)
        np.bitwise_count(differing, out=count)


def faiss_distances(queries: Array, database: Array, result: Array) -> None:
    """All Hamming distances by faiss into ``result`` int32 [q, n]."""
    left, right = queries.view(np.uint8), database.view(np.uint8)
    pointers = [faiss.swig_ptr(array) for array in (left, right, result)]
    faiss.hammings(  # type: ignore[attr-defined]
        *pointers[:2], len(left), len(right), BITS // 8, pointers[2]
    )


def all_distances(queries: Array, database: Array) -> None:
    """All Hamming distances, in chunks, none kept."""
    for rows in hamming.query_chunks(len(queries), row_bytes=len(database)):
        hamming.distances(queries[rows], database)


def main() -> None:
    """Print one line a comparison; write them as JSON where a path is given."""
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    random = np.random.default_rng(0)
    query_labels = random.integers(CLASSES, size=QUERIES)
    labels = random.integers(CLASSES, size=DATABASE)
    codes = clustered_codes(random, np.concatenate((query_labels, labels)))
    queries, database = codes[:QUERIES], codes[QUERIES:]
    few, few_labels, scale = queries[:FEW], query_labels[:FEW], QUERIES / FEW
    scaled = f"peer ran {FEW} queries, scaled"

    exact = average_precision_hamming(few, database, few_labels, labels, ties="stable")
    np.testing.assert_allclose(exact, plain_loop(few, database, few_labels, labels), rtol=1e-9)
    index = faiss.IndexBinaryFlat(BITS)
    index.add(database.view(np.uint8))
    expected = index.search(few.view(np.uint8), NEIGHBOURS)[0]
    np.testing.assert_array_equal(hamming.nearest(few, database, NEIGHBOURS)[0], expected)

    scores = -torch.from_numpy(hamming.distances(few, database).astype(np.float32))
    relevant = torch.from_numpy(labels == few_labels[:, None])
    full = np.empty((QUERIES // 10, DATABASE), np.int32)
    rows: dict[str, dict[str, Any]] = {}

    def compare(name: str, ours: float, peer: float, note: str = "") -> None:
        rows[name] = {"ours_s": ours, "peer_s": peer, "peer_over_ours": peer / ours, "note": note}
        print(f"{name:52} ours {ours:8.3f} s  peer {peer:8.3f} s  ratio {peer / ours:8.2f}  {note}")

    average = seconds(lambda: average_precision_hamming(queries, database, query_labels, labels))
    stable = scale * seconds(
        lambda: average_precision_hamming(few, database, few_labels, labels, ties="stable")
    )
    loop = scale * seconds(lambda: plain_loop(few, database, few_labels, labels))
    functional = scale * seconds(lambda: functional_peer(scores, relevant))
    modular = scale * seconds(lambda: modular_peer(scores, relevant))
    nearest = seconds(lambda: hamming.nearest(queries, database, NEIGHBOURS))
    faiss_nearest = seconds(lambda: index.search(queries.view(np.uint8), NEIGHBOURS))
    distances = seconds(lambda: all_distances(queries, database))
    faiss_all = 10 * seconds(lambda: faiss_distances(queries[: len(full)], database, full))
    floor = seconds(lambda: bare_pass(queries, database))

    compare("mAP, tie-averaged, vs plain loop (stable)", average, loop, scaled)
    compare("mAP, tie-averaged, vs torchmetrics functional", average, functional, scaled)
    compare("mAP, tie-averaged, vs torchmetrics RetrievalMAP", average, modular, scaled)
    compare("mAP, stable, vs plain loop (stable)", stable, loop, "both " + scaled[5:])
    compare(f"nearest {NEIGHBOURS} vs faiss.IndexBinaryFlat", nearest, faiss_nearest, "one thread")
    compare("all distances vs faiss.hammings", distances, faiss_all, "peer ran a tenth, scaled")
    compare("mAP, tie-averaged, vs bare XOR and count", average, floor, "floor")
    compare("all distances vs bare XOR and count", distances, floor, "floor")
    rate = QUERIES * DATABASE * BITS / 8 / floor / 1e9
    print(
        f"bare pass reads {rate:.1f} GB/s of codes, {QUERIES * DATABASE / floor / 1e9:.2f} pairs/ns"
    )
    if len(sys.argv) > 1:
        write_json(Path(sys.argv[1]), rows)


if __name__ == "__main__":
    main()
