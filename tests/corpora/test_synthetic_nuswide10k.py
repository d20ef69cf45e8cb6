"""The NUS-WIDE stand-in: the published layout, the same bytes, a known truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crossmodal.corpora import nuswide10k
from crossmodal.corpora.media import FEATURES, available_features
from crossmodal.errors import InputError
from crossmodal.features.image import read_image
from crossmodal_standins.nuswide10k import (
    CONCEPTS81,
    DIFFICULTY,
    synthesize,
    tag_vocabulary,
)
from crossmodal_standins.topics import NUSWIDE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("first") / "nuswide10k"
    synthesize(path, per_class=4, seed=5)
    return path


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_the_reader_reads_it(folder: Path) -> None:
    frame = nuswide10k.read(folder, per_class=4, validation=10, test=10)
    assert len(frame) == 40
    assert (frame["image"] != "").all()
    assert available_features("nuswide10k", folder) == list(FEATURES["nuswide10k"])
    counts = nuswide10k.word_counts(folder, frame)
    tags = nuswide10k.tag_indicators(folder, frame)
    for name, words in zip(frame["image"], counts, strict=True):
        height, width = read_image(folder / name).shape[:2]
        assert words.sum() == (height // 8 - 1) * (width // 8 - 1)
    assert tags.sum(axis=1).max() < DIFFICULTY.words[1]
    assert tags.sum(axis=1).min() >= 1


def test_the_layout(folder: Path) -> None:
    assert tuple(topic.name for topic in NUSWIDE) == nuswide10k.CONCEPTS
    names = lines(folder / "ImageList" / "Imagelist.txt")
    assert all(
        "\\" in name and (folder / "Flickr" / name.replace("\\", "/")).is_file() for name in names
    )
    assert len(CONCEPTS81) == len(set(CONCEPTS81)) == 81
    assert lines(folder / "ConceptsList" / "Concepts81.txt") == list(CONCEPTS81)
    labels = {
        path.stem.removeprefix("Labels_"): lines(path)
        for path in (folder / "Groundtruth" / "AllLabels").iterdir()
    }
    assert set(labels) == set(CONCEPTS81)
    assert {len(values) for values in labels.values()} == {len(names)}
    shown = np.array([labels[name] for name in nuswide10k.CONCEPTS]).astype(int).sum(axis=0)
    assert np.bincount(shown).tolist() == [10, 40, 10]
    assert len(set(tag_vocabulary())) == 1000
    assert lines(folder / "NUS_WID_Tags" / "TagList1k.txt") == list(tag_vocabulary())
    assert lines(folder / "NUS_WID_Tags" / "AllTags1k.txt")[0].count("\t") == 1000


def test_the_truth(folder: Path) -> None:
    truth = pd.read_csv(folder / "truth.csv", index_col="clip")
    np.testing.assert_allclose(truth.sum(axis=1), 1, atol=1e-5)
    frame = nuswide10k.read(folder, per_class=4, validation=10, test=10)
    columns = truth.columns.get_indexer(pd.Index(frame["label"]))
    own = truth.loc[frame["clip"]].to_numpy()[np.arange(len(frame)), columns]
    assert own.min() >= DIFFICULTY.own_topic[0]


def test_tags_follow_the_mixture(folder: Path) -> None:
    """A document's tags come from its own concept's words more than from the other nine lists."""
    frame = nuswide10k.read(folder, per_class=4, validation=10, test=10)
    tags = nuswide10k.tag_indicators(folder, frame)
    position = {tag: index for index, tag in enumerate(tag_vocabulary())}
    share = np.stack(
        [tags[:, [position[word] for word in topic.words]].mean(axis=1) for topic in NUSWIDE], 1
    )
    own = np.array([nuswide10k.CONCEPTS.index(label) for label in frame["label"]])
    assert share[np.arange(40), own].mean() > 2 * share.mean()


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    synthesize(tmp_path / "again", per_class=4, seed=5)
    contents = (tmp_path / "again" / "contents.csv").read_bytes()
    assert contents == (folder / "contents.csv").read_bytes()


def test_too_few_images(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too few"):
        synthesize(tmp_path, per_class=1, seed=0)
