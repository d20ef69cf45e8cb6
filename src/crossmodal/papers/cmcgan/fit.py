"""The training loop of every model of the paper: resumable, best epoch by validation."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import torch
from torch import Tensor

from crossmodal.papers.cmcgan.data import Pairs
from crossmodal.papers.cmcgan.learners import Learner
from crossmodal.progress import progress
from crossmodal.resume import Resume


@dataclass
class Progress:
    """How far a training came; everything in it survives a kill.

    Attributes:
        epoch: Epochs completed.
        batch: Batches of the next epoch that are done.
        order: Rows of that epoch in the order they are taken.
        sums: Sums of the loss terms over the batches done, by name.
        rows: One row an epoch completed: means of the loss terms, validation accuracies.
        best: Mean validation accuracy of the best epoch.
        best_epoch: Its number, from 1.
        weights: The network's weights after it.
        seconds: Wall-clock seconds spent, by all jobs that took part.
        core_seconds: Processor seconds spent.
    """

    epoch: int = 0
    batch: int = 0
    order: Tensor | None = None
    sums: dict[str, Tensor] = field(default_factory=dict)
    rows: list[dict[str, float]] = field(default_factory=list)
    best: float = -1.0
    best_epoch: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)
    seconds: float = 0.0
    core_seconds: float = 0.0


def fit(
    learner: Learner,
    train: Pairs,
    validation: Pairs,
    *,
    epochs: int,
    batch: int,
    decay: bool,
    resume: Resume,
) -> Progress:
    """Train and keep the epoch with the best mean of the validation accuracies.

    An epoch takes each pair once in a new order; what does not fill a last batch is left out,
    since a small batch has other statistics. The first of equally good epochs is kept.

    Args:
        learner: Knows a step and how to validate.
        train: Pairs to learn from.
        validation: Pairs that choose the epoch.
        epochs: Passes over the training pairs.
        batch: Pairs a step; all of them where there are fewer.
        decay: Lower the learning rates linearly to zero over the second half of the steps.
        resume: Keeps the state; a training that was cut short goes on where it was.

    Returns:
        The history, and the best epoch's weights (on the learner's device).
    """
    done = Progress(**(resume.load() or {}))
    clock = _Clock(done)
    batches = max(1, len(train) // batch)
    bar = progress(title="training", total=epochs * batches, unit="step")
    bar.update(done.epoch * batches + done.batch)
    while done.epoch < epochs:
        learner.network.train()
        if done.order is None:
            done.order = torch.randperm(len(train))
        rows = torch.split(done.order, batch)
        while done.batch < batches:
            members = rows[done.batch]
            if decay:
                _slow_down(learner, (done.epoch * batches + done.batch) / (epochs * batches))
            _add(done.sums, learner.step(*train.batch(members), train.label[members]))
            done.batch += 1
            bar.update()
            clock.read(done)
            resume.save_if_due(vars(done))
        learner.network.eval()
        scores = learner.validate(validation)
        done.epoch, done.batch, done.order = done.epoch + 1, 0, None
        _close_epoch(done, scores, batches)
        if _mean(scores) > done.best:
            done.best, done.best_epoch = _mean(scores), done.epoch
            weights = learner.network.state_dict()
            done.weights = {name: value.detach().clone() for name, value in weights.items()}
    bar.close()
    clock.read(done)
    return done


def _slow_down(learner: Learner, share: float) -> None:
    """Set the learning rates for a step, `share` of all steps being done."""
    for part in learner.parts().values():
        if isinstance(part, torch.optim.Optimizer):
            for group in part.param_groups:
                first = group.setdefault("initial_lr", group["lr"])
                group["lr"] = first * min(1.0, 2 * (1 - share))


def history(done: Progress) -> dict[str, list[float]]:
    """Return the columns of `history.csv`: `epoch`, loss terms, accuracies, `chosen` (0 or 1)."""
    chosen = [float(epoch == done.best_epoch) for epoch in range(1, done.epoch + 1)]
    columns = {name: [row[name] for row in done.rows] for name in done.rows[0]}
    return {"epoch": list(range(1, done.epoch + 1)), **columns, "chosen": chosen}


class _Clock:
    """Adds the time of this job to what earlier jobs of the same training took."""

    def __init__(self, done: Progress) -> None:
        self.seconds = done.seconds - time.perf_counter()
        self.core_seconds = done.core_seconds - time.process_time()

    def read(self, done: Progress) -> None:
        done.seconds = self.seconds + time.perf_counter()
        done.core_seconds = self.core_seconds + time.process_time()


def _add(sums: dict[str, Tensor], terms: dict[str, Tensor]) -> None:
    """Add a step's terms on their device, without waiting for them."""
    for name, value in terms.items():
        sums[name] = sums[name] + value if name in sums else value


def _close_epoch(done: Progress, scores: dict[str, float], batches: int) -> None:
    means = {name: float(value) / batches for name, value in done.sums.items()}
    validated = {f"validation_{name}": value for name, value in scores.items()}
    done.rows.append(means | validated)
    done.sums = {}


def _mean(scores: dict[str, float]) -> float:
    return sum(scores.values()) / len(scores)
