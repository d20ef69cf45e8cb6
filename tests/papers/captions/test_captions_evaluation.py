from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from torchmetrics.functional.retrieval import retrieval_hit_rate

from crossmodal.metrics.retrieval import first_rank, recall_at_k
from crossmodal.papers.captions.data import Pairs, galleries
from crossmodal.papers.captions.evaluate import score
from crossmodal.papers.captions.settings import Protocol

IMAGES, CAPTIONS, DIMENSIONS = 30, 3, 6


def protocol(**changes: object) -> Protocol:
    return Protocol.model_validate(changes)


def embedded() -> tuple[np.ndarray, np.ndarray, Pairs]:
    rng = np.random.default_rng(0)
    image = torch.from_numpy(rng.permutation(np.repeat(np.arange(IMAGES), CAPTIONS)))
    images = rng.standard_normal((IMAGES, DIMENSIONS)).astype(np.float32)
    noise = rng.standard_normal((len(image), DIMENSIONS))
    captions = (images[image.numpy()] + 1.2 * noise).astype(np.float32)
    empty = torch.zeros(len(image), 40, 1)
    rows = pd.DataFrame(
        {"clip": range(len(image)), "image": [f"{number:02}.png" for number in image.tolist()]}
    )
    return images, captions, Pairs(empty, empty[:, 0, 0].long() + 1, image, empty[:1, 0], rows)


def test_ranks_by_hand() -> None:
    similarities = np.array([[3.0, 2, 1], [3, 2, 1], [1, 1, 1]], dtype=np.float32)
    # First; second; three tied, of which each rank from 1 to 3 is as likely.
    numbers = np.arange(3)
    assert first_rank(similarities, numbers, numbers).tolist() == [1.0, 2.0, 2.0]
    assert recall_at_k(similarities, numbers, numbers, 1).tolist() == pytest.approx([1, 0, 1 / 3])
    assert first_rank(similarities, np.array([5, 0, 0]), numbers)[0] == np.inf


def test_recall_is_the_hit_rate_of_a_trusted_library() -> None:
    rng = np.random.default_rng(1)
    scores = rng.standard_normal((40, 25))
    numbers, database = rng.integers(0, 8, 40), rng.integers(0, 8, 25)
    for k in (1, 5, 10):
        peer = [
            float(
                retrieval_hit_rate(
                    torch.from_numpy(row), torch.from_numpy(database == number), top_k=k
                )
            )
            for row, number in zip(scores, numbers, strict=True)
        ]
        assert recall_at_k(scores, numbers, database, k).tolist() == peer
    order = np.argsort(-scores, axis=1)
    found = first_rank(scores, numbers, database)
    for row, number in enumerate(numbers):
        hits = np.flatnonzero(database[order[row]] == number)
        assert found[row] == (hits[0] + 1 if len(hits) else np.inf)


def test_galleries_hold_an_image_once_and_other_captions_in_turn() -> None:
    _, _, pairs = embedded()
    drawn = galleries(pairs.image, 20, CAPTIONS, seed=0)
    numbers = [pairs.image[rows].tolist() for rows in drawn]
    assert all(len(set(found)) == len(found) == 20 for found in numbers)
    assert numbers[0] == numbers[1] == numbers[2] == sorted(numbers[0])
    rows = torch.cat(drawn).tolist()
    assert len(set(rows)) == len(rows)
    assert [r.tolist() for r in galleries(pairs.image, 20, CAPTIONS, seed=0)] == [
        r.tolist() for r in drawn
    ]
    assert galleries(pairs.image, 20, 1, seed=1)[0].tolist() != drawn[0].tolist()
    # Fewer images than asked for, more galleries than captions.
    assert [len(r) for r in galleries(pairs.image, 99, CAPTIONS + 1, seed=0)] == [IMAGES] * 4


@pytest.mark.parametrize("gallery", [12, 1024])
def test_scores_are_those_of_a_naive_search(gallery: int) -> None:
    images, captions, pairs = embedded()
    settings = protocol(gallery=gallery, galleries=2, cutoffs=(1, 5))
    scores, items, scalars = score(images, captions, pairs, settings)
    metrics = pd.DataFrame(scalars).set_index(["task", "protocol", "metric"])["value"]
    drawn = galleries(pairs.image, gallery, 2, 0)
    n = min(gallery, IMAGES)
    hits: dict[str, list[list[int]]] = {"image_to_caption": [], "caption_to_image": []}
    for rows in drawn:
        own = pairs.image[rows].numpy()
        table = images[own] @ captions[rows.numpy()].T
        for task, values in (("image_to_caption", table), ("caption_to_image", table.T)):
            hits[task].append(
                [1 + sum(bool(v > row[i]) for v in row) for i, row in enumerate(values)]
            )
    for task, found in hits.items():
        each = np.array(found)
        for k in (1, 5):
            expected = (each <= k).mean(axis=0)
            np.testing.assert_allclose(scores[f"{task}|pairs|recall{k}"], expected)
            assert metrics[task, "pairs", f"recall{k}_chance"] == pytest.approx(k / n)
        np.testing.assert_allclose(scores[f"{task}|pairs|rank"], each.mean(axis=0))
        assert metrics[task, "pairs", "median_rank"] == np.median(each)

    inside = np.isin(pairs.image.numpy(), pairs.image[drawn[0]].numpy())
    own = pairs.image.numpy()[inside]
    names = [f"{number:02}.png" for number in np.unique(own)]
    assert items.pop("caption_to_image|captions") == [str(at) for at in np.flatnonzero(inside)]
    assert list(items.values()) == [names] * 3
    table = captions[inside] @ images[np.unique(own)].T
    place = np.searchsorted(np.unique(own), own)
    best = [1 + int((row > row[at]).sum()) <= 5 for row, at in zip(table, place, strict=True)]
    assert scores["caption_to_image|captions|recall5"].tolist() == [float(hit) for hit in best]
    any_of_own = [
        bool((np.argsort(-column)[:5][:, None] == np.flatnonzero(place == at)).any())
        for at, column in enumerate(table.T)
    ]
    assert scores["image_to_caption|captions|recall5"].tolist() == [float(h) for h in any_of_own]


def test_collapsed_embeddings_score_as_chance() -> None:
    _, captions, pairs = embedded()
    scores, _, _ = score(
        np.ones((IMAGES, DIMENSIONS), np.float32), captions * 0 + 1, pairs, protocol(gallery=20)
    )
    assert scores["image_to_caption|pairs|recall5"].mean() == pytest.approx(5 / 20)
    assert scores["image_to_caption|pairs|rank"].mean() == pytest.approx(10.5)
