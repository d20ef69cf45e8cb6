from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from crossmodal.errors import InputError
from crossmodal.resume import VARIABLE, Part, Resume, seconds_between_states, stamp_of
from crossmodal.runs import Stopwatch

CPU = torch.device("cpu")


def learner() -> tuple[dict[str, Part], nn.Linear, torch.optim.Optimizer]:
    network = nn.Linear(2, 2)
    optimiser = torch.optim.Adam(network.parameters())
    return {"network": network, "optimiser": optimiser}, network, optimiser


def learn(network: nn.Linear, optimiser: torch.optim.Optimizer, steps: int) -> None:
    for _ in range(steps):
        optimiser.zero_grad()
        network(torch.randn(3, 2)).square().sum().backward()
        optimiser.step()


def test_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    """Weights, moments of the optimiser and random numbers all come back."""
    path = tmp_path / "state.pt"
    torch.manual_seed(0)
    _, expected, optimiser = learner()
    learn(expected, optimiser, 7)
    torch.manual_seed(0)
    parts, network, optimiser = learner()
    learn(network, optimiser, 3)
    Resume(path, "a", CPU).save(parts, {"step": 3, "order": torch.arange(4)})
    learn(network, optimiser, 2)  # lost with the kill
    torch.manual_seed(99)
    parts, network, optimiser = learner()
    progress = Resume(path, "a", CPU).load(parts)
    assert progress is not None
    assert progress["step"] == 3
    assert torch.equal(progress["order"], torch.arange(4))
    learn(network, optimiser, 4)
    assert torch.equal(network.weight, expected.weight)


@pytest.mark.parametrize("damage", ["missing", "other", "cut", "text"])
def test_starts_over_without_a_state_that_fits(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "state.pt"
    parts, network, _ = learner()
    before = network.weight.detach().clone()
    if damage != "missing":
        Resume(path, "a", CPU).save(learner()[0], {"step": 1})
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:200])
    if damage == "text":
        path.write_text("no state", encoding="utf-8")
    assert Resume(path, "b" if damage == "other" else "a", CPU).load(parts) is None
    assert torch.equal(network.weight, before)


def test_saves_when_due(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.pt"
    parts, *_ = learner()
    assert not Resume(path, "a", CPU, every_s=1e6).save_if_due(parts, {})
    assert not path.exists()
    assert Resume(path, "a", CPU, every_s=0).save_if_due(parts, {})
    assert list(path.parent.iterdir()) == [path]


def test_the_time_of_all_attempts_counts(tmp_path: Path) -> None:
    path, spent = tmp_path / "state.pt", {"seconds": 100.0, "core_seconds": 50.0}
    first = Stopwatch(started="2026-01-01T00:00:00+00:00")
    first.count_in({**spent, "started": "2026-01-02T00:00:00+00:00", "attempts": 1})
    assert first.read()["attempts"] == 1
    parts, *_ = learner()
    Resume(path, "a", CPU, first).save(parts, {})
    for attempt in (2, 3):
        watch = Stopwatch()
        resume = Resume(path, "a", CPU, watch)
        resume.load(parts)
        # Two phases of one attempt are one attempt.
        resume.load(parts)
        found = watch.read()
        assert found["attempts"] == attempt
        assert found["started"] == "2026-01-01T00:00:00+00:00"
        assert 100 <= found["seconds"] < 110
        assert 50 <= found["core_seconds"] < 60
        resume.save(parts, {})


def test_how_often_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert seconds_between_states() == 60
    monkeypatch.setenv(VARIABLE, "0.5")
    assert seconds_between_states() == 0.5
    for text in ("soon", "-1", "nan"):
        monkeypatch.setenv(VARIABLE, text)
        with pytest.raises(InputError, match=f"{VARIABLE}: '{text}' is no number of seconds"):
            seconds_between_states()


def test_stamps() -> None:
    one = stamp_of(config={"a": 1, "b": [2]}, seed=0)
    assert one == stamp_of(seed=0, config={"b": [2], "a": 1})
    assert len({one, stamp_of(config={"a": 1, "b": [2]}, seed=1), stamp_of(config={})}) == 3
