from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from crossmodal import jobs
from crossmodal.jobs import FILES, Circumstances, Search, Training, TrainingJob, forget
from crossmodal.runs import load_checkpoint, read_run

CPU = torch.device("cpu")


def training(root: Path, code: str = "code", **changes: Any) -> Training:
    (root / "input.csv").write_text(changes.pop("text", "a,b\n"))
    under = Circumstances(CPU, 1, ("torch",), code)
    job = TrainingJob("hashing", "wikipedia", "synthetic", root / "hashing", under)
    config = changes.pop("config", {"bits": 16})
    return job.training("ours_16", changes.pop("seed", 0), [root / "input.csv"], config, **changes)


def finish(run: Training) -> None:
    run.resume().save({}, {"rows": []})
    run.finish({"w": torch.ones(2)}, pd.DataFrame({"epoch": [1]}), {})


def run_files(root: Path) -> dict[str, bytes]:
    """Return the run's files and remove them, as Snakemake does when a job fails."""
    folder = root / "hashing" / "runs" / "wikipedia" / "ours_16" / "seed0"
    found = {name: (folder / name).read_bytes() for name in FILES}
    for name in FILES:
        (folder / name).unlink()
    return found


def test_a_finished_run_is_put_back(tmp_path: Path) -> None:
    assert not training(tmp_path).put_back()
    finish(training(tmp_path))
    before = run_files(tmp_path)
    assert training(tmp_path).put_back()
    assert run_files(tmp_path) == before
    folder = tmp_path / "hashing" / ".state" / "runs" / "wikipedia" / "ours_16" / "seed0"
    (kept,) = folder.iterdir()
    record = read_run(kept)
    assert record["config"] == {"bits": 16}
    assert record["attempts"] == 1
    assert list(record["inputs"]) == [str(tmp_path / "input.csv")]


@pytest.mark.parametrize(
    "changes",
    [{"code": "other"}, {"text": "a,c\n"}, {"config": {"bits": 32}}, {"pairs": 3}],
    ids=["code", "inputs", "settings", "further"],
)
def test_what_something_else_decided_is_not_put_back(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    finish(training(tmp_path))
    run_files(tmp_path)
    other = training(tmp_path, **changes)
    assert not other.put_back()
    # Nor is what was half-written.
    finish(other)
    run_files(tmp_path)
    assert list(other.place.iterdir()) == [other.finished]
    (other.finished / "run.json").write_text("{")
    assert not training(tmp_path, **changes).put_back()


def test_put_back_is_newer_than_its_inputs(tmp_path: Path) -> None:
    finish(training(tmp_path))
    run_files(tmp_path)
    old = training(tmp_path).finished / "checkpoint.pt"
    os.utime(old, (0, 0))
    again = training(tmp_path)
    assert again.put_back()
    path = again.run.folder(tmp_path / "hashing") / "checkpoint.pt"
    assert path.stat().st_mtime >= (tmp_path / "input.csv").stat().st_mtime
    assert load_checkpoint(path)["weights"]["w"].tolist() == [1, 1]


def test_a_disk_without_second_names_gets_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr("crossmodal.jobs.os.link", refused)
    finish(training(tmp_path))
    assert load_checkpoint(training(tmp_path).run.folder(tmp_path / "hashing") / "checkpoint.pt")


def test_what_was_evaluated_is_forgotten_and_the_unfinished_stays(tmp_path: Path) -> None:
    finish(training(tmp_path))
    unfinished = training(tmp_path, seed=1)
    unfinished.resume().save({}, {})
    out = tmp_path / "hashing" / "tuning" / "wikipedia" / "ours.csv"
    Search(out, "stamp", CPU).keep(1.0, "ours")
    forget(tmp_path / "hashing", "nuswide10k")
    assert training(tmp_path).put_back()
    forget(tmp_path / "hashing", "wikipedia")
    assert not training(tmp_path).put_back()
    assert not training(tmp_path).place.exists()
    assert unfinished.resume().load({}) == {}
    assert Search(out, "stamp", CPU).tried("ours") is None
    assert len(run_files(tmp_path)) == 3


def test_what_a_kill_left_half_written_goes_when_it_is_old(tmp_path: Path) -> None:
    run = training(tmp_path)
    run.resume().save({}, {})
    old, new = (run.place / f".state.{number}.partial.pt" for number in (1, 2))
    for path in (old, new):
        path.write_text("half")
    os.utime(old, (0, 0))
    finish(run)
    assert set(run.place.iterdir()) == {new, run.finished}


def test_an_input_is_read_once_a_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def digest(path: Path) -> str:
        read.append(path)
        return path.name

    monkeypatch.setattr(jobs, "sha256_of", digest)
    under = Circumstances(CPU, 1, (), "code")
    first = under.origin([Path("a"), Path("b")])
    assert under.origin([Path("a"), Path("c")])["inputs"] == {"a": "a", "c": "c"}
    assert first["inputs"] == {"a": "a", "b": "b"}
    assert read == [Path("a"), Path("b"), Path("c")]


def test_a_search_keeps_its_rows_to_the_last_digit(tmp_path: Path) -> None:
    out = tmp_path / "tuning" / "wikipedia" / "ours.csv"
    search = Search(out, "stamp", CPU)
    assert search.tried("ours", {"layers": 1}) is None
    found = {"map": 1 / 3, "epochs": 3}
    assert search.keep(found, "ours", {"layers": 1}) is found
    assert Search(out, "stamp", CPU).tried("ours", {"layers": 1}) == found
    assert Search(out, "stamp", CPU).tried("ours", {"layers": 2}) is None
    assert Search(out, "other", CPU).tried("ours", {"layers": 1}) is None
    search.path.write_text("{")
    assert Search(out, "stamp", CPU).tried("ours", {"layers": 1}) is None
