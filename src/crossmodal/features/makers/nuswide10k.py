"""Features of NUS-WIDE-10K's photos and their tags."""

from __future__ import annotations

import numpy as np

from crossmodal.corpora import nuswide10k
from crossmodal.features.picture_text import (
    BAG_UNITS,
    Feature,
    bag_of_words,
    image_deep,
    use_published,
    write_each,
)
from crossmodal.features.source import Source


def write(source: Source, names: list[str]) -> None:
    """Write the named features.

    Raises:
        InputError: The folder cannot give a feature.
    """
    write_each("nuswide10k", _MAKERS, source, names)


def _image_bow(source: Source) -> Feature:
    if not use_published(source, nuswide10k.WORD_ROWS):
        return bag_of_words(source, nuswide10k.WORDS)
    counts = nuswide10k.word_counts(source.folder, source.manifest)
    array = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return Feature(array, BAG_UNITS, {"from": nuswide10k.WORD_ROWS.as_posix()})


def _text_tags(source: Source) -> Feature:
    array = nuswide10k.tag_indicators(source.folder, source.manifest)
    settings = {"from": nuswide10k.TAG_ROWS.as_posix()}
    return Feature(array, "1 where the image carries the tag, else 0", settings)


_MAKERS = {"image_bow": _image_bow, "text_tags": _text_tags, "image_deep": image_deep}
NAMES = tuple(_MAKERS)
