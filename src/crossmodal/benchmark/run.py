"""One job: some methods on one task, from the choice of their settings to their scores."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from crossmodal.benchmark.data import Items, TaskData, evenly, load_task
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
        trials: One row a trial: its number, settings, score, and whether it was chosen.
        core_seconds: Spent on all trials.
    """

    settings: Settings
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
    count = sum(len(settings.candidates(method)) + len(seeds) for method in methods)
    passes = settings.budget.passes(len(data.train))
    with progress(title=f"benchmark on {task}", total=count, unit="training") as bar:
        for method in methods:
            choice = choose(settings, data, method, seeds[0], unique=definition.unique)
            bar.update(len(choice.trials))
            write_csv(out / "tuning" / task / f"{method}.csv", choice.trials)
            for seed in seeds:
                watch = Timed()
                fitted = fit(
                    method, data.train, choice.settings, passes, seed, unique=definition.unique
                )
                watch.stop()
                job.write(method, seed, choice, fitted, watch)
                bar.update()


def choose(
    settings: BenchmarkSettings, data: TaskData, method: str, seed: int, *, unique: bool
) -> Choice:
    """Fit a method with each of its candidates on a share of the training pairs; take the best.

    The score is the mean average precision on validation pairs, mean of both ways; of equal ones
    the first counts. A single candidate is taken untried.
    """
    candidates = settings.candidates(method)
    passes = settings.budget.passes(len(data.train))
    train = share_of(data.train, settings.budget.trial_share)
    started = time.process_time()
    found = [
        quality(fit(method, train, candidate, passes, seed, unique=unique), data.validation)
        for candidate in candidates
        if len(candidates) > 1
    ]
    spent = time.process_time() - started
    best = found.index(max(found)) if found else 0
    frame = pd.DataFrame(
        [
            {
                "trial": place + 1,
                **settings.methods[method].trials[place],
                "validation_map": found[place] if found else float("nan"),
                "chosen": int(place == best),
            }
            for place in range(len(candidates))
        ]
    )
    return Choice(candidates[best], frame, spent)


def share_of(train: Items, share: float) -> Items:
    """Return a share of training pairs, evenly spread over the answers, in their order."""
    by_answer = torch.argsort(train.answer.cpu(), stable=True).numpy()
    rows = np.sort(evenly(by_answer, max(2, round(share * len(train)))))
    return train.take(torch.from_numpy(rows).to(train.answer.device))


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
            "passes": self.settings.budget.passes(len(self.data.train)),
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
