"""Both phases, the search, and the run folders."""

from __future__ import annotations

import shutil
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
    model_settings,
    pair_settings,
    train_all,
    windows_folder,
    workspace,
    write_windows,
)

from crossmodal import stages
from crossmodal.metrics.verification import auc
from crossmodal.papers.facevoice import train as training
from crossmodal.papers.facevoice import tune as tuning
from crossmodal.papers.facevoice.data import draw_split, load_windows
from crossmodal.papers.facevoice.evaluate import score_pairs
from crossmodal.papers.facevoice.train import FIRST_TERMS, SECOND_TERMS, fit, train_adversarial
from crossmodal.papers.search import read_chosen
from crossmodal.resume import VARIABLE
from crossmodal.runs import Run, load_checkpoint, read_csv, read_run

FILES = ("checkpoint.pt", "history.csv")


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
    changes = {"width": 16, "discriminator_width": 16, "matching_width": 16, "batch": 32}
    settings = model_settings(**changes, epochs=6, matching_epochs=8, matching_learning_rate=0.01)
    windows = load_windows(settings, folder)
    split = draw_split(windows, settings, pair_settings(600))
    fitted = fit(windows, split.train, settings, seed=0)
    classes = fitted.history["classes"].dropna()
    assert classes.iloc[-1] < 0.2 * classes.iloc[0]
    scored = score_pairs(fitted.network, windows, split.test)
    assert auc(scored.similarity, scored.matched) > 0.9
    for feature in ("voice", "face", "concatenated"):
        assert scored.identified[feature][scored.matched].mean() > 0.9


def test_same_seed_same_weights_and_the_second_phase_leaves_the_generators_alone(
    folder: Path,
) -> None:
    settings = model_settings()
    windows = load_windows(settings, folder)
    triplets = draw_split(windows, settings, pair_settings(64)).train
    one, two, other = (fit(windows, triplets, settings, seed) for seed in (3, 3, 4))
    states = [fitted.network.state_dict() for fitted in (one, two, other)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    pd.testing.assert_frame_equal(one.history, two.history)
    assert not all(torch.equal(states[0][name], states[2][name]) for name in states[0])
    first = train_adversarial(windows, triplets, settings, 3)
    for name, value in first.generators.items():
        assert torch.equal(value, states[0][f"generators.{name}"])


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
        patch.setenv(VARIABLE, "0")
        with pytest.raises(KeyboardInterrupt):
            yield


# Two batches an epoch, four epochs; a batch is six updates in the first phase, one in the second.
@pytest.mark.parametrize("updates", [1, 20, 50])
def test_a_killed_run_goes_on_and_ends_in_the_same_bytes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, updates: int
) -> None:
    longer = {"epochs": 4, "halve_every": 2, "matching_epochs": 4}
    made = []
    for root in (tmp_path / "whole", tmp_path / "cut"):
        shutil.copytree(folder, windows_folder(root))
        edition = workspace(root, model=longer)
        run = Run(CORPUS, "margin_1", 0)
        first = ("facevoice", CORPUS, "ours", 0, 1)
        stages.tune(edition, "facevoice", CORPUS, "margin", 1)
        if root.name == "cut":
            with killed_after(updates, monkeypatch, training, "update"):
                stages.train(edition, *first)
            torch.rand(7)
        stages.train(edition, *first)
        stages.train(edition, "facevoice", CORPUS, run.variant, run.seed, 1)
        paper = edition.results.paper("facevoice")
        runs = [paper.run(one) for one in (run, Run(CORPUS, "ours", 0))]
        made.append([(at / name).read_bytes() for at in runs for name in FILES])
    assert made[0] == made[1]


def test_a_search_tries_nothing_twice(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = []
    trained: list[int] = []
    for root in (tmp_path / "whole", tmp_path / "cut"):
        shutil.copytree(folder, windows_folder(root))
        edition = workspace(root, tuning={"margins": [0.1, 0.3], "seeds": [0, 1]})
        tables.append(edition.results.paper("facevoice").search(CORPUS, "margin"))
        if root.name == "cut":
            with killed_after(3, monkeypatch, tuning, "train_matching"):
                stages.tune(edition, "facevoice", CORPUS, "margin", 1)
            assert not tables[1].exists()

        def count(windows: Any, triplets: Any, tried: Any, seed: int, keeper: Any) -> Any:
            trained.append(seed)
            return train_adversarial(windows, triplets, tried, seed, keeper)

        trained.clear()
        with monkeypatch.context() as patch:
            patch.setattr(tuning, "train_adversarial", count)
            stages.tune(edition, "facevoice", CORPUS, "margin", 1)
    assert tables[0].read_bytes() == tables[1].read_bytes()
    assert trained == [1]
    frame = read_csv(tables[0])
    assert (frame["margin"].tolist(), frame["chosen"].sum()) == ([0.1, 0.3], 1)
    chosen = frame[frame["margin"] == read_chosen(tables[0], "ours", ["margin"])["margin"]]
    assert chosen["auc_identified"].item() == frame["auc_identified"].max()


def test_a_shared_first_phase_gives_what_an_own_one_gives(folder: Path, tmp_path: Path) -> None:
    found = []
    for name, source in (("shared", "ours"), ("own", None)):
        shutil.copytree(folder, windows_folder(tmp_path / name))
        variants = {"margin_1": {"first_phase": source}}
        only = ["ours", "margin_1"]
        paper = train_all(workspace(tmp_path / name, variants=variants, only=only))
        run = paper.run(Run(CORPUS, "margin_1", 0))
        files = [(run / file).read_bytes() for file in FILES]
        found.append((files, read_run(run)["network"]))
    assert found[0] == found[1]


def test_run_folders_say_what_was_trained_and_nothing_is_read_from_the_test_rows(
    folder: Path, tmp_path: Path
) -> None:
    variants = ["ours", "margin_1", "no_common_layer"]
    spoilt = tmp_path / "spoilt"
    shutil.copytree(folder, spoilt)
    tests = (pd.read_csv(spoilt / "manifest.csv")["split"] == "test").to_numpy()
    for name in ("face", "mfcc"):
        values = np.load(spoilt / f"{name}.npy")
        values[tests] = 99.0
        np.save(spoilt / f"{name}.npy", values)

    def run(windows: Path, root: Path) -> dict[str, dict]:
        shutil.copytree(windows, windows_folder(root))
        paper = train_all(workspace(root, only=variants))
        margin = read_chosen(paper.search(CORPUS, "margin"), "ours", ["margin"])["margin"]
        found = {}
        for name in variants:
            place = paper.run(Run(CORPUS, name, 0))
            record = read_run(place)
            assert (record["variant"], record["source"]) == (name, "synthetic")
            assert record["network"]["discriminator_face_common"][0]["shape"] == [8, 8 + 53 * 4]
            history = read_csv(place / "history.csv")
            assert list(history) == ["phase", "epoch", *FIRST_TERMS, *SECOND_TERMS]
            assert history["phase"].tolist() == [1, 2]
            found[name] = load_checkpoint(place / "checkpoint.pt")
            settings = found[name]["config"]["settings"]
            assert settings["margin"] == (0.1 if name == "margin_1" else margin)
            assert settings["common_layer"] is (name != "no_common_layer")
        return found

    one, two = run(folder, tmp_path / "one"), run(spoilt, tmp_path / "two")
    for name in variants:
        for key, value in one[name]["weights"].items():
            assert torch.equal(value, two[name]["weights"][key]), (name, key)
