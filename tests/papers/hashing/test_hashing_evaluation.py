from __future__ import annotations

from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from fixture_hashing import TASKS, method_settings, paper_settings, write_corpus
from numpy.typing import NDArray

from crossmodal.papers.hashing import model, ranking
from crossmodal.papers.hashing.data import Pairs, Parts, load_parts
from crossmodal.papers.hashing.evaluate import evaluate, evaluate_run
from crossmodal.runs import METRIC_COLUMNS, Run, load_checkpoint, save_checkpoint

WIDTH, BITS, CLASSES = 4, 3, ["a", "b"]
Floats = NDArray[np.float64]


def some_pairs(labels: list[int], seed: int) -> Pairs:
    generator = torch.Generator().manual_seed(seed)
    image, text = (torch.randn(len(labels), WIDTH, generator=generator) for _ in range(2))
    return Pairs(image, text, torch.tensor(labels), CLASSES)


PARTS = Parts(
    train=some_pairs([0, 1, 1, 0, 1, 1], 0),
    validation=some_pairs([], 1),
    test=some_pairs([1, 0, 0, 1, 0], 2),
)


def content(bits: int | None, distance: str = "cosine") -> dict[str, Any]:
    """Return a checkpoint's content: random projections, or random posteriors without bits."""
    method = "cvh" if bits else "semantic"
    settings = method_settings(method, distance=distance, layers=0)
    torch.manual_seed(5)
    network = model.build(method, WIDTH, WIDTH, len(CLASSES), bits, settings)
    if isinstance(network, model.LinearHash):
        network.image_weight.normal_()
        network.text_weight.normal_()
    config = {
        "family": method,
        "method": method,
        "bits": bits,
        "image_width": WIDTH,
        "text_width": WIDTH,
        "classes": CLASSES,
        "settings": settings.model_dump(),
    }
    return {"weights": network.state_dict(), "config": config}


def naive_distances(checkpoint: dict[str, Any], task: str, part: Pairs) -> list[list[float]]:
    """Distances of every test query to every item of a part of the other modality."""
    network = model.load(checkpoint)
    encoders = {"image": network.encode_image, "text": network.encode_text}
    query, other = task.split("_to_")
    with torch.no_grad():
        left = encoders[query](getattr(PARTS.test, query)).double().tolist()
        right = encoders[other](getattr(part, other)).double().tolist()
    bits, distance = checkpoint["config"]["bits"], checkpoint["config"]["settings"]["distance"]

    def between(p: list[float], q: list[float]) -> float:
        pairs = list(zip(p, q, strict=True))
        if bits:
            return sum((a >= 0) != (b >= 0) for a, b in pairs)
        if distance == "l1":
            return sum(abs(a - b) for a, b in pairs)
        if distance == "euclidean":
            return float(np.sqrt(sum((a - b) ** 2 for a, b in pairs)))
        norms = np.sqrt(sum(a * a for a in p) * sum(b * b for b in q))
        return float(1 - sum(a * b for a, b in pairs) / norms)

    return [[between(p, q) for q in right] for p in left]


def precision_sum(relevant: list[bool], cutoff: int | None) -> float:
    hits, total = 0, 0.0
    for rank, is_relevant in enumerate(relevant[:cutoff], start=1):
        if is_relevant:
            hits += 1
            total += hits / rank
    return total / hits if hits else 0.0


def naive_average_precision(
    distances: list[float], relevant: list[bool], cutoff: int | None, ties: str
) -> float:
    """Rank by distance; tied items in database order, or the mean over all orders."""
    items = range(len(distances))
    orders = list(permutations(items)) if ties == "average" else [tuple(items)]
    values = []
    for order in orders:
        ranked = sorted(order, key=lambda item: distances[item])
        values.append(precision_sum([relevant[item] for item in ranked], cutoff))
    return sum(values) / len(values)


def relevance(part: Pairs) -> list[list[bool]]:
    return (PARTS.test.label[:, None] == part.label[None, :]).tolist()


@pytest.mark.parametrize("ties", ["average", "stable"])
@pytest.mark.parametrize(
    ("bits", "distance"), [(BITS, "cosine"), (None, "cosine"), (None, "l1"), (None, "euclidean")]
)
def test_every_protocol_is_a_slow_ranking(bits: int | None, distance: str, ties: str) -> None:
    protocol = {"databases": ["test", "train"], "cutoffs": [None, 3], "ties": ties}
    settings = paper_settings(protocol=protocol)
    checkpoint = content(bits, distance)
    scores, chance, _ = evaluate_run(checkpoint, PARTS, settings)

    keys = []
    chances = {(row["task"], row["protocol"]): row for row in chance}
    for database, task, cutoff in product(("test", "train"), TASKS, (None, 3)):
        label = f"{database}/{cutoff or 'all'}/{ties}"
        keys.append(f"{task}|{label}|map")
        part = getattr(PARTS, database)
        distances, relevant = naive_distances(checkpoint, task, part), relevance(part)
        expected = [
            naive_average_precision(*row, cutoff, ties)
            for row in zip(distances, relevant, strict=True)
        ]
        np.testing.assert_allclose(scores[keys[-1]], expected, atol=1e-12)
        row = chances[task, label]
        random = [
            naive_average_precision([0.0] * len(part), one, cutoff, "average") for one in relevant
        ]
        assert row["metric"] == "map_chance"
        assert row["value"] == pytest.approx(sum(random) / len(random), rel=1e-12)
        assert row["n"] == len(PARTS.test)
    assert sorted(scores) == sorted(keys)
    assert len(chance) == len(keys)


def test_ties_decide_the_number() -> None:
    """The tiny case holds ties, so that the two treatments can be told apart at all."""
    found = [
        evaluate_run(content(BITS), PARTS, paper_settings(protocol={"ties": ties}))[0]
        for ties in ("average", "stable")
    ]
    left, right = (
        scores[f"image_to_text|train/all/{ties}|map"]
        for scores, ties in zip(found, ("average", "stable"), strict=True)
    )
    assert np.abs(left - right).max() > 0.01


def test_curves_of_codes_are_hash_lookups() -> None:
    checkpoint = content(BITS)
    _, _, curves = evaluate_run(checkpoint, PARTS, paper_settings())
    assert list(curves) == ["database", "task", "curve", "at", "precision", "recall"]
    for database, task in product(("test", "train"), TASKS):
        rows = curves[(curves["database"] == database) & (curves["task"] == task)]
        part = getattr(PARTS, database)
        distances = np.array(naive_distances(checkpoint, task, part))
        relevant = np.array(relevance(part))
        precisions, recalls = [], []
        for radius in range(BITS + 1):
            within = distances <= radius
            hits = (within & relevant).sum(axis=1)
            precisions.append(hits / np.maximum(within.sum(axis=1), 1))
            recalls.append(hits / relevant.sum(axis=1))
        lookup = rows[rows["curve"] == "radius"]
        assert lookup["at"].tolist() == list(range(BITS + 1))
        np.testing.assert_allclose(lookup["precision"], np.mean(precisions, axis=1), atol=1e-12)
        np.testing.assert_allclose(lookup["recall"], np.mean(recalls, axis=1), atol=1e-12)

        recall = rows[rows["curve"] == "recall"]
        expected = [
            np.mean(
                [
                    max(
                        precision[query]
                        for precision, reached in zip(precisions, recalls, strict=True)
                        if reached[query] >= level - 1e-9
                    )
                    for query in range(len(PARTS.test))
                ]
            )
            for level in np.linspace(0, 1, 21)
        ]
        np.testing.assert_allclose(recall["at"], np.linspace(0, 1, 21), atol=1e-12)
        np.testing.assert_allclose(recall["precision"], expected, atol=1e-12)


def test_posteriors_have_no_radius() -> None:
    _, _, curves = evaluate_run(content(None), PARTS, paper_settings())
    assert set(curves["curve"]) == {"recall"}
    assert len(curves) == 4 * 21


def test_encoding_in_pieces_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    network = model.load(content(BITS))
    whole = ranking.encode(network, PARTS.train)
    monkeypatch.setattr(ranking, "_CHUNK", 4)
    pieces = ranking.encode(network.train(), PARTS.train)
    assert not network.training
    for name in ("image", "text"):
        assert whole[name].shape == (6, BITS)
        np.testing.assert_allclose(pieces[name], whole[name], atol=1e-6)


def test_files_hold_the_scores_and_their_means(tmp_path: Path) -> None:
    corpus = tmp_path / "corpora" / "wikipedia"
    write_corpus(corpus, "wikipedia")
    run = Run("wikipedia", "cvh_16", 3)
    settings = paper_settings(families={"cvh": {"bits": [16]}})
    parts = load_parts(settings, "wikipedia", "cvh", corpus)
    checkpoint = content(16)
    image, text = parts.train.image.shape[1], parts.train.text.shape[1]
    network = model.build("cvh", image, text, 3, 16, method_settings("cvh"))
    assert isinstance(network, model.LinearHash)
    network.image_weight.normal_()
    network.text_weight.normal_()
    checkpoint["weights"] = network.state_dict()
    checkpoint["config"] |= {
        "image_width": image,
        "text_width": text,
        "classes": parts.train.classes,
    }
    folder = run.folder(tmp_path / "hashing")
    save_checkpoint(folder / "checkpoint.pt", checkpoint)

    evaluate(settings, "wikipedia", ["cvh"], [3], corpus, tmp_path / "hashing")

    expected, chance, curves = evaluate_run(
        load_checkpoint(folder / "checkpoint.pt"), parts, settings
    )
    with np.load(folder / "scores.npz", allow_pickle=False) as scores:
        assert sorted(scores.files) == sorted(
            f"{task}|{database}/{cutoff}/average|map"
            for task, database, cutoff in product(TASKS, ("test", "train"), ("all", 50))
        )
        for key in scores.files:
            assert np.array_equal(scores[key], expected[key])
            assert scores[key].dtype == np.float64
    metrics = pd.read_csv(folder / "metrics.csv")
    assert list(metrics) == METRIC_COLUMNS
    assert len(metrics) == len(expected) + len(chance)
    constant = metrics[["paper", "corpus", "variant", "seed", "n"]].drop_duplicates()
    assert constant.values.tolist() == [["hashing", "wikipedia", "cvh_16", 3, 15]]
    for row in metrics.itertuples():
        if row.metric == "map":
            mean = expected[f"{row.task}|{row.protocol}|map"].mean()
            assert row.value == pytest.approx(mean, rel=1e-9)
    written = pd.read_csv(folder / "curves.csv")
    pd.testing.assert_frame_equal(written, curves, rtol=1e-9, check_dtype=False)
