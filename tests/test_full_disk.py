"""A disk that is really full: a small one in memory, which needs root to be mounted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import torch

from crossmodal.errors import InputError
from crossmodal.features.store import write_feature
from crossmodal.jobs import JobContext, Trained, TrainingJob
from crossmodal.resume import Resume
from crossmodal.runs import PaperFolder, Run

CPU = torch.device("cpu")
SIZE = 512 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    ended = subprocess.run(mount, capture_output=True, text=True, check=False)
    if ended.returncode:
        pytest.skip(f"no disk can be mounted here: {ended.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Leave no room in a folder."""
    path = folder / "others"
    with path.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(b"\0" * 4096)
        except OSError:
            return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_training_says_so_and_goes_on_when_there_is_room(disk: Path) -> None:
    run, paper = Run("wikipedia", "ours", 0), PaperFolder(disk / "hashing")
    context = JobContext(CPU, 1, "code", ())
    job = TrainingJob(
        None, run, "synthetic", disk, paper, {}, None, context, context.provenance(), "stamp"
    )
    weights = {"w": torch.zeros(20_000)}
    trained = Trained(weights, {}, pd.DataFrame({"epoch": [1]}), {})
    job.resume().save({}, {"step": 1, "order": torch.zeros(1000)})
    others = fill(disk)
    with pytest.raises(InputError, match="the disk or the quota is full"):
        job.resume().save({}, {"step": 2, "order": torch.zeros(20_000)})
    with pytest.raises(InputError, match="the disk or the quota is full"):
        job.finish(trained)
    state = paper.state(run) / "state.pt"
    assert names(disk) == ["others", "state.pt"]
    assert (Resume(state, "stamp", CPU).load({}) or {})["step"] == 1
    others.unlink()
    job.finish(trained)
    assert {"checkpoint.pt", "history.csv", "run.json"} <= set(names(disk))


def test_a_feature_that_is_mapped_into_memory_says_so(disk: Path) -> None:
    # Full at once, or after a part of the array.
    with fill(disk).open("r+b") as stream:
        stream.truncate(SIZE // 2)
    with pytest.raises(InputError, match="the disk or the quota is full"):
        write_feature(disk / "a.npy", torch.zeros(1 << 18, 4).numpy(), units="none", settings={})
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from crossmodal.features.store import create_feature\n"
        "p = Path(sys.argv[1])\n"
        "with create_feature(p, (1 << 18, 4), 'f4', units='', settings={}) as a:\n"
        "    a[:] = 1\n"
    )
    command = [sys.executable, "-c", code, str(disk / "b.npy")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended
    assert "the disk or the quota is full" in ended.stderr.splitlines()[-1]
    assert names(disk) == ["others"]


def test_a_command_whose_log_is_full_too_says_one_line(disk: Path) -> None:
    fill(disk)
    command = [sys.executable, "-m", "crossmodal_standins", "wikipedia"]
    command += ["--folder", str(disk / "wikipedia"), "--log", str(disk / "synthesize.log")]
    command += ["--generator", '{"train": 20, "test": 10, "seed": 0}']
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("\n") == 1
    assert "the disk or the quota is full" in ended.stderr
    assert names(disk) == ["others", "synthesize.log"]
