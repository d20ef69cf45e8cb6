"""The training of every model of the paper: resumable, best epoch by validation."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from crossmodal.papers.cmcgan.data import Pairs
from crossmodal.papers.cmcgan.learners import Learner
from crossmodal.resume import Part, Resume
from crossmodal.training import Best, Row
from crossmodal.training import fit as walk


@dataclass(frozen=True)
class Fitted:
    """What a training leaves.

    Attributes:
        rows: The history, a row an epoch: means of the loss terms, validation accuracies, and
            `chosen`, 1 for the epoch whose weights are kept.
        weights: The network's after that epoch, on the learner's device or on the CPU.
    """

    rows: list[Row]
    weights: dict[str, Tensor]


def fit(
    learner: Learner,
    train: Pairs,
    validation: Pairs,
    *,
    epochs: int,
    batch: int,
    decay: bool,
    resume: Resume | None = None,
) -> Fitted:
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
        The history, and the best epoch's weights.
    """
    batches = max(1, len(train) // batch)
    schedules = _slowing_down(learner, epochs * batches) if decay else {}
    best = Best()

    def step(rows: Tensor, epoch: int) -> dict[str, Tensor]:
        terms = learner.step(*train.batch(rows), train.label[rows])
        for schedule in schedules.values():
            schedule.step()
        return terms

    def close(means: Row, epoch: int) -> Row:
        learner.network.eval()
        scores = learner.validate(validation)
        learner.network.train()
        best.offer(sum(scores.values()) / len(scores), epoch, learner.network)
        return means | {f"validation_{name}": value for name, value in scores.items()}

    parts: dict[str, Part] = {**learner.parts(), **schedules, "best": best}
    learner.network.train()
    rows = walk(
        parts,
        resume,
        epochs=epochs,
        draw=lambda: torch.split(torch.randperm(len(train)), batch)[:batches],
        step=step,
        close=close,
    )
    learner.network.eval()
    for epoch, row in enumerate(rows):
        row["chosen"] = float(epoch == best.epoch)
    return Fitted(rows, best.weights)


def _slowing_down(learner: Learner, steps: int) -> dict[str, torch.optim.lr_scheduler.LambdaLR]:
    """Return what lowers the learning rates to zero over the second half of the steps."""
    return {
        f"{name}_schedule": torch.optim.lr_scheduler.LambdaLR(
            part, lambda step: min(1.0, 2 * (1 - step / steps))
        )
        for name, part in learner.parts().items()
        if isinstance(part, torch.optim.Optimizer)
    }
