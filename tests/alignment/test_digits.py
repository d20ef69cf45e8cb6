"""Windows of digits and of strings: what is heard and seen is what the manifest names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from fixture_stage import Result, run_stage
from numpy.typing import NDArray

from crossmodal.alignment.digit_strings import LONGEST_SAMPLES, compose
from crossmodal.config import DigitStringWindows
from crossmodal.corpora.av_digits import RECORDINGS, read
from crossmodal.corpora.idx import idx_picture
from crossmodal.corpora.leakage import leakage
from crossmodal.corpora.manifest import JOINT
from crossmodal.errors import InputError
from crossmodal_standins.av_digits import synthesize

COUNTS = {"train": 120, "validation": 40, "test": 40}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("digits") / "av_digits"
    synthesize(path, speakers=3, takes=12, train=360, test=100, seed=0)
    # One recording is longer than a window.
    long = np.tile(soundfile.read(path / RECORDINGS / "5_speaker01_10.wav", dtype="int16")[0], 9)
    soundfile.write(path / RECORDINGS / "5_speaker01_10.wav", long[:9000], 8000)
    return path


@pytest.fixture(scope="module")
def rows(folder: Path) -> pd.DataFrame:
    return read(folder)


@pytest.fixture(scope="module")
def digits(folder: Path, rows: pd.DataFrame) -> Result:
    return run_stage("av_digits", "digits", folder, rows, turns=2)


@pytest.fixture(scope="module")
def strings(folder: Path, rows: pd.DataFrame) -> Result:
    return run_stage("av_digits", "digit_strings", folder, rows, shards=3, **COUNTS)


def asked(**settings: int) -> DigitStringWindows:
    return DigitStringWindows.model_validate({**COUNTS, **settings})


def recording(folder: Path, name: str) -> NDArray[np.int16]:
    samples: NDArray[np.int16] = soundfile.read(folder / name, dtype="int16")[0]
    return samples


def test_a_digit_is_its_recording_and_its_picture(folder: Path, digits: Result) -> None:
    assert digits.waves.shape[1:] == (8000,)
    assert digits.pictures.shape[1:] == (28, 28)
    assert not digits.aside
    for row, wave, picture in zip(
        digits.rows.to_dict("records"), digits.waves, digits.pictures, strict=True
    ):
        true = recording(folder, row["audio"])
        heard = min(len(true), 8000)
        assert int(row["samples"]) == heard
        assert np.array_equal(wave[:heard], true[:heard])
        assert not wave[heard:].any()
        assert np.array_equal(picture, idx_picture(folder, row["picture"]))
    assert (digits.rows["samples"].astype(int) == 8000).sum() == 2


def test_a_recording_stands_once_among_what_is_searched(digits: Result) -> None:
    windows = digits.rows
    train = windows[windows["split"] == "train"]
    assert set(train.groupby("source").size()) == {2}
    for column in ("split", "split_speaker"):
        for side in ("validation", "test"):
            assert windows.loc[windows[column] == side, "source"].is_unique
    assert set(windows.loc[windows["split_speaker"] == "", "split"]) == {"train"}
    assert windows["source"].nunique() == 360
    table = leakage(windows)
    assert (table.loc[table["kind"] != "person", "shared"] == 0).all()


def test_a_string_is_four_digits_heard_and_seen(folder: Path, strings: Result) -> None:
    assert strings.waves.shape[1:] == (32_000,)
    assert strings.pictures.shape[1:] == (28, 112)
    for row, wave, picture in zip(
        strings.rows.to_dict("records"), strings.waves, strings.pictures, strict=True
    ):
        names = row["source"].split(JOINT)
        assert "".join(name[0] for name in names) == row["label"]
        assert {name.split("_")[1] for name in names} == {row["person"]}
        seen = [idx_picture(folder, name) for name in row["picture"].split(JOINT)]
        assert np.array_equal(picture, np.hstack(seen))
        at = 0
        for audio, silence in zip(
            row["audio"].split(JOINT), [0, *map(int, row["silence_samples"].split())], strict=True
        ):
            assert not wave[at : at + silence].any()
            assert silence == 0 or 400 <= silence <= 800
            true = recording(folder, audio)[:LONGEST_SAMPLES]
            at += silence + len(true)
            assert np.array_equal(wave[at - len(true) : at], true)
        assert int(row["samples"]) == at
        assert not wave[at:].any()
        assert row["end_s"] == pytest.approx(at / 8000)


def test_no_string_occurs_twice(rows: pd.DataFrame, strings: Result) -> None:
    windows = strings.rows
    assert windows["label"].is_unique
    assert windows["label"].str.fullmatch(r"\d{4}").all()
    assert windows["split"].value_counts().to_dict() == COUNTS
    # Held-out sides have two or so pictures of a digit here, which "777" shows again.
    train = windows[windows["split"] == "train"]
    pictures = train["picture"].str.split(JOINT, regex=False)
    assert all(len(set(names)) == 4 for names in pictures)
    # What a string is made of has the string's sides of both splits.
    for column in ("source", "picture"):
        sides = rows.drop_duplicates([column, "split", "split_speaker"]).set_index(column)
        sides = sides[["split", "split_speaker"]]
        assert sides.index.is_unique
        for row in windows.to_dict("records"):
            for name in row[column].split(JOINT):
                assert tuple(sides.loc[name]) == (row["split"], row["split_speaker"])
    table = leakage(windows)
    assert (table.loc[table["kind"] != "person", "shared"] == 0).all()


def test_recordings_and_pictures_take_turns(rows: pd.DataFrame) -> None:
    composed = compose(rows, asked(train=1000))
    train = composed[composed["split"] == "train"]
    for column in ("source", "picture"):
        used = train[column].str.split(JOINT, regex=False).explode()
        pool = rows[rows["split"] == "train"]
        assert set(used) == set(pool[column])
    pd.testing.assert_frame_equal(composed, compose(rows, asked(train=1000)))
    other = compose(rows, asked(train=1000, seed=1))
    assert set(other["label"]) != set(composed["label"])
    # What is tested does not depend on how much is trained on.
    less = compose(rows, asked(train=10))
    held = composed[composed["split"] != "train"].reset_index(drop=True)
    pd.testing.assert_frame_equal(held, less[less["split"] != "train"].reset_index(drop=True))


def test_missing_digits_make_no_strings(rows: pd.DataFrame) -> None:
    few = rows[(rows["split"] != "test") | rows["label"].isin(["3", "8"])]
    composed = compose(few, asked())
    test = composed[composed["split"] == "test"]
    assert 0 < len(test) <= 2**4
    assert set("".join(test["label"])) <= {"3", "8"}
    assert (composed["split"] == "train").sum() == COUNTS["train"]


@pytest.mark.parametrize("kind", ["digits", "digit_strings"])
def test_shards_change_no_byte(
    kind: str, folder: Path, rows: pd.DataFrame, digits: Result, strings: Result
) -> None:
    settings = {"turns": 2} if kind == "digits" else COUNTS
    before = digits if kind == "digits" else strings
    other = run_stage("av_digits", kind, folder, rows, shards=2, **settings)
    for name in ("manifest.csv", "waves.npy", "pictures.npy"):
        assert (other.folder / name).read_bytes() == (before.folder / name).read_bytes()


def test_a_recording_spoilt_after_reading_is_set_aside(
    folder: Path, rows: pd.DataFrame, tmp_path: Path
) -> None:
    import shutil

    copy = tmp_path / "av_digits"
    shutil.copytree(folder, copy)
    (copy / RECORDINGS / "3_speaker02_11.wav").write_bytes(b"RIFF")
    result = run_stage("av_digits", "digits", copy, rows, turns=1)
    assert set(rows.loc[rows["source"] == "3_speaker02_11", "clip"]) >= set(result.aside)
    assert len(result.aside) == 1
    with pytest.raises(InputError, match="clips are set aside"):
        run_stage("av_digits", "digit_strings", copy, rows, limit_share=0.0, **COUNTS)


def test_other_kinds_and_settings_are_refused(folder: Path, rows: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="Choose from: digits, digit_strings"):
        run_stage("av_digits", "msvae", folder, rows)
    with pytest.raises(InputError, match="10040 strings of four digits"):
        run_stage("av_digits", "digit_strings", folder, rows, train=9960, validation=40, test=40)
    with pytest.raises(InputError, match=r"turns.*greater than or equal to 1"):
        run_stage("av_digits", "digits", folder, rows, turns=0)
