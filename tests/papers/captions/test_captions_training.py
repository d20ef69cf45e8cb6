from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from fixture_captions import (
    CORPUS,
    learnable_pairs,
    paper_settings,
    run_settings,
    workspace,
    write_corpus,
)

from crossmodal import stages
from crossmodal.papers.captions import train as training
from crossmodal.papers.captions.model import IMAGE_NETWORK, NETWORK, TwoBranches, load
from crossmodal.papers.captions.train import TERMS, fit, validation_recall
from crossmodal.resume import Resume
from crossmodal.runs import load_checkpoint
from crossmodal.workspace import Workspace


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small products are slower on two threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def fitted(
    seed: int = 0, resume: Resume | None = None, **changes: Any
) -> tuple[TwoBranches, pd.DataFrame]:
    pairs = learnable_pairs()
    return fit(pairs, run_settings(**changes), seed, pairs, resume)


def same(left: TwoBranches, right: TwoBranches) -> bool:
    pairs = zip(left.state_dict().values(), right.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("temporal_branch", [False, True])
def test_same_seed_same_weights_bit_for_bit(temporal_branch: bool) -> None:
    first, history = fitted(3, temporal_branch=temporal_branch)
    torch.rand(5)  # what was drawn before does not matter
    second, again = fitted(3, temporal_branch=temporal_branch)
    other, _ = fitted(4, temporal_branch=temporal_branch)
    assert same(first, second)
    pd.testing.assert_frame_equal(history, again)
    assert not same(first, other)
    assert not first.training


@pytest.mark.parametrize(("hinges", "terms"), [("two", 1), ("six", 3)])
def test_history_has_a_row_an_epoch_and_a_column_a_term(hinges: str, terms: int) -> None:
    _, history = fitted(hinges=hinges, epochs=3, decay_every=2, rate_factor=3)
    columns = ["epoch", "learning_rate", *TERMS[:terms], "validation_recall"]
    assert list(history.columns) == columns
    assert history["epoch"].tolist() == [1, 2, 3]
    assert history["learning_rate"].tolist() == pytest.approx([0.03, 0.03, 0.003])


@pytest.mark.parametrize("changes", [{}, {"hinges": "six"}, {"temporal_branch": True}])
def test_a_small_network_learns_what_can_be_learned(changes: dict[str, Any]) -> None:
    rate = 0.1 if "temporal_branch" in changes else 0.05
    network, history = fitted(epochs=25, learning_rate=rate, momentum=0.5, **changes)
    assert history["own_pair"].iloc[-1] < 0.4 * history["own_pair"].iloc[0]
    # 12 images: a random order finds 1 in 12.
    assert validation_recall(network, learnable_pairs(), cutoff=1) > 0.4


@pytest.mark.parametrize("steps", [1, 5, 9])
def test_a_killed_training_ends_with_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    whole, history = fitted(temporal_branch=True, epochs=4)

    def attempt() -> tuple[TwoBranches, pd.DataFrame]:
        resume = Resume(tmp_path / "cut.pt", "stamp", torch.device("cpu"), every_s=0)
        return fitted(0, resume, temporal_branch=True, epochs=4)

    step, done = training.train_step, []

    def killed(*arguments: Any) -> Any:
        done.append(1)
        if len(done) > steps:
            raise KeyboardInterrupt
        return step(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(training, "train_step", killed)
        with pytest.raises(KeyboardInterrupt):
            attempt()
    again, resumed = attempt()
    pd.testing.assert_frame_equal(resumed, history)
    assert same(whole, again)


def test_an_order_of_ones_own_and_no_validation() -> None:
    settings = run_settings(epochs=1)
    _, history = fit(learnable_pairs(), settings, 0, draw=lambda: [torch.tensor([0, 3, 6])])
    assert list(history.columns) == ["epoch", "learning_rate", "own_pair"]


def trained(edition: Workspace) -> Path:
    for seed in edition.seeds:
        stages.train(edition, "captions", CORPUS, "new_loss", seed, 1)
    return edition.results.paper("captions").root / "runs" / CORPUS / "new_loss"


def test_runs_are_written_and_test_rows_change_nothing(tmp_path: Path) -> None:
    settings = paper_settings()
    first, second = (workspace(tmp_path / name, settings, [0, 1]) for name in ("first", "second"))
    folder = first.results.corpus(CORPUS, "captions")
    manifest = write_corpus(folder, first.corpus_folder(CORPUS))
    runs = trained(first)
    record = json.loads((runs / "seed1" / "run.json").read_text())
    assert record["paper"] == "captions"
    assert record["config"]["settings"]["hinges"] == "six"
    assert record["config"]["image_network"] == "small"
    assert record["config"]["temporal"] is None
    content = load_checkpoint(runs / "seed1" / "checkpoint.pt")
    assert set(content["weights"]) == {NETWORK, IMAGE_NETWORK}
    assert content["config"]["image_width"] == 128
    assert load(content).settings == settings.run_settings("new_loss")

    other = second.results.corpus(CORPUS, "captions")
    shutil.copytree(folder, other)
    test = (manifest["split"] == "test").to_numpy()
    for name in ("caption", "image_deep"):
        array = np.load(other / f"{name}.npy")
        array[test] = 7
        np.save(other / f"{name}.npy", array)
    again = trained(second)
    for seed in ("seed0", "seed1"):
        for file in ("checkpoint.pt", "history.csv"):
            assert (runs / seed / file).read_bytes() == (again / seed / file).read_bytes()
