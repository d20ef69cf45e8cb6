"""Jobs killed at random points, two dozen of them, end with the bytes of an undisturbed run."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fixture_workflow import ENVIRONMENT, Project

KILLS = 4
"""Of each paper; every job that is named below gets some."""
JOBS = {
    "benchmark": ["benchmark digits infonce"],
    "captions": ["train captions flickr8k_audio tcn_new_loss 0"],
    "cmcgan": ["train cmcgan sub_urmp image_classifier 0", "train cmcgan sub_urmp s2ic 0"],
    "facevoice": [
        "tune facevoice the_big_bang_theory margin",
        "train facevoice the_big_bang_theory ours 0",
        "train facevoice the_big_bang_theory no_matching 0",
    ],
    "hashing": ["tune hashing wikipedia ours", "train hashing wikipedia ssah 0"],
    "msvae": ["train msvae voxceleb1 validated 0"],
}


@dataclass
class Job:
    """A job as Snakemake runs it: the same command, the same outputs.

    Attributes:
        project: Where it runs.
        words: Verb and names.
    """

    project: Project
    words: list[str]

    @property
    def results(self) -> Path:
        """Return the paper's folder."""
        verb, name = self.words[:2]
        return self.project.root / "results/smoke" / ("benchmark" if verb == "benchmark" else name)

    @property
    def outputs(self) -> list[Path]:
        """Return the files it makes."""
        verb, *names = self.words
        if verb == "benchmark":
            task, method = names
            run = self.results / "runs" / task / method
            scores = self.results / "scores" / task / f"{method}.npz"
            return [scores, self.results / "metrics" / task / f"{method}.csv", run / "run.json"]
        if verb == "tune":
            return [self.results / "tuning" / names[1] / f"{names[2]}.csv"]
        run = self.results / "runs" / names[1] / names[2] / f"seed{names[3]}"
        return [run / "checkpoint.pt", run / "history.csv", run / "run.json"]

    def start(self) -> subprocess.Popen[str]:
        """Start it as Snakemake does: its outputs go first; every step saves."""
        for path in self.outputs:
            path.unlink(missing_ok=True)
        command = [sys.executable, "-m", "crossmodal", *self.words]
        return subprocess.Popen(
            [*command, "--run", "results/smoke/run.yaml"],
            cwd=self.project.root,
            env={
                **ENVIRONMENT,
                "PYTHONPATH": str(self.project.root / "src"),
                "CROSSMODAL_SAVE_EVERY_S": "0",
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self) -> None:
        """Run it to its end."""
        process = self.start()
        _, errors = process.communicate()
        assert process.returncode == 0, errors
        assert all(path.is_file() for path in self.outputs)

    def states(self) -> set[tuple[str, int]]:
        """Return what is kept, with the times it was written."""
        return {
            (str(path), path.stat().st_mtime_ns)
            for path in existing(self.results)
            if ".state" in path.parts and not path.name.startswith(".")
        }

    def forget(self) -> None:
        """Remove what is kept of the paper's jobs."""
        for path in list(existing(self.results)):
            if ".state" in path.parts:
                path.unlink()


def existing(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder in which another process works."""
    for base, _, names in os.walk(folder):
        for name in names:
            if (path := Path(base) / name).is_file():
                yield path


def kill(job: Job, how: signal.Signals, rng: random.Random) -> bool:
    """Start a job and kill it somewhere between its first and its last saved state.

    Returns:
        Whether it was killed at work; it may have been faster.
    """
    process, wanted, seen = job.start(), rng.randint(1, 6), job.states()
    changes, end = 0, time.monotonic() + 300
    while changes < wanted and process.poll() is None:
        assert time.monotonic() < end
        now = job.states()
        changes, seen = changes + bool(now - seen), now
        time.sleep(0.002)
    time.sleep(rng.uniform(0, 0.02))
    process.send_signal(how)
    _, errors = process.communicate()
    if process.returncode == 0:
        return False
    if how is signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL, errors
    else:
        assert process.returncode == os.EX_TEMPFAIL, errors
        assert errors.splitlines()[-1].startswith("stopped by SIGTERM "), errors
    return True


def test_there_are_enough() -> None:
    assert KILLS >= 3
    assert KILLS * len(JOBS) >= 20


@pytest.mark.parametrize("paper", JOBS)
def test_killed_jobs_end_with_the_same_bytes(
    paper: str, finished: Project, scratch: Project
) -> None:
    jobs = [Job(scratch, words.split()) for words in JOBS[paper]]
    rng = random.Random(paper)
    hows = [signal.SIGKILL, signal.SIGTERM] * KILLS
    kills = 0
    for number, job in enumerate(jobs):
        job.forget()
        wanted = KILLS * (number + 1) // len(jobs)
        for _ in range(4 * KILLS):
            if kills == wanted:
                break
            if kill(job, hows[kills], rng):
                kills += 1
            else:
                job.forget()
        assert kills == wanted
        job.finish()
    folder = f"results/smoke/{paper}"
    assert scratch.digests(folder) == finished.digests(folder)
    assert not list((scratch.root / folder).rglob(".*.partial*"))
    trained = [job.outputs[-1] for job in jobs if job.words[0] == "train"]
    attempts = [json.loads(path.read_text())["attempts"] for path in trained]
    print(f"{paper}: {kills} kills; attempts of its trainings: {attempts}")
    assert not trained or max(attempts) > 1
