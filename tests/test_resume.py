from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from crossmodal.resume import Resume, stamp_of
from crossmodal.runs import Run

CPU = torch.device("cpu")


def keeper(path: Path, stamp: str = "a", every_s: float = 0.0) -> tuple[Resume, nn.Linear]:
    network = nn.Linear(2, 2)
    optimiser = torch.optim.Adam(network.parameters())
    return Resume(path, stamp, {"network": network, "optimiser": optimiser}, CPU, every_s), network


def learn(resume: Resume, network: nn.Linear, steps: int) -> None:
    optimiser = resume.parts["optimiser"]
    assert isinstance(optimiser, torch.optim.Adam)
    for _ in range(steps):
        optimiser.zero_grad()
        network(torch.randn(3, 2)).square().sum().backward()
        optimiser.step()


def test_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    """Weights, moments of the optimiser and random numbers all come back."""
    torch.manual_seed(0)
    whole, expected = keeper(tmp_path / "whole.pt")
    learn(whole, expected, 7)
    torch.manual_seed(0)
    first, network = keeper(tmp_path / "state.pt")
    learn(first, network, 3)
    first.save({"step": 3, "order": torch.arange(4)})
    learn(first, network, 2)  # lost with the kill
    torch.manual_seed(99)
    second, network = keeper(tmp_path / "state.pt")
    progress = second.load()
    assert progress is not None
    assert progress["step"] == 3
    assert torch.equal(progress["order"], torch.arange(4))
    learn(second, network, 4)
    assert torch.equal(network.weight, expected.weight)


@pytest.mark.parametrize("damage", ["missing", "other", "cut", "text"])
def test_starts_over_without_a_state_that_fits(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "state.pt"
    resume, network = keeper(path)
    before = network.weight.detach().clone()
    if damage != "missing":
        keeper(path)[0].save({"step": 1})
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:200])
    if damage == "text":
        path.write_text("no state", encoding="utf-8")
    if damage == "other":
        resume.stamp = "b"
    assert resume.load() is None
    assert torch.equal(network.weight, before)


def test_saves_when_due_and_leaves_nothing(tmp_path: Path) -> None:
    path = Resume.place(tmp_path, Run("corpus", "variant", 1))
    assert path == tmp_path / ".state" / "runs" / "corpus" / "variant" / "seed1" / "state.pt"
    seldom, _ = keeper(path, every_s=1e6)
    seldom.save_if_due({})
    assert not path.exists()
    often, _ = keeper(path)
    often.save_if_due({})
    assert [file.name for file in path.parent.iterdir()] == ["state.pt"]
    often.close()
    assert not path.parent.exists()
    often.close()


def test_stamps() -> None:
    one = stamp_of(config={"a": 1, "b": [2]}, seed=0)
    assert one == stamp_of(seed=0, config={"b": [2], "a": 1})
    assert len({one, stamp_of(config={"a": 1, "b": [2]}, seed=1), stamp_of(config={})}) == 3
