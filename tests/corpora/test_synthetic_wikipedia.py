"""The Wikipedia stand-in: the published layout, the same bytes, a known truth."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st

from crossmodal.corpora import wikipedia
from crossmodal.corpora.manifest import check_manifest
from crossmodal.errors import InputError
from crossmodal.features.image import read_image
from crossmodal.files import sha256_of
from crossmodal_standins.drawing import SIZES, draw_picture, strokes
from crossmodal_standins.glyphs import GLYPHS
from crossmodal_standins.topics import NUSWIDE, WIKIPEDIA, Difficulty, Topic, draw_mixture
from crossmodal_standins.wikipedia import synthesize


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("first") / "wikipedia"
    synthesize(path, train=30, test=12, seed=5)
    return path


def test_the_reader_reads_it(folder: Path) -> None:
    frame = wikipedia.read(folder)
    check_manifest(frame, folder)
    assert frame["split"].value_counts().to_dict() == {"train": 30, "test": 12}
    assert set(frame["label"]) == {topic.name for topic in WIKIPEDIA}
    assert frame["clip"].is_unique
    assert (frame["image"] != "").all()
    assert (frame["text"] != "").all()
    assert frame["source"].nunique() < len(frame), "articles have several sections"


def test_the_layout(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {
        "categories.list",
        "contents.csv",
        "images",
        "raw_features.mat",
        "testset_txt_img_cat.list",
        "texts",
        "trainset_txt_img_cat.list",
        "truth.csv",
    }
    shapes = {name: shape for name, shape, _ in scipy.io.whosmat(folder / "raw_features.mat")}
    assert shapes == {"I_tr": (30, 128), "I_te": (12, 128), "T_tr": (30, 10), "T_te": (12, 10)}
    features = wikipedia.published_features(folder)
    for matrix in features.values():
        np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-5)


def test_pictures_and_texts(folder: Path) -> None:
    frame = wikipedia.read(folder)
    for name in frame["image"][:8]:
        picture = read_image(folder / name)
        assert picture.shape[1::-1] in SIZES
        assert picture.std() > 10
    words = wikipedia.read_text(folder / frame["text"].iloc[0]).split()
    assert len(words) >= Difficulty().words[0]


def test_the_truth(folder: Path) -> None:
    truth = pd.read_csv(folder / "truth.csv", index_col="clip")
    frame = wikipedia.read(folder)
    assert truth.index.tolist() == frame["clip"].tolist()
    np.testing.assert_allclose(truth.sum(axis=1), 1, atol=1e-5)
    columns = truth.columns.get_indexer(pd.Index(frame["label"]))
    own = truth.loc[frame["clip"]].to_numpy()[np.arange(len(frame)), columns]
    assert own.min() >= Difficulty().own_topic[0]


def test_contents_seal_every_file(folder: Path) -> None:
    with (folder / "contents.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    listed = [row["path"] for row in rows]
    assert listed == sorted(listed)
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(listed) == present - {"contents.csv"}
    for row in rows:
        path = folder / row["path"]
        assert (int(row["bytes"]), row["sha256"]) == (path.stat().st_size, sha256_of(path))


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(2 if threads == 1 else 1)
    try:
        synthesize(tmp_path / "again", train=30, test=12, seed=5)
    finally:
        cv2.setNumThreads(threads)
    contents = (tmp_path / "again" / "contents.csv").read_bytes()
    assert contents == (folder / "contents.csv").read_bytes()


def test_another_seed_gives_other_documents(folder: Path, tmp_path: Path) -> None:
    synthesize(tmp_path, train=20, test=10, seed=6)
    assert set(wikipedia.read(tmp_path)["clip"]).isdisjoint(wikipedia.read(folder)["clip"])


def test_too_few_documents(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too few"):
        synthesize(tmp_path, train=5, test=12, seed=0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("topic", [*WIKIPEDIA, *NUSWIDE], ids=lambda topic: topic.name)
def test_every_glyph_stays_in_its_square(topic: Topic) -> None:
    for name in topic.glyphs:
        for kind, colour, numbers in strokes(name):
            assert kind in ("fill", "line", "oval", "ring")
            assert colour in "abckw"
            corners = numbers[1:] if kind == "line" else numbers
            assert len(corners) == {"oval": 4, "ring": 5}.get(kind, len(corners) // 2 * 2)
            assert max(map(abs, corners)) <= 1.01


def test_every_glyph_is_used() -> None:
    used = [name for topic in (*WIKIPEDIA, *NUSWIDE) for name in topic.glyphs]
    assert sorted(used) == sorted(GLYPHS)


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
    assert biology[1] > biology[2], "biology is green"
    assert royalty[2] > royalty[1], "royalty is red and gold"


@pytest.mark.parametrize(
    "wrong",
    [{"stray_words": 1.5}, {"own_topic": (0.9, 0.1)}, {"words": (5, 5)}, {"elements": (0, 4)}],
)
def test_difficulty_refuses_nonsense(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Difficulty(**wrong)  # type: ignore[arg-type]
