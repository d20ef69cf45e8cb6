"""One job: a method on a task, from the choice of its settings to the scores of every seed.

What was tried and what was scored is kept: a job that is killed loses one fit at most.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from crossmodal import signals
from crossmodal.benchmark.data import Items, TaskData, evenly, load_task
from crossmodal.benchmark.evaluator import Evaluators
from crossmodal.benchmark.methods import entry_of, fit
from crossmodal.benchmark.methods.base import Fitted, in_blocks
from crossmodal.benchmark.plan import arrays_of, task_folder
from crossmodal.benchmark.scoring import names_of, quality, score
from crossmodal.benchmark.settings import BenchmarkSettings
from crossmodal.config import BENCHMARK, Settings
from crossmodal.devices import choose_device, device_name
from crossmodal.digest import source_digest
from crossmodal.errors import InputError
from crossmodal.files import write_json
from crossmodal.jobs import JobContext, Search
from crossmodal.runs import Run, Stopwatch, write_csv
from crossmodal.scores import Scored, read_arrays, write_arrays, write_scores

if TYPE_CHECKING:
    from crossmodal.workspace import Workspace


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


def code_of(method: str) -> str:
    """Digest the source that decides what a method does on a task."""
    return source_digest("crossmodal.benchmark.run:run_method", entry_of(method))


def run_method(workspace: Workspace, task: str, method: str, threads: int) -> None:
    """Choose a method's settings on a task, train every seed and score it.

    Leaves `scores/<task>/<method>.npz`, `metrics/<task>/<method>.csv`, and in
    `runs/<task>/<method>/` the table of trials and `run.json`, which is written last.
    """
    settings, folder = workspace.benchmark, workspace.results.paper(BENCHMARK)
    if method not in settings.methods_for(task):
        raise InputError(
            f"{method} cannot do the task {task}",
            file=workspace.config / "benchmark.yaml",
            field="methods",
            hint=f"Choose from: {', '.join(settings.methods_for(task))}",
        )
    definition, source = settings.definitions[task], task_folder(settings, task, workspace.results)
    device = choose_device(threads)
    data = load_task(definition, source, settings.budget, settings.seed).to(device)
    evaluators = None if definition.unique else Evaluators.of(data, settings.seed)
    inputs = [source / "manifest.csv", *(source / f"{n}.npy" for n in arrays_of(settings, task))]
    context = JobContext(device, threads, code_of(method), inputs)
    origin = context.provenance()
    decides = settings.training_settings(task, method)
    out, state = folder.root / "runs" / task / method, folder.root / ".state" / task / method
    watch, seeds = Stopwatch(), workspace.seeds
    tried = Search(state / "trials.json", context.stamp(origin, **decides, seed=seeds[0]), device)
    choice = choose(settings, data, method, seeds[0], unique=definition.unique, tried=tried)
    write_csv(out / "trials.csv", choice.trials)
    chosen = choice.settings.model_dump(mode="json")
    kept = []
    for seed in seeds:
        signals.stop_if_asked("between two seeds; the next run goes on from here")
        stamp = context.stamp(origin, **decides, chosen=chosen, seed=seed)
        path = state / f"seed{seed}.npz"
        if (found := _scored_before(path, stamp)) is None:
            run = Run(task, method, seed)
            found = _fit_and_score(settings, run, choice, data, evaluators)
            notes = {"stamp": stamp, "record": found[1], "scalars": list(found[0].scalars)}
            write_arrays(path, {**found[0].scores, NOTES: np.array(json.dumps(notes))})
        kept.append(found)
    names = names_of(data, unique=definition.unique)
    scored = [
        Scored(Run(task, method, seed), one.scores, names, one.scalars)
        for seed, (one, _) in zip(seeds, kept, strict=True)
    ]
    write_scores(folder, f"{task}/{method}", scored)
    record = {
        "paper": BENCHMARK,
        "corpus": task,
        "variant": method,
        "source": workspace.source(definition.corpus),
        "config": {
            "method": method,
            "task": definition.model_dump(mode="json"),
            "budget": settings.budget.model_dump(),
            "settings": chosen,
        },
        **origin,
        "device": device_name(device),
        **watch.read(),
        "seeds": {str(seed): entry for seed, (_, entry) in zip(seeds, kept, strict=True)},
    }
    write_json(out / "run.json", record)


NOTES = "notes"
"""What stands beside the kept scores of a seed: JSON."""


def _scored_before(path: Path, stamp: str) -> tuple[Scored, dict[str, Any]] | None:
    """Return what an earlier attempt scored, if it was decided by the same."""
    try:
        with read_arrays(path) as arrays:
            notes = json.loads(str(arrays[NOTES]))
            scores = {name: arrays[name] for name in arrays.files if name != NOTES}
    except (InputError, KeyError):
        return None
    if notes["stamp"] != stamp:
        return None
    return Scored(Run("", "", 0), scores, {}, notes["scalars"]), notes["record"]


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
    run: Run,
    choice: Choice,
    data: TaskData,
    evaluators: Evaluators | None,
) -> tuple[Scored, dict[str, Any]]:
    """Train a seed with the chosen settings and score it; return what `run.json` says of it."""
    passes, watch = settings.budget.passes(len(data.train)), Stopwatch()
    fitted = fit(
        run.variant, data.train, choice.settings, passes, run.seed, unique=evaluators is None
    )
    watch.stop()
    scores, scalars = score(fitted, data, evaluators, settings.seed)
    cost = {
        "parameters": fitted.parameters,
        "training_pairs": len(data.train),
        "passes": passes,
        "trials": len(choice.trials),
        "trials_core_seconds": round(choice.core_seconds, 3),
        "embedding_microseconds": _embedding_time(fitted, data.test),
        "diverged": fitted.diverged,
    }
    record = {**watch.read(), "cost": cost, "network": dict(fitted.network)}
    return Scored(run, scores, {}, scalars), record


def _embedding_time(fitted: Fitted, items: Items) -> float:
    """Return core-microseconds a pair takes to be embedded, both sides."""
    started = time.process_time()
    in_blocks(fitted.pictures, items)
    in_blocks(fitted.sounds, items)
    return round((time.process_time() - started) / len(items) * 1e6, 1)
