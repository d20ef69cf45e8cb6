"""The numbers to compare between commits: the claims' places, all variants, means over seeds."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from crossmodal.errors import InputError
from crossmodal.reporting.claims import ASSESSED, COLUMNS
from crossmodal.reporting.summary import write_summary
from crossmodal.runs import PaperFolder, write_csv
from crossmodal.scores import METRIC_COLUMNS


@pytest.fixture
def paper(tmp_path: Path) -> PaperFolder:
    """A paper of two claims on one measure and one on another, and measures nobody claims."""
    values = [
        ("a", 0, "test", "score", 0.25),
        ("a", 1, "test", "score", 0.5),
        ("swept", 0, "test", "score", 0.75),
        ("a", 0, "test/chance", "score", 0.125),
        ("a", 0, "test", "loss", float("nan")),
        ("a", 0, "test", "other", 1.0),
    ]
    rows = [
        {"paper": "p", "corpus": "c", "variant": variant, "seed": seed, "protocol": protocol}
        | {"task": "t", "metric": metric, "value": value, "n": 4}
        for variant, seed, protocol, metric, value in values
    ]
    folder = PaperFolder(tmp_path / "paper")
    write_csv(folder.metrics("c"), pd.DataFrame(rows)[METRIC_COLUMNS])
    claims = pd.DataFrame("", index=range(4), columns=[*COLUMNS, *ASSESSED])
    for column, value in (("corpus", "c"), ("task", "t"), ("protocol", "test")):
        claims[column] = [value] * 3 + [""]
    claims["metric"] = ["score", "score", "loss", ""]
    claims["left"], claims["right"] = "a", ["swept", "a@test/chance", "a", ""]
    claims["verdict"] = ["supported", "supported", "inconclusive", "not testable"]
    claims["source"] = ["synthetic"] * 3 + [""]
    write_csv(folder.root / "claims.csv", claims)
    return folder


def test_the_measures_of_the_claims_and_no_others(paper: PaperFolder, tmp_path: Path) -> None:
    write_summary(paper, tmp_path / "metrics.json", tmp_path / "plot.csv")
    assert json.loads((tmp_path / "metrics.json").read_text()) == {
        "sources": {"c": "synthetic"},
        "verdicts": {"supported": 2, "contradicted": 0, "inconclusive": 1, "not testable": 1},
        "c": {
            "t": {
                "test": {"score": {"a": 0.375, "swept": 0.75}},
                "test/chance": {"score": {"a": 0.125}},
            }
        },
    }
    plot = pd.read_csv(tmp_path / "plot.csv")
    assert plot.to_dict("records") == [
        {"run": "a: score, t, c (stand-in data)", "value": 0.375},
        {"run": "swept: score, t, c (stand-in data)", "value": 0.75},
    ]


def test_a_paper_that_did_not_finish_is_named(paper: PaperFolder, tmp_path: Path) -> None:
    (paper.root / "claims.csv").unlink()
    with pytest.raises(InputError, match=r"claims.csv: no such file.*run the workflow again"):
        write_summary(paper, tmp_path / "metrics.json", tmp_path / "plot.csv")
    assert not (tmp_path / "metrics.json").exists()
