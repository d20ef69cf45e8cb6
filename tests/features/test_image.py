"""Bag of visual words against a naive loop, deep features for repeatability."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.features import deep as deep_module
from crossmodal.features.deep import FC7, deep, deep_settings, small_network, vgg16_fc7
from crossmodal.features.image import (
    dense_sift,
    learn_codebook,
    nearest_words,
    read_image,
    sift_bag_of_words,
    sift_word_counts,
)

TRAIN = np.array([True] * 8 + [False] * 4)


def draw(folder: Path, count: int, seed: int, size: tuple[int, int] = (64, 48)) -> list[Path]:
    generator = np.random.default_rng(seed)
    paths = []
    for index in range(count):
        noise = generator.integers(0, 255, (size[1] // 4, size[0] // 4, 3), dtype=np.uint8)
        paths.append(folder / f"{seed}-{index}.png")
        cv2.imwrite(str(paths[-1]), cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC))
    return paths


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    return draw(tmp_path, 12, seed=0)


def test_histograms_are_what_a_naive_loop_counts(images: list[Path]) -> None:
    descriptors = [dense_sift(path) for path in images]
    codebook = learn_codebook(descriptors[:8], words=16, seed=1)
    expected = np.zeros((12, 16))
    for row, points in enumerate(descriptors):
        for point in points:
            distances = [((point.astype(float) - centre) ** 2).sum() for centre in codebook]
            expected[row, int(np.argmin(distances))] += 1
    assert np.array_equal(sift_word_counts(images, TRAIN, words=16, seed=1), expected)
    shares = sift_bag_of_words(images, TRAIN, words=16, seed=1)
    np.testing.assert_allclose(shares, expected / expected.sum(axis=1, keepdims=True), atol=1e-7)


def test_descriptors_are_opencvs(images: list[Path]) -> None:
    grey = cv2.cvtColor(read_image(images[0]), cv2.COLOR_BGR2GRAY)
    points = [cv2.KeyPoint(x, y, 4.0, 0.0) for y in range(8, 41, 8) for x in range(8, 57, 8)]
    _, expected = cv2.SIFT.create().compute(grey, points)
    assert np.array_equal(dense_sift(images[0]), expected)


def test_large_images_are_scaled_down(tmp_path: Path) -> None:
    (path,) = draw(tmp_path, 1, seed=0, size=(640, 320))
    assert dense_sift(path).shape == (19 * 9, 128)


def test_training_rows_ignore_the_test_images(images: list[Path], tmp_path: Path) -> None:
    others = [*images[:8], *draw(tmp_path, 4, seed=9)]
    first, second = (sift_bag_of_words(paths, TRAIN, 16) for paths in (images, others))
    assert np.array_equal(first[TRAIN], second[TRAIN])
    assert not np.array_equal(first[~TRAIN], second[~TRAIN])


def test_bags_repeat_on_any_number_of_threads(images: list[Path]) -> None:
    threads = cv2.getNumThreads()
    first = sift_bag_of_words(images, TRAIN, 16, seed=2)
    cv2.setNumThreads(4)
    second = sift_bag_of_words(images, TRAIN, 16, seed=2)
    assert cv2.getNumThreads() == 4
    cv2.setNumThreads(threads)
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != sift_bag_of_words(images, TRAIN, 16, seed=3).tobytes()


def test_a_flat_image_has_a_histogram(images: list[Path], tmp_path: Path) -> None:
    flat = tmp_path / "flat.png"
    cv2.imwrite(str(flat), np.full((40, 40, 3), 128, np.uint8))
    shares = sift_bag_of_words([*images, flat], np.append(TRAIN, False), 16)
    assert shares[-1].max() == 1


def test_nearest_words_of_the_centres_are_themselves() -> None:
    centres = np.eye(128, dtype=np.uint8)[:10] * 200
    assert nearest_words(centres, centres.astype(np.float32)).tolist() == list(range(10))


def test_what_cannot_be_described(images: list[Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no image")
    with pytest.raises(InputError, match="not a readable image") as caught:
        dense_sift(broken)
    assert caught.value.file == broken
    cv2.imwrite(str(tmp_path / "tiny.png"), np.zeros((10, 40, 3), np.uint8))
    with pytest.raises(InputError, match="too small"):
        dense_sift(tmp_path / "tiny.png")
    with pytest.raises(InputError, match="for a codebook of 5000 words"):
        sift_bag_of_words(images, TRAIN, words=5000)
    with pytest.raises(InputError, match="0 descriptors"):
        sift_bag_of_words(images, np.zeros(12, dtype=bool))


def coloured(folder: Path, name: str, count: int, seed: int) -> tuple[list[Path], list[str]]:
    """Images of two classes that differ in colour."""
    paths = draw(folder, count, seed)
    labels = []
    for index, path in enumerate(paths):
        picture = read_image(path)
        picture[..., 2 * (index % 2)] //= 4
        cv2.imwrite(str(path), picture)
        labels.append(f"{name}{index % 2}")
    return paths, labels


def test_the_small_network_learns_and_repeats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(deep_module.SMALL, "batch", 8)
    paths, labels = coloured(tmp_path, "c", 32, seed=1)
    train = np.arange(32) < 24
    state = torch.random.get_rng_state()
    features = deep(paths, train, labels, seed=0)
    assert features.shape == (32, 128)
    assert np.array_equal(torch.random.get_rng_state(), state)

    threads = torch.get_num_threads()
    torch.set_num_threads(2 if threads == 1 else 1)
    try:
        again = deep(paths, train, labels, seed=0)
    finally:
        torch.set_num_threads(threads)
    assert features.tobytes() == again.tobytes()

    others = [*paths[:24], *draw(tmp_path, 8, seed=7)]
    assert np.array_equal(deep(others, train, labels, seed=0)[train], features[train])

    classes = np.array([label == "c1" for label in labels])
    centres = [features[train & (classes == side)].mean(axis=0) for side in (False, True)]
    nearer = [np.linalg.norm(features - centre, axis=1) for centre in centres]
    right: NDArray[np.bool_] = (nearer[1] < nearer[0]) == classes
    assert right[~train].mean() >= 0.75


def test_weights_that_are_none(images: list[Path], tmp_path: Path) -> None:
    weights = tmp_path / "vgg16.pth"
    weights.write_bytes(b"no weights")
    with pytest.raises(InputError, match="not the weights of VGG16"):
        vgg16_fc7(images, weights)
    torch.save({"features.0.weight": torch.zeros(1)}, weights)
    with pytest.raises(InputError, match="not the weights of VGG16"):
        vgg16_fc7(images, weights)
    assert deep_settings(weights, 0)["network"] == "VGG16 fc7"
    assert "small network" in deep_settings(None, 0)["network"]


def test_vgg16_gives_fc7(images: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """With the weights' file replaced, because they weigh 528 MB."""

    class Narrow(torch.nn.Module):
        """VGG16's interface: pictures in, a classifier of seven layers."""

        def __init__(self) -> None:
            super().__init__()
            first, second = torch.nn.Linear(3, 8), torch.nn.Linear(8, FC7)
            relu = torch.nn.ReLU()
            self.classifier = torch.nn.Sequential(first, relu, relu, second, relu, relu, second)

        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            assert pictures.shape == (1, 3, 224, 224)
            scores: torch.Tensor = self.classifier(pictures.mean(dim=(2, 3)))
            return scores

    torch.manual_seed(0)
    saved = Narrow().state_dict()
    monkeypatch.setattr(deep_module, "vgg16", lambda **_: Narrow())
    monkeypatch.setattr(torch, "load", lambda *_, weights_only, **__: weights_only and saved)
    features = vgg16_fc7(images[:2], Path("weights.pth"))
    assert features.shape == (2, FC7)
    assert (features >= 0).all()

    pictures = np.stack([read_image(path)[..., ::-1] for path in images[:2]])
    out = np.empty((2, FC7), np.float32)
    vgg16_fc7(pictures, Path("weights.pth"), out=out)
    assert np.array_equal(out, features)


def test_the_small_network_learns_words_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(deep_module.SMALL, "batch", 8)
    paths, labels = coloured(tmp_path, "c", 32, seed=1)
    pictures = np.stack([read_image(path)[..., ::-1] for path in paths])
    train = np.arange(32) < 24
    of_class = np.array([label == "c1" for label in labels])
    words = np.stack([of_class, ~of_class, np.ones(32, bool)], axis=1).astype(np.float32)
    features = small_network(paths, train, words[train], seed=0)
    assert np.array_equal(small_network(pictures, train, words[train], seed=0), features)
    centres = [features[train & (of_class == side)].mean(axis=0) for side in (False, True)]
    nearer = [np.linalg.norm(features - centre, axis=1) for centre in centres]
    right: NDArray[np.bool_] = (nearer[1] < nearer[0]) == of_class
    assert right[~train].mean() >= 0.75
