"""Runs that are killed, that meet, and that have fewer cores end with the same numbers."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from fixture_workflow import ENVIRONMENT, RUN_ONCE, SMOKE, Project, kill_group

HASHING = "results/smoke/hashing"
WORDS = ("--cores", "2", "hashing", *SMOKE)


def without_hashing(project: Project) -> Project:
    """Take away everything the paper computed; corpora and features stay."""
    shutil.rmtree(project.root / HASHING)
    shutil.rmtree(project.root / "logs")
    return project


def test_killed_runs_end_with_the_same_bytes(finished: Project, scratch: Project) -> None:
    project = without_hashing(scratch)
    rng = random.Random(0)
    for jobs in (3, 9, 16):
        with project.running(*WORDS) as process:
            project.wait_for_jobs(jobs, process)
            time.sleep(rng.uniform(0, 2))
            assert process.poll() is None
            kill_group(process)
    with project.running(*WORDS) as process:
        project.wait_for_jobs(22, process)
        # Snakemake alone: its jobs live on while the next run starts.
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        ended = project.run_once(*WORDS)
    assert ended.returncode == 0, ended.stderr
    assert project.digests(HASHING) == finished.digests(HASHING)
    assert project.planned("hashing", *SMOKE) == {}


def test_a_job_that_is_asked_to_end_is_retried_and_goes_on(
    finished: Project, scratch: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = scratch.root / HASHING / "runs" / "wikipedia"
    target = runs / "ours" / "seed0" / "checkpoint.pt"
    target.unlink()
    monkeypatch.setitem(ENVIRONMENT, "CROSSMODAL_SAVE_EVERY_S", "0")
    words = ("--cores", "1", "--retries", "1", str(target.relative_to(scratch.root)), *SMOKE)
    with scratch.running(*words) as process:
        states = scratch.root / HASHING / ".state" / "wikipedia" / "ours"
        while not list(states.rglob("*.pt")):
            assert process.poll() is None
            time.sleep(0.002)
        os.kill(training_in(scratch), signal.SIGTERM)
        assert process.wait() == 0, (scratch.root / "run.out").read_text()
    assert "stopped by SIGTERM after step" in (scratch.root / "run.out").read_text()
    assert scratch.digests(f"{HASHING}/runs") == finished.digests(f"{HASHING}/runs")
    records = [json.loads(path.read_text()) for path in runs.glob("ours*/seed0/run.json")]
    assert max(record["attempts"] for record in records) == 2


def training_in(project: Project) -> int:
    """Return the process that trains in a copy of the project."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            here = (folder / "cwd").readlink() == project.root
            if here and b"train" in words and b"crossmodal" in words:
                return int(folder.name)
    raise AssertionError("no process trains")


def test_of_two_runs_the_second_says_so(scratch: Project) -> None:
    project = without_hashing(scratch)
    with project.running(*WORDS) as process:
        project.wait_for_jobs(1, process)
        second = project.run_once(*WORDS)
        assert process.poll() is None
        assert second.returncode == 1
        assert second.stderr == "error: another run is at work in this folder. Wait for it\n"
        assert second.stdout == ""
        # An interrupt ends it in good order: no job lives on, and Snakemake's lock is gone.
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=60) != 0
    assert not list((project.root / ".snakemake/locks").glob("*.lock"))
    assert list((project.root / HASHING).rglob("*.partial*")) == []


def test_a_failure_has_an_exit_code(finished: Project) -> None:
    assert finished.run_once("--cores", "2", "no_such_target", *SMOKE).returncode == 1
    assert (finished.root / RUN_ONCE).is_file()


def test_one_core_gives_the_same_bytes_as_two(finished: Project, scratch: Project) -> None:
    project = without_hashing(scratch)
    target = f"{HASHING}/scores/wikipedia.npz"
    ended = project.run_once("--cores", "1", target, *SMOKE)
    assert ended.returncode == 0, ended.stderr
    runs = f"{HASHING}/runs/wikipedia"
    found = project.digests(runs)
    assert len(found) > 15
    assert found == finished.digests(runs)
    assert (project.root / target).read_bytes() == (finished.root / target).read_bytes()
