from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
import torch
from fixture_hashing import TASKS, method_settings, paper_settings
from numpy.typing import NDArray
from torch import nn

from crossmodal.papers.hashing import evaluate as evaluation
from crossmodal.papers.hashing import model
from crossmodal.papers.hashing.data import Pairs, Split
from crossmodal.papers.hashing.evaluate import evaluate_run
from crossmodal.runs import Run
from crossmodal.scores import Scored

WIDTH, BITS, CLASSES = 4, 3, ["a", "b"]
Floats = NDArray[np.float64]


def some_pairs(labels: list[int], seed: int) -> Pairs:
    generator = torch.Generator().manual_seed(seed)
    image, text = (torch.randn(len(labels), WIDTH, generator=generator) for _ in range(2))
    return Pairs(image, text, torch.tensor(labels), CLASSES)


SPLIT = Split(
    train=some_pairs([0, 1, 1, 0, 1, 1], 0),
    validation=some_pairs([], 1),
    test=some_pairs([1, 0, 0, 1, 0], 2),
    queries=list("vwxyz"),
)


def scored(checkpoint: dict[str, Any], **changes: Any) -> Scored:
    run = Run("wikipedia", "cvh", 0)
    return evaluate_run(run, checkpoint, SPLIT, paper_settings(**changes))


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
        "method": method,
        "codes": {"code": bits},
        "image_width": WIDTH,
        "text_width": WIDTH,
        "classes": CLASSES,
        "settings": settings.model_dump(),
    }
    return {"weights": nn.ModuleDict({"code": network}).state_dict(), "config": config}


def naive_distances(checkpoint: dict[str, Any], task: str, part: Pairs) -> list[list[float]]:
    """Distances of every test query to every item of a part of the other modality."""
    network = model.load(checkpoint)["code"]
    encoders = {"image": network.encode_image, "text": network.encode_text}
    query, other = task.split("_to_")
    with torch.no_grad():
        left = encoders[query](getattr(SPLIT.test, query)).double().tolist()
        right = encoders[other](getattr(part, other)).double().tolist()
    config = checkpoint["config"]
    bits, distance = config["codes"]["code"], config["settings"]["distance"]

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
    return (SPLIT.test.label[:, None] == part.label[None, :]).tolist()


@pytest.mark.parametrize("ties", ["average", "stable"])
@pytest.mark.parametrize(
    ("bits", "distance"), [(BITS, "cosine"), (None, "cosine"), (None, "l1"), (None, "euclidean")]
)
def test_every_protocol_is_a_slow_ranking(bits: int | None, distance: str, ties: str) -> None:
    protocol = {"databases": ["test", "train"], "cutoffs": [None, 3], "ties": ties}
    checkpoint = content(bits, distance)
    found = scored(checkpoint, protocol=protocol)

    keys = []
    chances = {(row["task"], row["protocol"]): row for row in found.scalars}
    for database, task, cutoff in product(("test", "train"), TASKS, (None, 3)):
        label = f"code/{database}/{cutoff or 'all'}/{ties}"
        keys.append(f"{task}|{label}|map")
        part = getattr(SPLIT, database)
        distances, relevant = naive_distances(checkpoint, task, part), relevance(part)
        expected = [
            naive_average_precision(*row, cutoff, ties)
            for row in zip(distances, relevant, strict=True)
        ]
        np.testing.assert_allclose(found.scores[keys[-1]], expected, atol=1e-12)
        assert found.items[f"{task}|{label}"] == SPLIT.queries
        row = chances[task, label]
        random = [
            naive_average_precision([0.0] * len(part), one, cutoff, "average") for one in relevant
        ]
        assert row["metric"] == "map_chance"
        assert row["value"] == pytest.approx(sum(random) / len(random), rel=1e-12)
        assert row["n"] == len(SPLIT.test)
    assert sorted(found.scores) == sorted(keys)
    assert len(found.scalars) == len(found.items) == len(keys)


def test_ties_decide_the_number() -> None:
    """The tiny case holds ties, so that the two treatments can be told apart at all."""
    left, right = (
        scored(content(BITS), protocol={"ties": ties}).scores[
            f"image_to_text|code/train/all/{ties}|map"
        ]
        for ties in ("average", "stable")
    )
    assert np.abs(left - right).max() > 0.01


def test_curves_of_codes_are_hash_lookups() -> None:
    checkpoint = content(BITS)
    curves = scored(checkpoint).examples
    assert len(curves) == 2 * 2 * 2
    for database, task in product(("test", "train"), TASKS):
        part = getattr(SPLIT, database)
        distances = np.array(naive_distances(checkpoint, task, part))
        relevant = np.array(relevance(part))
        precisions, recalls = [], []
        for radius in range(BITS + 1):
            within = distances <= radius
            hits = (within & relevant).sum(axis=1)
            precisions.append(hits / np.maximum(within.sum(axis=1), 1))
            recalls.append(hits / relevant.sum(axis=1))
        lookup = curves[f"{task}|code/{database}|radii"]
        assert lookup.shape == (2, BITS + 1)
        np.testing.assert_allclose(
            lookup, [np.mean(recalls, 1), np.mean(precisions, 1)], atol=1e-12
        )
        expected = [
            np.mean(
                [
                    max(
                        precision[query]
                        for precision, reached in zip(precisions, recalls, strict=True)
                        if reached[query] >= level - 1e-9
                    )
                    for query in range(len(SPLIT.test))
                ]
            )
            for level in np.linspace(0, 1, 21)
        ]
        levels = curves[f"{task}|code/{database}|levels"]
        assert levels[0] == pytest.approx(np.linspace(0, 1, 21), abs=1e-12)
        assert levels[1] == pytest.approx(expected, abs=1e-12)


def test_posteriors_have_no_radius() -> None:
    curves = scored(content(None)).examples
    assert {name.rsplit("|", 1)[1] for name in curves} == {"levels"}
    assert {curve.shape for curve in curves.values()} == {(2, 21)}


def test_every_code_length_is_scored_by_its_own_network() -> None:
    contents = {code: content(bits) for code, bits in (("3", 3), ("5", 5))}
    weights = {
        f"{code}.{name.removeprefix('code.')}": value
        for code, one in contents.items()
        for name, value in one["weights"].items()
    }
    both = {"weights": weights, "config": contents["3"]["config"] | {"codes": {"3": 3, "5": 5}}}
    found = scored(both).scores
    for code, one in contents.items():
        for key, values in scored(one).scores.items():
            assert np.array_equal(found[key.replace("|code/", f"|{code}/")], values)
    assert len(found) == 2 * 8


def test_encoding_in_pieces_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    network = model.load(content(BITS))["code"]
    whole = evaluation.encode(network, SPLIT.train)
    monkeypatch.setattr(evaluation, "_CHUNK", 4)
    pieces = evaluation.encode(network.train(), SPLIT.train)
    assert not network.training
    for name in ("image", "text"):
        assert whole[name].shape == (6, BITS)
        np.testing.assert_allclose(pieces[name], whole[name], atol=1e-6)
