from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixture_results import FakePaper

from crossmodal.errors import InputError
from crossmodal.metrics.uncertainty import bootstrap_mean
from crossmodal.reporting.results import CorpusResults
from crossmodal.reporting.tables import comparison, readable, write_table

KEY = "image_to_text|test/all/average|map"


@pytest.fixture
def results(tmp_path: Path) -> CorpusResults:
    paper = FakePaper(tmp_path / "hashing")
    for seed in (10, 2, 0):
        scores = {KEY: np.array([0.1, 0.3, 0.5, 0.7]) + seed / 100, "b|p|m": np.zeros(2)}
        paper.add("wikipedia", "ours", seed, scores)
    return paper.results().first


def test_comparison_puts_paper_ours_and_difference_side_by_side(results: CorpusResults) -> None:
    cells = pd.DataFrame(
        {"bits": [16, 32, 16], "variant": ["ours", "other", "ours"], "paper": [0.5, 0.6, np.nan]}
    )
    table = comparison(results, KEY, cells)
    assert list(table.columns) == [
        *("bits", "variant", "paper", "ours", "low", "high", "difference", "seeds", "n"),
        "runs",
    ]
    assert list(table["runs"]) == ["wikipedia/ours", "", "wikipedia/ours"]
    interval = bootstrap_mean(results.scores("ours", KEY))
    assert table["ours"][0] == pytest.approx(0.44)
    assert (table["low"][0], table["high"][0]) == (interval.low, interval.high)
    assert table["difference"][0] == pytest.approx(-0.06)
    assert (table["seeds"][0], table["n"][0]) == (3, 4)
    assert table.loc[1, ["ours", "low", "high", "difference"]].isna().all()
    assert table["seeds"][1] == 0
    assert np.isnan(table["difference"][2])


def test_every_row_may_have_its_own_key(results: CorpusResults) -> None:
    cells = pd.DataFrame({"variant": ["ours", "ours"], "paper": [0.5, 0.5]})
    assert comparison(results, [KEY, "b|p|m"], cells)["n"].tolist() == [4, 2]


def test_comparison_names_scores_that_are_not_there(results: CorpusResults) -> None:
    cells = pd.DataFrame({"variant": ["ours"], "paper": [0.5]})
    with pytest.raises(InputError, match=r"ours has no scores a\|b\|c.*Ask for one of"):
        comparison(results, "a|b|c", cells)


FRAME = pd.DataFrame(
    {
        "method": ["cvh", "a|b\nc"],
        "bits": [16, 32],
        "paper": [0.217, np.nan],
        "ours": [0.2214567, np.nan],
        "low": [0.2, np.nan],
        "high": [0.25, np.nan],
        "difference": [0.0044567, np.nan],
    }
)


def test_markdown_is_aligned_and_rounded(tmp_path: Path) -> None:
    write_table(FRAME, tmp_path / "table1", title="Wikipedia", source="download", note="Note.")
    assert (tmp_path / "table1.md").read_text() == (
        "### Wikipedia\n"
        "\n"
        "| method   |   bits |   paper |   ours [95 % interval] |   difference |\n"
        "|:---------|-------:|--------:|-----------------------:|-------------:|\n"
        "| cvh      |     16 |   0.217 |   0.221 [0.200, 0.250] |       +0.004 |\n"
        "| a\\|b c   |     32 |       – |                      – |            – |\n"
        "\n"
        "Note.\n"
    )


def test_csv_keeps_the_numbers_and_bytes(tmp_path: Path) -> None:
    stem = tmp_path / "table1.v2"
    write_table(FRAME, stem, title="Wikipedia", source="download")
    first = (tmp_path / "table1.v2.csv").read_bytes()
    write_table(FRAME, stem, title="Wikipedia", source="download")
    assert (tmp_path / "table1.v2.csv").read_bytes() == first
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "table1.v2.csv"), FRAME)


@pytest.mark.parametrize(("source", "label"), [("synthetic", True), ("download", False)])
def test_stand_in_data_is_in_the_title(tmp_path: Path, source: str, label: bool) -> None:
    write_table(FRAME, tmp_path / "t", title="Wikipedia", source=source)
    heading = (tmp_path / "t.md").read_text().splitlines()[0]
    assert heading == ("### Wikipedia (stand-in data)" if label else "### Wikipedia")


def test_an_empty_table_has_its_heads() -> None:
    assert list(readable(FRAME.iloc[:0]).columns) == [
        *("method", "bits", "paper", "ours [95 % interval]", "difference")
    ]
