"""Jobs killed at random points, twenty of them, end with the bytes of an undisturbed run."""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fixture_workflow import ENVIRONMENT, Project

KILLS = 4
"""Of each paper; every job that is named below gets some."""
JOBS = {
    "benchmark": ["benchmark_digits_0"],
    "captions": ["captions_train_flickr8k_audio_0"],
    "cmcgan": ["cmcgan_train_sub_urmp_0", "cmcgan_train_sub_urmp_1"],
    "facevoice": [
        "facevoice_tune_the_big_bang_theory",
        "facevoice_train_the_big_bang_theory_0",
        "facevoice_train_the_big_bang_theory_1",
    ],
    "hashing": [
        "hashing_tune_wikipedia_ours",
        "hashing_train_wikipedia_ssah",
        "hashing_train_wikipedia_smfh",
    ],
    "msvae": ["msvae_train_voxceleb1_published"],
}
EVALUATIONS: dict[str, str | None] = {
    "benchmark": None,
    "captions": "captions_evaluate_flickr8k_audio",
    "cmcgan": "cmcgan_evaluate_sub_urmp",
    "facevoice": "facevoice_evaluate_the_big_bang_theory",
    "hashing": "hashing_evaluate_wikipedia",
    "msvae": "msvae_evaluate_voxceleb1",
}


@dataclass
class Job:
    """A job as Snakemake ran it: the same command, the same outputs."""

    project: Project
    command: str = ""
    outputs: list[Path] = field(default_factory=list)

    @property
    def results(self) -> Path:
        """Return the paper's folder."""
        return self.project.root.joinpath(*self.outputs[0].parts[:3])

    def start(self) -> subprocess.Popen[str]:
        """Start it as Snakemake does: its outputs go first; every step saves."""
        for path in self.outputs:
            (self.project.root / path).unlink(missing_ok=True)
        search = os.pathsep.join([str(Path(sys.executable).parent), ENVIRONMENT["PATH"]])
        source = str(self.project.root / "src")
        return subprocess.Popen(
            ["bash", "-c", f"set -euo pipefail; {self.command}"],
            cwd=self.project.root,
            env={
                **ENVIRONMENT,
                **{"PATH": search, "PYTHONPATH": source, "CROSSMODAL_OVERRIDES": "{}"},
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
        assert all((self.project.root / path).is_file() for path in self.outputs)

    def states(self) -> set[tuple[str, int]]:
        """Return what is kept, with the times it was written."""
        return {
            (str(path), path.stat().st_mtime_ns)
            for path in existing(self.results)
            if ".state" in path.parts and not path.name.startswith(".")
        }

    def wholes(self) -> set[tuple[Path, bytes]]:
        """Return the outputs that are there and do not hold times."""
        return {
            (path, (self.project.root / path).read_bytes())
            for path in self.outputs
            if path.name != "run.json" and (self.project.root / path).is_file()
        }

    def forget(self) -> None:
        """Remove what is kept of the paper's jobs."""
        for folder in [path for path in self.results.rglob(".state") if path.is_dir()]:
            shutil.rmtree(folder)

    def finished(self) -> dict[Path, bytes]:
        """Return the records of the runs that are finished."""
        return {
            path.relative_to(self.results): path.read_bytes()
            for path in (self.results / ".state").rglob("finished-*/run.json")
        }


def existing(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder in which another process works."""
    for base, _, names in os.walk(folder):
        for name in names:
            if (path := Path(base) / name).is_file():
                yield path


def jobs_of(project: Project) -> dict[str, Job]:
    """Read from Snakemake's records what it ran, by rule."""
    records = project.root / ".snakemake" / "metadata"
    jobs: dict[str, Job] = {}
    for path in records.rglob("*"):
        if path.is_file():
            record: dict[str, Any] = json.loads(path.read_text())
            name = "".join(part.lstrip("@") for part in path.relative_to(records).parts)
            job = jobs.setdefault(record["rule"], Job(project))
            job.command = record["shellcmd"] or ""
            job.outputs.append(Path(base64.urlsafe_b64decode(name).decode()))
    return jobs


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
    known = jobs_of(scratch)
    jobs = [known[name] for name in JOBS[paper]]
    rng = random.Random(paper)
    hows = [signal.SIGKILL, signal.SIGTERM] * KILLS
    kills = put_back = 0
    for number, job in enumerate(jobs):
        wanted = KILLS * (number + 1) // len(jobs)
        for _ in range(3 * KILLS):
            if kills == wanted:
                break
            if kill(job, hows[kills], rng):
                kills += 1
                assert job.wholes() <= Job(finished, outputs=job.outputs).wholes()
            else:
                job.forget()
        assert kills == wanted
        kept = job.finished()
        put_back += len(kept)
        job.finish()
        # What was finished before the last attempt was not trained again.
        after = job.finished()
        assert {path: after[path] for path in kept} == kept
    assert kills == KILLS
    if (evaluation := EVALUATIONS[paper]) is not None:
        known[evaluation].finish()
    known[f"{paper}_collect"].finish()
    folder = f"results/smoke/{paper}"
    assert scratch.digests(folder) == finished.digests(folder)
    runs = scratch.root / folder / "runs"
    attempts = [json.loads(path.read_text())["attempts"] for path in runs.rglob("run.json")]
    resumed = sum(attempts) - len(attempts)
    print(f"{paper}: {kills} kills, {resumed} times on from a state, {put_back} runs put back")
    assert resumed + put_back > 0
