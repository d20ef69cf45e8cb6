"""The stand-ins of Wikipedia and NUS-WIDE: the published layouts, a known truth, topics shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st

from crossmodal.corpora import nuswide10k, wikipedia
from crossmodal.corpora.manifest import check_manifest
from crossmodal.corpora.media import FEATURES, available_features
from crossmodal.features.image import read_image
from crossmodal_standins.documents import Difficulty, draw_mixture, draw_picture
from crossmodal_standins.nuswide10k import CONCEPTS81, DIFFICULTY, tag_vocabulary
from crossmodal_standins.nuswide10k import TOPICS as NUSWIDE
from crossmodal_standins.shapes import KINDS, SHAPES, strokes
from crossmodal_standins.wikipedia import TOPICS as WIKIPEDIA
from crossmodal_standins.words import Topic


@pytest.fixture(scope="module")
def articles(stand_in: Callable[[str], Path]) -> Path:
    return stand_in("wikipedia")


@pytest.fixture(scope="module")
def photos(stand_in: Callable[[str], Path]) -> Path:
    return stand_in("nuswide10k")


def test_the_reader_reads_the_articles(articles: Path) -> None:
    frame = wikipedia.read(articles)
    check_manifest(frame, articles)
    assert frame["split"].value_counts().to_dict() == {"train": 30, "test": 12}
    assert set(frame["label"]) == {topic.name for topic in WIKIPEDIA}
    assert frame["clip"].is_unique
    assert (frame["image"] != "").all()
    assert (frame["text"] != "").all()
    assert frame["source"].nunique() < len(frame), "articles have several sections"


def test_the_layout_of_wikipedia(articles: Path) -> None:
    assert {path.name for path in articles.iterdir()} == {
        "categories.list",
        "contents.csv",
        "images",
        "raw_features.mat",
        "testset_txt_img_cat.list",
        "texts",
        "trainset_txt_img_cat.list",
        "truth.csv",
    }
    shapes = {name: shape for name, shape, _ in scipy.io.whosmat(articles / "raw_features.mat")}
    assert shapes == {"I_tr": (30, 128), "I_te": (12, 128), "T_tr": (30, 10), "T_te": (12, 10)}
    features = wikipedia.published_features(articles)
    for matrix in features.values():
        np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-5)


def test_the_reader_reads_the_photos(photos: Path) -> None:
    frame = nuswide10k.read(photos, per_class=4, validation=10, test=10)
    assert len(frame) == 40
    assert (frame["image"] != "").all()
    assert available_features("nuswide10k", photos) == list(FEATURES["nuswide10k"])
    counts = nuswide10k.word_counts(photos, frame)
    tags = nuswide10k.tag_indicators(photos, frame)
    for name, words in zip(frame["image"], counts, strict=True):
        height, width = read_image(photos / name).shape[:2]
        assert words.sum() == (height // 8 - 1) * (width // 8 - 1)
    assert tags.sum(axis=1).max() <= DIFFICULTY.words[1]
    assert tags.sum(axis=1).min() >= 1


def test_the_layout_of_nuswide(photos: Path) -> None:
    assert tuple(topic.name for topic in NUSWIDE) == nuswide10k.CONCEPTS
    names = lines(photos / "ImageList" / "Imagelist.txt")
    assert all(
        "\\" in name and (photos / "Flickr" / name.replace("\\", "/")).is_file() for name in names
    )
    assert len(CONCEPTS81) == len(set(CONCEPTS81)) == 81
    assert lines(photos / "ConceptsList" / "Concepts81.txt") == list(CONCEPTS81)
    labels = {
        path.stem.removeprefix("Labels_"): lines(path)
        for path in (photos / "Groundtruth" / "AllLabels").iterdir()
    }
    assert set(labels) == set(CONCEPTS81)
    assert {len(values) for values in labels.values()} == {len(names)}
    shown = np.array([labels[name] for name in nuswide10k.CONCEPTS]).astype(int).sum(axis=0)
    assert np.bincount(shown).tolist() == [10, 40, 10]
    assert len(set(tag_vocabulary())) == 1000
    assert lines(photos / "NUS_WID_Tags" / "TagList1k.txt") == list(tag_vocabulary())
    assert lines(photos / "NUS_WID_Tags" / "AllTags1k.txt")[0].count("\t") == 1000


def test_the_truth_favours_the_label(articles: Path, photos: Path) -> None:
    photographs = nuswide10k.read(photos, per_class=4, validation=10, test=10)
    for folder, frame, difficulty in (
        (articles, wikipedia.read(articles), Difficulty()),
        (photos, photographs, DIFFICULTY),
    ):
        truth = pd.read_csv(folder / "truth.csv", index_col="clip")
        np.testing.assert_allclose(truth.sum(axis=1), 1, atol=1e-5)
        columns = truth.columns.get_indexer(pd.Index(frame["label"]))
        own = truth.loc[frame["clip"]].to_numpy()[np.arange(len(frame)), columns]
        assert own.min() >= difficulty.own_topic[0]


def test_tags_follow_the_mixture(photos: Path) -> None:
    """A document's tags come from its own concept's words more than from the other nine lists."""
    frame = nuswide10k.read(photos, per_class=4, validation=10, test=10)
    tags = nuswide10k.tag_indicators(photos, frame)
    position = {tag: index for index, tag in enumerate(tag_vocabulary())}
    share = np.stack(
        [tags[:, [position[word] for word in topic.words]].mean(axis=1) for topic in NUSWIDE], 1
    )
    own = np.array([nuswide10k.CONCEPTS.index(label) for label in frame["label"]])
    assert share[np.arange(40), own].mean() > 2 * share.mean()


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_is_well_formed(name: str) -> None:
    for kind, colour, shade, width, points in strokes(name):
        assert kind in KINDS
        assert colour in "abckw"
        assert shade in ("", "-", "+")
        assert 0 <= width < 0.4
        assert points.shape == ({"oval": 2, "ring": 2, "box": 2}.get(kind, len(points)), 2)


@pytest.mark.parametrize("topic", [*WIKIPEDIA, *NUSWIDE], ids=lambda topic: topic.name)
def test_shapes_of_topics_stay_in_their_square(topic: Topic) -> None:
    assert len(topic.shapes) == 3
    for name in topic.shapes:
        for stroke in strokes(name):
            assert np.abs(stroke.points).max() <= 1.01


@given(
    seed=st.integers(0, 2**32 - 1),
    own=st.lists(st.integers(0, 9), max_size=2, unique=True),
    least=st.floats(0, 1),
)
def test_a_mixture_sums_to_one_and_keeps_its_own_part(
    seed: int, own: list[int], least: float
) -> None:
    difficulty = Difficulty(own_topic=(least, 1.0))
    mixture = draw_mixture(np.random.default_rng(seed), own, 10, difficulty)
    assert mixture.min() >= 0
    assert abs(mixture.sum() - 1) < 1e-9
    if own:
        assert mixture[own].sum() >= least - 1e-9


def test_a_pure_document_shows_only_its_topic() -> None:
    """Without strays, light, blur and noise a pure picture is as colourful as its palette."""
    calm = Difficulty(own_topic=(1.0, 1.0), stray_elements=0, light=0, blur_px=0, noise=0)
    generator = np.random.default_rng(0)
    hues = []
    for topic in (1, 7):
        mixture = draw_mixture(generator, [topic], 10, calm)
        assert mixture[topic] == 1
        pictures = [draw_picture(generator, WIKIPEDIA, mixture, calm) for _ in range(8)]
        hues.append(np.mean([picture.reshape(-1, 3).mean(axis=0) for picture in pictures], axis=0))
    biology, royalty = hues
    assert biology[1] > biology[0], "biology is green"
    assert royalty[0] > royalty[1], "royalty is red and gold"
