"""The stand-ins of Sub-URMP and URMP: the published layouts, a known truth, the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import cv2
import librosa
import numpy as np
import pandas as pd
import pytest
import soundfile
from numpy.typing import NDArray

from crossmodal.corpora import sub_urmp as sub_urmp_reader
from crossmodal.corpora import urmp as urmp_reader
from crossmodal.corpora.manifest import check_manifest
from crossmodal_standins.instruments import INSTRUMENTS, RATE_HZ


@pytest.fixture(scope="module")
def folder(stand_in: Callable[[str], Path]) -> Path:
    return stand_in("sub_urmp")


@pytest.fixture(scope="module")
def pieces(stand_in: Callable[[str], Path]) -> Path:
    return stand_in("urmp")


def test_the_layout(folder: Path) -> None:
    expected = {"contents.csv", "truth.csv", "notes.csv"}
    for name in INSTRUMENTS:
        for song, split in enumerate(("train", "validation")):
            for ms in (500, 1000, 1500, 2000):
                clip = f"{split}/{name}/{name}{song:02d}_{ms}"
                expected |= {f"img/{clip}.jpg", f"chunk/{clip}.wav"}
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == expected


def test_the_format_of_the_files(folder: Path) -> None:
    for path in sorted(folder.glob("chunk/*/*/*_1000.wav")):
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.frames) == (RATE_HZ, 2, 22050)
        assert info.subtype == "PCM_16"
        samples, _ = soundfile.read(path)
        np.testing.assert_array_equal(samples[:, 0], samples[:, 1])
    for path in sorted(folder.glob("img/*/*/*_1000.jpg")):
        picture = cv2.imread(str(path))
        assert picture is not None
        assert picture.shape == (54, 96, 3)


def test_the_reader_reads_it(folder: Path) -> None:
    frame = sub_urmp_reader.read(folder, split="published")
    check_manifest(frame, folder)
    assert len(frame) == 13 * 2 * 4
    assert set(frame["label"]) == set(INSTRUMENTS)
    sides = frame.groupby("source")["split"].nunique()
    assert (sides == 1).all(), "no song stands on two sides"
    truth = pd.read_csv(folder / "truth.csv").set_index("clip").loc[frame["clip"]]
    np.testing.assert_allclose(truth["start_s"], frame["start_s"].astype(float))


def test_the_truth_is_heard(folder: Path) -> None:
    truth = pd.read_csv(folder / "truth.csv")
    level, cents = [], []
    for clip, held_hz in zip(truth["clip"], truth["held_hz"].to_numpy(float), strict=True):
        path = next(folder.glob(f"chunk/*/*/{clip}.wav"))
        samples, _ = soundfile.read(path)
        level.append(np.sqrt(np.mean(samples[:, 0] ** 2)))
        if held_hz > 0:
            track = librosa.yin(
                samples[2000:, 0],
                fmin=held_hz / 1.8,
                fmax=held_hz * 1.8,
                sr=RATE_HZ,
                frame_length=8192 if held_hz < 120 else 4096,
                center=False,
            )
            cents.append(1200 * np.log2(np.median(track) / held_hz))
    assert len(cents) > 5
    assert np.abs(cents).max() < 20
    correlation = pd.Series(level).groupby(truth["song"]).corr(truth["mean_loudness"])
    assert correlation.median() > 0.9
    assert truth["loudness"].between(0, 1).all()
    bowed = truth["song"].str[:-2].map(lambda name: INSTRUMENTS[name].bowed)
    assert truth["bow"].notna().tolist() == bowed.tolist()


def test_the_reader_reads_the_pieces(pieces: Path) -> None:
    frame = urmp_reader.read(pieces)
    check_manifest(frame, pieces)
    assert frame["players"].tolist() == ["2", "2", "3", "3", "3"]
    assert frame["end_s"].tolist() == [1.2] * 5


def test_the_video_has_the_sound_of_all_players(pieces: Path) -> None:
    path = next(pieces.glob("01_*/Vid_*.mp4"))
    with av.open(str(path)) as container:
        times_s = [frame.time for frame in container.decode(video=0)]
    np.testing.assert_allclose(np.array(times_s, dtype=float), np.arange(30) / 25, atol=1e-6)
    mixture = decoded(path)
    parts = [soundfile.read(part)[0] for part in sorted(path.parent.glob("AuSep_*.wav"))]
    wanted = np.mean(parts, axis=0)
    length = min(len(wanted), len(mixture))
    assert np.corrcoef(wanted[:length], mixture[:length])[0, 1] > 0.98


def test_notes_are_listed(pieces: Path) -> None:
    for path in sorted(pieces.glob("*/Notes_*.txt")):
        rows = np.loadtxt(path, ndmin=2)
        assert rows.shape[1] == 3
        assert (rows[:, 1] > 20).all()
        assert path.with_name(path.name.replace("Notes_", "AuSep_")).with_suffix(".wav").is_file()


def decoded(path: Path) -> NDArray[np.float64]:
    """Decode a video's sound; the edit list's start is taken from the first time stamp."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float64)
    assert frames[0].time is not None
    start = round(frames[0].time * RATE_HZ)
    return samples[max(0, -start) :]
