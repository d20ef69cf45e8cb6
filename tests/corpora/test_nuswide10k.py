"""The NUS-WIDE-10K reader on a small folder in the published layout, quirks included."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crossmodal.corpora import nuswide10k
from crossmodal.corpora.manifest import check_manifest
from crossmodal.corpora.media import available_features
from crossmodal.errors import InputError

ROWS = 60


def write(folder: Path, name: str, lines: list[str], end: str = "\n") -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((end.join(lines) + end).encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sixty images: row i shows concept i modulo 10; every sixth one shows another concept too."""
    shown = np.eye(10, dtype=int)[np.arange(ROWS) % 10]
    shown[::6, :] |= np.eye(10, dtype=int)[(np.arange(0, ROWS, 6) + 1) % 10]
    names = [f"place\\{row:04d}_{900 + row}.jpg" for row in range(ROWS)]
    write(tmp_path, "ImageList/Imagelist.txt", names, "\r\n")
    write(tmp_path, "ConceptsList/Concepts81.txt", ["zebra", *nuswide10k.CONCEPTS])
    for index, concept in enumerate(nuswide10k.CONCEPTS):
        write(
            tmp_path,
            f"Groundtruth/AllLabels/Labels_{concept}.txt",
            [str(value) for value in shown[:, index]],
        )
    tags = [["1" if row == column else "0" for column in range(1000)] for row in range(ROWS)]
    write(tmp_path, "NUS_WID_Tags/AllTags1k.txt", ["\t".join(row) + "\t" for row in tags])
    counts = [[str(row + column % 3) for column in range(500)] for row in range(ROWS)]
    write(tmp_path, "Low_Level_Features/BoW_int.dat", [" ".join(row) + " " for row in counts])
    return tmp_path


def small(folder: Path, per_class: int = 4) -> pd.DataFrame:
    return nuswide10k.read(folder, per_class=per_class, validation=10, test=10)


def test_the_choice(folder: Path) -> None:
    frame = nuswide10k.read(folder, per_class=4, validation=10, test=20, seed=3)
    check_manifest(frame, folder)
    counts = frame.groupby(["label", "split"]).size().unstack()
    assert (counts[["train", "validation", "test"]] == [1, 1, 2]).all(axis=None)
    rows = frame["row"].astype(int)
    assert (rows % 6 != 0).all(), "an image with two of the ten concepts was chosen"
    assert [nuswide10k.CONCEPTS[row % 10] for row in rows] == frame["label"].tolist()
    assert frame["clip"].tolist() == [f"place/{row:04d}_{900 + row}" for row in rows]
    assert frame["source"].tolist() == [str(900 + row) for row in rows]
    assert frame["split"].tolist() == sorted(
        frame["split"], key=["train", "validation", "test"].index
    )


def test_the_seed_decides(folder: Path) -> None:
    first, again, other = (
        nuswide10k.read(folder, per_class=3, validation=10, test=10, seed=seed)
        for seed in (1, 1, 2)
    )
    assert first.equals(again)
    assert not first.equals(other)


def test_features_follow_the_manifest(folder: Path) -> None:
    frame = small(folder)
    rows = frame["row"].astype(int).to_numpy()
    assert np.array_equal(nuswide10k.word_counts(folder, frame), rows[:, None] + np.arange(500) % 3)
    tags = nuswide10k.tag_indicators(folder, frame)
    assert tags.shape == (40, 1000)
    assert np.array_equal(tags.argmax(axis=1), rows)
    assert available_features("nuswide10k", folder) == ["image_bow", "text_tags"]


def test_images_are_used_when_at_hand(folder: Path) -> None:
    (folder / "Flickr" / "place").mkdir(parents=True)
    for row in range(ROWS):
        (folder / "Flickr" / "place" / f"{row:04d}_{900 + row}.jpg").write_bytes(b"")
    frame = small(folder)
    assert all((folder / name).is_file() for name in frame["image"])
    assert "image_deep" in available_features("nuswide10k", folder)
    (folder / frame["image"].iloc[7]).unlink()
    with pytest.raises(InputError, match="1 of 40 chosen images are missing"):
        small(folder)


def test_too_few_images_are_counted(folder: Path) -> None:
    with pytest.raises(InputError, match=r"\d images show animal and none .* 7 are needed"):
        small(folder, per_class=7)


@pytest.mark.parametrize(("validation", "test"), [(5, 10), (10, 15), (20, 20)])
def test_sizes_that_do_not_split(folder: Path, validation: int, test: int) -> None:
    with pytest.raises(InputError, match="do not split"):
        nuswide10k.read(folder, per_class=4, validation=validation, test=test)


@pytest.mark.parametrize(
    ("name", "lines", "problem"),
    [
        ("ImageList/Imagelist.txt", ["..\\x.jpg"] * ROWS, "leads out"),
        ("ImageList/Imagelist.txt", ["a\\x.jpg"] * ROWS, "listed twice"),
        ("ConceptsList/Concepts81.txt", ["zebra"], "lacks animal"),
        ("Groundtruth/AllLabels/Labels_toy.txt", ["0"] * 59, "59 labels for 60 images"),
        ("Groundtruth/AllLabels/Labels_toy.txt", ["2"] * 60, "not 0 or 1"),
    ],
)
def test_damaged_lists(folder: Path, name: str, lines: list[str], problem: str) -> None:
    write(folder, name, lines)
    with pytest.raises(InputError, match=problem) as caught:
        small(folder)
    assert caught.value.file == folder / name
    (folder / name).unlink()
    with pytest.raises(InputError, match="no such file"):
        small(folder)


@pytest.mark.parametrize(
    ("line", "problem"),
    [("1 " * 999, "1000"), ("2 " * 1000, "0 to 1"), ("-1 " * 1000, "0"), ("x " * 1000, "whole")],
)
def test_damaged_tags(folder: Path, line: str, problem: str) -> None:
    frame = small(folder)
    write(folder, "NUS_WID_Tags/AllTags1k.txt", [line] * ROWS)
    with pytest.raises(InputError, match=problem) as caught:
        nuswide10k.tag_indicators(folder, frame)
    assert str(caught.value.field).startswith("line ")


def test_a_manifest_of_another_corpus(folder: Path) -> None:
    with pytest.raises(InputError, match="which rows"):
        nuswide10k.word_counts(folder, small(folder).drop(columns="row"))


def test_a_matrix_that_ends_early(folder: Path) -> None:
    frame = small(folder)
    path = folder / "Low_Level_Features" / "BoW_int.dat"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:20]))
    with pytest.raises(InputError, match="lie past its end"):
        nuswide10k.word_counts(folder, frame)
