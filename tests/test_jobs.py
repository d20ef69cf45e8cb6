from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from crossmodal.jobs import JobContext, Search, Trained, TrainingJob
from crossmodal.runs import PaperFolder, Run, describe_network, load_checkpoint, read_run

CPU = torch.device("cpu")
RUN = Run("wikipedia", "ours", 3)


def training(
    root: Path, code: str = "code", text: str = "a,b\n", seed: int = 3, bits: int = 16
) -> TrainingJob:
    (root / "input.csv").write_text(text)
    context = JobContext(CPU, 1, code, [root / "input.csv"])
    origin = context.provenance()
    return TrainingJob(
        settings=None,
        run=RUN,
        source="synthetic",
        corpus_results=root,
        paper=PaperFolder(root / "hashing"),
        before={},
        search=None,
        context=context,
        origin=origin,
        stamp=context.stamp(origin, seed=seed, bits=bits),
    )


def trained() -> Trained:
    return Trained(
        weights={"layer.weight": torch.ones(2, 3)},
        config={"bits": 16, "classes": ["a", "b"]},
        history=pd.DataFrame({"epoch": [1, 2], "loss": [0.5, 1 / 3]}),
        network={"image": describe_network(torch.nn.Linear(3, 2))},
    )


def test_a_finished_run_says_where_it_came_from(tmp_path: Path) -> None:
    job = training(tmp_path)
    job.finish(trained())
    folder = job.paper.run(RUN)
    record, content = read_run(folder), load_checkpoint(folder / "checkpoint.pt")
    identity = {"paper": "hashing", "variant": "ours"}
    assert content["config"] == {**identity, "bits": 16, "classes": ["a", "b"]}
    assert record["config"] == content["config"]
    assert content["weights"]["layer.weight"].tolist() == [[1, 1, 1], [1, 1, 1]]
    expected = {**identity, "corpus": "wikipedia", "source": "synthetic", "seed": 3, "threads": 1}
    assert {name: record[name] for name in expected} == expected
    path = (tmp_path / "input.csv").as_posix()
    assert record["inputs"] == {path: hashlib.sha256(b"a,b\n").hexdigest()}
    assert record["versions"]["torch"] == torch.__version__.partition("+")[0]
    assert record["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert (
        record["checkpoint"] == hashlib.sha256((folder / "checkpoint.pt").read_bytes()).hexdigest()
    )
    assert (record["attempts"], record["stamp"]) == (1, job.stamp)
    assert record["seconds"] >= 0
    assert pd.read_csv(folder / "history.csv")["loss"].tolist() == [0.5, 0.3333333333]


def test_run_json_is_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever finds run.json may count on the checkpoint and the history beside it.
    seen: list[set[str]] = []

    def look(path: Path, _: Any) -> None:
        seen.append({entry.name for entry in path.parent.iterdir()} - {".sums"})

    monkeypatch.setattr("crossmodal.jobs.write_json", look)
    training(tmp_path).finish(trained())
    assert seen == [{"checkpoint.pt", "history.csv"}]


@pytest.mark.parametrize(
    "changes",
    [{"code": "other"}, {"text": "a,c\n"}, {"bits": 32}, {"seed": 4}],
    ids=["code", "inputs", "settings", "seed"],
)
def test_what_something_else_decided_is_not_gone_on_from(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    training(tmp_path).resume().save({}, {"rows": [1.0]})
    assert training(tmp_path).resume().load({}) == {"rows": [1.0]}
    assert training(tmp_path, **changes).resume().load({}) is None


def test_attempts_of_a_killed_training_are_added_up(tmp_path: Path) -> None:
    training(tmp_path).resume().save({}, {})
    job = training(tmp_path)
    job.resume().load({})
    job.finish(trained())
    assert read_run(job.paper.run(RUN))["attempts"] == 2


def test_the_digest_of_a_feature_is_that_of_its_description(tmp_path: Path) -> None:
    (tmp_path / "image.npy").write_bytes(b"features")
    context = JobContext(CPU, 1, "code", [tmp_path / "image.npy"])
    key = (tmp_path / "image.npy").as_posix()
    assert context.provenance()["inputs"][key] == hashlib.sha256(b"features").hexdigest()
    (tmp_path / "image.json").write_text('{"sha256": "0f"}')
    assert context.provenance()["inputs"][key] == "0f"


def test_a_search_keeps_its_rows_to_the_last_digit(tmp_path: Path) -> None:
    path = tmp_path / "tuning" / "wikipedia" / ".state" / "ours.json"
    search = Search(path, "stamp", CPU)
    assert search.tried("ours", {"layers": 1}) is None
    found = {"map": 1 / 3, "epochs": 3}
    assert search.keep(found, "ours", {"layers": 1}) is found
    assert Search(path, "stamp", CPU).tried("ours", {"layers": 1}) == found
    assert Search(path, "stamp", CPU).tried("ours", {"layers": 2}) is None
    assert Search(path, "other", CPU).tried("ours", {"layers": 1}) is None
    path.write_text("{")
    assert Search(path, "stamp", CPU).tried("ours", {"layers": 1}) is None


def test_each_combination_of_a_search_goes_on_by_itself(tmp_path: Path) -> None:
    search = Search(tmp_path / "ours.json", "stamp", CPU)
    search.resume("first", 0.1, 0).save({}, {"rows": []})
    assert search.resume("first", 0.1, 0).load({}) == {"rows": []}
    assert search.resume("first", 0.2, 0).load({}) is None
    assert search.resume("second", 0.1, 0).load({}) is None
