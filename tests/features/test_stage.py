"""The feature stage on both stand-ins and on the real Wikipedia files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from crossmodal.corpora import nuswide10k, wikipedia
from crossmodal.corpora.manifest import read_manifest, write_manifest
from crossmodal.corpora.media import FEATURES, available_features
from crossmodal.errors import InputError
from crossmodal.features.deep import deep
from crossmodal.features.stage import write_features
from crossmodal.features.store import read_feature
from crossmodal_standins import nuswide10k as synthetic_nuswide10k
from crossmodal_standins import wikipedia as synthetic_wikipedia

REAL = Path(__file__).parents[3] / "shared" / "data" / "wikipedia"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpora")
    synthetic_wikipedia.synthesize(path / "wikipedia", train=24, test=10, seed=1)
    write_manifest(path / "wikipedia.csv", wikipedia.read(path / "wikipedia"))
    synthetic_nuswide10k.synthesize(path / "nuswide10k", per_class=3, seed=1)
    frame = nuswide10k.read(path / "nuswide10k", per_class=3, validation=10, test=10, seed=2)
    write_manifest(path / "nuswide10k.csv", frame)
    return path


@pytest.mark.parametrize(
    ("corpus", "widths"),
    [
        ("wikipedia", {"image_bow": 128, "text_lda": 10, "image_deep": 128}),
        ("nuswide10k", {"image_bow": 500, "text_tags": 1000, "image_deep": 128}),
    ],
)
def test_every_feature_of_a_stand_in(
    root: Path, tmp_path: Path, corpus: str, widths: dict[str, int]
) -> None:
    folder, manifest = root / corpus, root / f"{corpus}.csv"
    names = available_features(corpus, folder)
    assert names == list(FEATURES[corpus])
    write_features(corpus, names, folder, manifest, tmp_path, seed=1)
    rows = len(read_manifest(manifest))
    for name, width in widths.items():
        feature = read_feature(tmp_path / f"{name}.npy", rows)
        assert feature.shape == (rows, width)
        assert feature.dtype == np.float32
        text = json.loads((tmp_path / f"{name}.json").read_text())
        assert text["settings"]["corpus"] == corpus
        assert text["units"]
        if name in ("image_bow", "text_lda"):
            np.testing.assert_allclose(feature.sum(axis=1), 1, atol=1e-5)
    assert (
        "small network"
        in json.loads((tmp_path / "image_deep.json").read_text())["settings"]["network"]
    )


def test_rows_follow_the_manifest(root: Path, tmp_path: Path) -> None:
    for corpus, name in (("wikipedia", "image_deep"), ("nuswide10k", "text_tags")):
        write_features(corpus, [name], root / corpus, root / f"{corpus}.csv", tmp_path, seed=4)
    frame = read_manifest(root / "nuswide10k.csv")
    tags = nuswide10k.tag_indicators(root / "nuswide10k", frame)
    assert np.array_equal(np.load(tmp_path / "text_tags.npy"), tags)
    frame = read_manifest(root / "wikipedia.csv")
    images = [root / "wikipedia" / name for name in frame["image"]]
    train = (frame["split"] == "train").to_numpy(dtype=bool)
    expected = deep(images, train, frame["label"].tolist(), seed=4)
    assert np.array_equal(np.load(tmp_path / "image_deep.npy"), expected)


def test_the_stand_ins_features_are_those_of_its_media(root: Path, tmp_path: Path) -> None:
    """The published file is made by the same chain, so computing it again changes nothing."""
    folder, manifest = root / "wikipedia", root / "wikipedia.csv"
    names = ["image_bow", "text_lda"]
    for published in (True, False):
        out = tmp_path / str(published)
        write_features("wikipedia", names, folder, manifest, out, seed=1, published=published)
    for name in names:
        first, second = (np.load(tmp_path / side / f"{name}.npy") for side in ("True", "False"))
        assert np.array_equal(first, second)
    settings = json.loads((tmp_path / "False" / "image_bow.json").read_text())["settings"]
    assert (settings["from"], settings["seed"], settings["words"]) == ("images", 1, 128)


def test_a_corpus_without_media(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "wikipedia"
    shutil.copytree(root / "wikipedia", folder, ignore=shutil.ignore_patterns("images", "texts"))
    manifest = tmp_path / "manifest.csv"
    write_manifest(manifest, wikipedia.read(folder))
    assert available_features("wikipedia", folder) == ["image_bow", "text_lda"]
    write_features("wikipedia", ["image_bow"], folder, manifest, tmp_path / "out", seed=0)
    with pytest.raises(InputError, match="images themselves are not at hand"):
        write_features("wikipedia", ["image_deep"], folder, manifest, tmp_path / "out", seed=0)
    (folder / "raw_features.mat").unlink()
    with pytest.raises(InputError, match="texts themselves are not at hand"):
        write_features("wikipedia", ["text_lda"], folder, manifest, tmp_path / "out", seed=0)
    assert available_features("wikipedia", folder) == []
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "image_bow.json",
        "image_bow.npy",
    ]


def test_names_and_rows_are_checked(root: Path, tmp_path: Path) -> None:
    folder, manifest = root / "wikipedia", root / "wikipedia.csv"
    with pytest.raises(InputError, match=r"no feature 'text_tags'.*image_bow"):
        write_features("wikipedia", ["text_tags"], folder, manifest, tmp_path, seed=0)
    with pytest.raises(InputError, match="no feature 'image_bow'"):
        write_features("places", ["image_bow"], folder, manifest, tmp_path, seed=0)
    shuffled = tmp_path / "shuffled.csv"
    write_manifest(shuffled, read_manifest(manifest).iloc[::-1])
    with pytest.raises(InputError, match="not those of the published lists"):
        write_features("wikipedia", ["image_bow"], folder, shuffled, tmp_path, seed=0)


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the real files in ../shared/data/wikipedia")
def test_the_real_features(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.csv"
    write_manifest(manifest, wikipedia.read(REAL))
    names = available_features("wikipedia", REAL)
    write_features("wikipedia", names, REAL, manifest, tmp_path, seed=0)
    assert read_feature(tmp_path / "image_bow.npy", 2866).shape == (2866, 128)
    assert read_feature(tmp_path / "text_lda.npy", 2866).shape == (2866, 10)
