"""What the makers of picture-text features share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossmodal.features import image
from crossmodal.features.source import Source
from crossmodal.features.store import write_feature


@dataclass(frozen=True)
class Feature:
    """A feature and what its description says.

    Attributes:
        array: [n, width].
        libraries: Distribution names of the libraries that decided its values.
    """

    array: NDArray[np.float32]
    units: str
    settings: dict[str, Any]
    libraries: tuple[str, ...] = ()


Makers = Mapping[str, Callable[[Source], Feature]]
"""Name of a feature -> what makes it."""


def write_each(corpus: str, makers: Makers, source: Source, names: list[str]) -> None:
    """Make and write the named features one after the other.

    Raises:
        InputError: The folder cannot give a feature.
    """
    for name in names:
        feature = makers[name](source)
        write_feature(
            source.out / f"{name}.npy",
            feature.array,
            units=feature.units,
            settings={"corpus": corpus, **feature.settings},
            libraries=feature.libraries,
        )


def bag_of_words(source: Source, words: int) -> Feature:
    """Count SIFT descriptors by visual words, [n, words]."""
    array = image.sift_bag_of_words(source.media("image"), source.train, words, source.seed)
    settings = {"from": "images", "words": words, "seed": source.seed, **image.SETTINGS}
    return Feature(array, BAG_UNITS, settings, ("opencv-python-headless", "scikit-learn"))


def image_deep(source: Source) -> Feature:
    """Describe images by a deep network, see `crossmodal.features.deep.deep`."""
    # torch takes seconds to load and only this feature needs it
    from crossmodal.features.deep import deep, deep_settings

    images = source.media("image")
    labels = source.manifest["label"].tolist()
    # The small network is trained on the CPU; a GPU is left to jobs that use it.
    device = "cpu" if source.weights is None else source.device
    array = deep(images, source.train, labels, source.weights, source.seed, device=device)
    settings = deep_settings(source.weights, source.seed)
    libraries = ("torch", "torchvision", "opencv-python-headless")
    return Feature(array, "activation after ReLU", settings, libraries)


def use_published(source: Source, name: str | Path) -> bool:
    """Tell whether a published file is to be used and at hand."""
    return source.published and (source.folder / name).is_file()


BAG_UNITS = "share of the image's descriptors, rows sum to 1"
