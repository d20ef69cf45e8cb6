"""Scores of finished runs against plain recomputation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from fixture_cmcgan import CLASSES
from fixture_cmcgan_results import (
    CORPUS,
    ITEMS,
    SEEDS,
    finished_results,
    results_settings,
    run_arrays,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from crossmodal.metrics.generation import frechet
from crossmodal.papers.cmcgan.data import Pairs, load_parts
from crossmodal.papers.cmcgan.evaluate import evaluate, spread
from crossmodal.papers.cmcgan.model import Classifier, Generator
from crossmodal.papers.cmcgan.multimodal import FusionNetwork, fill_missing
from crossmodal.papers.cmcgan.networks import load_network, outputs
from crossmodal.papers.cmcgan.samples import band_centres_hz, median_items
from crossmodal.runs import Run

pytestmark = pytest.mark.xdist_group("cmcgan_results")

SETTINGS = results_settings()
CPU = torch.device("cpu")
PATHS = {"two_step": "fr", "one_step": "f", "recovered": "rf", "reconstructed": "r"}
METRICS = ("accuracy", "l1", "ssim", "psnr")


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with finished_results(tmp_path_factory.getbasetemp()) as folder:
        yield folder


def windows(paper: Path) -> Path:
    return paper.parent / "corpora" / CORPUS / "cmcgan"


def run_folder(paper: Path, family: str, seed: int = 0) -> Path:
    return Run(CORPUS, family, seed).folder(paper)


def measured(paper: Path, part: str = "test") -> Pairs:
    pairs: Pairs = getattr(load_parts(windows(paper), SETTINGS.sizes, "split"), part)
    return spread(pairs, ITEMS)


def network(paper: Path, family: str, seed: int = 0) -> torch.nn.Module:
    return load_network(run_folder(paper, family, seed), CPU)[0]


def classes_one_by_one(judge: torch.nn.Module, *inputs: Tensor) -> list[int]:
    with torch.inference_mode():
        items = zip(*inputs, strict=True)
        return [int(judge(*(value[None] for value in item)).argmax()) for item in items]


def test_each_model_has_its_scores(paper: Path) -> None:
    generated = {f"{m}|{p}|{s}" for m in ("image", "sound") for p in PATHS for s in METRICS}
    learned = {f"{m}_train|{p}|accuracy" for m in ("image", "sound") for p in PATHS}
    table = {"V", "A", "V-A", "GV-A", "GA-V", "GV-A-everything", "GA-V-everything"}
    expected = {
        "cmcgan": generated | learned,
        "lcgan": generated | learned,
        "s2ic": {
            key
            for key in generated | learned
            if key.startswith("image") and key.split("|")[1] in ("one_step", "two_step")
        },
        "image_classifier": {"image|real|accuracy", "image_train|real|accuracy"},
        "fusion": {f"classification|{protocol}|accuracy" for protocol in table},
    }
    for family, keys in expected.items():
        scores = run_arrays(paper, family, 0, "scores.npz")
        assert set(scores) == keys
        assert {len(row) for row in scores.values()} == {ITEMS}


@pytest.mark.parametrize("seed", SEEDS)
def test_accuracy_is_that_of_the_judge_of_the_same_seed(paper: Path, seed: int) -> None:
    pairs = measured(paper)
    generator = network(paper, "cmcgan", seed)
    assert isinstance(generator, Generator)
    made = outputs(generator, pairs)
    scores = run_arrays(paper, "cmcgan", seed, "scores.npz")
    for modality in ("image", "sound"):
        judge = network(paper, f"{modality}_classifier", seed)
        for protocol, prefix in PATHS.items():
            found = classes_one_by_one(judge, made[f"{prefix}_{modality}"])
            right = [float(a == b) for a, b in zip(found, pairs.label.tolist(), strict=True)]
            assert scores[f"{modality}|{protocol}|accuracy"].tolist() == right


def test_distances_are_in_grey_levels_and_decibels(paper: Path) -> None:
    pairs = measured(paper)
    x, a = pairs.batch(torch.arange(len(pairs)))
    generator = network(paper, "cmcgan")
    assert isinstance(generator, Generator)
    made = outputs(generator, pairs)
    scores = run_arrays(paper, "cmcgan", 0, "scores.npz")
    grey = (made["fr_image"] - x).abs().mean(dim=(1, 2, 3)).numpy() * 127.5
    np.testing.assert_allclose(scores["image|two_step|l1"], grey, atol=0.6)  # rounding to bytes
    error_db = (made["fr_sound"] - a).numpy().astype(np.float64) * 65
    np.testing.assert_allclose(
        scores["sound|two_step|l1"], np.abs(error_db).mean(axis=(1, 2, 3)), rtol=1e-4
    )
    noise = 10 * np.log10(130**2 / (error_db**2).mean(axis=(1, 2, 3)))
    np.testing.assert_allclose(scores["sound|two_step|psnr"], noise, rtol=1e-4)


def test_a_translators_one_output_is_its_generated_item(paper: Path) -> None:
    scores = run_arrays(paper, "i2s", 0, "scores.npz")
    for metric in METRICS:
        assert np.array_equal(
            scores[f"sound|one_step|{metric}"], scores[f"sound|two_step|{metric}"]
        )


def test_the_dynamic_network_fills_what_is_missing(paper: Path) -> None:
    pairs = measured(paper)
    x, a = pairs.batch(torch.arange(len(pairs)))
    fusion = network(paper, "fusion")
    assert isinstance(fusion, FusionNetwork)
    scores = run_arrays(paper, "fusion", 0, "scores.npz")
    for family, suffix in (("cmcgan", ""), ("everything", "-everything")):
        generator = network(paper, family)
        assert isinstance(generator, Generator)
        z = generator.draw_noise(len(pairs), torch.Generator().manual_seed(0))
        with torch.inference_mode():
            given = {
                "V-A": (x, a),
                f"GV-A{suffix}": fill_missing(generator, None, a, z),
                f"GA-V{suffix}": fill_missing(generator, x, None, z),
            }
        for protocol, (picture, sound) in given.items():
            found = np.array(classes_one_by_one(fusion, picture, sound)) == pairs.label.numpy()
            assert np.array_equal(scores[f"classification|{protocol}|accuracy"], found)
    for protocol, modality in (("V", "image"), ("A", "sound")):
        alone = run_arrays(paper, f"{modality}_classifier", 0, "scores.npz")
        assert np.array_equal(
            scores[f"classification|{protocol}|accuracy"], alone[f"{modality}|real|accuracy"]
        )


def test_frechet_distances_and_floors(paper: Path) -> None:
    test, train = measured(paper), measured(paper, "train")
    judge, generator = network(paper, "image_classifier"), network(paper, "cmcgan")
    assert isinstance(judge, Classifier)
    assert isinstance(generator, Generator)
    with torch.inference_mode():
        x, learned = (judge.features(p.batch(torch.arange(len(p)))[0]) for p in (test, train))
        made = judge.features(outputs(generator, test)["fr_image"])
    frame = pd.read_csv(run_folder(paper, "cmcgan") / "metrics.csv")
    rows = frame[(frame["metric"] == "frechet") & (frame["task"] == "image")]
    found = rows.set_index("protocol")["value"]
    assert set(found.index) == set(PATHS)
    assert found["two_step"] == pytest.approx(frechet(made.numpy(), x.numpy()), rel=1e-4)
    frame = pd.read_csv(run_folder(paper, "image_classifier") / "metrics.csv")
    real = frame[frame["task"] == "image"].set_index("metric")["value"]
    assert real["frechet"] == pytest.approx(frechet(learned.numpy(), x.numpy()), rel=1e-4)
    assert real["accuracy_chance"] == pytest.approx(1 / 3)
    most = np.bincount(test.label.numpy()).max() / ITEMS
    assert real["accuracy_majority"] == pytest.approx(most)


def test_all_runs_of_a_split_show_the_same_test_clips(paper: Path) -> None:
    tests = set(load_parts(windows(paper), SETTINGS.sizes, "split").test.clips)
    shown = {
        family: run_arrays(paper, family, 0, "samples.npz")
        for family in ("cmcgan", "lcgan", "s2ic", "i2s", "image_classifier", "fusion")
    }
    for samples in shown.values():
        assert samples["label"].tolist() == CLASSES
        assert samples["clip"].tolist() == shown["cmcgan"]["clip"].tolist()
    assert set(shown["cmcgan"]["clip"].tolist()) <= tests
    px, bands = SETTINGS.sizes.picture_px, SETTINGS.sizes.bands
    assert shown["cmcgan"]["fr_image"].shape == (3, px, px, 3)
    assert shown["cmcgan"]["fr_image"].dtype == np.uint8
    assert shown["i2s"]["f_sound"].shape == (3, bands, SETTINGS.sizes.steps)


def test_sounds_are_made_where_they_are_played(paper: Path) -> None:
    truth = run_arrays(paper, "sound_classifier", 0, "samples.npz")
    manifest = pd.read_csv(windows(paper) / "manifest.csv")
    rows = [manifest["clip"].tolist().index(clip) for clip in truth["clip"]]
    assert np.array_equal(truth["wave"], np.load(windows(paper) / "waves.npy")[rows])
    for family in ("cmcgan", "i2s"):
        wave = run_arrays(paper, family, 0, "samples.npz")["wave"]
        assert wave.shape == (3, 22_050)
        assert wave.dtype == np.int16
        assert np.abs(wave).max() > 0
    for family, seed in (("lcgan", 0), ("cmcgan", 1), ("s2ic", 0), ("i2s_random", 0)):
        assert "wave" not in run_arrays(paper, family, seed, "samples.npz")


def test_scores_are_the_same_bytes_whatever_else_is_evaluated(paper: Path, tmp_path: Path) -> None:
    files = [
        run_folder(paper, "cmcgan") / name for name in ("scores.npz", "metrics.csv", "samples.npz")
    ]
    before = [path.read_bytes() for path in files]
    evaluate(SETTINGS, CORPUS, ["cmcgan"], SEEDS, windows(paper), paper)
    assert [path.read_bytes() for path in files] == before


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 40), st.integers(1, 60))
def test_spread_takes_items_evenly(count: int, items: int) -> None:
    label = torch.zeros(count, dtype=torch.long)
    picture, sound = torch.zeros(count, 1), torch.zeros(count, 1)
    pairs = Pairs(picture, sound, label, [f"{i:03d}" for i in range(count)], ["horn"])
    taken = [int(clip) for clip in spread(pairs, items).clips]
    assert len(set(taken)) == len(taken) == min(count, items)
    assert taken == sorted(taken)
    gaps = np.diff(taken)
    assert len(gaps) == 0 or gaps.max() - gaps.min() <= 1


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=30))
def test_the_shown_item_has_the_median_error_of_its_class(items: list[tuple[int, int]]) -> None:
    label = torch.tensor([number for number, _ in items])
    l1 = np.array([float(error) for _, error in items])
    chosen = median_items(l1, label)
    assert [int(label[row]) for row in chosen] == sorted(set(label.tolist()))
    for row in chosen.tolist():
        own = sorted(l1[label.numpy() == int(label[row])])
        assert l1[row] == own[(len(own) - 1) // 2]


def test_bands_have_their_frequencies() -> None:
    whole, half = band_centres_hz(128), band_centres_hz(64)
    assert (np.diff(whole) > 0).all()
    assert 0 < whole[0] < 50
    assert 20_000 < whole[-1] < 22_050
    np.testing.assert_allclose(half, whole.reshape(64, 2).mean(axis=1))
