"""The Python interface: run folders and papers by name."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import crossmodal
from crossmodal.errors import InputError
from crossmodal.runs import PaperFolder, Run, write_csv


def write_run(results: Path, paper: str, run: Run) -> Path:
    folder = PaperFolder(results / paper).run(run)
    folder.mkdir(parents=True)
    names = {"paper": paper, "corpus": run.corpus, "variant": run.variant, "seed": run.seed}
    record = {**names, "config": {"settings": {"margin": 0.2}}, "commit": "abc"}
    (folder / "run.json").write_text(json.dumps(record))
    write_csv(folder / "history.csv", pd.DataFrame({"epoch": [1, 2], "loss": [0.5, 0.25]}))
    return folder


@pytest.fixture
def results(tmp_path: Path) -> Path:
    runs = [Run("sitcom", variant, seed) for variant in ("ours", "other") for seed in (1, 0)]
    for run in runs:
        write_run(tmp_path, "facevoice", run)
    write_run(tmp_path, "msvae", Run("people", "validated", 0))
    rows = [
        ("facevoice", "sitcom", run.variant, run.seed, "test", "matching", "auc", run.seed, 9)
        for run in runs
    ]
    columns = [*("paper", "corpus", "variant", "seed", "protocol", "task", "metric", "value", "n")]
    frame = pd.DataFrame(rows, columns=columns)
    write_csv(PaperFolder(tmp_path / "facevoice").metrics("sitcom"), frame)
    return tmp_path


def test_runs_are_listed_and_sorted(results: Path) -> None:
    found = crossmodal.list_runs(results)
    assert [(run.paper, run.variant, run.seed) for run in found] == [
        ("facevoice", "other", 0),
        ("facevoice", "other", 1),
        ("facevoice", "ours", 0),
        ("facevoice", "ours", 1),
        ("msvae", "validated", 0),
    ]
    assert len(crossmodal.list_runs(results, paper="msvae")) == 1


def test_a_run_knows_its_settings_history_and_metrics(results: Path) -> None:
    run = crossmodal.load_run(results / "facevoice/runs/sitcom/ours/seed1")
    assert run.settings == {"margin": 0.2}
    assert run.record["commit"] == "abc"
    assert run.history["loss"].tolist() == [0.5, 0.25]
    assert run.metrics.to_dict("records") == [
        {"protocol": "test", "task": "matching", "metric": "auc", "value": 1, "n": 9}
    ]


def test_what_is_no_run_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"run\.json"):
        crossmodal.load_run(tmp_path)


def test_papers_are_those_with_a_folder_and_settings() -> None:
    settings = Path(__file__).parents[1] / "config/papers"
    assert crossmodal.list_papers() == sorted(path.stem for path in settings.glob("*.yaml"))
    for name in crossmodal.list_papers():
        room = crossmodal.load_paper(name)
        assert room.TITLE
        assert room.losses
        assert room.model
    with pytest.raises(InputError, match="no paper 'nothing'"):
        crossmodal.load_paper("nothing")
    with pytest.raises(AttributeError):
        _ = crossmodal.nothing
