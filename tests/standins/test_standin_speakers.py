"""The stand-ins of people who speak: digits, celebrities, and a folder of one's own videos."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import librosa
import numpy as np
import pandas as pd
import pytest
import soundfile

from crossmodal.alignment.decode import probe
from crossmodal.corpora import av_digits, folder, voxceleb1
from crossmodal.corpora.av_digits import MNIST, RECORDINGS
from crossmodal.corpora.idx import read_idx
from crossmodal.corpora.quarantine import Quarantine
from crossmodal_standins import folder as folder_of_videos
from crossmodal_standins.handwriting import WAYS, write_digit
from crossmodal_standins.people import COUPLING, draw_people
from crossmodal_standins.voxceleb1 import FACES_A_TRACK, HEADER, TRACKS_A_VIDEO

PEOPLE, VIDEOS, UTTERANCES = 4, 3, 1


@pytest.fixture(scope="module")
def digits(stand_in: Callable[[str], Path]) -> Path:
    return stand_in("av_digits")


@pytest.fixture(scope="module")
def celebrities(stand_in: Callable[[str], Path]) -> Path:
    return stand_in("voxceleb1")


def test_the_layout_of_the_digits(digits: Path) -> None:
    wavs = sorted((digits / RECORDINGS).iterdir())
    assert len(wavs) == 10 * 3 * 11
    info = soundfile.info(digits / RECORDINGS / "7_speaker02_10.wav")
    assert (info.samplerate, info.channels, info.subtype) == (8000, 1, "PCM_16")
    assert 0.1 < info.duration < 1.2
    for part, count in (("train", 180), ("t10k", 60)):
        pictures = read_idx(digits / MNIST / f"{part}-images-idx3-ubyte.gz")
        labels = read_idx(digits / MNIST / f"{part}-labels-idx1-ubyte.gz")
        assert pictures.shape == (count, 28, 28)
        assert np.bincount(labels).tolist() == [count // 10] * 10
    assert len(pd.read_csv(digits / "truth.csv")) == len(wavs)


def test_the_reader_reads_all_digits(digits: Path) -> None:
    quarantine = Quarantine()
    rows = av_digits.read(digits, quarantine=quarantine)
    assert len(quarantine) == 0
    assert rows["source"].nunique() == 330
    assert rows["picture"].nunique() == 240
    people = rows.groupby("split_speaker")["person"].nunique()
    assert people.to_dict() == {"test": 1, "train": 1, "validation": 1}


def test_takes_of_a_digit_differ_and_are_heard(digits: Path) -> None:
    takes = [
        soundfile.read(digits / RECORDINGS / f"4_speaker01_{take}.wav")[0] for take in range(11)
    ]
    assert len({take.tobytes() for take in takes}) == 11
    assert min(float(np.abs(take).max()) for take in takes) > 0.1


def test_digits_are_told_apart_by_their_pictures() -> None:
    generator = np.random.default_rng(0)
    made = {digit: np.stack([write_digit(generator, digit) for _ in range(60)]) for digit in WAYS}
    means = np.stack([pictures[:40].mean(axis=0) for pictures in made.values()])
    right = [
        int(np.argmin(((means - picture) ** 2).sum(axis=(1, 2)))) == int(digit)
        for digit, pictures in made.items()
        for picture in pictures[40:].astype(float)
    ]
    # Far above chance, and far from trivial: people write differently.
    assert 0.6 < np.mean(right) < 1
    for pictures in made.values():
        rows = (pictures.sum(axis=2) * np.arange(28)).sum(axis=1) / pictures.sum(axis=(1, 2))
        assert np.abs(rows - 13.5).max() < 1  # the centre of mass is in the middle


def test_the_reader_reads_voxceleb1(celebrities: Path) -> None:
    frame = voxceleb1.read(celebrities, durations=True)
    assert len(frame) == PEOPLE * VIDEOS * UTTERANCES
    assert frame.groupby("split").size().to_dict() == {"train": 4, "validation": 4, "test": 4}
    assert set(frame.groupby("person")["split"].nunique()) == {3}
    assert frame.groupby("source")["split"].nunique().max() == 1
    assert set(frame["gender"]) == {"male", "female"}
    assert frame["end_s"].between(3.9, 12).all()


def test_the_layout_of_voxceleb1(celebrities: Path) -> None:
    meta = (celebrities / "vox1_meta.csv").read_text().splitlines()
    assert meta[0] == HEADER
    assert len(meta) == PEOPLE + 1
    for line in (celebrities / "iden_split.txt").read_text().splitlines():
        phase, path = line.split(" ")
        assert phase in "123"
        info = soundfile.info(celebrities / "wav" / path)
        assert (info.samplerate, info.channels, info.subtype) == (16000, 1, "PCM_16")
    pictures = sorted((celebrities / "unzippedFaces").rglob("*.jpg"))
    assert len(pictures) == PEOPLE * VIDEOS * TRACKS_A_VIDEO * FACES_A_TRACK
    name, scale, _, track, _ = pictures[0].relative_to(celebrities / "unzippedFaces").parts
    assert name in "".join(meta)
    assert scale == "1.6"
    assert track == "0000000"
    picture = cv2.imread(str(pictures[0]))
    assert picture is not None
    assert picture.shape == (224, 224, 3)


def test_voices_fit_the_truth(celebrities: Path) -> None:
    truth = pd.read_csv(celebrities / "truth.csv", index_col="person")
    heard = {}
    for person in truth.index:
        values, rate_hz = soundfile.read(next((celebrities / "wav" / person).rglob("*.wav")))
        pitch = librosa.yin(values, fmin=60, fmax=420, sr=rate_hz)
        level = librosa.feature.rms(y=values)[0]
        heard[person] = np.median(pitch[level > np.median(level)])
    asked = np.log2(truth["pitch_hz"].to_numpy())
    assert np.corrcoef(np.log2([heard[person] for person in truth.index]), asked)[0, 1] > 0.95


def test_names_are_unique_and_registers_even() -> None:
    people = draw_people(np.random.default_rng(0), 480, COUPLING)
    assert len({person.name for person in people}) == 480
    assert sum(person.register == "low" for person in people) == 240


def test_people_who_talk(stand_in: Callable[[str], Path]) -> None:
    own = stand_in("folder")
    manifest = folder.read(own)
    assert len(manifest) == 4
    assert manifest["person"].nunique() == 2
    assert sorted(set(manifest["label"])) == ["high", "low"]
    media = probe(own / manifest["file"][0])
    assert media.video is not None
    assert media.audio is not None
    assert (media.video.width_px, media.video.height_px) == folder_of_videos.SIZE_PX
    assert media.video.rate_hz == folder_of_videos.FRAME_HZ


def test_damaged_files_are_named_beside_the_others(tmp_path: Path) -> None:
    folder_of_videos.synthesize(tmp_path, people=1, videos=1, seconds=0.5, damaged=True, seed=0)
    labels = (tmp_path / "labels.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in labels[2:]] == ["cut off.mp4", "empty.mp4", "notes.mp4"]
    assert (tmp_path / "empty.mp4").stat().st_size == 0
