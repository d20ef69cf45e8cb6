from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixture_results import write_run

from crossmodal.errors import InputError
from crossmodal.metrics.uncertainty import bootstrap_mean
from crossmodal.reporting.tables import (
    comparison,
    readable,
    run_records,
    run_scores,
    write_table,
)

KEY = "image_to_text|test/all/average|map"


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    for seed in (10, 2, 0):
        scores = {KEY: np.array([0.1, 0.3, 0.5, 0.7]) + seed / 100, "b|p|m": np.zeros(2)}
        write_run(tmp_path, "wikipedia", "ours_16", seed, scores, "synthetic")
    return tmp_path


def test_scores_are_stacked_by_seed_number(paper: Path) -> None:
    scores = run_scores(paper, "wikipedia", "ours_16")
    assert list(scores) == ["b|p|m", KEY]
    np.testing.assert_allclose(scores[KEY][:, 0], [0.1, 0.12, 0.2])
    assert scores[KEY].shape == (3, 4)
    assert run_scores(paper, "wikipedia", "ours_32") == {}
    assert [record["seed"] for _, record in run_records(paper)] == [0, 2, 10]
    assert run_records(paper / "absent") == []


@pytest.mark.parametrize(
    ("scores", "problem"),
    [
        ({KEY: np.zeros(4)}, "other keys"),
        ({KEY: np.zeros(3), "b|p|m": np.zeros(2)}, "another number of queries"),
        ({KEY: np.full(4, np.nan), "b|p|m": np.zeros(2)}, "not a row of finite numbers"),
        ({KEY: np.zeros((4, 1)), "b|p|m": np.zeros(2)}, "not a row of finite numbers"),
        ({KEY: np.array([None] * 4)}, "not readable"),
    ],
)
def test_damaged_scores_are_named(paper: Path, scores: dict[str, np.ndarray], problem: str) -> None:
    path = paper / "runs" / "wikipedia" / "ours_16" / "seed10" / "scores.npz"
    np.savez(path, allow_pickle=True, **scores)
    with pytest.raises(InputError, match=problem) as caught:
        run_scores(paper, "wikipedia", "ours_16")
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("keep", [0, 40, -30])
def test_truncated_scores_are_named(paper: Path, keep: int) -> None:
    path = paper / "runs" / "wikipedia" / "ours_16" / "seed2" / "scores.npz"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"seed2.*not readable as an npz archive"):
        run_scores(paper, "wikipedia", "ours_16")


@pytest.mark.parametrize(
    ("text", "problem"),
    [("{", "not readable as JSON"), ("[]", "not a JSON object"), ("{}", "corpus: missing")],
)
def test_damaged_run_record_is_named(paper: Path, text: str, problem: str) -> None:
    path = paper / "runs" / "wikipedia" / "ours_16" / "seed2" / "run.json"
    path.write_text(text)
    with pytest.raises(InputError, match=problem) as caught:
        run_records(paper)
    assert str(path) in str(caught.value)


def test_runs_that_were_not_collected_do_not_count(paper: Path) -> None:
    runs = paper / "runs" / "wikipedia" / "ours_16"
    shutil.copytree(runs / "seed2", runs / "seed7")
    assert run_scores(paper, "wikipedia", "ours_16")[KEY].shape[0] == 3
    assert all(path.parent.name != "seed7" for path, _ in run_records(paper))


def test_comparison_puts_paper_ours_and_difference_side_by_side(paper: Path) -> None:
    cells = pd.DataFrame(
        {
            "bits": [16, 32, 16],
            "variant": ["ours_16", "ours_32", "ours_16"],
            "paper": [0.5, 0.6, np.nan],
        }
    )
    table = comparison(paper, "wikipedia", KEY, cells)
    assert list(table.columns) == [
        *("bits", "variant", "paper", "ours", "low", "high", "difference", "seeds", "n"),
        "runs",
    ]
    assert list(table["runs"]) == ["wikipedia/ours_16", "", "wikipedia/ours_16"]
    interval = bootstrap_mean(run_scores(paper, "wikipedia", "ours_16")[KEY])
    assert table["ours"][0] == pytest.approx(0.44)
    assert (table["low"][0], table["high"][0]) == (interval.low, interval.high)
    assert table["difference"][0] == pytest.approx(-0.06)
    assert (table["seeds"][0], table["n"][0]) == (3, 4)
    assert table.loc[1, ["ours", "low", "high", "difference"]].isna().all()
    assert table["seeds"][1] == 0
    assert np.isnan(table["difference"][2])


def test_comparison_names_scores_that_are_not_there(paper: Path) -> None:
    cells = pd.DataFrame({"variant": ["ours_16"], "paper": [0.5]})
    with pytest.raises(InputError, match=r"no scores for a\|b\|c.*Ask for one of: b\|p\|m"):
        comparison(paper, "wikipedia", "a|b|c", cells)


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
        "| method | bits | paper | ours [95 % interval] | difference |\n"
        "| ------ | ---: | ----: | -------------------: | ---------: |\n"
        "| cvh    |   16 | 0.217 | 0.221 [0.200, 0.250] |     +0.004 |\n"
        "| a\\|b c |   32 |     – |                    – |          – |\n"
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
        *("method", "bits", "paper", "ours [95 % interval]", "difference"),
    ]
