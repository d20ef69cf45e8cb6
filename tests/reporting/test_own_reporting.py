"""One's own videos in tables, figures, claims and the report: never taken for a reproduction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixture_results import FakePaper

from crossmodal.config import WorkflowSettings
from crossmodal.edition_report import write_edition_report
from crossmodal.files import write_json
from crossmodal.own_videos.entry import Entry
from crossmodal.reporting.claims import ASSESSED, COLUMNS, assess_claims
from crossmodal.reporting.results import Results
from crossmodal.reporting.tables import write_table
from crossmodal.workspace import Workspace

CONFIG = Path(__file__).resolve().parents[2] / "config"
KEY = "matching|test|auc"
CLAIM = {
    "claim": "1.a",
    "artefact": "t",
    "statement": "Ours is better",
    "corpus": "the_big_bang_theory",
    "task": "matching",
    "protocol": "test",
    "metric": "auc",
    "left": "ours",
    "relation": ">",
    "right": "baseline",
    "margin": "0",
    "paper_left": "0.9",
    "paper_right": "0.8",
    "status": "testable",
    "note": "",
}


def asked(tmp_path: Path, **changed: str) -> pd.Series:
    paper, claims = FakePaper(tmp_path / "facevoice", "own"), tmp_path / "claims.csv"
    noise = np.random.default_rng(0).normal(0, 0.01, 60)
    for seed in range(3):
        paper.add("folder", "ours", seed, {KEY: 0.8 + noise})
        paper.add("folder", "baseline", seed, {KEY: 0.6 + noise})
    pd.DataFrame([CLAIM | changed])[COLUMNS].to_csv(claims, index=False)
    return assess_claims(claims, paper.results(), "folder").iloc[0]


def test_a_claim_is_asked_of_the_videos(tmp_path: Path) -> None:
    row = asked(tmp_path)
    assert (row["corpus"], row["source"], row["verdict"]) == ("folder", "own", "supported")
    assert row["note"] == "the paper speaks of the_big_bang_theory"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"right": "unseen"}, "unseen did not run"),
        ({"left": "ours_2"}, "ours_2 did not run"),
        ({"metric": "gender_mrr"}, "ours has no gender_mrr here"),
        ({"left": "ours@other"}, "ours has no auc here"),
    ],
)
def test_what_the_videos_do_not_tell_is_not_testable(
    tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    row = asked(tmp_path, **changed)
    assert row["verdict"] == "not testable"
    assert said in row["note"]


def test_no_difference_to_numbers_of_another_corpus(tmp_path: Path) -> None:
    frame = pd.DataFrame({"model": ["m"], "paper": [0.9], "ours": [0.5], "difference": [-0.4]})
    write_table(frame, tmp_path / "t", title="Accuracy", source="own", note="Note.")
    assert np.isnan(pd.read_csv(tmp_path / "t.csv")["difference"][0])
    text = (tmp_path / "t.md").read_text()
    assert text.startswith("### Accuracy (own videos)\n")
    assert text.endswith("Note. The paper's numbers are those of another corpus.\n")


def test_the_report_says_why_a_paper_is_not_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"papers": ["facevoice", "msvae"], "unserved": {}}
    entry = Entry.model_validate({"name": "talk", "videos": "v", "split": "file", **found})
    monkeypatch.setattr(Workspace, "own", entry)
    monkeypatch.setattr(Workspace, "papers", ["facevoice", "msvae"])
    monkeypatch.setattr(Results, "records", [])
    values = {"edition": "own", "corpus": "talk", "results": str(tmp_path)}
    workspace = Workspace(WorkflowSettings.model_validate(values), {}, {}, CONFIG)
    results = workspace.results.root
    claims = pd.DataFrame([{**CLAIM, **dict.fromkeys(ASSESSED, "")}])[[*COLUMNS, *ASSESSED]]
    for paper in ("facevoice", "msvae"):
        (results / paper).mkdir(parents=True)
        claims.assign(verdict="not testable").to_csv(results / paper / "claims.csv", index=False)
    unserved = {"msvae": "3 utterances are too few", "hashing": "there are no texts"}
    served = {"name": "talk", "served": ["facevoice"], "unserved": unserved}
    write_json(results / "papers.json", served)
    write_edition_report(workspace)
    page = (results / "report.html").read_text(encoding="utf-8")
    for reason in ("3 utterances are too few.", "There are no texts."):
        assert f"The data of this edition cannot serve this paper.</strong> {reason}" in page
    assert "<dt>corpus</dt><dd>talk</dd>" in page
    # A paper that was not run has neither claims nor empty figures.
    assert pd.read_csv(results / "claims.csv")["paper"].tolist() == ["facevoice"]
    assert "fig4_top5" not in page


def test_a_table_of_nothing_that_ran_is_empty(tmp_path: Path) -> None:
    write_table(pd.DataFrame([]), tmp_path / "t", title="Readings", source="own")
    assert pd.read_csv(tmp_path / "t.csv").empty
    assert "### Readings (own videos)" in (tmp_path / "t.md").read_text()
