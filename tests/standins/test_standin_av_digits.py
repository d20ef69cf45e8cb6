"""The stand-in of spoken and written digits: its layout, takes that differ, digits told apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from crossmodal.corpora.av_digits import MNIST, RECORDINGS, read
from crossmodal.corpora.idx import read_idx
from crossmodal.corpora.quarantine import Quarantine
from crossmodal_standins.handwriting import WAYS, write_digit


@pytest.fixture(scope="module")
def folder(stand_in: Callable[[str], Path]) -> Path:
    return stand_in("av_digits")


def test_the_layout(folder: Path) -> None:
    wavs = sorted((folder / RECORDINGS).iterdir())
    assert len(wavs) == 10 * 3 * 11
    info = soundfile.info(folder / RECORDINGS / "7_speaker02_10.wav")
    assert (info.samplerate, info.channels, info.subtype) == (8000, 1, "PCM_16")
    assert 0.1 < info.duration < 1.2
    for part, count in (("train", 180), ("t10k", 60)):
        pictures = read_idx(folder / MNIST / f"{part}-images-idx3-ubyte.gz")
        labels = read_idx(folder / MNIST / f"{part}-labels-idx1-ubyte.gz")
        assert pictures.shape == (count, 28, 28)
        assert np.bincount(labels).tolist() == [count // 10] * 10
    assert len(pd.read_csv(folder / "truth.csv")) == len(wavs)


def test_the_reader_reads_all_of_it(folder: Path) -> None:
    quarantine = Quarantine()
    rows = read(folder, quarantine=quarantine)
    assert len(quarantine) == 0
    assert rows["source"].nunique() == 330
    assert rows["picture"].nunique() == 240
    people = rows.groupby("split_speaker")["person"].nunique()
    assert people.to_dict() == {"test": 1, "train": 1, "validation": 1}


def test_takes_of_a_digit_differ_and_are_heard(folder: Path) -> None:
    takes = [
        soundfile.read(folder / RECORDINGS / f"4_speaker01_{take}.wav")[0] for take in range(11)
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
