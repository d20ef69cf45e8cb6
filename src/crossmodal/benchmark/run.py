"""One job: some methods on one task, from the choice of their settings to their scores.

What was tried and what was scored is kept: a job that is killed loses one fit at most.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from crossmodal.benchmark.data import Items, TaskData, evenly, load_task
from crossmodal.benchmark.judge import Judges
from crossmodal.benchmark.methods import fit
from crossmodal.benchmark.methods.base import Fitted, in_blocks
from crossmodal.benchmark.plan import RUN_FILES
from crossmodal.benchmark.scoring import quality, score
from crossmodal.benchmark.settings import BenchmarkSettings
from crossmodal.config import BENCHMARK, Settings
from crossmodal.devices import choose_device
from crossmodal.digest import source_digest
from crossmodal.jobs import Circumstances, Search, Training, TrainingJob
from crossmodal.progress import progress
from crossmodal.runs import write_csv, write_scores

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
    under = Circumstances(device, threads, DISTRIBUTIONS, source_digest(__name__))
    definition = settings.definitions[task]
    data = load_task(definition, folder, settings.budget, settings.seed).to(device)
    judges = None if definition.unique else Judges.of(data, settings.seed)
    job = TrainingJob(BENCHMARK, task, source, out, under, RUN_FILES)
    shared = {
        "task": definition.model_dump(mode="json"),
        "budget": settings.budget.model_dump(),
    }
    count = sum(len(settings.candidates(method)) + len(seeds) for method in methods)
    with progress(title=f"benchmark on {task}", total=count, unit="training") as bar:
        for method in methods:
            table = out / "tuning" / task / f"{method}.csv"
            decides = {**shared, "method": method, "seed": seeds[0], "basis": settings.seed}
            tried = Search(table, under.stamp(under.origin(data.files), **decides), device)
            choice = choose(settings, data, method, seeds[0], unique=definition.unique, tried=tried)
            bar.update(len(choice.trials))
            write_csv(table, choice.trials)
            chosen = choice.settings.model_dump(mode="json")
            for seed in seeds:
                config = {"method": method, **shared, "settings": chosen}
                run = job.training(method, seed, data.files, config, basis=settings.seed)
                if not run.put_back():
                    _fit_and_score(settings, run, choice, data, judges)
                bar.update()


def choose(
    settings: BenchmarkSettings,
    data: TaskData,
    method: str,
    seed: int,
    *,
    unique: bool,
    tried: Search,
) -> Choice:
    """Fit a method with each of its candidates on a share of the training pairs; take the best.

    The score is the mean average precision on validation pairs, mean of both ways; of equal ones
    the first counts. A single candidate is taken untried, and what was tried before is not tried
    again.
    """
    candidates = settings.candidates(method)
    passes = settings.budget.passes(len(data.train))
    train = share_of(data.train, settings.budget.trial_share)

    def score_of(candidate: Settings) -> dict[str, float]:
        combination = candidate.model_dump(mode="json")
        found = tried.tried(combination)
        if found is None:
            started = time.process_time()
            fitted = fit(method, train, candidate, passes, seed, unique=unique)
            found = {"map": quality(fitted, data.validation)}
            found["core_seconds"] = time.process_time() - started
            tried.keep(found, combination)
        return dict(found)

    found = [score_of(candidate) for candidate in candidates] if len(candidates) > 1 else []
    scores = [row["map"] for row in found]
    best = scores.index(max(scores)) if scores else 0
    frame = pd.DataFrame(
        [
            {
                "trial": place + 1,
                **settings.methods[method].trials[place],
                "validation_map": scores[place] if scores else float("nan"),
                "chosen": int(place == best),
            }
            for place in range(len(candidates))
        ]
    )
    return Choice(candidates[best], frame, sum(row["core_seconds"] for row in found))


def share_of(train: Items, share: float) -> Items:
    """Return a share of training pairs, evenly spread over the answers, in their order."""
    by_answer = torch.argsort(train.answer.cpu(), stable=True).numpy()
    rows = np.sort(evenly(by_answer, max(2, round(share * len(train)))))
    return train.take(torch.from_numpy(rows).to(train.answer.device))


def _fit_and_score(
    settings: BenchmarkSettings,
    run: Training,
    choice: Choice,
    data: TaskData,
    judges: Judges | None,
) -> None:
    """Train a run with the chosen settings, score it and write its folder."""
    passes = settings.budget.passes(len(data.train))
    fitted = fit(
        run.run.variant, data.train, choice.settings, passes, run.run.seed, unique=judges is None
    )
    run.watch.stop()
    scores, scalars = score(fitted, data, judges, settings.seed)
    write_scores(run.finished, BENCHMARK, run.run, scores, scalars)
    cost = {
        "parameters": fitted.parameters,
        "training_pairs": len(data.train),
        "passes": passes,
        "trials": len(choice.trials),
        "trials_core_seconds": round(choice.core_seconds, 3),
        "embedding_microseconds": _embedding_time(fitted, data.test),
        "diverged": fitted.diverged,
    }
    run.finish(fitted.weights, fitted.history, fitted.network, cost=cost)


def _embedding_time(fitted: Fitted, items: Items) -> float:
    """Return core-microseconds a pair takes to be embedded, both sides."""
    started = time.process_time()
    in_blocks(fitted.pictures, items)
    in_blocks(fitted.sounds, items)
    return round((time.process_time() - started) / len(items) * 1e6, 1)
