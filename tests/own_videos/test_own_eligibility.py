"""Which papers windows are enough for, and why not."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from crossmodal.own_videos.eligibility import Papers, expected, write_eligible
from crossmodal.workspace import Workspace

CONFIG = Path(__file__).resolve().parents[2] / "config"
SIDES = ("train", "validation", "test")


@pytest.fixture(scope="module")
def papers() -> Papers:
    return Papers(CONFIG)


def windows(people: str = "AB", train: int = 20, other: int = 10) -> pd.DataFrame:
    """Return as many windows of each person in each part."""
    counts = dict(zip(SIDES, (train, other, other), strict=True))
    rows = [
        {"person": person, "label": person, "split": side}
        for side, count in counts.items()
        for person in people
        for _ in range(count)
    ]
    return pd.DataFrame(rows, columns=["person", "label", "split"])


@pytest.mark.parametrize("paper", ["facevoice", "cmcgan", "msvae"])
def test_enough_is_enough(papers: Papers, paper: str) -> None:
    assert papers.plan(paper).unmet(windows()) == ""


@pytest.mark.parametrize("paper", ["facevoice", "cmcgan", "msvae"])
def test_nothing_at_all_has_a_reason(papers: Papers, paper: str) -> None:
    assert "needed" in papers.plan(paper).unmet(windows("", 0))


@pytest.mark.parametrize(
    ("paper", "table", "said"),
    [
        ("facevoice", windows("A"), "1 of the people"),
        ("facevoice", windows("AB", 5), "10 windows of face and voice in train, 20 are needed"),
        ("facevoice", windows("AB", 20, 1), "2 windows of face and voice in validation"),
        ("cmcgan", windows("A"), "windows of 1 labels in train, 2 are needed"),
        ("cmcgan", windows("AB", 9), "18 windows in train, 20 are needed"),
        ("msvae", windows("A"), "1 person in test"),
        ("msvae", windows("AB", 1), "2 utterances with a face in train, 4 are needed"),
        ("msvae", windows("AB", 4, 1), "2 utterances with a face in test, 3 are needed"),
    ],
)
def test_too_few_is_said_in_numbers(
    papers: Papers, paper: str, table: pd.DataFrame, said: str
) -> None:
    assert said in papers.plan(paper).unmet(table)


def test_who_is_only_in_the_test_does_not_count(papers: Papers) -> None:
    table = windows("AB")
    table.loc[(table["person"] == "B") & (table["split"] == "train"), "person"] = "C"
    assert "1 of the people in training" in papers.plan("facevoice").unmet(table)


@pytest.mark.parametrize("paper", ["facevoice", "msvae"])
def test_windows_of_nobody_do_not_count(papers: Papers, paper: str) -> None:
    assert papers.plan(paper).unmet(windows().assign(person="")).startswith("0 ")


def test_a_label_that_is_never_learnt(papers: Papers) -> None:
    table = windows("ABC")
    table = table[~((table["label"] == "C") & (table["split"] == "train"))]
    assert papers.plan("cmcgan").unmet(table) == "label 'C' never occurs in training"


@pytest.mark.parametrize(
    ("kind", "counts"), [("facevoice", [2, 0, 0]), ("cmcgan", [3, 7, 0]), ("msvae", [1, 0, 0])]
)
def test_expected_windows(kind: str, counts: list[int]) -> None:
    rows = pd.DataFrame(
        {
            "person": ["A", "", "A"],
            "start_s": [0.0, 1.0, 2.0],
            "end_s": [1.0, 3.0, 2.3],
            "face_share": [1.0, 1.0, 0.0],
        }
    )
    found = expected(rows, kind, 0.25)
    assert [int((found.index == row).sum()) for row in range(3)] == counts


def test_few_windows_make_long_trainings(papers: Papers) -> None:
    few, many = (
        papers.plan("cmcgan").defaults_for(windows(train=count))["models"]["cmcgan"]["epochs"]
        for count in (20, 20_000)
    )
    assert (few, many) == (300, 10)
    assert papers.plan("msvae").defaults_for(windows(train=4))["method"] == {"passes": 45}


def test_papers_that_the_windows_do_not_carry_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "data/n/own"
    (folder / "videos").mkdir(parents=True)
    (folder / "corpus.yaml").write_text(
        "{name: n, videos: /v, split: file, papers: [facevoice, cmcgan],"
        " unserved: {msvae: too few}}"
    )
    values = {"edition": "own", "corpus": "n", "data": str(tmp_path / "data")}
    workspace = Workspace.of({**values, "results": str(tmp_path / "results")}, CONFIG)
    for kind, table in (("facevoice", windows("A", 1, 1)), ("cmcgan", windows())):
        manifest = workspace.results.corpus("folder", kind) / "manifest.csv"
        manifest.parent.mkdir(parents=True)
        table.to_csv(manifest, index=False)
    write_eligible(workspace, tmp_path / "papers.json")
    found = json.loads((tmp_path / "papers.json").read_text())
    assert found["name"] == "n"
    assert found["served"] == ["cmcgan"]
    assert found["unserved"]["msvae"] == "too few"
    assert found["unserved"]["facevoice"].startswith("1 of the people")
