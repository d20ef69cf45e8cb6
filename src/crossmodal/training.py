"""The loop of every training: epochs of steps, which a kill does not lose."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from crossmodal import signals
from crossmodal.progress import progress
from crossmodal.resume import Part, Resume

Row = dict[str, float]


@dataclass
class _Progress:
    """How far a training came; all of it survives a kill.

    Attributes:
        rows: One row an epoch completed.
        passes: Passes completed of the next epoch.
        batches: Rows of the batches of the pass at work, in order; None between two passes.
        step: How many of these are done.
        steps: Steps done since the epoch began.
        terms: Names of the loss terms.
        sums: Their sums over the steps of the epoch, [terms].
    """

    rows: list[Row] = field(default_factory=list)
    passes: int = 0
    batches: list[Tensor] | None = None
    step: int = 0
    steps: int = 0
    terms: list[str] = field(default_factory=list)
    sums: Tensor | None = None

    def add(self, terms: Mapping[str, Tensor]) -> None:
        """Count a step in, on its device, without waiting for it."""
        values = torch.stack([value.detach() for value in terms.values()]).double()
        self.sums = values if self.sums is None else self.sums.to(values.device) + values
        self.terms = list(terms)
        self.step += 1
        self.steps += 1

    def close_epoch(self) -> Row:
        """Return the mean of each term over the epoch's steps and start anew."""
        sums = [] if self.sums is None else self.sums.tolist()
        means = {name: value / self.steps for name, value in zip(self.terms, sums, strict=True)}
        self.passes, self.steps, self.sums = 0, 0, None
        return means


def fit(
    parts: Mapping[str, Part],
    resume: Resume | None,
    *,
    epochs: int,
    draw: Callable[[], Iterable[Tensor]],
    step: Callable[[Tensor, int], Mapping[str, Tensor]],
    close: Callable[[Row, int], Row],
    passes: int = 1,
) -> list[Row]:
    """Train, going on where a killed training was, with the same result.

    All random numbers come from torch's own generators. A signal that asks for an end lets the
    step at work finish and saves.

    Args:
        parts: Everything that has a state which decides how training goes on, by name.
        resume: Keeps the state; None keeps none.
        draw: Returns the rows of the batches of one pass over the data, in a new order.
        step: Learns from the rows of a batch in an epoch (from 0); returns every loss term by
            itself, scalars.
        close: Ends an epoch (from 0); takes the mean of each term over its steps and returns what
            the history says of it.
        passes: Passes over the data that count as one epoch.

    Returns:
        The history: a row an epoch, `epoch` (from 1) and what `close` returned.
    """
    saved = None if resume is None else resume.load(parts)
    done = _Progress(**(saved or {}))

    def save_if_due() -> None:
        if resume is not None and resume.save_if_due(parts, vars(done)):
            signals.stop_if_asked(
                f"after step {done.steps} of epoch {len(done.rows) + 1}; state saved; the next run"
                " goes on from here"
            )

    # Without a state there is nothing to wait for.
    patience = nullcontext() if resume is None else signals.held()
    with patience, progress(title="training", unit="step") as bar:
        while (epoch := len(done.rows)) < epochs:
            while done.passes < passes:
                if done.batches is None:
                    done.batches, done.step = list(draw()), 0
                if bar.total is None:
                    here = (epoch * passes + done.passes) * len(done.batches) + done.step
                    bar.total, bar.initial, bar.n = epochs * passes * len(done.batches), here, here
                for rows in done.batches[done.step :]:
                    done.add(step(rows, epoch))
                    bar.update()
                    save_if_due()
                done.passes, done.batches = done.passes + 1, None
            done.rows.append({"epoch": epoch + 1, **close(done.close_epoch(), epoch)})
            term = "".join(f", {name} {v:.3g}" for name, v in list(done.rows[-1].items())[1:2])
            bar.set_postfix_str(f"epoch {epoch + 1} of {epochs}{term}", refresh=False)
        if resume is not None:
            resume.save(parts, vars(done))
            signals.stop_if_asked(
                "after the last step; state saved; the next run goes on from here"
            )
    return done.rows


class Best:
    """Keeps a network's weights after its best epoch; has a state, as all parts of a training.

    Attributes:
        score: Of the best epoch; larger is better.
        epoch: Its number, from 0; -1 before the first.
        weights: The network's after it.
    """

    def __init__(self) -> None:
        self.score = float("-inf")
        self.epoch = -1
        self.weights: dict[str, Tensor] = {}

    def offer(self, score: float, epoch: int, network: torch.nn.Module) -> None:
        """Keep the weights if this epoch is better than all before."""
        if score > self.score:
            self.score, self.epoch = score, epoch
            weights = network.state_dict()
            self.weights = {name: value.detach().clone() for name, value in weights.items()}

    def state_dict(self) -> dict[str, Any]:
        """Return score, epoch and weights."""
        return dict(vars(self))

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take what `state_dict` returned."""
        vars(self).update(state)


def update(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """Take one step down a loss, by the optimizer's weights alone."""
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    # `optimizer.step()` without its wrappers: they load torch's compiler, for a second of every
    # job, to end graphs that nobody compiles. Schedules ask whether a step was taken.
    with torch.no_grad():
        inspect.unwrap(type(optimizer).step)(optimizer)
    optimizer._opt_called = True  # type: ignore[attr-defined]
