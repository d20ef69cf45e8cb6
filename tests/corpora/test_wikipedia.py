"""The Wikipedia reader on the real files and on small damaged ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from crossmodal.corpora import wikipedia
from crossmodal.corpora.manifest import check_manifest
from crossmodal.corpora.media import available_features
from crossmodal.errors import InputError

REAL = Path(__file__).parents[3] / "shared" / "data" / "wikipedia"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three training and two test documents of two categories, features only."""
    (tmp_path / "categories.list").write_text("art\nbiology\n")
    (tmp_path / "trainset_txt_img_cat.list").write_text("a-1\tp1\t1\na-2\tp2\t2\nb-1\tp3\t2\n")
    (tmp_path / "testset_txt_img_cat.list").write_text("a-3\tp4\t1\na-1\tp5\t2\n")
    save(tmp_path)
    return tmp_path


def save(folder: Path, **changes: object) -> None:
    rows = {"I_tr": (3, 128), "I_te": (2, 128), "T_tr": (3, 10), "T_te": (2, 10)}
    matrices = {name: np.arange(n * d, dtype=float).reshape(n, d) for name, (n, d) in rows.items()}
    kept = {name: value for name, value in (matrices | changes).items() if value is not None}
    scipy.io.savemat(folder / "raw_features.mat", kept)


def add_media(folder: Path) -> None:
    for name in ("art/p1", "biology/p2", "biology/p3", "art/p4", "biology/p5"):
        path = folder / "images" / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (folder / "texts").mkdir()
    for name in ("a-1", "a-2", "b-1", "a-3"):
        (folder / "texts" / f"{name}.xml").write_text("<text>x</text>")


def test_lists_become_a_manifest(folder: Path) -> None:
    frame = wikipedia.read(folder)
    check_manifest(frame, folder)
    assert frame["clip"].tolist() == ["a-1", "a-2", "b-1", "a-3", "a-1#2"]
    assert frame["split"].tolist() == ["train"] * 3 + ["test"] * 2
    assert frame["label"].tolist() == ["art", "biology", "biology", "art", "biology"]
    assert frame["source"].tolist() == ["a", "a", "b", "a", "a"]
    assert (frame[["image", "text"]] == "").all(axis=None)
    assert available_features("wikipedia", folder) == ["image_bow", "text_lda"]


def test_media_are_found(folder: Path) -> None:
    add_media(folder)
    frame = wikipedia.read(folder)
    assert frame["image"].tolist()[:2] == ["images/art/p1.jpg", "images/biology/p2.jpg"]
    assert all((folder / name).is_file() for name in [*frame["image"], *frame["text"]])
    assert available_features("wikipedia", folder) == ["image_bow", "text_lda", "image_deep"]


def test_features_follow_the_lists(folder: Path) -> None:
    features = wikipedia.published_features(folder)
    assert features["image_bow"].shape == (5, 128)
    assert features["text_lda"][:, 0].tolist() == [0, 10, 20, 0, 10]


def truncate(folder: Path) -> None:
    path = folder / "raw_features.mat"
    path.write_bytes(path.read_bytes()[:-700])


def poison(folder: Path) -> None:
    save(folder, T_te=np.full((2, 10), np.nan))


@pytest.mark.parametrize(
    ("damage", "problem", "field"),
    [
        (truncate, "not a readable MATLAB file", None),
        (lambda folder: (folder / "raw_features.mat").write_bytes(b""), "not a readable", None),
        (lambda folder: (folder / "raw_features.mat").unlink(), "no such file", None),
        (lambda folder: save(folder, I_te=None), "variable is missing", "I_te"),
        (lambda folder: save(folder, I_tr=np.ones((4, 128))), "instead of (3, 128)", "I_tr"),
        (lambda folder: save(folder, T_tr=np.ones((3, 9))), "instead of (3, 10)", "T_tr"),
        (poison, "not a finite number", "T_te"),
        (lambda folder: save(folder, T_te=np.full((2, 10), "x")), "instead of|finite", "T_te"),
    ],
)
def test_damaged_features(
    folder: Path, damage: Callable[[Path], object], problem: str, field: str | None
) -> None:
    damage(folder)
    with pytest.raises(InputError) as caught:
        wikipedia.published_features(folder)
    assert caught.value.file == folder / "raw_features.mat"
    assert caught.value.field == field
    assert any(part in caught.value.problem for part in problem.split("|"))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("a-1\tp1", "2 fields"),
        ("a-1\tp1\t1\tmore", "4 fields"),
        ("a-1\tp1\t3", "'3' is no category"),
        ("a-1\tp1\t0", "'0' is no category"),
        ("a-1\tp1\tart", "'art' is no category"),
        ("../a-1\tp1\t1", "holds a path"),
        ("a-1\t\t1", "empty"),
    ],
)
def test_a_bad_line_is_named(folder: Path, line: str, problem: str) -> None:
    path = folder / "testset_txt_img_cat.list"
    path.write_text(f"a-9\tp9\t1\n{line}\n")
    with pytest.raises(InputError, match=problem) as caught:
        wikipedia.read(folder)
    assert (caught.value.file, caught.value.field) == (path, "line 2")


@pytest.mark.parametrize("name", ["categories.list", *wikipedia.LISTS.values()])
def test_a_missing_list(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InputError, match="no such file") as caught:
        wikipedia.read(folder)
    assert caught.value.file == folder / name


@pytest.mark.parametrize("name", ["images/biology/p3.jpg", "texts/a-2.xml"])
def test_missing_media(folder: Path, name: str) -> None:
    add_media(folder)
    (folder / name).unlink()
    with pytest.raises(InputError, match=f"1 of 5 files are missing, the first is {name}"):
        wikipedia.read(folder)


def test_text_of_an_article(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text(
        "<document><image id='1'/><text>\nSalt &amp; <b>sea</b> & more\n</text></document>"
    )
    assert wikipedia.read_text(path).split() == ["Salt", "&", "sea", "&", "more"]
    path.write_text("<document/>")
    with pytest.raises(InputError, match="no <text> element"):
        wikipedia.read_text(path)
    with pytest.raises(InputError, match="cannot be read"):
        wikipedia.read_text(tmp_path / "none.xml")


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the real files in ../shared/data/wikipedia")
def test_the_real_files() -> None:
    frame = wikipedia.read(REAL)
    check_manifest(frame, REAL)
    assert frame["split"].value_counts().to_dict() == {"train": 2173, "test": 693}
    assert frame["label"].value_counts()["warfare"] == 451
    features = wikipedia.published_features(REAL)
    assert features["image_bow"].shape == (2866, 128)
    np.testing.assert_allclose(features["image_bow"].sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(features["text_lda"].sum(axis=1), 1, atol=1e-6)
    # the published split shares articles between its sides
    sides = frame.groupby("split")["source"].agg(set)
    assert len(sides["train"] & sides["test"]) == 401
    digest = hashlib.sha256((REAL / "raw_features.mat").read_bytes()).hexdigest()
    assert digest.startswith("ca628f765a69575e")
