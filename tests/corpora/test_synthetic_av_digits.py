"""The stand-in of spoken and written digits: its layout, its truth, the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from crossmodal.corpora.av_digits import MNIST, RECORDINGS, read
from crossmodal.corpora.idx import read_idx
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import InputError
from crossmodal_standins.av_digits import synthesize
from crossmodal_standins.handwriting import WAYS, write_digit

SETTINGS = {"speakers": 3, "takes": 11, "train": 180, "test": 60, "seed": 3}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("first") / "av_digits"
    synthesize(path, **SETTINGS)
    return path


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
    contents = pd.read_csv(folder / "contents.csv")
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert set(contents["path"]) == files - {"contents.csv"}
    assert len(pd.read_csv(folder / "truth.csv")) == len(wavs)


def test_the_reader_reads_all_of_it(folder: Path) -> None:
    quarantine = Quarantine()
    rows = read(folder, quarantine=quarantine)
    assert len(quarantine) == 0
    assert rows["source"].nunique() == 330
    assert rows["picture"].nunique() == 240
    assert rows.groupby("split_speaker")["person"].nunique().to_dict() == {
        "test": 1,
        "train": 1,
        "validation": 1,
    }


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    synthesize(tmp_path, **SETTINGS)
    contents = (tmp_path / "contents.csv").read_bytes()
    assert contents == (folder / "contents.csv").read_bytes()


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


@pytest.mark.parametrize("field", ["speakers", "takes", "train", "test"])
def test_too_few_are_refused(field: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{field}: 2 is too few"):
        synthesize(tmp_path, **{**SETTINGS, field: 2})
    assert not (tmp_path / "contents.csv").exists()
