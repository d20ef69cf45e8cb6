"""One job: some methods on one task, from the choice of their settings to their scores."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from crossmodal.benchmark.data import TaskData, load_task
from crossmodal.benchmark.judge import Judges
from crossmodal.benchmark.methods import fit
from crossmodal.benchmark.methods.base import Fitted, in_blocks
from crossmodal.benchmark.scoring import quality, score
from crossmodal.benchmark.settings import BenchmarkSettings
from crossmodal.config import Settings
from crossmodal.devices import choose_device, device_name
from crossmodal.progress import progress
from crossmodal.runs import Run, Stopwatch, provenance, write_csv, write_run, write_scores

DISTRIBUTIONS = ("numpy", "scikit-learn", "scipy", "torch")


@dataclass(frozen=True)
class Choice:
    """What the trials of a method came to.

    Attributes:
        settings: The settings with the highest score on validation pairs.
        fitted: The method as fitted with them and the first seed.
        watch: Read when it was fitted.
        trials: One row a trial: its number, settings, score, and whether it was chosen.
        core_seconds: Spent on all trials.
    """

    settings: Settings
    fitted: Fitted
    watch: Stopwatch
    trials: pd.DataFrame
    core_seconds: float


class Timed(Stopwatch):
    """A stopwatch that can be stopped: what is done afterwards does not count."""

    stopped: dict[str, float | str] | None = None

    def stop(self) -> None:
        """Keep what it shows."""
        self.stopped = super().read()

    def read(self) -> dict[str, float | str]:
        """Return `started`, `seconds` and `core_seconds`, up to where it was stopped."""
        return self.stopped or super().read()


def run_task(
    settings: BenchmarkSettings,
    task: str,
    source: str,
    methods: list[str],
    seeds: list[int],
    folder: Path,
    out: Path,
    threads: int,
) -> None:
    """Choose settings, train and score some methods on a task; write their run folders.

    Args:
        settings: The benchmark's settings.
        task: Name of the task.
        source: Where its corpus came from: synthetic, download or own.
        methods: Which can do the task.
        seeds: One run each.
        folder: Where manifest and arrays of the task lie.
        out: `results/<edition>/benchmark`.
        threads: Number of threads on the CPU.
    """
    device = choose_device(threads)
    definition = settings.definitions[task]
    data = load_task(definition, folder, settings.budget, settings.seed).to(device)
    judges = None if definition.unique else Judges.of(data, settings.seed)
    origin = provenance(data.files, DISTRIBUTIONS, threads)
    job = _Job(settings, task, source, data, judges, origin, device, out)
    count = sum(len(settings.candidates(method)) + len(seeds) - 1 for method in methods)
    with progress(title=f"benchmark on {task}", total=count, unit="training") as bar:
        for method in methods:
            choice = choose(settings, data, method, seeds[0], unique=definition.unique)
            bar.update(len(choice.trials))
            write_csv(out / "tuning" / task / f"{method}.csv", choice.trials)
            job.write(method, seeds[0], choice, choice.fitted, choice.watch)
            for seed in seeds[1:]:
                fitted, watch = _timed_fit(settings, data, method, choice.settings, seed, task)
                job.write(method, seed, choice, fitted, watch)
                bar.update()


def choose(
    settings: BenchmarkSettings, data: TaskData, method: str, seed: int, *, unique: bool
) -> Choice:
    """Fit a method with each of its candidates; keep the best on validation pairs.

    The score is the mean average precision, mean of both ways; of equal ones the first is kept.
    """
    rows: list[dict[str, Any]] = []
    best: tuple[float, Settings, Fitted, Timed] | None = None
    started = time.process_time()
    for number, candidate in enumerate(settings.candidates(method)):
        watch = Timed()
        fitted = fit(method, data.train, candidate, settings.budget.passes, seed, unique=unique)
        watch.stop()
        found = quality(fitted, data.validation)
        tried = settings.methods[method].trials[number]
        rows.append({"trial": number + 1, **tried, "validation_map": found})
        if best is None or found > best[0]:
            best = found, candidate, fitted, watch
    assert best is not None
    spent = time.process_time() - started
    frame = pd.DataFrame(rows)
    frame["chosen"] = (frame.index == frame["validation_map"].idxmax()).astype(int)
    return Choice(best[1], best[2], best[3], frame, spent)


def _timed_fit(
    settings: BenchmarkSettings,
    data: TaskData,
    method: str,
    chosen: Settings,
    seed: int,
    task: str,
) -> tuple[Fitted, Timed]:
    watch = Timed()
    unique = settings.definitions[task].unique
    fitted = fit(method, data.train, chosen, settings.budget.passes, seed, unique=unique)
    watch.stop()
    return fitted, watch


@dataclass(frozen=True)
class _Job:
    """What the runs of a job share."""

    settings: BenchmarkSettings
    task: str
    source: str
    data: TaskData
    judges: Judges | None
    origin: dict[str, Any]
    device: torch.device
    out: Path

    def write(
        self, method: str, seed: int, choice: Choice, fitted: Fitted, watch: Stopwatch
    ) -> None:
        """Score a fitted method and write its run folder."""
        run = Run(self.task, method, seed)
        scores, scalars = score(fitted, self.data, self.judges, self.settings.seed)
        config = {
            "method": method,
            "task": self.settings.definitions[self.task].model_dump(mode="json"),
            "budget": self.settings.budget.model_dump(),
            "settings": choice.settings.model_dump(mode="json"),
        }
        cost = {
            "parameters": fitted.parameters,
            "training_pairs": len(self.data.train),
            "trials": len(choice.trials),
            "trials_core_seconds": round(choice.core_seconds, 3),
            "embedding_microseconds": self._embedding_time(fitted),
        }
        write_run(
            run.folder(self.out),
            paper="benchmark",
            run=run,
            source=self.source,
            weights=fitted.weights,
            config=config,
            history=fitted.history,
            network=fitted.network,
            origin={**self.origin, "cost": cost},
            device=device_name(self.device),
            watch=watch,
        )
        write_scores(run.folder(self.out), "benchmark", run, scores, scalars)

    def _embedding_time(self, fitted: Fitted) -> float:
        """Return core-microseconds a pair of test items takes to be embedded, both sides."""
        started = time.process_time()
        in_blocks(fitted.pictures, self.data.test)
        in_blocks(fitted.sounds, self.data.test)
        return round((time.process_time() - started) / len(self.data.test) * 1e6, 1)
