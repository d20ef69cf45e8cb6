from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from fixture_hashing import METHODS, TINY, method_settings, separable_pairs
from torch import Tensor, nn

from crossmodal.papers.hashing import losses, model
from crossmodal.papers.hashing import train as training
from crossmodal.papers.hashing.evaluate import TASKS, mean_average_precision
from crossmodal.papers.hashing.train import fit
from crossmodal.resume import Resume
from crossmodal.training import update

CPU = torch.device("cpu")
DEEP = [method for method in METHODS if method not in ("cvh", "smfh")]
SSAH_TERMS = ["label", "feature", "hash", "quantisation", "labels", "adversarial", "discriminator"]
HISTORY = {
    "cvh": ["direction", "correlation", "bits_beyond_directions"],
    "smfh": ["iteration", "objective"],
    "ssah": ["epoch", *SSAH_TERMS],
    "dssah": ["epoch", *SSAH_TERMS],
    "ours": ["epoch", "classification", "quantisation"],
    "semantic": ["epoch", "classification", "quantisation"],
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small products are slower on two threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def tiny_train(
    method: str, seed: int, resume: Resume | None = None, **changes: Any
) -> tuple[model.TwoBranch, pd.DataFrame]:
    bits = None if method == "semantic" else 16
    settings = method_settings(method, **{**TINY, "epochs": 3, "iterations": 3, **changes})
    return fit(method, separable_pairs()[0], bits, settings, seed, resume)


def weights(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items()}


def same(left: dict[str, Tensor], right: dict[str, Tensor]) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_weights_bit_for_bit(method: str) -> None:
    first, history = tiny_train(method, seed=3)
    torch.rand(5)  # what was drawn before does not matter
    second, again = tiny_train(method, seed=3)
    other, _ = tiny_train(method, seed=4)
    assert same(weights(first), weights(second))
    pd.testing.assert_frame_equal(history, again, check_exact=True)
    assert not same(weights(first), weights(other))
    assert not first.training


@pytest.mark.parametrize("method", METHODS)
def test_history_has_a_row_an_epoch_and_a_column_a_term(method: str) -> None:
    _, history = tiny_train(method, seed=0)
    assert list(history) == HISTORY[method]
    rows = 7 if method == "cvh" else 3  # directions of a 7-d text
    for values in history.to_dict("list").values():
        assert len(values) == rows
        assert all(math.isfinite(value) for value in values)
    assert history.iloc[:, 0].tolist() == list(range(1, rows + 1))


@pytest.mark.parametrize("method", DEEP)
@pytest.mark.parametrize("steps", [1, 8, 13])
def test_a_killed_training_goes_on_and_ends_the_same(
    method: str, steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, history = tiny_train(method, 0)
    step, done = update, []

    def killed(*arguments: Any) -> None:
        done.append(1)
        if len(done) > steps:
            raise KeyboardInterrupt
        step(*arguments)

    def attempt() -> tuple[model.TwoBranch, pd.DataFrame]:
        return tiny_train(method, 0, Resume(tmp_path / "state.pt", "stamp", CPU, every_s=0))

    with monkeypatch.context() as patch:
        patch.setattr("crossmodal.papers.hashing.train.update", killed)
        with pytest.raises(KeyboardInterrupt):
            attempt()
    resumed, again = attempt()
    assert same(weights(whole), weights(resumed))
    pd.testing.assert_frame_equal(history, again, check_exact=True)


@pytest.mark.parametrize(("count", "sizes"), [(8, [4, 4]), (10, [4, 4, 2]), (9, [4, 4])])
def test_batches_cover_an_epoch(count: int, sizes: list[int]) -> None:
    torch.manual_seed(0)
    batches = list(training._batches(count, 4))
    rows = torch.cat(batches).tolist()
    assert [len(batch) for batch in batches] == sizes
    assert len(set(rows)) == len(rows)
    assert rows != sorted(rows)


Step = Callable[[torch.optim.Optimizer, Any], None]


def test_each_optimizer_of_ssah_moves_its_networks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    networks: list[model.SsahNetwork] = []
    moved: list[set[str]] = []
    original_build, original_step = model.build, update

    def build(*arguments: Any) -> model.TwoBranch:
        network = original_build(*arguments)
        assert isinstance(network, model.SsahNetwork)
        networks.append(network)
        return network

    def step(optimizer: torch.optim.Optimizer, loss: Any) -> None:
        parts = dict(networks[0].named_children())
        before = {name: weights(part) for name, part in parts.items()}
        original_step(optimizer, loss)
        moved.append(
            {name for name, part in parts.items() if not same(before[name], weights(part))}
        )

    monkeypatch.setattr(model, "build", build)
    monkeypatch.setattr("crossmodal.papers.hashing.train.update", step)
    tiny_train("ssah", seed=0)
    label, branches = {"label"}, {"image", "text"}
    discriminators = {"image_discriminator", "text_discriminator"}
    assert len(moved) == 3 * 3 * 6  # three steps a batch, three epochs, 90 rows by 16
    assert moved == [label, branches, discriminators] * 18


def test_branches_of_ssah_fool_and_discriminators_tell_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[tuple[float, bool]] = []
    original = losses.adversarial_loss

    def spy(logit: Tensor, is_label_feature: bool) -> Tensor:
        calls.append((float(logit.detach().mean()), is_label_feature))
        return original(logit, is_label_feature)

    monkeypatch.setattr(losses, "adversarial_loss", spy)
    _, history = tiny_train("ssah", seed=0, epochs=1, batch=90, dropout=0.0)
    # Both modalities pass as labels; each discriminator then sees a label and its modality.
    assert [target for _, target in calls] == [True, True, True, False, True, False]
    # Discriminators saw the features of before the branches' step, and have not moved since.
    assert calls[3][0] == calls[0][0]
    assert calls[5][0] == calls[1][0]
    assert len(history["adversarial"]) == 1


def test_ssah_terms_count_with_their_weights() -> None:
    base = tiny_train("ssah", seed=0, epochs=1, batch=90)[1]
    doubled = tiny_train(
        "ssah", seed=0, epochs=1, batch=90, feature_weight=2.0, label_weight=3.0, quantisation=0.04
    )[1]
    # The label network has moved differently in one step only, so terms scale almost exactly.
    assert doubled["feature"][0] == pytest.approx(2 * base["feature"][0], rel=0.05)
    assert doubled["labels"][0] == pytest.approx(3 * base["labels"][0], rel=1e-5)
    assert doubled["quantisation"][0] == pytest.approx(4 * base["quantisation"][0], rel=1e-5)


def test_quantisation_pulls_activations_to_their_signs() -> None:
    last = [
        tiny_train("ours", seed=0, epochs=30, dropout=0.0, quantisation=weight)[1][
            "quantisation"
        ].iloc[-1]
        for weight in (0.0, 5.0)
    ]
    assert last[1] < 0.5 * last[0]


@pytest.mark.parametrize("method", METHODS)
def test_separable_classes_are_learned(method: str) -> None:
    fitting, test = separable_pairs(classes=5)
    bits = None if method == "semantic" else 16
    settings = method_settings(
        method, hidden=32, epochs=25, batch=16, dropout=0.1, learning_rate=0.005
    )
    network, _ = fit(method, fitting, bits, settings, 0)
    scores = mean_average_precision(network, test, bits, settings.distance)
    assert set(scores) == set(TASKS)
    assert min(scores.values()) > 0.98


@pytest.mark.parametrize("method", DEEP)
def test_loss_falls(method: str) -> None:
    _, history = tiny_train(method, seed=0, epochs=15, hidden=32, dropout=0.0)
    term = history["labels" if "labels" in history else "classification"]
    assert term.iloc[-1] < 0.7 * term[0]
