"""Both phases, the search, and the run folders."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from fixture_facevoice import (
    CORPUS,
    TINY,
    model_settings,
    pair_settings,
    paper_settings,
    write_windows,
)

from crossmodal.errors import InputError
from crossmodal.metrics.verification import auc
from crossmodal.papers.facevoice import first_phase, second_phase
from crossmodal.papers.facevoice import tune as tuning
from crossmodal.papers.facevoice.choice import chosen_margin
from crossmodal.papers.facevoice.data import draw_parts, load_windows
from crossmodal.papers.facevoice.first_phase import TERMS, play
from crossmodal.papers.facevoice.scoring import score_pairs
from crossmodal.papers.facevoice.second_phase import match
from crossmodal.papers.facevoice.train import train_runs
from crossmodal.papers.facevoice.tune import tune
from crossmodal.resume import Resume
from crossmodal.runs import Run, load_checkpoint

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("windows")
    write_windows(path)
    return path


def test_people_that_differ_are_matched_and_recognised(folder: Path) -> None:
    changes = {"width": 16, "judge_width": 16, "matching_width": 16, "epochs": 6, "batch": 32}
    settings = model_settings(**changes, matching_epochs=8, matching_learning_rate=0.01)
    windows = load_windows(settings, folder)
    parts = draw_parts(windows, settings, pair_settings(600))
    first = play(windows, parts.train, settings, seed=0)
    assert first.history["classes"].iloc[-1] < 0.2 * first.history["classes"].iloc[0]
    network, _ = match(first, windows, parts.train, settings, seed=0)
    scored = score_pairs(network, first.face, first.voice, windows, parts.test)
    assert auc(scored.similarity, scored.matched) > 0.9
    for feature in ("voice", "face", "concatenated"):
        assert scored.identified[feature][scored.matched].mean() > 0.9


def test_same_seed_same_weights_bit_for_bit(folder: Path) -> None:
    settings = model_settings()
    windows = load_windows(settings, folder)
    trios = draw_parts(windows, settings, pair_settings(64)).train

    def trained(seed: int) -> tuple[dict[str, torch.Tensor], pd.DataFrame]:
        first = play(windows, trios, settings, seed)
        network, history = match(first, windows, trios, settings, seed)
        return network.state_dict(), pd.concat([first.history, history])

    (one, history), (two, again), (other, _) = trained(3), trained(3), trained(4)
    assert all(torch.equal(one[name], two[name]) for name in one)
    pd.testing.assert_frame_equal(history, again)
    assert not all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("updates", [1, 5])
def test_a_killed_first_phase_goes_on_and_ends_the_same(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, updates: int
) -> None:
    settings = model_settings(epochs=4, halve_every=2)
    windows = load_windows(settings, folder)
    trios = draw_parts(windows, settings, pair_settings(64)).train
    whole = play(windows, trios, settings, seed=3)
    path = tmp_path / "state.pt"
    with killed_after(updates, monkeypatch, first_phase, "judges_update"):
        play(windows, trios, settings, 3, Resume(path, "stamp", CPU, every_s=0))
    torch.rand(7)
    resumed = play(windows, trios, settings, 3, Resume(path, "stamp", CPU))
    assert torch.equal(whole.face, resumed.face)
    assert torch.equal(whole.voice, resumed.voice)
    pd.testing.assert_frame_equal(whole.history, resumed.history)
    # Of another stamp, the state does not count.
    other = play(windows, trios, settings, 4, Resume(path, "other", CPU))
    assert not torch.equal(whole.face, other.face)


def test_a_killed_second_phase_goes_on_and_ends_the_same(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = model_settings(matching_epochs=3)
    windows = load_windows(settings, folder)
    trios = draw_parts(windows, settings, pair_settings(64)).train
    first = play(windows, trios, settings, seed=3)
    whole, history = match(first, windows, trios, settings, 3)
    path = tmp_path / "state.pt"
    with killed_after(4, monkeypatch, second_phase, "step"):
        match(first, windows, trios, settings, 3, Resume(path, "stamp", CPU, every_s=0))
    resumed, again = match(first, windows, trios, settings, 3, Resume(path, "stamp", CPU))
    states = whole.state_dict(), resumed.state_dict()
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    pd.testing.assert_frame_equal(history, again)


@contextmanager
def killed_after(
    calls: int, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str
) -> Iterator[None]:
    """Within the block, the call after so many of a function ends like a kill."""
    function, done = getattr(module, name), []

    def killed(*arguments: Any) -> Any:
        done.append(1)
        if len(done) > calls:
            raise KeyboardInterrupt
        return function(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(module, name, killed)
        with pytest.raises(KeyboardInterrupt):
            yield


def test_a_search_tries_nothing_twice(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = paper_settings(tuning={"margins": [0.1, 0.3], "seeds": [0, 1]})
    whole, cut = tmp_path / "whole" / "margin.csv", tmp_path / "cut" / "margin.csv"
    tune(settings, CORPUS, "margin", ["ours"], folder, whole, 1)
    with killed_after(3, monkeypatch, tuning, "match"):
        tune(settings, CORPUS, "margin", ["ours"], folder, cut, 1)
    assert not cut.exists()
    played: list[int] = []

    def count(windows: Any, trios: Any, tried: Any, seed: int, keeper: Resume) -> Any:
        played.append(seed)
        return play(windows, trios, tried, seed, keeper)

    with monkeypatch.context() as patch:
        patch.setattr(tuning, "play", count)
        tune(settings, CORPUS, "margin", ["ours"], folder, cut, 1)
    assert cut.read_bytes() == whole.read_bytes()
    assert played == [1]


def test_the_second_phase_leaves_the_generators_alone(folder: Path) -> None:
    settings = model_settings()
    windows = load_windows(settings, folder)
    trios = draw_parts(windows, settings, pair_settings(64)).train
    first = play(windows, trios, settings, seed=0)
    network, _ = match(first, windows, trios, settings, seed=0)
    for name, value in first.generators.state_dict().items():
        assert torch.equal(value, network.generators.state_dict()[name])


def test_run_folders_share_the_first_phase_and_nothing_is_read_from_the_test_rows(
    folder: Path, tmp_path: Path
) -> None:
    settings = paper_settings()
    families = ["margin_1", "margin_5", "no_common_layer"]

    def run(windows: Path, out: Path) -> dict[str, dict]:
        tuning = out / "margin.csv"
        tune(settings, CORPUS, "margin", ["ours"], windows, tuning, 1)
        train_runs(settings, CORPUS, "synthetic", families, [0], windows, tuning, out, 1)
        folders = {name: Run(CORPUS, name, 0).folder(out) for name in families}
        for name, place in folders.items():
            record = json.loads((place / "run.json").read_text())
            assert (record["variant"], record["source"]) == (name, "synthetic")
            assert record["network"]["judge_face_common"][0]["shape"] == [8, 8 + 53 * 4]
            history = pd.read_csv(place / "history.csv")
            assert list(history.columns) == [
                *("phase", "epoch", *TERMS),
                *("triplet", "identification"),
            ]
            assert history["phase"].tolist() == [1, 2]
        return {name: load_checkpoint(place / "checkpoint.pt") for name, place in folders.items()}

    one = run(folder, tmp_path / "one")
    generators = {
        name: {k: v for k, v in content["weights"].items() if k.startswith("generators")}
        for name, content in one.items()
    }
    same = generators["margin_1"], generators["margin_5"]
    assert all(torch.equal(same[0][name], same[1][name]) for name in same[0])
    assert one["margin_1"]["config"]["settings"]["margin"] == 0.1
    assert one["no_common_layer"]["config"]["settings"]["common_layer"] is False
    assert one["no_common_layer"]["config"]["settings"]["margin"] == chosen_margin(
        tmp_path / "one" / "margin.csv"
    )

    spoilt = tmp_path / "spoilt"
    frame = write_windows(spoilt)
    tests = (frame["split"] == "test").to_numpy()
    for name in ("face", "mfcc"):
        values = np.load(spoilt / f"{name}.npy")
        values[tests] = 99.0
        np.save(spoilt / f"{name}.npy", values)
    two = run(spoilt, tmp_path / "two")
    for name in families:
        for key, value in one[name]["weights"].items():
            assert torch.equal(value, two[name]["weights"][key]), (name, key)


def test_the_choice_is_the_largest_area_on_validation(folder: Path, tmp_path: Path) -> None:
    settings = paper_settings(tuning={"margins": [0.1, 0.3, 0.5], "seeds": [0, 1]})
    tune(settings, CORPUS, "margin", ["ours"], folder, tmp_path / "margin.csv", 1)
    frame = pd.read_csv(tmp_path / "margin.csv")
    assert frame["margin"].tolist() == [0.1, 0.3, 0.5]
    assert frame["chosen"].sum() == 1
    chosen = frame[frame["margin"] == chosen_margin(tmp_path / "margin.csv")]
    assert chosen["auc_identified"].item() == frame["auc_identified"].max()
    frame.assign(chosen=0).to_csv(tmp_path / "none.csv", index=False)
    with pytest.raises(InputError, match="holds 0 choices"):
        chosen_margin(tmp_path / "none.csv")


def test_fewer_pairs_in_the_first_phase() -> None:
    settings = paper_settings()
    assert settings.pairs.first_phase_share == 0.75
    assert TINY["width"] == settings.model.width
