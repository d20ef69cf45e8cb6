from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from fixture_benchmark import budget, task, write_things
from torch import Tensor

from crossmodal.benchmark.data import Items, TaskData, load_task
from crossmodal.benchmark.evaluator import Evaluators
from crossmodal.benchmark.methods.base import Fitted, pair_similarities, similarities
from crossmodal.benchmark.scoring import draw_mismatches, score


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> TaskData:
    folder = write_things(tmp_path_factory.mktemp("things"))
    return load_task(task(), folder, budget(copies=1, vectors=12), 0)


def knowing(answers: int) -> Fitted:
    """Return a method that reads the answer."""

    def embed(items: Items) -> Tensor:
        return torch.nn.functional.one_hot(items.answer, answers).float()

    return Fitted(embed, embed, "cosine", {}, pd.DataFrame(), {}, lambda items: items.picture, None)


def test_who_knows_the_answers_gets_all_there_is(things: TaskData) -> None:
    evaluators = Evaluators.of(things, 0)
    scores, scalars = score(knowing(3), things, evaluators, 0)
    for way in ("picture_to_sound", "sound_to_picture"):
        for metric in ("average_precision", "reciprocal_rank", "recall_at_1", "recall_at_10"):
            assert scores[f"{way}|retrieval|{metric}"].tolist() == [1.0] * 15
    assert scores["pairs|verification|auc"].mean() == pytest.approx(1)
    assert scores["pairs|verification|equal_error_rate"].mean() == 0
    # It makes the true pictures: the evaluator's accuracy on these is the same number.
    rows = pd.DataFrame(scalars)
    known = rows[rows["protocol"] == "evaluator on true items"]
    assert known["task"].tolist() == ["picture_from_sound"]
    made = scores["picture_from_sound|generation|accuracy"]
    assert made.mean() == known["value"].iloc[0] > 0.9
    by_class = rows[rows["protocol"].str.startswith("retrieval, queries of")]
    assert sorted(by_class["protocol"].unique()) == [
        f"retrieval, queries of {name}" for name in "abc"
    ]
    assert by_class["n"].tolist() == [5] * 6
    assert "sound_from_picture|generation|accuracy" not in scores


def test_classes_average_to_the_whole(things: TaskData) -> None:
    def embed(items: Items) -> Tensor:
        return items.picture_vector

    def other(items: Items) -> Tensor:
        return items.sound_vector

    model = Fitted(embed, other, "cosine", {}, pd.DataFrame(), {})
    scores, scalars = score(model, things, Evaluators.of(things, 0), 0)
    rows = pd.DataFrame(scalars)
    for way in ("picture_to_sound", "sound_to_picture"):
        values = rows.loc[rows["task"] == way, "value"]
        assert values.mean() == pytest.approx(scores[f"{way}|retrieval|average_precision"].mean())


def test_pairs_without_classes_have_neither_classes_nor_evaluators(tmp_path: Path) -> None:
    folder = write_things(tmp_path)
    data = load_task(task(answer="pair", unique=True), folder, budget(copies=1, vectors=12), 0)
    scores, scalars = score(knowing(99), data, None, 0)
    assert scalars == []
    assert not any("generation" in key for key in scores)


def test_mismatched_pairs_are_of_another_answer() -> None:
    answer = np.array([0, 0, 0, 1, 2, 2])
    other = draw_mismatches(answer, 0)
    assert (answer[other] != answer).all()
    assert other.tolist() == draw_mismatches(answer, 0).tolist()


@pytest.mark.parametrize("comparison", ["cosine", "inner product", "distance"])
def test_pairs_are_the_diagonal_of_all_comparisons(comparison: str) -> None:
    generator = torch.Generator().manual_seed(0)
    left, right = torch.randn(2, 6, 4, generator=generator)
    everything = similarities(left, right, comparison)  # type: ignore[arg-type]
    pairs = pair_similarities(left, right, comparison)  # type: ignore[arg-type]
    np.testing.assert_allclose(np.diagonal(everything), pairs)
    if comparison == "distance":
        naive = -np.linalg.norm(left[2].double().numpy() - right[3].double().numpy())
        assert everything[2, 3] == pytest.approx(naive)
