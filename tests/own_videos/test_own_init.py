"""A folder of videos becomes a corpus: what is found, what is set aside, every mistake one line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from crossmodal.corpora.folder import read
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import InputError
from crossmodal.own_videos.init import Found, init_corpus
from crossmodal.own_videos.printed import report
from crossmodal_standins.folder import synthesize

CONFIG = Path(__file__).resolve().parents[2] / "config"
GRID = Path(__file__).resolve().parents[3] / "shared" / "data" / "grid"


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "talk"
    synthesize(folder, people=2, videos=3, seconds=1.5, damaged=True, seed=1)
    return folder


@pytest.fixture
def copied(videos: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(videos, tmp_path / "videos"))


def made(videos: Path, data: Path, **changed: object) -> Found:
    words = {"labels": None, "name": "talk", "split": "auto", **changed}
    return init_corpus(videos, data=data, config=CONFIG, **words)  # type: ignore[arg-type]


def test_the_folder_is_written_and_read_by_the_reader(videos: Path, tmp_path: Path) -> None:
    found = made(videos, tmp_path)
    folder = tmp_path / "talk" / "own"
    assert found.folder == folder
    assert (folder / "videos").resolve() == videos
    aside = Quarantine()
    manifest = read(folder, quarantine=aside)
    assert len(manifest) == 6
    assert all((folder / name).is_file() for name in manifest["file"])
    assert manifest.groupby("person")["split"].nunique().tolist() == [3, 3]
    assert sorted(row.clip for row in aside.rows) == ["cut off.mp4", "empty.mp4", "notes.mp4"]
    table = pd.read_csv(folder / "videos.csv", keep_default_na=False)
    assert (table["fault"] != "").sum() == 3
    entry = yaml.safe_load((folder / "corpus.yaml").read_text())
    assert entry["split"] == "file"
    assert sorted([*entry["papers"], *entry["unserved"]]) == sorted(
        ["hashing", "captions", "cmcgan", "facevoice", "msvae"]
    )


def test_nothing_is_written_among_the_videos(copied: Path, tmp_path: Path) -> None:
    before = sorted(copied.rglob("*"))
    made(copied, tmp_path / "data")
    assert sorted(copied.rglob("*")) == before


def test_the_same_folder_gives_the_same_bytes(videos: Path, tmp_path: Path) -> None:
    names = ("corpus.yaml", "labels.csv", "videos.csv", "quarantine.csv", "contents.csv")

    def content() -> list[bytes]:
        return [(made(videos, tmp_path).folder / name).read_bytes() for name in names]

    assert content() == content()


def test_the_report_says_what_can_be_done(videos: Path, tmp_path: Path) -> None:
    text = "\n".join(report(made(videos, tmp_path)))
    assert "6 of 9 videos can be used" in text
    assert "empty.mp4    the file is empty" in text
    assert "face in 5 of 5 frames" in text
    assert "hashing    no " in text
    assert "msvae      no  2 utterances with a face in train, 4 are needed" in text
    assert "next:" not in text  # nothing can be run on so little


def test_a_changed_video_is_told(copied: Path, tmp_path: Path) -> None:
    folder = made(copied, tmp_path).folder
    first = next(copied.glob("*/1.mp4"))
    first.write_bytes(first.read_bytes() + b"more")
    with pytest.raises(InputError, match=r"1\.mp4: has changed .* init-corpus again"):
        read(folder)


def test_videos_without_a_row_are_counted(copied: Path, tmp_path: Path) -> None:
    shutil.copy(next(copied.glob("*/1.mp4")), copied / "another.MP4")
    found = made(copied, tmp_path)
    assert found.unnamed == 1
    assert "does not name: 1" in "\n".join(report(found))


def test_a_segment_beyond_the_end_is_set_aside(copied: Path, tmp_path: Path) -> None:
    name = next(copied.glob("*/1.mp4")).relative_to(copied).as_posix()
    table = tmp_path / "other.csv"
    table.write_text(f"file,label,start_s,end_s\n{name},a,0,\n{name},b,8,9\n{name},b,1,20\n")
    found = made(copied, tmp_path, labels=table)
    assert [row.reason for row in found.aside.rows] == ["the segment lies outside the video"]
    assert found.rows["end_s"].max() <= 1.6
    assert found.entry.split == "time"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "no name"}, "'no name' is no name of a corpus. Start with a letter"),
        ({"name": "wikipedia"}, "'wikipedia' is a published corpus. Choose another"),
        ({"split": "files"}, "'files' is unknown. Choose one of: auto, file, time"),
        ({"labels": Path("none.csv")}, "none.csv: there is no such file"),
    ],
)
def test_a_mistake_is_one_line(
    videos: Path, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError) as raised:
        made(videos, tmp_path, **change)
    assert said in str(raised.value)
    assert not list(tmp_path.iterdir())


def test_a_misspelt_video_is_named(copied: Path, tmp_path: Path) -> None:
    table = copied / "labels.csv"
    table.write_text(table.read_text().replace("notes.mp4", "note.mp4"))
    with pytest.raises(InputError, match=r"row 9: 'note\.mp4' is missing\. .* 'notes\.mp4'"):
        made(copied, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_folder_of_damaged_files_alone(copied: Path, tmp_path: Path) -> None:
    (copied / "labels.csv").write_text("file,label\nnotes.mp4,a\nempty.mp4,b\n")
    with pytest.raises(InputError, match=r"none of the 2 rows can be used; the first: "):
        made(copied, tmp_path / "data")


def test_the_corpus_never_lies_among_the_videos(copied: Path) -> None:
    with pytest.raises(InputError, match="would lie among the videos"):
        made(copied, copied / "data")


def test_something_else_is_never_overwritten(videos: Path, tmp_path: Path) -> None:
    (tmp_path / "talk" / "own").mkdir(parents=True)
    (tmp_path / "talk" / "own" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="the folder holds something else"):
        made(videos, tmp_path)


@pytest.mark.skipif(not GRID.is_dir(), reason="needs the GRID clips in ../shared/data/grid")
def test_seven_real_people(tmp_path: Path) -> None:
    names = sorted(path.name for path in GRID.glob("*.mpg"))
    table = tmp_path / "labels.csv"
    rows = [f"{name},{name[0]},speaker{place}" for place, name in enumerate(names)]
    table.write_text("\n".join(["file,label,person", *rows]) + "\n")
    found = made(GRID, tmp_path, labels=table, name="grid")
    assert (found.videos["fault"] == "").all()
    assert (found.videos["face_share"] == 1).all()
    assert (found.videos["end_s"] - found.videos["start_s"]).between(2.9, 3.01).all()
    assert found.entry.split == "time"
    assert found.entry.papers == ["facevoice", "cmcgan", "msvae"]
    assert found.expected == {"facevoice": 35, "cmcgan": 56, "msvae": 21}
