from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from fixture_results import FakePaper

from crossmodal.errors import InputError
from crossmodal.metrics.uncertainty import bootstrap_mean
from crossmodal.reporting.results import CorpusResults, NotRunError, Results
from crossmodal.runs import PaperFolder

KEY = "image_to_text|test/all/average|map"


@pytest.fixture
def results(tmp_path: Path) -> Results:
    paper = FakePaper(tmp_path / "hashing")
    for seed in (10, 2, 0):
        scores = {KEY: np.array([0.1, 0.3, 0.5, 0.7]) + seed / 100, "b|p|m": np.zeros(2)}
        paper.add("wikipedia", "ours", seed, scores)
    return paper.results()


@pytest.fixture
def corpus(results: Results) -> CorpusResults:
    return results.first


def test_scores_are_stacked_by_seed_number(corpus: CorpusResults) -> None:
    assert corpus.keys("ours") == [KEY, "b|p|m"]
    np.testing.assert_allclose(corpus.scores("ours", KEY)[:, 0], [0.1, 0.12, 0.2])
    assert corpus.items("ours", "b", "p").tolist() == ["q0", "q1"]
    assert corpus.interval("ours", KEY) == bootstrap_mean(corpus.scores("ours", KEY))
    assert corpus.scalar("ours", "image_to_text", "test/all/average", "map") == pytest.approx(0.44)
    assert np.isnan(corpus.scalar("ours", "image_to_text", "none", "map"))
    assert corpus.keys("other") == []
    with pytest.raises(InputError, match=r"ours has no scores a\|b\|c.*Ask for one of"):
        corpus.scores("ours", "a|b|c")


def test_what_did_not_run_is_said(corpus: CorpusResults, tmp_path: Path) -> None:
    corpus.need("ours")
    with pytest.raises(NotRunError, match=r"Did not run: graph_cut\."):
        corpus.scores("graph_cut", KEY)
    nothing = Results.read(None, PaperFolder(tmp_path), [])
    assert nothing.source == "missing"
    with pytest.raises(NotRunError, match="No corpus"):
        _ = nothing.first


def test_a_run_of_other_settings_that_is_left_does_not_count(results: Results) -> None:
    runs = results.folder.root / "runs" / "wikipedia" / "ours"
    shutil.copytree(runs / "seed2", runs / "seed7")
    again = Results.read(None, results.folder, ["wikipedia"])
    assert again.first.scores("ours", KEY).shape == (3, 4)
    assert [record["seed"] for _, record in again.records] == [10, 2, 0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [("{", "not readable as JSON"), ("[]", "not a JSON object"), ("{}", "corpus: missing")],
)
def test_a_damaged_record_is_named(results: Results, text: str, problem: str) -> None:
    path = results.folder.root / "runs" / "wikipedia" / "ours" / "seed2" / "run.json"
    path.write_text(text)
    with pytest.raises(InputError, match=problem) as caught:
        _ = results.records
    assert str(path) in str(caught.value)
    assert "Delete it and run the workflow again" in str(caught.value)
