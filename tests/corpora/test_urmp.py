"""The URMP reader on two pieces made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from crossmodal.corpora import urmp
from crossmodal.corpora.leakage import leakage
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import InputError


def piece(folder: Path, name: str, codes: list[str], seconds: float = 0.25) -> None:
    number, title = name.split("_")[:2]
    (folder / name).mkdir(parents=True)
    (folder / name / f"Vid_{name}.mp4").touch()
    (folder / name / f"AuMix_{name}.wav").touch()
    sound = np.zeros(round(8000 * seconds), np.float32)
    for player, code in enumerate(codes, start=1):
        path = folder / name / f"AuSep_{player}_{code}_{number}_{title}.wav"
        soundfile.write(path, sound, 8000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    piece(tmp_path, "01_Jupiter_vn_vc", ["vn", "vc"])
    piece(tmp_path, "02_Sonata_vn_vn", ["vn", "vn"])
    piece(tmp_path, "12_Spring_vn_vn_va_db", ["vn", "vn", "va", "db"], seconds=1.5)
    return tmp_path


def test_players_become_rows(folder: Path) -> None:
    frame = urmp.read(folder, validation=0, test=0.3)
    assert len(frame) == 8
    last = frame.iloc[-1]
    assert last["clip"] == "12_Spring_vn_vn_va_db/AuSep_4_db_12_Spring"
    assert (last["label"], last["source"]) == ("double_bass", "12_Spring_vn_vn_va_db")
    assert (last["start_s"], last["end_s"]) == (0.0, 1.5)
    assert (last["player"], last["players"]) == ("4", "4")
    assert (folder / last["video"]).is_file()
    assert (folder / last["audio"]).is_file()
    assert not leakage(frame)["shared"].any()


def test_a_bad_recording_is_set_aside(folder: Path) -> None:
    bad = "01_Jupiter_vn_vc/AuSep_2_vc_01_Jupiter.wav"
    (folder / bad).write_bytes(b"")
    quarantine = Quarantine()
    frame = urmp.read(folder, split="random", quarantine=quarantine)
    assert len(frame) == 7
    assert [(row.file, row.reason) for row in quarantine.rows] == [
        (bad, "not a readable sound file")
    ]


def test_too_many_without_a_video(folder: Path) -> None:
    (folder / "02_Sonata_vn_vn" / "Vid_02_Sonata_vn_vn.mp4").unlink()
    with pytest.raises(InputError, match="2 of 8 clips are set aside: there is no video"):
        urmp.read(folder)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no clips are found"):
        urmp.read(tmp_path)
