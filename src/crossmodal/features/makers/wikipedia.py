"""Features of Wikipedia's articles and their pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crossmodal.corpora import wikipedia
from crossmodal.errors import InputError
from crossmodal.features import text
from crossmodal.features.picture_text import (
    BAG_UNITS,
    Feature,
    bag_of_words,
    image_deep,
    use_published,
    write_each,
)
from crossmodal.features.source import Source

WORDS = 128
TOPICS = 10
_PUBLISHED = "raw_features.mat"


def write(source: Source, names: list[str]) -> None:
    """Write the named features.

    Raises:
        InputError: The folder cannot give a feature.
    """
    write_each("wikipedia", _MAKERS, source, names)


def _image_bow(source: Source) -> Feature:
    if not use_published(source, _PUBLISHED):
        return bag_of_words(source, WORDS)
    return Feature(_published(source, "image_bow"), BAG_UNITS, {"from": _PUBLISHED})


def _text_lda(source: Source) -> Feature:
    units = "topic proportion, rows sum to 1"
    if use_published(source, _PUBLISHED):
        return Feature(_published(source, "text_lda"), units, {"from": _PUBLISHED})
    texts = [wikipedia.read_text(path) for path in source.media("text")]
    array = text.lda(texts, source.train, TOPICS, source.seed)
    settings = {"from": "texts", "topics": TOPICS, "seed": source.seed, **text.SETTINGS}
    return Feature(array, units, settings, ("scikit-learn",))


def _published(source: Source, name: str) -> NDArray[np.float32]:
    """Return a published feature; refuse a manifest that is not the one the lists give."""
    expected = wikipedia.read(source.folder)[["clip", "split"]]
    if not expected.equals(source.manifest[["clip", "split"]]):
        raise InputError(
            "the manifest's rows are not those of the published lists",
            file=source.folder,
            hint="Write the manifest again from this folder",
        )
    return wikipedia.published_features(source.folder)[name]


_MAKERS = {"image_bow": _image_bow, "text_lda": _text_lda, "image_deep": image_deep}
NAMES = tuple(_MAKERS)
