"""Bag of visual words: SIFT descriptors counted by their nearest word of a learned codebook.

The recipe of the published features (SIFT, k-means codebook, histogram), on a dense grid so that
every image has the same number of descriptors at its size, textureless ones included.
Source: Csurka et al., Visual categorization with bags of keypoints, ECCV workshop 2004.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans

from crossmodal.devices import one_thread
from crossmodal.errors import InputError
from crossmodal.progress import progress

SETTINGS: dict[str, Any] = {
    "descriptor": "SIFT, dense grid, upright",
    "grid_step_px": 8,
    "keypoint_size_px": 4,
    "patch_px": 24,
    "longest_side_px": 160,
    "codebook": "mini-batch k-means",
    "sampled_descriptors_per_image": 40,
}
"""How every bag of visual words is made; written beside the feature."""


def sift_bag_of_words(
    images: Sequence[Path], train: NDArray[np.bool_], words: int = 128, seed: int = 0
) -> NDArray[np.float32]:
    """Return the L1-normalised histogram of visual words of each image, [n, words].

    Args:
        images: Image files; each must show at least one grid point (16 px a side).
        train: [n], True for the images the codebook is learned on.

    Raises:
        InputError: An image cannot be read or is too small, or the training images hold fewer
            descriptors than words.
    """
    counts = sift_word_counts(images, train, words, seed)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True), dtype=np.float32)


def sift_word_counts(
    images: Sequence[Path], train: NDArray[np.bool_], words: int = 128, seed: int = 0
) -> NDArray[np.int64]:
    """Return how often each visual word occurs in each image, [n, words].

    Arguments and errors are those of `sift_bag_of_words`.
    """
    with one_thread():
        descriptors = [
            dense_sift(image) for image in progress(images, title="describing", unit="image")
        ]
        learned_on = [item for item, chosen in zip(descriptors, train, strict=True) if chosen]
        codebook = learn_codebook(learned_on, words, seed)
        return np.stack(
            [np.bincount(nearest_words(item, codebook), minlength=words) for item in descriptors]
        )


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read an image as blue, green, red, [height, width, 3].

    Raises:
        InputError: The file is missing or no image.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise InputError(
            "not a readable image", file=path, hint="Replace the file with an intact copy"
        )
    return np.asarray(image, dtype=np.uint8)


def dense_sift(path: Path) -> NDArray[np.uint8]:
    """Return the SIFT descriptors of an image on a regular grid, [points, 128].

    SIFT values are whole numbers from 0 to 255, so bytes hold them without loss.

    Raises:
        InputError: The image cannot be read or is smaller than the grid needs.
    """
    grey = cv2.cvtColor(read_image(path), cv2.COLOR_BGR2GRAY)
    shrink = SETTINGS["longest_side_px"] / max(grey.shape)
    if shrink < 1:
        size = tuple(max(1, round(side * shrink)) for side in grey.shape[::-1])
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    step = SETTINGS["grid_step_px"]
    height, width = grey.shape
    grid = [
        cv2.KeyPoint(float(x), float(y), float(SETTINGS["keypoint_size_px"]), 0.0)
        for y in range(step, height - step + 1, step)
        for x in range(step, width - step + 1, step)
    ]
    if not grid:
        raise InputError(
            f"{width} x {height} px is too small to describe",
            file=path,
            hint=f"Use images of at least {2 * step} px a side",
        )
    _, descriptors = cv2.SIFT.create().compute(grey, grid)
    return np.asarray(descriptors, dtype=np.uint8)


def learn_codebook(
    descriptors: Sequence[NDArray[np.uint8]], words: int, seed: int
) -> NDArray[np.float32]:
    """Learn the visual words from some descriptors of every given image.

    Args:
        descriptors: For each image its SIFT descriptors, [points, 128].

    Returns:
        The centres, [words, 128].

    Raises:
        InputError: There are fewer descriptors than words.
    """
    generator = np.random.default_rng(seed)
    most = SETTINGS["sampled_descriptors_per_image"]
    samples = [generator.permutation(item)[:most] for item in descriptors]
    sample = np.concatenate(samples).astype(np.float32) if samples else np.empty((0, 128))
    if len(sample) < words:
        raise InputError(
            f"{len(sample)} descriptors for a codebook of {words} words",
            hint="Use more training images or fewer words",
        )
    with one_thread():
        means = MiniBatchKMeans(
            words, random_state=seed, batch_size=4096, n_init=1, max_iter=20
        ).fit(sample)
    return np.asarray(means.cluster_centers_, dtype=np.float32)


def nearest_words(
    descriptors: NDArray[np.uint8], codebook: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Return the index of the nearest centre of each descriptor, [points]."""
    squares = (codebook**2).sum(axis=1)
    distances = squares - 2 * descriptors.astype(np.float32) @ codebook.T
    return np.asarray(distances.argmin(axis=1), dtype=np.int64)
