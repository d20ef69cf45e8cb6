"""Scores of finished runs against plain recomputation."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from fixture_cmcgan import CLASSES
from fixture_cmcgan_results import (
    CHANGES,
    CORPUS,
    ITEMS,
    SEEDS,
    finished_results,
    paper_folder,
    results_settings,
    run_arrays,
    windows,
    workspace,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from crossmodal.corpora.manifest import read_manifest
from crossmodal.metrics.generation import frechet
from crossmodal.papers import stages
from crossmodal.papers.cmcgan.data import Pairs, load_split
from crossmodal.papers.cmcgan.evaluate import evenly_spread, median_items
from crossmodal.papers.cmcgan.model import Classifier, FusionNetwork, Generator, load, outputs
from crossmodal.runs import Run, load_checkpoint
from crossmodal.scores import read_arrays, read_metrics

pytestmark = pytest.mark.xdist_group("cmcgan_results")

SETTINGS = results_settings()
PATHS = {"two_step": "fr", "one_step": "f", "recovered": "rf", "reconstructed": "r"}
METRICS = ("accuracy", "l1", "ssim", "psnr")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with finished_results(tmp_path_factory.getbasetemp()) as folder:
        yield folder


def measured(root: Path, part: str = "test") -> Pairs:
    pairs: Pairs = getattr(load_split(windows(root), SETTINGS.sizes, "split"), part)
    return evenly_spread(pairs, ITEMS)


def network(root: Path, variant: str, seed: int = 0) -> torch.nn.Module:
    folder = paper_folder(root).run(Run(CORPUS, variant, seed))
    return load(load_checkpoint(folder / "checkpoint.pt"))


def scores_of(root: Path, variant: str, seed: int = 0) -> dict[str, NDArray]:
    return run_arrays(paper_folder(root).scores(CORPUS), variant, seed)


def examples_of(root: Path, variant: str = "", seed: int = 0) -> dict[str, NDArray]:
    return run_arrays(paper_folder(root).examples(CORPUS), variant, seed)


def classes_one_by_one(classifier: torch.nn.Module, *inputs: Tensor) -> list[int]:
    with torch.inference_mode():
        items = zip(*inputs, strict=True)
        return [int(classifier(*(value[None] for value in item)).argmax()) for item in items]


def test_each_model_has_its_scores(root: Path) -> None:
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
    for variant, keys in expected.items():
        scores = scores_of(root, variant, 0)
        assert set(scores) == keys
        assert {len(row) for row in scores.values()} == {ITEMS}


@pytest.mark.parametrize("seed", SEEDS)
def test_accuracy_is_that_of_the_evaluator_of_the_same_seed(root: Path, seed: int) -> None:
    pairs = measured(root)
    generator = network(root, "cmcgan", seed)
    assert isinstance(generator, Generator)
    made = outputs(generator, pairs)
    scores = scores_of(root, "cmcgan", seed)
    for modality in ("image", "sound"):
        evaluator = network(root, f"{modality}_classifier", seed)
        for protocol, prefix in PATHS.items():
            found = classes_one_by_one(evaluator, made[f"{prefix}_{modality}"])
            right = [float(a == b) for a, b in zip(found, pairs.label.tolist(), strict=True)]
            assert scores[f"{modality}|{protocol}|accuracy"].tolist() == right


def test_distances_are_in_grey_levels_and_decibels(root: Path) -> None:
    pairs = measured(root)
    x, a = pairs.batch(torch.arange(len(pairs)))
    generator = network(root, "cmcgan")
    assert isinstance(generator, Generator)
    made = outputs(generator, pairs)
    scores = scores_of(root, "cmcgan", 0)
    grey = (made["fr_image"] - x).abs().mean(dim=(1, 2, 3)).numpy() * 127.5
    np.testing.assert_allclose(scores["image|two_step|l1"], grey, atol=0.6)  # rounding to bytes
    error_db = (made["fr_sound"] - a).numpy().astype(np.float64) * 65
    np.testing.assert_allclose(
        scores["sound|two_step|l1"], np.abs(error_db).mean(axis=(1, 2, 3)), rtol=1e-4
    )
    noise = 10 * np.log10(130**2 / (error_db**2).mean(axis=(1, 2, 3)))
    np.testing.assert_allclose(scores["sound|two_step|psnr"], noise, rtol=1e-4)


def test_a_translators_one_output_is_its_generated_item(root: Path) -> None:
    scores = scores_of(root, "i2s", 0)
    for metric in METRICS:
        assert np.array_equal(
            scores[f"sound|one_step|{metric}"], scores[f"sound|two_step|{metric}"]
        )


def test_the_dynamic_network_fills_what_is_missing(root: Path) -> None:
    pairs = measured(root)
    x, a = pairs.batch(torch.arange(len(pairs)))
    fusion = network(root, "fusion")
    assert isinstance(fusion, FusionNetwork)
    scores = scores_of(root, "fusion", 0)
    for variant, suffix in (("cmcgan", ""), ("everything", "-everything")):
        generator = network(root, variant)
        assert isinstance(generator, Generator)
        z = generator.draw_noise(len(pairs), torch.Generator().manual_seed(0))
        with torch.inference_mode():
            given = {
                "V-A": (x, a),
                f"GV-A{suffix}": (generator.translate("AAV", a, z), a),
                f"GA-V{suffix}": (x, generator.translate("VVA", x, z)),
            }
        for protocol, (picture, sound) in given.items():
            found = np.array(classes_one_by_one(fusion, picture, sound)) == pairs.label.numpy()
            assert np.array_equal(scores[f"classification|{protocol}|accuracy"], found)
    for protocol, modality in (("V", "image"), ("A", "sound")):
        alone = scores_of(root, f"{modality}_classifier", 0)
        assert np.array_equal(
            scores[f"classification|{protocol}|accuracy"], alone[f"{modality}|real|accuracy"]
        )


def test_frechet_distances_and_floors(root: Path) -> None:
    test, train = measured(root), measured(root, "train")
    evaluator, generator = network(root, "image_classifier"), network(root, "cmcgan")
    assert isinstance(evaluator, Classifier)
    assert isinstance(generator, Generator)
    with torch.inference_mode():
        x, learned = (evaluator.features(p.batch(torch.arange(len(p)))[0]) for p in (test, train))
        made = evaluator.features(outputs(generator, test)["fr_image"])
    frame = read_metrics(paper_folder(root).metrics(CORPUS))
    frame = frame[(frame["task"] == "image") & (frame["seed"] == 0)]
    rows = frame[(frame["metric"] == "frechet") & (frame["variant"] == "cmcgan")]
    found = rows.set_index("protocol")["value"]
    assert set(found.index) == set(PATHS)
    assert found["two_step"] == pytest.approx(frechet(made.numpy(), x.numpy()), rel=1e-4)
    rows = frame[frame["variant"] == "image_classifier"]
    real = rows.set_index("metric")["value"]
    assert real["frechet"] == pytest.approx(frechet(learned.numpy(), x.numpy()), rel=1e-4)
    assert real["accuracy_chance"] == pytest.approx(1 / 3)
    most = np.bincount(test.label.numpy()).max() / ITEMS
    assert real["accuracy_majority"] == pytest.approx(most)


def test_items_are_the_clips_that_were_scored(root: Path) -> None:
    with read_arrays(paper_folder(root).scores(CORPUS)) as arrays:
        assigned = json.loads(str(arrays["items"]))
        names = {place: arrays[f"items/{n}"].tolist() for place, n in assigned.items()}
    assert names["cmcgan/image|two_step"] == measured(root).clips
    assert names["fusion/classification|GV-A"] == measured(root).clips
    assert names["cmcgan/sound_train|recovered"] == measured(root, "train").clips
    assert set(names["random/image|two_step"]).isdisjoint(measured(root).clips)


def test_examples_are_the_same_test_clips_for_all(root: Path) -> None:
    tests = load_split(windows(root), SETTINGS.sizes, "split").test.clips
    truth = examples_of(root)
    assert truth["label"].tolist() == CLASSES
    assert set(truth["clip"].tolist()) <= set(tests)
    px, bands = SETTINGS.sizes.picture_px, SETTINGS.sizes.bands
    for variant in ("cmcgan", "lcgan", "s2ic", "i2s"):
        for name, values in examples_of(root, variant).items():
            if name != "wave":
                assert values.shape == truth[f"true_{name.split('_')[1]}"].shape
                assert values.dtype == truth[f"true_{name.split('_')[1]}"].dtype
    assert truth["true_image"].shape == (3, px, px, 3)
    assert truth["true_image"].dtype == np.uint8
    assert truth["true_sound"].shape == (3, bands, SETTINGS.sizes.steps)
    assert examples_of(root, "random") == {}


def test_sounds_are_made_where_they_are_played(root: Path) -> None:
    truth = examples_of(root)
    clips = read_manifest(windows(root) / "manifest.csv")["clip"].tolist()
    rows = [clips.index(clip) for clip in truth["clip"]]
    assert np.array_equal(truth["wave"], np.load(windows(root) / "waves.npy")[rows])
    for variant in ("cmcgan", "i2s"):
        wave = examples_of(root, variant)["wave"]
        assert wave.shape == (3, 22_050)
        assert wave.dtype == np.int16
        assert np.abs(wave).max() > 0
    for variant, seed in (("lcgan", 0), ("cmcgan", 1), ("s2ic", 0)):
        assert "wave" not in examples_of(root, variant, seed)


def test_evaluation_gives_the_same_bytes_again(root: Path) -> None:
    paper = paper_folder(root)
    files = [paper.scores(CORPUS), paper.metrics(CORPUS), paper.examples(CORPUS)]
    before = [path.read_bytes() for path in files]
    stages.evaluate(workspace(root), "cmcgan", CORPUS, 1)
    assert [path.read_bytes() for path in files] == before


def test_without_cmcgan_no_example_is_chosen(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "smoke", tmp_path / "smoke")
    only = {**CHANGES, "only": ["image_classifier", "sound_classifier", "i2s"]}
    stages.evaluate(workspace(tmp_path, only), "cmcgan", CORPUS, 1)
    assert examples_of(tmp_path) == {}
    assert np.array_equal(
        scores_of(tmp_path, "i2s")["sound|two_step|l1"], scores_of(root, "i2s")["sound|two_step|l1"]
    )


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 40), st.integers(1, 60))
def test_evenly_spread_takes_items_evenly(count: int, items: int) -> None:
    label = torch.zeros(count, dtype=torch.long)
    picture, sound = torch.zeros(count, 1), torch.zeros(count, 1)
    pairs = Pairs(picture, sound, label, [f"{i:03d}" for i in range(count)], ["horn"])
    taken = [int(clip) for clip in evenly_spread(pairs, items).clips]
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
