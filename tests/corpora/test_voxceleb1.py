"""The VoxCeleb1 reader on a tiny tree, and its speed on a list of published length."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from crossmodal.corpora import voxceleb1
from crossmodal.corpora.leakage import leakage
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import InputError

HEADER = "VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet\n"
PEOPLE = {
    f"id1000{number}": ("A.J._Buckley", "Ann_Bö", "Cy_Jr.", "Di_E")[number] for number in range(4)
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four people with two videos of three utterances; the last of each is for testing."""
    rows = []
    for person, name in PEOPLE.items():
        for video in ("-aB_1", "zz"):
            # A full stop at the end of a folder's name is lost in some archives.
            track = tmp_path / "unzippedFaces" / name.rstrip(".") / "1.6" / video / "0"
            track.mkdir(parents=True)
            (track / "0000025.jpg").touch()
            (tmp_path / "wav" / person / video).mkdir(parents=True)
            for number in range(1, 4):
                path = f"{person}/{video}/{number:05}.wav"
                soundfile.write(tmp_path / "wav" / path, np.zeros(8000, np.int16), 16000)
                rows.append(f"{number} {path}")
    (tmp_path / "iden_split.txt").write_text("\n".join(rows) + "\n")
    meta = "".join(
        f"{person}\t{name}\t{'mf'[place % 2]}\tUK\tdev\n"
        for place, (person, name) in enumerate(PEOPLE.items())
    )
    (tmp_path / "vox1_meta.csv").write_text(HEADER + meta, encoding="utf-8")
    return tmp_path


def test_the_published_split(folder: Path) -> None:
    frame = voxceleb1.read(folder)
    assert len(frame) == 24
    assert frame["split"].tolist()[:3] == ["train", "validation", "test"]
    row = frame.set_index("clip").loc["id10002/-aB_1/00002"]
    assert (row["label"], row["person"], row["source"]) == ("Cy_Jr.", "id10002", "id10002/-aB_1")
    assert (row["gender"], row["nationality"]) == ("male", "UK")
    assert row["audio"] == "wav/id10002/-aB_1/00002.wav"
    assert row["faces"] == "unzippedFaces/Cy_Jr/1.6/-aB_1"
    assert all((folder / name).is_dir() for name in frame["faces"])
    people = leakage(frame).query("kind == 'person'")
    assert people["shared"].tolist() == [4, 4, 4]


def test_the_split_by_identity(folder: Path) -> None:
    frame = voxceleb1.read(folder, split="identity", test=0.5, validation=0, durations=True)
    assert not leakage(frame)["shared"].any()
    assert frame.groupby("split")["gender"].nunique().tolist() == [2, 2]
    assert set(frame["end_s"]) == {0.5}


def lose_sound(folder: Path) -> None:
    (folder / "wav/id10001/zz/00002.wav").unlink()


def forget_person(folder: Path) -> None:
    path = folder / "iden_split.txt"
    path.write_text(path.read_text().replace("2 id10001/zz/00002", "2 id10099/zz/00002"))


@pytest.mark.parametrize(
    ("damage", "person", "reason"),
    [
        (lose_sound, "id10001", "there is no such sound file"),
        (forget_person, "id10099", "the person is not in vox1_meta.csv"),
    ],
)
def test_one_bad_utterance_is_set_aside(
    folder: Path, damage: Callable[[Path], None], person: str, reason: str
) -> None:
    damage(folder)
    quarantine = Quarantine()
    assert len(voxceleb1.read(folder, quarantine=quarantine)) == 23
    assert quarantine.rows == [(f"{person}/zz/00002", f"wav/{person}/zz/00002.wav", reason)]


def lose_faces(folder: Path) -> None:
    track = folder / "unzippedFaces/Di_E/1.6/zz"
    track.rename(folder / "elsewhere")


def lose_all_faces(folder: Path) -> None:
    (folder / "unzippedFaces").rename(folder / "faces")


def wrong_header(folder: Path) -> None:
    path = folder / "vox1_meta.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("\t", ","), encoding="utf-8")


def wrong_phase(folder: Path) -> None:
    path = folder / "iden_split.txt"
    path.write_text(path.read_text().replace("3 id10000/zz", "4 id10000/zz"))


def repeat(folder: Path) -> None:
    path = folder / "iden_split.txt"
    path.write_text(path.read_text() + "1 id10000/zz/00001.wav\n")


def lose_list(folder: Path) -> None:
    (folder / "iden_split.txt").unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lose_faces, r"3 of 24 clips are set aside: there are no faces of the video \(3\)"),
        (lose_all_faces, "Unpack the cropped faces"),
        (wrong_header, r"vox1_meta\.csv: the header lacks 'VoxCeleb1 ID'"),
        (wrong_phase, "entry 6: '4 id10000/zz/00003.wav' is no phase"),
        (repeat, "'id10000/zz/00001.wav' stands there more than once"),
        (lose_list, r"iden_split\.txt: there is no such file"),
    ],
)
def test_damage(folder: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(folder)
    with pytest.raises(InputError, match=message) as caught:
        voxceleb1.read(folder)
    assert "\n" not in str(caught.value)


def test_150000_utterances_in_seconds(folder: Path) -> None:
    files = set()
    rows = []
    for person in PEOPLE:
        for number in range(10, 38_000):
            path = f"{person}/zz/{number:05}.wav"
            rows.append(f"1 {path}")
            files.add(path)
    (folder / "iden_split.txt").write_text("\n".join(rows) + "\n")
    for path in files:
        (folder / "wav" / path).touch()
    start = time.perf_counter()
    assert len(voxceleb1.read(folder)) > 150_000
    assert time.perf_counter() - start < 15  # 2.6 s alone on one core
