"""The feature stage: manifest and corpus folder in, feature files out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.corpora import nuswide10k, wikipedia
from crossmodal.corpora.manifest import read_manifest
from crossmodal.corpora.media import FEATURES
from crossmodal.errors import InputError
from crossmodal.features import image, text
from crossmodal.features.store import write_feature


@dataclass(frozen=True)
class Feature:
    """A feature and what its description says."""

    array: NDArray[np.float32]
    units: str
    settings: dict[str, Any]
    libraries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """What a feature is made from.

    Attributes:
        folder: The corpus in its published layout.
        manifest: Its manifest.
        seed: Decides every draw.
        published: Whether published features are preferred to computed ones.
        weights: VGG16 weights, or None.
    """

    folder: Path
    manifest: pd.DataFrame
    seed: int
    published: bool
    weights: Path | None

    @property
    def train(self) -> NDArray[np.bool_]:
        """True for the rows that models may be fitted on, [n]."""
        return (self.manifest["split"] == "train").to_numpy(dtype=bool)

    def media(self, column: str) -> list[Path]:
        """Return the files of a manifest column, or refuse when it is empty."""
        names = self.manifest.get(column)
        if names is None or (names == "").any():
            raise InputError(
                f"the {column}s themselves are not at hand",
                file=self.folder,
                field=column,
                mend="Get the full archive, or leave this feature out",
            )
        return [self.folder / name for name in names]


def write_features(
    corpus: str,
    names: list[str],
    folder: Path,
    manifest: Path,
    out: Path,
    *,
    seed: int,
    published: bool = True,
    weights: Path | None = None,
) -> None:
    """Write `out/<name>.npy` and `out/<name>.json` for each name.

    Args:
        corpus: "wikipedia" or "nuswide10k".
        names: Features of `crossmodal.corpora.media.FEATURES`.
        folder: The corpus in its published layout.
        manifest: The manifest the rows follow.
        out: Folder of the feature files.
        seed: Decides every draw of a computed feature.
        published: Take the published features where the folder has them.
        weights: torchvision's VGG16 weights; None trains a small network for `image_deep`.

    Raises:
        InputError: A name is unknown, or the folder cannot give the feature.
    """
    for name in names:
        if name not in FEATURES.get(corpus, ()):
            raise InputError(
                f"{corpus} has no feature {name!r}",
                mend=f"Use {', '.join(FEATURES.get(corpus, ())) or ' or '.join(FEATURES)}",
            )
    source = Source(Path(folder), read_manifest(manifest), seed, published, weights)
    for name in names:
        feature = _MAKERS[corpus, name](source)
        write_feature(
            Path(out) / f"{name}.npy",
            feature.array,
            units=feature.units,
            settings={"corpus": corpus, **feature.settings},
            libraries=feature.libraries,
        )


def _wikipedia_bow(source: Source) -> Feature:
    units = "share of the image's descriptors, rows sum to 1"
    if _use_published(source, "raw_features.mat"):
        array = _aligned(source, wikipedia.published_features(source.folder)["image_bow"])
        return Feature(array, units, {"from": "raw_features.mat"})
    return _bag_of_words(source, 128, units)


def _wikipedia_lda(source: Source) -> Feature:
    units = "topic proportion, rows sum to 1"
    if _use_published(source, "raw_features.mat"):
        array = _aligned(source, wikipedia.published_features(source.folder)["text_lda"])
        return Feature(array, units, {"from": "raw_features.mat"})
    texts = [wikipedia.read_text(path) for path in source.media("text")]
    array = text.lda(texts, source.train, 10, source.seed)
    settings = {"from": "texts", "topics": 10, "seed": source.seed, **text.SETTINGS}
    return Feature(array, units, settings, ("scikit-learn",))


def _nuswide_bow(source: Source) -> Feature:
    units = "share of the image's descriptors, rows sum to 1"
    if _use_published(source, nuswide10k.WORD_ROWS):
        counts = nuswide10k.word_counts(source.folder, source.manifest)
        array = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        return Feature(array, units, {"from": nuswide10k.WORD_ROWS.as_posix()})
    return _bag_of_words(source, nuswide10k.WORDS, units)


def _nuswide_tags(source: Source) -> Feature:
    array = nuswide10k.tag_indicators(source.folder, source.manifest)
    settings = {"from": nuswide10k.TAG_ROWS.as_posix()}
    return Feature(array, "1 where the image carries the tag, else 0", settings)


def _deep(source: Source) -> Feature:
    # torch takes seconds to load and only this feature needs it
    from crossmodal.features.deep import deep, deep_settings

    images = source.media("image")
    labels = source.manifest["label"].tolist()
    array = deep(images, source.train, labels, source.weights, source.seed)
    settings = deep_settings(source.weights, source.seed)
    libraries = ("torch", "torchvision", "opencv-python-headless")
    return Feature(array, "activation after ReLU", settings, libraries)


def _bag_of_words(source: Source, words: int, units: str) -> Feature:
    array = image.sift_bag_of_words(source.media("image"), source.train, words, source.seed)
    settings = {"from": "images", "words": words, "seed": source.seed, **image.SETTINGS}
    return Feature(array, units, settings, ("opencv-python-headless", "scikit-learn"))


def _use_published(source: Source, name: str | Path) -> bool:
    return source.published and (source.folder / name).is_file()


def _aligned(source: Source, array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Refuse published Wikipedia rows whose manifest is not the one the lists give."""
    expected = wikipedia.read(source.folder)[["clip", "split"]]
    if not expected.equals(source.manifest[["clip", "split"]]):
        raise InputError(
            "the manifest's rows are not those of the published lists",
            file=source.folder,
            mend="Write the manifest again from this folder",
        )
    return array


_MAKERS: dict[tuple[str, str], Callable[[Source], Feature]] = {
    ("wikipedia", "image_bow"): _wikipedia_bow,
    ("wikipedia", "text_lda"): _wikipedia_lda,
    ("wikipedia", "image_deep"): _deep,
    ("nuswide10k", "image_bow"): _nuswide_bow,
    ("nuswide10k", "text_tags"): _nuswide_tags,
    ("nuswide10k", "image_deep"): _deep,
}
