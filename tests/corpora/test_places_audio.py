"""The Places Audio reader on hand-made JSON files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from crossmodal.corpora import places_audio
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import InputError

SUBSETS = ("train_2020", "dev_seen_2020", "dev_unseen_2020", "test_seen_2020", "test_unseen_2020")


def entries(subset: str, count: int) -> list[dict[str, str]]:
    return [
        {
            "image": f"a/{subset}/{number}.jpg",
            "wav": f"wavs/{subset}/{number}.wav",
            "speaker": f"{subset}-speaker",
            "uttid": f"{subset}-{number}",
            "asr_text": f"a place {number}",
        }
        for number in range(count)
    ]


def write(folder: Path, subset: str, content: Any) -> None:
    path = folder / "metadata" / f"{subset}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The archive unpacked: base paths of other machines, sounds beside, images elsewhere."""
    for subset in SUBSETS:
        listed = entries(subset, 10 if subset.startswith("train") else 2)
        content = {"image_base_path": "/far/places205/", "audio_base_path": "/far/audio/"}
        write(tmp_path, subset, content | {"data": listed})
        for entry in listed:
            image = tmp_path / "images" / entry["image"]
            image.parent.mkdir(parents=True, exist_ok=True)
            image.touch()
            sound = tmp_path / "audio" / entry["wav"]
            sound.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(sound, np.zeros(800, np.int16), 16000)
    (tmp_path / "metadata" / "notes.json").write_text("not read")
    return tmp_path


def test_the_lists_become_a_manifest(folder: Path) -> None:
    frame = places_audio.read(folder)
    assert frame["split"].value_counts().to_dict() == {"train": 10, "validation": 4, "test": 4}
    row = frame.iloc[1]
    assert (row["clip"], row["person"]) == ("train_2020-1", "train_2020-speaker")
    assert row["audio"] == "audio/wavs/train_2020/1.wav"
    assert row["image"] == "images/a/train_2020/1.jpg"
    assert (row["text"], row["subset"]) == ("a place 1", "train_2020")
    assert frame["end_s"].isna().all()
    timed = places_audio.read(folder, durations=True)
    assert timed["end_s"].tolist() == [0.05] * 18


@pytest.mark.parametrize(
    ("speakers", "subsets"), [("seen", SUBSETS[:4:3]), ("unseen", SUBSETS[2:5:2])]
)
def test_known_or_unknown_speakers(folder: Path, speakers: str, subsets: tuple[str, ...]) -> None:
    found = set(places_audio.read(folder, speakers=speakers)["subset"])
    assert set(subsets) <= found
    assert {name for name in found if "seen" in name.split("_")} == (
        {"dev_seen_2020", "test_seen_2020"} if speakers == "seen" else set()
    )


@pytest.mark.parametrize("base", ["audio", "audio/", "./audio"])
def test_a_base_path_inside_the_folder(folder: Path, base: str) -> None:
    content = json.loads((folder / "metadata" / "train_2020.json").read_text())
    write(folder, "train_2020", content | {"audio_base_path": base})
    assert len(places_audio.read(folder)) == 18


def test_one_missing_file_is_set_aside(folder: Path) -> None:
    (folder / "images/a/train_2020/3.jpg").unlink()
    quarantine = Quarantine()
    assert len(places_audio.read(folder, quarantine=quarantine)) == 17
    assert quarantine.rows == [
        ("train_2020-3", "images/a/train_2020/3.jpg", "there is no such image")
    ]


def lose_many(folder: Path) -> None:
    for path in (folder / "audio/wavs/dev_seen_2020").iterdir():
        path.unlink()


def truncate(folder: Path) -> None:
    path = folder / "metadata" / "train_2020.json"
    path.write_text(path.read_text()[:-7])


def lose_field(folder: Path) -> None:
    listed = entries("train_2020", 2)
    del listed[1]["wav"]
    write(folder, "train_2020", {"data": listed})


def no_list(folder: Path) -> None:
    write(folder, "train_2020", ["a"])


def repeat(folder: Path) -> None:
    write(folder, "val", {"data": entries("train_2020", 1)})


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lose_many, r"2 of 18 clips are set aside: there is no such sound file \(2\)"),
        (truncate, r"train_2020\.json: not readable JSON"),
        (lose_field, r"data\[1\]: 'wav' is missing"),
        (no_list, "there is no list of entries"),
        (repeat, "'train_2020-0' stands there more than once"),
    ],
)
def test_damage(folder: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(folder)
    with pytest.raises(InputError, match=message) as caught:
        places_audio.read(folder)
    assert "\n" not in str(caught.value)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no train\*\.json"):
        places_audio.read(tmp_path)
