"""On a GPU: its slots as the driver sees them, and all papers as on the CPU.

These need a GPU that the driver lists; where there is none they are skipped. Tolerance: a GPU
adds in another order, and at this size one item of a few dozen may change sides.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from fixture_workflow import ENVIRONMENT, RUN_ONCE, SMOKE, Project

from crossmodal.devices import exhausted_memory
from crossmodal.gpu_lock import list_gpus

GPUS = list_gpus()
needs_gpu = pytest.mark.skipif(not GPUS, reason="needs a GPU: the driver lists none")
needs_two = pytest.mark.skipif(len(GPUS) < 2, reason="needs two GPUs")
PAPERS = ("captions", "cmcgan", "facevoice", "hashing", "msvae")
ABSOLUTE, RELATIVE = 0.1, 0.1
KEYS = ["corpus", "variant", "seed", "protocol", "task", "metric"]

# Chooses a device as a job does, fills some of its memory, and works until told to stop.
JOB = """
import sys, torch
from pathlib import Path
from crossmodal import gpu_lock
gpu_lock.lock_folder = lambda: Path(sys.argv[1])
from crossmodal.devices import choose_device
kept = torch.zeros(1 << 26, device=choose_device(1))
print("GPU-" + str(torch.cuda.get_device_properties(0).uuid).removeprefix("GPU-"), flush=True)
sys.stdin.read()
"""


def free_environment() -> dict[str, str]:
    """Nobody has chosen a device."""
    return {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", JOB, str(folder)],
        env=free_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def in_use() -> set[str]:
    """The GPUs that programs compute on, by the driver's own tool."""
    command = ["nvidia-smi", "--query-compute-apps=gpu_uuid", "--format=csv,noheader"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


@needs_gpu
@needs_two
def test_two_jobs_compute_on_two_gpus_as_nvidia_smi_sees_it(tmp_path: Path) -> None:
    jobs = [start(tmp_path / "slots") for _ in range(2)]
    try:
        found = [job.stdout.readline().strip() for job in jobs if job.stdout is not None]
        assert len(set(found)) == 2
        assert set(found) <= in_use()
    finally:
        for job in jobs:
            job.communicate("")


@needs_gpu
def test_a_job_computes_on_the_gpu_whose_slot_it_holds(tmp_path: Path) -> None:
    job = start(tmp_path / "slots")
    try:
        assert job.stdout is not None
        uuid = job.stdout.readline().strip()
        (lock,) = (tmp_path / "slots").glob("*.lock")
        assert lock.stem == GPUS[0].uuid
        if GPUS[0].number is not None:  # the instance of a divided GPU has a name of its own
            assert lock.stem == uuid
            assert uuid in in_use()
    finally:
        job.communicate("")


@needs_gpu
def test_a_full_gpu_is_known_by_its_error() -> None:
    import torch

    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 50, dtype=torch.uint8, device="cuda")
    assert exhausted_memory(caught.value) == "GPU"


@needs_gpu
def test_all_papers_reach_on_the_gpu_what_they_reach_on_the_cpu(
    finished: Project, scratch: Project
) -> None:
    # Everything that was trained or scored, once more.
    rules = ["tune", "train", "evaluate"]
    command = [sys.executable, RUN_ONCE, "--cores", "2", "--resources", f"gpu={len(GPUS)}"]
    environment = {name: v for name, v in ENVIRONMENT.items() if name != "CUDA_VISIBLE_DEVICES"}
    ended = subprocess.run(
        [*command, "--forcerun", *rules, *SMOKE],
        cwd=scratch.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    for paper in PAPERS:
        cpu, gpu = (
            pd.concat(map(pd.read_csv, (root / f"results/smoke/{paper}/metrics").glob("*.csv")))
            for root in (finished.root, scratch.root)
        )
        both = cpu.merge(gpu, on=KEYS, suffixes=("_cpu", "_gpu"), validate="one_to_one")
        assert len(both) == len(cpu) == len(gpu)
        apart = (both["value_cpu"] - both["value_gpu"]).abs()
        allowed = ABSOLUTE + RELATIVE * both["value_cpu"].abs()
        assert (apart <= allowed).all(), both[apart > allowed].to_string()
