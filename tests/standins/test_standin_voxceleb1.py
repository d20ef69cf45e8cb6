"""The VoxCeleb1 stand-in: the published tree, the same bytes, voices that fit the truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import librosa
import numpy as np
import pandas as pd
import pytest
import soundfile

from crossmodal.corpora import voxceleb1
from crossmodal.errors import InputError
from crossmodal_standins.people import COUPLING, draw_people
from crossmodal_standins.voxceleb1 import (
    FACES_A_TRACK,
    HEADER,
    TRACKS_A_VIDEO,
    Difficulty,
)

PEOPLE, VIDEOS, UTTERANCES = 4, 3, 1


@pytest.fixture(scope="module")
def folder(stand_in: Callable[[str], Path]) -> Path:
    return stand_in("voxceleb1")


def test_the_reader_reads_it(folder: Path) -> None:
    frame = voxceleb1.read(folder, durations=True)
    assert len(frame) == PEOPLE * VIDEOS * UTTERANCES
    assert frame.groupby("split").size().to_dict() == {"train": 4, "validation": 4, "test": 4}
    assert set(frame.groupby("person")["split"].nunique()) == {3}
    assert frame.groupby("source")["split"].nunique().max() == 1
    assert set(frame["gender"]) == {"male", "female"}
    assert frame["end_s"].between(3.9, 12).all()


def test_the_layout(folder: Path) -> None:
    meta = (folder / "vox1_meta.csv").read_text().splitlines()
    assert meta[0] == HEADER
    assert len(meta) == PEOPLE + 1
    for line in (folder / "iden_split.txt").read_text().splitlines():
        phase, path = line.split(" ")
        assert phase in "123"
        info = soundfile.info(folder / "wav" / path)
        assert (info.samplerate, info.channels, info.subtype) == (16000, 1, "PCM_16")
    pictures = sorted((folder / "unzippedFaces").rglob("*.jpg"))
    assert len(pictures) == PEOPLE * VIDEOS * TRACKS_A_VIDEO * FACES_A_TRACK
    name, scale, _, track, _ = pictures[0].relative_to(folder / "unzippedFaces").parts
    assert name in "".join(meta)
    assert scale == "1.6"
    assert track == "0000000"
    picture = cv2.imread(str(pictures[0]))
    assert picture is not None
    assert picture.shape == (224, 224, 3)


def test_voices_fit_the_truth(folder: Path) -> None:
    truth = pd.read_csv(folder / "truth.csv", index_col="person")
    heard = {}
    for person in truth.index:
        values, rate_hz = soundfile.read(next((folder / "wav" / person).rglob("*.wav")))
        pitch = librosa.yin(values, fmin=60, fmax=420, sr=rate_hz)
        level = librosa.feature.rms(y=values)[0]
        heard[person] = np.median(pitch[level > np.median(level)])
    asked = np.log2(truth["pitch_hz"].to_numpy())
    assert np.corrcoef(np.log2([heard[person] for person in truth.index]), asked)[0, 1] > 0.95


def test_names_are_unique_and_registers_even() -> None:
    people = draw_people(np.random.default_rng(0), 480, COUPLING)
    assert len({person.name for person in people}) == 480
    assert sum(person.register == "low" for person in people) == 240


def test_errors() -> None:
    with pytest.raises(InputError, match="share"):
        Difficulty(coupling=1.5)
    with pytest.raises(InputError, match="least"):
        Difficulty(noise_db=(-10, -20))
