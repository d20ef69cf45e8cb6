from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from crossmodal.resume import Part, Resume
from crossmodal.signals import Stopped, listening
from crossmodal.training import Best, Row, fit

CPU = torch.device("cpu")
EPOCHS, PASSES, STEPS = 3, 2, 4


class Lesson:
    """A linear network that learns noise; interrupted by a call before a step."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.network = nn.Linear(2, 1)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=0.1)
        self.best = Best()
        self.taken: list[tuple[int, list[int]]] = []
        self.before_step: Any = lambda number: None

    def step(self, rows: Tensor, epoch: int) -> dict[str, Tensor]:
        self.before_step(len(self.taken) + 1)
        self.taken.append((epoch, rows.tolist()))
        found = self.network(torch.randn(len(rows), 2)).square().mean()
        self.optimiser.zero_grad()
        found.backward()
        self.optimiser.step()
        return {"loss": found, "rows": rows.sum().float()}

    def close(self, means: Row, epoch: int) -> Row:
        self.best.offer(-abs(epoch - 1), epoch, self.network)
        return {**means, "twice": 2 * means["loss"]}

    def run(self, resume: Resume | None = None) -> list[Row]:
        parts: dict[str, Part] = {
            "network": self.network,
            "optimiser": self.optimiser,
            "best": self.best,
        }
        return fit(
            parts,
            resume,
            epochs=EPOCHS,
            passes=PASSES,
            draw=lambda: torch.split(torch.randperm(8), 2),
            step=self.step,
            close=self.close,
        )


class KillError(Exception):
    """Stands for a kill."""


def test_history_rows_are_means_over_the_steps_of_an_epoch() -> None:
    lesson = Lesson()
    rows = lesson.run()
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert [list(row) for row in rows] == [["epoch", "loss", "rows", "twice"]] * 3
    # Every pass takes each of the rows 0 to 7 once: 28 over four steps.
    assert [row["rows"] for row in rows] == [28 / STEPS] * 3
    for epoch in range(EPOCHS):
        taken = [batch for number, batch in lesson.taken if number == epoch]
        assert len(taken) == PASSES * STEPS
        for start in (0, STEPS):
            together = [row for batch in taken[start : start + STEPS] for row in batch]
            assert sorted(together) == list(range(8))


@pytest.mark.parametrize("after", range(1, EPOCHS * PASSES * STEPS + 1))
def test_killed_at_any_step_it_ends_the_same(tmp_path: Path, after: int) -> None:
    whole = Lesson()
    history = whole.run()

    def resume() -> Resume:
        return Resume(tmp_path / "state.pt", "stamp", CPU, every_s=0)

    cut = Lesson()

    def die(number: int) -> None:
        if number == after:
            raise KillError

    cut.before_step = die
    with pytest.raises(KillError):
        cut.run(resume())
    again = Lesson()
    assert again.run(resume()) == history
    assert torch.equal(again.network.weight, whole.network.weight)
    assert torch.equal(again.best.weights["weight"], whole.best.weights["weight"])
    assert again.best.epoch == 1
    # No step was taken twice.
    assert cut.taken + again.taken == whole.taken


def test_a_signal_lets_the_step_finish_and_saves(tmp_path: Path) -> None:
    def resume() -> Resume:
        return Resume(tmp_path / "state.pt", "stamp", CPU, every_s=1e6)

    cut = Lesson()

    def ask(number: int) -> None:
        if number == 14:
            os.kill(os.getpid(), signal.SIGTERM)

    cut.before_step = ask
    with listening(), pytest.raises(Stopped) as caught:
        cut.run(resume())
    assert str(caught.value) == (
        "stopped by SIGTERM after step 6 of epoch 2; state saved; the next run goes on from here"
    )
    assert len(cut.taken) == 14
    history = Lesson().run()
    again = Lesson()
    assert again.run(resume()) == history
    assert len(again.taken) == EPOCHS * PASSES * STEPS - 14


def test_without_a_state_a_signal_ends_it_at_once() -> None:
    lesson = Lesson()

    def ask(number: int) -> None:
        if number == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    lesson.before_step = ask
    with listening(), pytest.raises(Stopped, match="before its end"):
        lesson.run()
    assert len(lesson.taken) == 2


def test_a_finished_training_is_not_trained_again(tmp_path: Path) -> None:
    first, second = Lesson(), Lesson()
    resume = Resume(tmp_path / "state.pt", "stamp", CPU)
    assert first.run(resume) == second.run(resume)
    assert second.taken == []
    assert torch.equal(first.network.weight, second.network.weight)


def test_the_first_of_equally_good_epochs_is_kept() -> None:
    network, best = nn.Linear(1, 1), Best()
    for epoch, score in enumerate([0.2, 0.9, 0.9, 0.1]):
        nn.init.constant_(network.weight, epoch)
        best.offer(score, epoch, network)
    assert (best.epoch, best.score) == (1, 0.9)
    assert best.weights["weight"].item() == 1
