"""The released layouts, from small files to windows and a training."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import scipy.io
import soundfile
from fixture_facevoice import CORPUS, PEOPLE, model_settings, pair_settings

from crossmodal.alignment.merge import merge_shards
from crossmodal.alignment.stage import align
from crossmodal.corpora.readers import write_corpus_manifest
from crossmodal.features.stage import write_features
from crossmodal.papers.facevoice.data import draw_parts, load_windows
from crossmodal.papers.facevoice.first_phase import play

FEATURES = ["mfcc", "face", "mfcc_random", "face_random"]


def released(folder: Path) -> None:
    """Face images and merged voices of three episodes, as the makers released them."""
    random = np.random.default_rng(0)
    for episode in ("s01e01", "s01e02", "s01e03"):
        (folder / "speaking-audio" / episode).mkdir(parents=True)
        for place, person in enumerate(PEOPLE):
            images = folder / "face-images" / episode / person
            images.mkdir(parents=True)
            for number in range(8):
                picture = random.integers(0, 60, (48, 40, 3)) + 30 * place
                cv2.imwrite(str(images / f"{number}.jpg"), picture.astype(np.uint8))
            time = np.arange(16_000 * 2) / 16_000
            tone = np.sin(2 * np.pi * (150 + 60 * place) * time) * 0.3
            wave = tone + 0.05 * random.normal(size=len(time))
            soundfile.write(folder / "speaking-audio" / episode / f"{person}_001.wav", wave, 16_000)


def prepared(folder: Path) -> None:
    """The makers' arrays."""
    random = np.random.default_rng(0)
    for name, keys, shape, count in (
        ("processed/train_face/1", ("samples", "labels"), (53, 13), 20),
        ("processed/train_audio/1", ("samples", "labels"), (25, 49), 30),
        ("raw_full/5classes/1", ("test_samples", "test_labels"), (78, 49), 15),
    ):
        path = folder / f"{name}.mat"
        path.parent.mkdir(parents=True)
        who = np.arange(count) % 5
        values = {keys[0]: random.normal(size=(*shape, count)), keys[1]: np.eye(5)[:, who]}
        scipy.io.savemat(path, values)


@pytest.mark.parametrize("make", [released, prepared])
def test_small_files_of_a_released_layout_reach_a_training(make, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    corpus, out = tmp_path / "corpus", tmp_path / "results" / CORPUS
    make(corpus)
    manifest = out / "manifest.csv"
    write_corpus_manifest(
        CORPUS, corpus, {"validation": 0.3, "test": 0.3} if make is released else {}, manifest
    )
    shard = out / "shard"
    align(CORPUS, "facevoice", corpus, manifest, {}, 0, 1, shard)
    windows_folder = out / "facevoice"
    merge_shards([shard], windows_folder)
    windows_file = windows_folder / "manifest.csv"
    write_features("facevoice", FEATURES, corpus, windows_file, windows_folder, seed=0)
    settings = model_settings()
    windows = load_windows(settings, windows_folder)
    assert windows.face.shape[1:] == (53 * 4,)
    assert windows.voice.shape[1:] == (25 * 4,)
    assert windows.people == list(PEOPLE)
    parts = draw_parts(windows, settings, pair_settings(40))
    first = play(windows, parts.train, settings, seed=0)
    assert np.isfinite(first.history["judges"]).all()
    assert bool(np.isfinite(first.face.numpy()).all())
