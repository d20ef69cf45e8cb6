"""Runs that are killed, that meet, and that have fewer cores end with the same numbers."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time

from fixture_workflow import RUN_ONCE, SMOKE, Project, kill_group

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
    runs = f"{HASHING}/runs/wikipedia"
    target = f"{runs}/ours_16/seed0/metrics.csv"
    ended = project.run_once("--cores", "1", target, *SMOKE)
    assert ended.returncode == 0, ended.stderr
    found = project.digests(runs)
    assert len(found) > 50
    assert found == finished.digests(runs)
