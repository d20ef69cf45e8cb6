from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crossmodal import files
from crossmodal.errors import InputError
from crossmodal.runs import PaperFolder, Run
from crossmodal.scores import METRIC_COLUMNS, Scored, read_arrays, read_metrics, write_scores

KEY = "image_to_text|test/all/average|map"
PLACE = KEY.rpartition("|")[0]
CHANCE = {"protocol": "test", "task": "image_to_text", "metric": "map_chance", "value": 0.1, "n": 3}


def scored(seed: int = 0, items: str = "abc", **changes: Any) -> Scored:
    values = {
        "scores": {KEY: np.array([0.25, 0.5, 1.0])},
        "items": {PLACE: list(items)},
        "scalars": [CHANCE],
        "examples": {"rows": np.array([seed])},
    }
    return Scored(Run("wikipedia", "ours", seed), **{**values, **changes})


def test_scores_are_byte_stable_and_metrics_are_their_means(tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        paper = PaperFolder(tmp_path / name / "hashing")
        write_scores(paper, "wikipedia", [scored(0), scored(1)], {"texts": np.array(["t"])})
        paths = (paper.scores("wikipedia"), paper.metrics("wikipedia"), paper.examples("wikipedia"))
        written.append([path.read_bytes() for path in paths])
    assert written[0] == written[1]
    frame = read_metrics(paper.metrics("wikipedia"))
    assert list(frame.columns) == METRIC_COLUMNS
    assert frame["metric"].tolist() == ["map", "map_chance"] * 2
    assert frame["value"].tolist() == [0.5833333333, 0.1] * 2
    assert frame["seed"].tolist() == [0, 0, 1, 1]
    assert set(frame["paper"]) == {"hashing"}
    arrays = read_arrays(paper.scores("wikipedia"))
    assert arrays[f"ours/seed1/{KEY}"].tolist() == [0.25, 0.5, 1.0]
    assert arrays["items/0"].tolist() == ["a", "b", "c"]
    examples = read_arrays(paper.examples("wikipedia"))
    assert sorted(examples.files) == ["ours/seed0/rows", "ours/seed1/rows", "texts"]


@pytest.mark.parametrize(
    ("runs", "problem"),
    [
        ([scored(items="ab")], "3 scores of 2 items"),
        ([scored(items="")], "3 scores of 0 items"),
        ([scored(scores={KEY: np.array([1.0, np.nan, 0.0])})], "scores that are no numbers"),
        ([scored(items="", scores={KEY: np.array([])})], "0 scores of 0 items"),
        ([scored(0), scored(1, items="abd")], "other items than an earlier seed"),
    ],
)
def test_scores_without_names_or_numbers_are_refused(
    tmp_path: Path, runs: list[Scored], problem: str
) -> None:
    paper = PaperFolder(tmp_path / "hashing")
    with pytest.raises(InputError, match=problem) as caught:
        write_scores(paper, "wikipedia", runs)
    assert "image_to_text|test/all/average" in str(caught.value)
    assert not paper.scores("wikipedia").exists()


@pytest.mark.parametrize("kind", ["scores", "metrics", "examples"])
@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_cut_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, recorded: bool, share: float
) -> None:
    monkeypatch.setattr(files, "_recorded", {tmp_path.resolve()} if recorded else set())
    paper = PaperFolder(tmp_path / "hashing")
    write_scores(paper, "wikipedia", [scored()], {})
    path: Path = getattr(paper, kind)("wikipedia")
    if kind == "metrics" and not recorded:
        share = 0.0  # nothing can be told from a table that ends early
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match=r"Delete it and run the workflow again") as caught:
        (read_metrics if kind == "metrics" else read_arrays)(path)
    assert str(path) in str(caught.value)
