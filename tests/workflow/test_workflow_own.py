"""Own videos, end to end: a folder with damaged files, init-corpus, the workflow, a report."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from fixture_workflow import SHARED, SNAKEMAKE, Project

from crossmodal_standins import write_stand_in

TINY = {
    "facevoice": {
        "only": ["ours", "no_matching", "margin_2"],
        "pairs": {"train": 64},
        "tuning": {"margins": [0.2]},
        "model": {"steps": 4, "width": 16, "discriminator_width": 16, "matching_width": 16}
        | {"epochs": 1, "matching_epochs": 1},
    },
    "msvae": {
        "only": ["written", "corrected"],
        "method": {"encoder": [16], "decoder": [16], "latent": 8, "passes": 1, "epochs": 2},
        "protocol": {"core_points": 2, "permutations": 20},
    },
}
PAPERS = ("facevoice", "msvae", "cmcgan")
RESULTS = "results/own/talk"


def words(*papers: str) -> list[str]:
    settings = [f"papers={json.dumps(papers)}", "seeds=[0]", f"overrides={json.dumps(TINY)}"]
    return ["--config", "edition=own", "corpus=talk", *settings]


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of videos of four people, of one register, with three damaged files."""
    folder = tmp_path_factory.mktemp("own") / "talk"
    generator = {"people": 4, "videos": 3, "seconds": 2.5, "damaged": True, "seed": 0}
    write_stand_in("folder", folder, generator)
    table = pd.read_csv(folder / "labels.csv")
    table.assign(label="talks").to_csv(folder / "labels.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def project(
    fresh: Project, videos: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """A project in which the videos were run."""
    copy = fresh.copy_to(tmp_path_factory.mktemp("own") / "project")
    ended = copy.crossmodal("init-corpus", videos)
    assert ended.returncode == 0, ended.stderr
    assert "12 of 15 videos can be used" in ended.stdout
    assert "cmcgan     no   windows of 1 labels in train, 2 are needed" in ended.stdout
    assert "next: snakemake --cores 2 --config edition=own corpus=talk" in ended.stdout
    ended = copy.run_once("--cores", "1", *words(*PAPERS))
    assert ended.returncode == 0, ended.stderr[-2000:]
    yield copy
    shutil.rmtree(copy.root)


def test_windows_are_cut_of_what_can_be_used(project: Project) -> None:
    corpora = project.root / RESULTS / "corpora" / "folder"
    windows = pd.read_csv(corpora / "facevoice" / "manifest.csv")
    assert len(windows) > 40
    assert windows.groupby("person")["split"].nunique().tolist() == [3, 3, 3, 3]
    assert windows.groupby("source")["split"].nunique().eq(1).all()
    utterances = pd.read_csv(corpora / "msvae" / "manifest.csv")
    assert (utterances["label"] == utterances["person"]).all()
    aside = pd.read_csv(corpora / "quarantine.csv")
    assert aside["clip"].tolist() == ["cut off.mp4", "empty.mp4", "notes.mp4"]
    assert not (corpora / "cmcgan").exists()


def test_papers_are_trained_scored_and_judged(project: Project) -> None:
    results = project.root / RESULTS
    for paper in ("facevoice", "msvae"):
        metrics = pd.read_csv(results / paper / "metrics/folder.csv")
        assert metrics["value"].notna().all()
        assert set(metrics["corpus"]) == {"folder"}
        claims = pd.read_csv(results / paper / "claims.csv", keep_default_na=False)
        judged = claims[claims["verdict"] != "not testable"]
        assert len(judged) >= 2
        assert set(judged["source"]) == {"own"}
    assert not (results / "cmcgan").exists()


def test_the_report_says_whose_data_and_why_not(project: Project) -> None:
    page = (project.root / RESULTS / "report.html").read_text(encoding="utf-8")
    assert "All data are your own videos." in page
    assert "Windows of 1 labels in train, 2 are needed" in page
    assert "Needs pairs of a picture and a written text" in page
    assert "stand-in data" not in page


def test_nothing_is_to_be_done_after_looking_again(project: Project, videos: Path) -> None:
    assert project.crossmodal("init-corpus", videos).returncode == 0
    assert project.planned(*words(*PAPERS)) == {}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (["edition=own"], "no corpus is named. Write --config edition=own corpus=NAME"),
        (["edition=smoke", "corpus=talk"], "named for smoke"),
        (["edition=own", "corpus=tlak"], "there is no corpus 'tlak'"),
    ],
)
def test_a_wrong_name_is_one_line(fresh: Project, changed: list[str], said: str) -> None:
    ended = fresh.call(SNAKEMAKE, "-n", "--config", *changed)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout + ended.stderr
    assert said in ended.stdout + ended.stderr


def test_windows_that_turn_out_too_few_stop_nothing(
    fresh: Project, videos: Path, tmp_path: Path
) -> None:
    copy = fresh.copy_to(tmp_path / "project")
    assert copy.crossmodal("init-corpus", videos).returncode == 0
    # As if faces had been seen where the alignment finds none: nobody's name is left.
    labels = copy.root / "data/talk/own/labels.csv"
    table = pd.read_csv(labels)
    table.assign(person="").to_csv(labels, index=False)
    ended = copy.run_once("--cores", "1", *words("msvae"))
    assert ended.returncode == 0, ended.stderr[-2000:]
    found = json.loads((copy.root / RESULTS / "papers.json").read_text())
    assert found["served"] == []
    assert "0 of the people in training" in found["unserved"]["facevoice"]
    page = (copy.root / RESULTS / "report.html").read_text(encoding="utf-8")
    assert "0 utterances with a face in train, 4 are needed" in page


@pytest.mark.skipif(not (SHARED / "grid").is_dir(), reason="needs the GRID clips in ../shared")
def test_grid_is_planned(fresh: Project, tmp_path: Path) -> None:
    copy = fresh.copy_to(tmp_path / "project")
    names = sorted(path.name for path in (SHARED / "grid").glob("*.mpg"))
    table = tmp_path / "labels.csv"
    rows = [f"{name},{name[0]},speaker{place}" for place, name in enumerate(names)]
    table.write_text("\n".join(["file,label,person", *rows]) + "\n")
    ended = copy.crossmodal("init-corpus", SHARED / "grid", "--labels", table)
    assert ended.returncode == 0, ended.stderr
    target = "results/own/grid/papers.json"
    ended = copy.run_once("--cores", "1", target, "--config", "edition=own", "corpus=grid")
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert json.loads((copy.root / target).read_text())["served"] == [
        "facevoice",
        "cmcgan",
        "msvae",
    ]
    windows = {
        kind: len(pd.read_csv(copy.root / f"results/own/grid/corpora/folder/{kind}/manifest.csv"))
        for kind in ("facevoice", "cmcgan", "msvae")
    }
    assert windows == {"facevoice": 35, "cmcgan": 56, "msvae": 21}
