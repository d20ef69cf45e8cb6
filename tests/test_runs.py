import hashlib
import io
import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from crossmodal.errors import InputError
from crossmodal.runs import (
    METRIC_COLUMNS,
    Run,
    Stopwatch,
    collect_metrics,
    collected_runs,
    describe_network,
    git_state,
    load_checkpoint,
    provenance,
    read_run,
    save_checkpoint,
    versions,
    write_csv,
    write_run,
    write_scores,
)

RUN = Run("wikipedia", "ours_16", 3)


class Bomb:
    """A pickle that would run code when it is loaded."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.target,))


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-C", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def write_example(folder: Path, inputs: list[Path]) -> None:
    write_run(
        folder,
        paper="hashing",
        run=RUN,
        source="synthetic",
        weights={"layer.weight": torch.ones(2, 3)},
        config={"bits": 16, "classes": ["a", "b"]},
        history=pd.DataFrame({"epoch": [1, 2], "loss": [0.5, 1 / 3]}),
        network={"image": describe_network(torch.nn.Sequential(torch.nn.Linear(3, 2)))},
        origin=provenance(inputs, ("numpy", "torch"), 1),
        device="cpu",
        watch=Stopwatch(),
    )


def test_a_run_is_read_off_its_folder(tmp_path: Path) -> None:
    folder = RUN.folder(tmp_path)
    assert folder == tmp_path / "runs" / "wikipedia" / "ours_16" / "seed3"
    assert Run.of(folder) == RUN
    with pytest.raises(InputError, match="is no run folder"):
        Run.of(tmp_path / "runs" / "wikipedia" / "ours_16")


def test_run_json_says_where_a_run_came_from(tmp_path: Path) -> None:
    features = tmp_path / "image.npy"
    features.write_bytes(b"features")
    write_example(tmp_path / "run", [features])
    record = read_run(tmp_path / "run")
    assert record["config"] == {"bits": 16, "classes": ["a", "b"]}
    assert record["inputs"] == {str(features): hashlib.sha256(b"features").hexdigest()}
    assert record["versions"]["torch"] == torch.__version__.partition("+")[0]
    assert record["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert (record["corpus"], record["variant"], record["seed"]) == ("wikipedia", "ours_16", 3)
    assert record["source"] == "synthetic"
    assert record["threads"] == 1
    assert record["seconds"] >= 0
    assert record["network"]["image"] == [
        {"name": "0", "type": "Linear", "shape": [2, 3], "parameters": 8}
    ]
    history = pd.read_csv(tmp_path / "run" / "history.csv")
    assert history["loss"].tolist() == [0.5, 0.3333333333]


def test_the_commit_and_whether_files_differ_from_it(tmp_path: Path) -> None:
    assert git_state(tmp_path) == (None, None)
    git(tmp_path, "init", "--quiet")
    (tmp_path / "a.py").write_text("A = 1\n")
    git(tmp_path, "add", "a.py")
    git(tmp_path, "commit", "--quiet", "--message", "a")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert git_state(tmp_path) == (commit, False)
    (tmp_path / "a.py").write_text("A = 2\n")
    assert git_state(tmp_path) == (commit, True)


def test_an_unknown_distribution_is_not_passed_over() -> None:
    with pytest.raises(Exception, match="no-such-distribution"):
        versions("no-such-distribution")


def test_same_content_same_checkpoint_bytes_whatever_the_name(tmp_path: Path) -> None:
    weights = {"w": torch.arange(6.0).reshape(2, 3), "scale": torch.tensor(0.5)}
    for name in ("a.pt", "another_name.pt"):
        save_checkpoint(tmp_path / name, {"weights": weights, "config": {"bits": 16}})
    first, second = ((tmp_path / name).read_bytes() for name in ("a.pt", "another_name.pt"))
    assert first == second
    content = load_checkpoint(tmp_path / "a.pt")
    assert content["config"] == {"bits": 16}
    assert all(torch.equal(content["weights"][name], weights[name]) for name in weights)


def test_a_checkpoint_with_code_is_refused_and_not_run(tmp_path: Path) -> None:
    trace, path = tmp_path / "ran", tmp_path / "bomb.pt"
    torch.save({"weights": Bomb(trace)}, path)
    with pytest.raises(InputError, match="no checkpoint that can be trusted"):
        load_checkpoint(path)
    path.write_bytes(pickle.dumps(Bomb(trace), protocol=2))
    with pytest.raises(InputError, match="no checkpoint that can be trusted"):
        load_checkpoint(path)
    assert not trace.exists()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_checkpoint_is_refused(tmp_path: Path, share: float) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"weights": {"w": torch.rand(64, 64)}, "config": {}})
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match="no checkpoint that can be trusted") as caught:
        load_checkpoint(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="no checkpoint that can be trusted"):
        load_checkpoint(tmp_path / "missing.pt")


@pytest.mark.parametrize("text", ["", "{", "[1]"])
def test_a_broken_run_json_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(InputError, match="Train the run again"):
        read_run(tmp_path)


def test_scores_are_byte_stable_and_metrics_are_their_means(tmp_path: Path) -> None:
    scores = {"image_to_text|test/all/average|map": np.array([0.25, 0.5, 1.0])}
    chance = {
        "protocol": "test/all/average",
        "task": "image_to_text",
        "metric": "map_chance",
        "value": 0.1,
        "n": 3,
    }
    for name in ("a", "b"):
        write_scores(tmp_path / name, "hashing", RUN, scores, [chance])
    stored = [(tmp_path / name / "scores.npz").read_bytes() for name in ("a", "b")]
    assert stored[0] == stored[1]
    assert zipfile.ZipFile(io.BytesIO(stored[0])).testzip() is None
    frame = pd.read_csv(tmp_path / "a" / "metrics.csv")
    assert list(frame.columns) == METRIC_COLUMNS
    assert frame["metric"].tolist() == ["map", "map_chance"]
    assert frame["value"].tolist() == [0.5833333333, 0.1]
    assert frame["n"].tolist() == [3, 3]


def test_metrics_are_collected_in_the_order_of_runs(tmp_path: Path) -> None:
    runs = [Run("wikipedia", "ours_16", seed) for seed in (10, 2)] + [Run("a", "z_16", 0)]
    for run in runs:
        row = {"protocol": "p", "task": "t", "metric": "map", "value": 0.5, "n": 1}
        frame = pd.DataFrame([row]).assign(
            paper="hashing", corpus=run.corpus, variant=run.variant, seed=run.seed
        )
        write_csv(run.folder(tmp_path) / "metrics.csv", frame[METRIC_COLUMNS])
    joined = collect_metrics([run.folder(tmp_path) for run in runs])
    assert joined["seed"].tolist() == [0, 2, 10]
    write_csv(tmp_path / "metrics.csv", joined)
    assert collected_runs(tmp_path) == sorted(runs)


def test_a_run_that_was_not_evaluated_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"seed3.metrics\.csv: does not exist"):
        collect_metrics([RUN.folder(tmp_path)])
    with pytest.raises(InputError, match="Collect the paper's runs first"):
        collected_runs(tmp_path)


def test_run_json_is_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever finds run.json may count on the checkpoint and the history beside it.
    seen: list[set[str]] = []
    monkeypatch.setattr(
        "crossmodal.runs.write_json",
        lambda path, _: seen.append({entry.name for entry in path.parent.iterdir()}),
    )
    write_example(tmp_path / "run", [])
    assert seen == [{"checkpoint.pt", "history.csv"}]
    with pytest.raises(InputError):
        read_run(tmp_path / "run")
    assert json.dumps(versions("numpy"))
