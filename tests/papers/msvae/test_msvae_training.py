from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from fixture_msvae import (
    CORPUS,
    PEOPLE,
    features,
    method_settings,
    paper_settings,
    tiny_split,
    windows_of,
    workspace,
    write_windows,
)

from crossmodal import stages
from crossmodal.corpora.manifest import read_manifest, write_manifest
from crossmodal.errors import InputError
from crossmodal.features.store import write_feature
from crossmodal.features.voice import voice_spectra
from crossmodal.papers.msvae import train as training
from crossmodal.papers.msvae.data import Clips, load_split
from crossmodal.papers.msvae.model import MsVae
from crossmodal.papers.msvae.train import TERMS, fit, loss_terms, weights
from crossmodal.resume import Resume
from crossmodal.runs import Run, load_checkpoint, read_run
from crossmodal.training import update

CPU = torch.device("cpu")
SEEDS = [0, 1]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads, exact = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(exact)


def trained(seed: int = 0, **changes: Any) -> tuple[MsVae, pd.DataFrame]:
    return fit(tiny_split(), method_settings(**changes), seed)


def same(left: MsVae, right: MsVae) -> bool:
    pairs = zip(left.state_dict().values(), right.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_as_written_voices_are_rounding_noise_and_corrected_ones_are_not() -> None:
    """Normalised over time and then averaged over time, every voice is zero but for rounding."""
    generator = np.random.default_rng(0)
    tones = np.sin(np.arange(16_000) * generator.uniform(0.05, 1, (4, 1)))
    waves = (3000 * tones + 500 * generator.standard_normal((4, 16_000))).astype(np.int16)
    spectra = voice_spectra(waves, ("as_written", "corrected", "corrected_whole_clip"))
    assert np.abs(spectra[:, 0]).max() < 1e-4
    assert spectra[:, 0].var(axis=0).mean() < 1e-12
    for reading in (1, 2):
        assert spectra[:, reading].var(axis=0).mean() > 0.05
    np.testing.assert_allclose(spectra[:, 1].std(axis=1), 1, atol=1e-4)


def test_same_seed_same_weights_bit_for_bit() -> None:
    first, history = trained(seed=3)
    torch.rand(5)  # what was drawn before does not matter
    second, again = trained(seed=3)
    assert same(first, second)
    pd.testing.assert_frame_equal(history, again)
    assert not same(first, trained(seed=4)[0])
    assert not first.training


def test_the_loss_falls_and_its_history_adds_up() -> None:
    _, history = trained(epochs=6, kl_switch=4, learning_rate=1e-2, wasserstein_weight=2)
    assert history["kl_weight"].tolist() == [0.1] * 4 + [0.01] * 2
    assert history["total_constant"].iloc[-1] < 0.95 * history["total_constant"].iloc[0]
    errors = history[list(TERMS[:4])].sum(axis=1)
    divergences = history["kl_face"] + history["kl_voice"]
    for column, weight in (("total", history["kl_weight"]), ("total_constant", 0.01)):
        expected = errors + weight * divergences + 2 * history["wasserstein"]
        np.testing.assert_allclose(history[column], expected, rtol=1e-5)
    assert "validation" not in history


def test_the_divergences_weight_changes_where_the_settings_say() -> None:
    assert [method_settings(kl_switch=2).kl_weight_in(e) for e in range(4)] == [
        0.1,
        0.1,
        0.01,
        0.01,
    ]
    assert {method_settings(kl_switch=None).kl_weight_in(e) for e in range(9)} == {0.1}


def test_the_epoch_of_the_least_validation_loss_is_kept() -> None:
    settings = method_settings(keep="best", epochs=30, learning_rate=0.02)
    parts = tiny_split()
    # of nothing that training shows: the longer it lasts, the worse it fits
    generator = torch.Generator().manual_seed(0)
    face, voice = (
        torch.randn(x.shape, generator=generator) for x in (parts.train.face, parts.train.voice)
    )
    strangers = Clips(face, voice, parts.train.table)
    network, history = fit(replace(parts, validation=strangers), settings, 0)
    silent = torch.zeros(len(strangers), settings.latent)
    with torch.no_grad():
        terms = loss_terms(network, face, voice, (silent, silent), "sum")
    found = float(terms @ weights(settings, settings.kl_weight_in(29)))
    assert found == pytest.approx(history["validation"].min(), rel=1e-5)
    assert int(np.argmin(history["validation"])) < 15
    last, _ = fit(parts, method_settings(epochs=30, learning_rate=0.02), 0)
    assert not same(network, last)


@pytest.mark.parametrize(
    "changes",
    [
        {"wasserstein_weight": 0},
        {"error": "mean"},
        {"decoders": "separate"},
        {"kl_switch": None, "epochs": 4},
        {"passes": 2},
    ],
)
def test_every_switch_changes_the_training(changes: dict[str, Any]) -> None:
    plain, _ = trained(epochs=4)
    changed, _ = trained(**{"epochs": 4, **changes})
    encoders = [network.encoders.state_dict() for network in (plain, changed)]
    assert any(not torch.equal(encoders[0][name], encoders[1][name]) for name in encoders[0])


def test_without_the_wasserstein_term_the_latents_lie_further_apart() -> None:
    with_term = trained(epochs=40, learning_rate=3e-3)[1]["wasserstein"].iloc[-1]
    without = trained(epochs=40, learning_rate=3e-3, wasserstein_weight=0)[1]["wasserstein"].iloc[
        -1
    ]
    assert without > 2 * with_term


def test_parts_are_the_published_ones(tmp_path: Path) -> None:
    manifest = write_windows(tmp_path)
    settings = paper_settings()
    written = load_split(settings, "written", tmp_path)  # phases 1 and 2 train
    assert (len(written.train), len(written.validation), len(written.test)) == (48, 0, 16)
    held = load_split(settings, "validated", tmp_path)
    assert (len(held.train), len(held.validation), len(held.test)) == (32, 16, 16)
    expected = manifest["clip"][manifest["split"] == "test"].tolist()
    assert held.test.table["clip"].tolist() == expected
    everyone = set(manifest["person"])
    assert set(held.train.table["person"]) == set(held.test.table["person"]) == everyone
    assert float(held.train.face.mean()) == pytest.approx(0, abs=1e-5)
    assert float(held.train.face.std(correction=0)) == pytest.approx(1, abs=1e-5)
    assert float(written.test.voice.abs().max()) < 1e-6


def test_nobody_is_on_two_sides_of_the_identity_split(tmp_path: Path) -> None:
    write_windows(tmp_path)
    parts = load_split(paper_settings(), "validated_identity", tmp_path)
    sides = [set(p.table["person"]) for p in (parts.train, parts.validation, parts.test)]
    assert sum(map(len, sides)) == len(set.union(*sides)) == PEOPLE
    assert all(sides)
    assert set(parts.test.table["gender"]) == {"male", "female"}


def test_test_clips_do_not_enter_training(tmp_path: Path) -> None:
    contents = []
    for name, brightness in (("a", None), ("b", 99.0)):
        edition = workspace(tmp_path / name, [0])
        manifest = write_windows(windows_of(edition))
        if brightness is not None:
            path = windows_of(edition) / "face_grey.npy"
            face = np.load(path)
            face[(manifest["split"] == "test").to_numpy()] = brightness
            write_feature(path, face, units="none", settings={})
        stages.train(edition, "msvae", CORPUS, "validated", 0, 1)
        folder = edition.results.paper("msvae").run(Run(CORPUS, "validated", 0))
        contents.append(load_checkpoint(folder / "checkpoint.pt")["weights"])
    assert all(torch.equal(contents[0][key], value) for key, value in contents[1].items())


@pytest.mark.parametrize("steps", [2, 11, 17])
def test_a_killed_training_goes_on_and_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    settings, parts = method_settings(keep="best", epochs=6, passes=2), tiny_split()
    whole, history = fit(parts, settings, 0)
    state = tmp_path / "state.pt"
    step, done = update, []

    def killed(*arguments: Any) -> None:
        done.append(1)
        if len(done) > steps:
            raise KeyboardInterrupt
        step(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(training, "update", killed)
        with pytest.raises(KeyboardInterrupt):
            fit(parts, settings, 0, Resume(state, "stamp", CPU, every_s=0))
    torch.manual_seed(99)
    resumed, again = fit(parts, settings, 0, Resume(state, "stamp", CPU))
    assert same(whole, resumed)
    pd.testing.assert_frame_equal(history, again)
    # a state of other settings is not taken up
    other, _ = fit(parts, method_settings(epochs=6), 0, Resume(state, "another", CPU))
    assert same(other, fit(parts, method_settings(epochs=6), 0)[0])


def test_a_run_folder_says_what_was_trained(tmp_path: Path) -> None:
    edition = workspace(tmp_path, SEEDS)
    write_windows(windows_of(edition))
    for seed in SEEDS:
        stages.train(edition, "msvae", CORPUS, "written", seed, 1)
        folder = edition.results.paper("msvae").run(Run(CORPUS, "written", seed))
        record = read_run(folder)
        assert (record["source"], record["seed"], record["device"]) == ("synthetic", seed, "cpu")
        assert set(record["network"]) == {"encoders", "decoders"}
        assert any("voice_as_written.npy" in name for name in record["inputs"])
        assert record["config"]["settings"]["voice"] == "voice_as_written"
        assert len(pd.read_csv(folder / "history.csv")) == 3


def test_unfit_manifests_are_refused(tmp_path: Path) -> None:
    write_windows(tmp_path)
    path = tmp_path / "manifest.csv"
    manifest, _ = features()
    write_manifest(path, manifest.assign(person=""))
    with pytest.raises(InputError, match="a clip has no person"):
        load_split(paper_settings(), "written", tmp_path)
    write_manifest(path, manifest.assign(split="train"))
    with pytest.raises(InputError, match="has 0 clips in split 'test'"):
        load_split(paper_settings(), "written", tmp_path)
    write_manifest(path, manifest.assign(person="one"))
    with pytest.raises(InputError, match="of one person"):
        load_split(paper_settings(), "written", tmp_path)
    assert len(read_manifest(path)) == len(manifest)
