import pickle
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import torch

from crossmodal import files
from crossmodal.errors import InputError
from crossmodal.runs import (
    PaperFolder,
    Run,
    describe_network,
    git_state,
    load_checkpoint,
    read_csv,
    read_run,
    save_checkpoint,
    versions,
    write_csv,
)

RUN = Run("wikipedia", "ours", 3)


class Bomb:
    """A pickle that would run code when it is loaded."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.target,))


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-C", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_one_place_knows_where_results_lie(tmp_path: Path) -> None:
    paper = PaperFolder(tmp_path)
    own = {
        "runs/wikipedia/ours/seed3": paper.run(RUN),
        ".state/wikipedia/ours/seed3": paper.state(RUN),
        "tuning/wikipedia/margin.csv": paper.search("wikipedia", "margin"),
        "scores/wikipedia.npz": paper.scores("wikipedia"),
        "metrics/wikipedia.csv": paper.metrics("wikipedia"),
        "examples/wikipedia.npz": paper.examples("wikipedia"),
        "figures/fig1": paper.artefact("figure", "fig1"),
        "tables/table1": paper.artefact("table", "table1"),
    }
    assert {name: tmp_path / name for name in own} == own
    assert RUN.name == "ours/seed3"
    runs = [Run("b", "a", 0), Run("a", "z", 10), Run("a", "z", 2)]
    assert sorted(runs) == [runs[2], runs[1], runs[0]]


def test_a_network_is_described_by_its_leaves() -> None:
    network = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU())
    assert describe_network(network) == [
        {"name": "0", "type": "Linear", "shape": [2, 3], "parameters": 8},
        {"name": "1", "type": "ReLU", "shape": [], "parameters": 0},
    ]


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


@pytest.mark.parametrize("text", ["", "{", "[1]", None])
def test_a_broken_run_json_is_refused(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "run.json").write_text(text)
    with pytest.raises(InputError, match="Delete it and run the workflow again"):
        read_run(tmp_path)


def test_a_table_that_was_cut_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_recorded", {tmp_path.resolve()})
    path = tmp_path / "history.csv"
    write_csv(path, pd.DataFrame({"epoch": [1, 2], "loss": [0.5, 1 / 3]}))
    assert read_csv(path)["loss"].tolist() == [0.5, 0.3333333333]
    # At the end of a line, where no reader of tables would notice.
    path.write_text(path.read_text()[: -len("2,0.3333333333\n")])
    with pytest.raises(InputError, match=r"history\.csv: was cut .*Delete it and run the workflow"):
        read_csv(path)
    with pytest.raises(InputError, match="not readable as a table"):
        read_csv(tmp_path / "none.csv")
