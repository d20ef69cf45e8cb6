"""The reader of a user's own recordings: names, times, splits, and every error in the table."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from crossmodal.corpora import folder as own
from crossmodal.corpora.leakage import leakage
from crossmodal.errors import InputError

NAMES = ["a b/Zoë 1.mp4", "видео/клип.mkv", "深/い/動画.mov", "plain.mp4", "more.mp4"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        path = tmp_path / unicodedata.normalize("NFD", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def table(folder: Path, text: str, encoding: str = "utf-8") -> None:
    (folder / "labels.csv").write_text(text, encoding=encoding)


def test_any_name_at_any_depth(folder: Path) -> None:
    rows = "".join(f"{name},l{place}\n" for place, name in enumerate(NAMES))
    table(folder, "file,label\n" + rows, encoding="utf-8-sig")
    frame = own.read(folder)
    assert frame["label"].tolist() == [f"l{place}" for place in range(5)]
    assert all((folder / name).is_file() for name in frame["file"])
    assert frame["clip"].tolist() == frame["file"].tolist() == frame["source"].tolist()
    assert frame["start_s"].isna().all()
    assert sorted(frame["split"]) == ["test", "train", "train", "train", "validation"]


def test_segments_of_one_file(folder: Path) -> None:
    table(
        folder,
        "label,file,end_s,start_s,person\nx,plain.mp4,2.5,1,Ana\ny,plain.mp4,4,2.5,Bo\n"
        "x,more.mp4,,,Bo\nx,a b\\Zoë 1.mp4,3,,Cy\n",
    )
    frame = own.read(folder, test=0.3)
    assert frame["clip"].tolist()[:3] == ["plain.mp4#1", "plain.mp4#2", "more.mp4"]
    assert frame["start_s"].tolist()[:2] == [1.0, 2.5]
    assert frame["end_s"].fillna(-1).tolist() == [2.5, 4.0, -1.0, 3.0]
    assert not leakage(frame).query("kind == 'source'")["shared"].any()
    by_person = own.read(folder, split="person", test=0.3, validation=0)
    assert not leakage(by_person).query("kind == 'person'")["shared"].any()


def test_the_users_own_split_holds(folder: Path) -> None:
    table(folder, "file,label,split\nplain.mp4,x,test\nmore.mp4,y,train\n")
    assert own.read(folder)["split"].tolist() == ["test", "train"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,lable\nplain.mp4,x\n", "lable: unknown column. Did you mean `label`"),
        ("file;label\nplain.mp4;x\n", "unknown column"),
        ("file,person\nplain.mp4,x\n", "label: the column is missing"),
        ("file,label\n", "there are no rows"),
        ("", "not a readable table"),
        ("file,label\nplain.mp4,x,7,9\n", "labels.csv"),
        ("file,label\nplain.mp4,\n", "row 1: 'plain.mp4' has no label"),
        ("file,label\n,x\n", "row 1: '' is no file"),
        ("file,label\nplain.mp4,x\nplian.mp4,y\n", "row 2: 'plian.mp4' is missing. Did you mean"),
        ("file,label\n../plain.mp4,x\n", "is not a path inside the folder"),
        ("file,label\n/etc/passwd,x\n", "is not a path inside the folder"),
        (
            "file,label,start_s,end_s\nplain.mp4,x,2,1.5\n",
            "row 1: end_s 1.5 is not after start_s 2",
        ),
        ("file,label,end_s\nplain.mp4,x,0\n", "end_s 0 is not after start_s 0"),
        ("file,label,start_s\nplain.mp4,x,-1\n", "row 1: '-1' is no start_s"),
        ("file,label,start_s\nplain.mp4,x,nan\n", "row 1: 'nan' is no start_s"),
        ("file,label,end_s\nplain.mp4,x,1:20\n", "row 1: '1:20' is no end_s"),
        ("file,label\nplain.mp4,x\nplain.mp4,y\n", "row 2: the same part of 'plain.mp4'"),
        ("file,label,split\nplain.mp4,x,train\nmore.mp4,y,\n", "row 2: '' is no split"),
        ("file,label\nplain.mp4,x\n", "too few for a test set"),
    ],
)
def test_damage(folder: Path, text: str, message: str) -> None:
    table(folder, text)
    with pytest.raises(InputError) as caught:
        own.read(folder)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_table_no_folder_no_utf8_no_person(folder: Path) -> None:
    with pytest.raises(InputError, match=r"labels\.csv: there is no such file"):
        own.read(folder)
    with pytest.raises(InputError, match="no such folder"):
        own.read(folder / "nowhere")
    table(folder, "file,label\nplain.mp4,ä\n", encoding="latin-1")
    with pytest.raises(InputError, match="not UTF-8 text"):
        own.read(folder)
    table(folder, "file,label\nplain.mp4,x\nmore.mp4,y\n")
    with pytest.raises(InputError, match="is no person"):
        own.read(folder, split="person")
