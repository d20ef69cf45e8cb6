"""Time the captions paper: loss and similarities, embedding, search.

    python -m measure.bench_captions [RESULT.json]

One thread everywhere. The peer of loss and similarities is written anew after the public code of
the baseline (DAVEnet-pytorch): a Python loop over all image-caption pairs for the similarities, one
over the pairs of the batch for the loss. It runs on a few rows, its time is scaled and the line
says so.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import torch
from torch import Tensor

from crossmodal.files import write_json
from crossmodal.papers.captions.losses import Impostors, draw_impostors, six_hinges
from crossmodal.papers.captions.model import TwoBranches
from crossmodal.papers.captions.settings import RunSettings

PAIRS, DIMENSIONS, MARGIN = 1_024, 1_024, 1.0
FEW = 16
GALLERY, SEARCHED_DIMENSIONS, QUERIES, BEST = 1_000_000, 128, 20, 5
DEMO = {"frames": 400, "widths": (24, 48), "kernels": (5, 11, 11), "embedding": 96}


def seconds(action: Callable[[], object], repeats: int = 3) -> float:
    """Shortest time of ``action`` in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def loop_similarities(images: Tensor, captions: Tensor) -> Tensor:
    """Similarities [m, n], one pair at a time."""
    found = torch.zeros(len(images), len(captions))
    for i in range(len(images)):
        for j in range(len(captions)):
            found[i, j] = torch.dot(images[i], captions[j])
    return found


def loop_loss(images: Tensor, captions: Tensor, impostors: Impostors, rows: int) -> Tensor:
    """Six hinges of the first pairs, every similarity anew, one pair at a time."""

    def similarity(image: int, caption: int) -> Tensor:
        return torch.dot(images[image], captions[caption])

    loss = torch.zeros(1)
    for j in range(rows):
        first, second = int(impostors.caption[j]), int(impostors.image[j])
        for wrong, right in (
            *(((j, first), (j, j)), ((second, j), (j, j)), ((first, j), (first, first))),
            *(((j, first), (first, first)), ((second, j), (second, second))),
            ((j, second), (second, second)),
        ):
            hinge = MARGIN + similarity(*wrong) - similarity(*right)
            if float(hinge) > 0:
                loss = loss + hinge
    return loss / rows


def main() -> None:
    """Print one line a comparison; write them as JSON where a path is given."""
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    torch.manual_seed(0)
    rows: dict[str, dict[str, Any]] = {}

    def compare(name: str, ours: float, peer: float, note: str) -> None:
        rows[name] = {"ours_s": ours, "peer_s": peer, "peer_over_ours": peer / ours, "note": note}
        print(f"{name:52} ours {ours:8.3f} s  peer {peer:8.3f} s  ratio {peer / ours:8.2f}  {note}")

    bench_loss(compare)
    for name, settings in (("paper", {}), ("demo", DEMO)):
        rate = captions_a_second(RunSettings.model_validate(settings))
        rows[f"embedding, {name} size"] = {"captions_a_second": rate}
        print(f"embedding a caption, {name} size, 4 s each: {rate:.0f} captions a second")
    bench_search(compare)
    if len(sys.argv) > 1:
        write_json(Path(sys.argv[1]), rows)


def bench_loss(compare: Callable[[str, float, float, str], None]) -> None:
    """Loss with the full similarity matrix, against the loop over pairs."""
    images, captions = torch.randn(2, PAIRS, DIMENSIONS) / DIMENSIONS**0.5
    impostors = draw_impostors(PAIRS)
    similarities = images @ captions.T
    few = loop_similarities(images[:FEW], captions)
    torch.testing.assert_close(few, similarities[:FEW], atol=1e-4, rtol=1e-4)
    ours = sum(float(term) for term in six_hinges(similarities, impostors, MARGIN))
    assert abs(ours - float(loop_loss(images, captions, impostors, PAIRS))) < 1e-4

    whole = seconds(lambda: six_hinges(images @ captions.T, impostors, MARGIN))
    share = PAIRS / FEW
    loop = share * seconds(lambda: loop_similarities(images[:FEW], captions), repeats=1)
    loop += share * seconds(lambda: loop_loss(images, captions, impostors, FEW), repeats=1)
    note = f"1,024 x 1,024; peer ran {FEW} rows, scaled"
    compare("loss and all similarities vs loop over pairs", whole, loop, note)


def captions_a_second(settings: RunSettings, captions: int = 16) -> float:
    """Embed captions of 4 s; return how many a second."""
    network = TwoBranches(8, settings).eval()
    bands, lengths = torch.randn(captions, 40, 400), torch.full((captions,), 400)
    with torch.inference_mode():
        return captions / seconds(lambda: network.embed_captions(bands, lengths), repeats=2)


def bench_search(compare: Callable[[str, float, float, str], None]) -> None:
    """Search a saved index of a million vectors, against exact faiss in memory and NumPy."""
    random = np.random.default_rng(0)
    vectors = random.standard_normal((GALLERY, SEARCHED_DIMENSIONS), np.float32)
    queries = random.standard_normal((QUERIES, SEARCHED_DIMENSIONS), np.float32)
    exact = faiss.IndexFlatIP(SEARCHED_DIMENSIONS)
    exact.add(vectors)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "gallery.faiss")
        faiss.write_index(exact, path)
        opening = seconds(lambda: faiss.read_index(path), repeats=1)
        saved = faiss.read_index(path)

    def each(index: Any) -> list[Any]:
        return [index.search(query[None], BEST)[1] for query in queries]

    def plain() -> list[Any]:
        found = []
        for query in queries[:3]:
            scores = vectors @ query
            best = np.argpartition(-scores, BEST)[:BEST]
            found.append(best[np.argsort(-scores[best])])
        return found

    np.testing.assert_array_equal(each(saved), each(exact))
    np.testing.assert_array_equal(np.concatenate(each(saved)[:3]), np.stack(plain()))
    ours = seconds(lambda: each(saved), repeats=2) / QUERIES
    note = f"a query over 1,000,000 x {SEARCHED_DIMENSIONS}, best {BEST}"
    compare("search, saved index vs exact faiss in memory", ours, _mean(each, exact), note)
    compare("search, saved index vs NumPy", ours, seconds(plain, repeats=1) / 3, note)
    print(f"opening the saved index of 1,000,000 x {SEARCHED_DIMENSIONS}: {opening:.2f} s")


def _mean(each: Callable[[Any], list[Any]], index: Any) -> float:
    return seconds(lambda: each(index), repeats=2) / QUERIES


if __name__ == "__main__":
    main()
