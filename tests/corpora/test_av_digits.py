"""The reader of spoken and written digits: sides, what is absent, what is set aside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixture_digits import SPEAKERS, TAKES, write_digits, write_pictures, write_recording

from crossmodal.corpora.av_digits import MNIST, RECORDINGS, read, speaker_sides
from crossmodal.corpora.idx import read_idx, write_idx
from crossmodal.corpora.leakage import leakage
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import InputError

REAL = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_digits(tmp_path_factory.mktemp("digits") / "whole")


@pytest.fixture(scope="module")
def rows(folder: Path) -> pd.DataFrame:
    return read(folder)


def labels_of(folder: Path, pictures: pd.Series) -> list[str]:
    """Look up the labels of pictures in the published files."""
    files = {
        part: read_idx(folder / MNIST / f"{part}-labels-idx1-ubyte.gz")
        for part in ("train", "t10k")
        if (folder / MNIST / f"{part}-labels-idx1-ubyte.gz").is_file()
    }
    split = pictures.str.extract(r"/(train|t10k)-.*#(\d+)$")
    return [str(files[part][int(number)]) for part, number in zip(split[0], split[1], strict=True)]


def assert_no_leakage(rows: pd.DataFrame) -> None:
    """No recording and no picture is on two sides of a split, no speaker of that by speaker."""
    table = leakage(rows)
    apart = table[table["kind"] != "person"]
    # Two kinds and three pairs of sides of `split`, three kinds of `split_speaker`.
    assert len(apart) == 2 * 3 + 3 * 3
    assert (apart["shared"] == 0).all()


def test_a_pair_is_the_same_digit_heard_and_seen(folder: Path, rows: pd.DataFrame) -> None:
    assert rows["source"].str[0].tolist() == rows["label"].tolist()
    assert labels_of(folder, rows["picture"]) == rows["label"].tolist()
    assert (rows["audio"] == RECORDINGS + "/" + rows["source"] + ".wav").all()
    assert rows["source"].str.split("_").str[1].tolist() == rows["person"].tolist()
    assert (rows["end_s"] < 0.31).all()


def test_every_recording_and_every_picture_is_used(rows: pd.DataFrame) -> None:
    # 500 training, 100 validation and 300 test pictures; 100, 250 and 250 recordings.
    assert rows["source"].nunique() == 10 * len(SPEAKERS) * TAKES
    assert rows["picture"].nunique() == 900
    train, validation, test = (rows[rows["split"] == s] for s in ("train", "validation", "test"))
    assert (len(train), len(validation), len(test)) == (500, 250, 300)
    assert train["picture"].is_unique
    assert test["picture"].is_unique
    # Each training recording has five pictures, in turns.
    assert train.groupby("source")["turn"].agg(["min", "max", "count"]).drop_duplicates(
    ).to_numpy().tolist() == [[0, 4, 5]]  # fmt: skip


def test_the_published_split(rows: pd.DataFrame) -> None:
    take = rows["source"].str.split("_").str[2].astype(int)
    assert set(take[rows["split"] == "test"]) == set(range(5))
    assert set(take[rows["split"] == "validation"]) == set(range(5, 10))
    assert set(take[rows["split"] == "train"]) == {10, 11}
    number = rows["picture"].str.split("#").str[1].astype(int)
    file = rows["picture"].str.contains("t10k")
    assert (file == (rows["split"] == "test")).all()
    assert number[rows["split"] == "train"].max() == 499
    assert number[rows["split"] == "validation"].min() == 500


def test_nothing_is_on_two_sides(rows: pd.DataFrame) -> None:
    assert_no_leakage(rows)
    sides = dict(zip(rows["person"], rows["split_speaker"], strict=True))
    assert sides == dict.fromkeys(SPEAKERS[:3], "train") | {"dora": "validation", "emil": "test"}


@pytest.mark.parametrize(
    ("count", "held"), [(1, (0, 0)), (2, (0, 1)), (3, (1, 1)), (6, (1, 1)), (12, (2, 2))]
)
def test_speakers_are_held_out_by_the_order_of_names(count: int, held: tuple[int, int]) -> None:
    names = [f"s{number:02}" for number in range(count)]
    sides = speaker_sides(names[::-1])
    validation, test = held
    kept = count - validation - test
    expected = ["train"] * kept + ["validation"] * validation + ["test"] * test
    assert [sides[name] for name in names] == expected


def test_speakers_can_be_named(folder: Path) -> None:
    rows = read(folder, test_speakers=["ada", "ben"], validation_speakers=["emil"])
    sides = dict(zip(rows["person"], rows["split_speaker"], strict=True))
    assert [sides[name] for name in SPEAKERS] == ["test", "test", "train", "train", "validation"]
    assert_no_leakage(rows)
    with pytest.raises(InputError, match=r"test_speakers: 'zoe' is no speaker.*ada, ben"):
        read(folder, test_speakers=["zoe"])
    with pytest.raises(InputError, match="'ada' is on both sides"):
        read(folder, test_speakers=["ada"], validation_speakers=["ada"])


def test_a_new_speaker_joins_in(folder: Path, tmp_path: Path) -> None:
    write_digits(tmp_path, speakers=[*SPEAKERS, "zoe_the_2nd"])
    rows = read(tmp_path)
    assert set(rows["person"]) == {*SPEAKERS, "zoe_the_2nd"}
    assert set(rows.loc[rows["split_speaker"] == "test", "person"]) == {"zoe_the_2nd"}
    assert_no_leakage(rows)


@pytest.mark.parametrize("absent", ["train", "t10k"])
def test_one_of_the_files_of_pictures_is_dealt(absent: str, tmp_path: Path) -> None:
    train, test = (0, 600) if absent == "train" else (600, 0)
    rows = read(write_digits(tmp_path, train=train, test=test))
    assert_no_leakage(rows)
    seen = rows.drop_duplicates("picture")
    assert seen.groupby(["label", "split"]).size().unstack().drop_duplicates().to_dict("list") == {
        "test": [12],
        "train": [36],
        "validation": [12],
    }


def test_the_seed_decides_the_pairs(folder: Path, rows: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(read(folder), rows)
    other = read(folder, seed=1)
    assert set(other["clip"]) != set(rows["clip"])
    assert_no_leakage(other)


def test_files_may_be_unpacked_and_named_with_a_dot(folder: Path, tmp_path: Path) -> None:
    write_digits(tmp_path, train=0)
    for kind, array in (("images", "idx3"), ("labels", "idx1")):
        packed = tmp_path / MNIST / f"t10k-{kind}-{array}-ubyte.gz"
        plain = tmp_path / MNIST / f"t10k-{kind}.{array}-ubyte"
        import gzip

        plain.write_bytes(gzip.decompress(packed.read_bytes()))
        packed.unlink()
    rows = read(tmp_path)
    assert rows["picture"].str.startswith("mnist/t10k-images.idx3-ubyte#").all()


def empty(folder: Path) -> None:
    import soundfile

    soundfile.write(folder / RECORDINGS / "3_ada_7.wav", np.zeros(0, np.int16), 8000)


def spoil(folder: Path) -> None:
    (folder / RECORDINGS / "3_ada_7.wav").write_bytes(b"RIFF")


def cut_off(folder: Path) -> None:
    path = folder / RECORDINGS / "3_ada_7.wav"
    path.write_bytes(path.read_bytes()[:-100])


def other_rate(folder: Path) -> None:
    write_recording(folder, "3_ada_7.wav", 44_100)


def misname(folder: Path) -> None:
    path = folder / RECORDINGS / "3_ada_7.wav"
    path.rename(path.with_name("three_ada_7.wav"))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (empty, "the sound is empty"),
        (spoil, "not a readable sound file"),
        (cut_off, "the sound file is cut off"),
        (other_rate, "the sound is not at 8000 Hz"),
        (misname, "the name is not digit, speaker and number"),
    ],
)
def test_one_bad_recording_is_set_aside(
    damage: Callable[[Path], None], reason: str, tmp_path: Path
) -> None:
    write_digits(tmp_path, speakers=SPEAKERS[:3], takes=11)
    damage(tmp_path)
    quarantine = Quarantine()
    rows = read(tmp_path, quarantine=quarantine)
    assert rows["source"].nunique() == 3 * 10 * 11 - 1
    assert "3_ada_7" not in set(rows["source"])
    (row,) = quarantine.rows
    assert row.reason == reason
    assert row.file.startswith(RECORDINGS)


def test_fewer_pictures_than_recordings_are_shown_again_on_their_own_side(tmp_path: Path) -> None:
    rows = read(write_digits(tmp_path, train=180, test=40))
    assert rows["source"].nunique() == 600
    assert rows["clip"].is_unique
    assert rows["picture"].nunique() == 220
    assert_no_leakage(rows)


def test_a_recording_without_a_picture_is_set_aside(tmp_path: Path) -> None:
    write_digits(tmp_path, speakers=SPEAKERS[:3], takes=11, test=0)
    write_pictures(tmp_path, "t10k", 90, digits=9)
    quarantine = Quarantine()
    rows = read(tmp_path, quarantine=quarantine)
    assert "9" not in set(rows.loc[rows["split"] == "test", "label"])
    assert len(quarantine) == 3 * 5
    assert {row.reason for row in quarantine.rows} == {
        "there is no picture of this digit on this side of the split"
    }


def no_recordings(folder: Path) -> None:
    for path in (folder / RECORDINGS).iterdir():
        path.unlink()


def no_pictures(folder: Path) -> None:
    for path in (folder / MNIST).glob("*-images*"):
        path.unlink()


def fewer_labels(folder: Path) -> None:
    write_idx(folder / MNIST / "t10k-labels-idx1-ubyte.gz", np.zeros(7, np.uint8))


def other_labels(folder: Path) -> None:
    write_idx(folder / MNIST / "t10k-labels-idx1-ubyte.gz", np.full(60, 17, np.uint8))


def many_bad(folder: Path) -> None:
    for path in sorted((folder / RECORDINGS).iterdir())[:10]:
        path.write_bytes(b"")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (no_recordings, "recordings: there are no recordings"),
        (no_pictures, r"mnist: there are no pictures with their labels\. Put train-images"),
        (fewer_labels, "pictures of 60 x 28 x 28 for 7 labels"),
        (other_labels, "a label is 17"),
        (many_bad, r"10 of 33 clips are set aside: not a readable sound file \(10\)"),
    ],
)
def test_damage(damage: Callable[[Path], None], message: str, tmp_path: Path) -> None:
    write_digits(tmp_path, speakers=SPEAKERS[:3], takes=11, train=0, test=60, digits=1)
    damage(tmp_path)
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(
    not (REAL / "mnist").is_dir() or not (REAL / "free-spoken-digit-dataset").is_dir(),
    reason="needs the real digits in ../shared/data",
)
def test_real_digits() -> None:
    quarantine = Quarantine()
    rows = read(REAL, quarantine=quarantine)
    published = len(list((REAL / RECORDINGS).glob("*.wav")))
    assert len(quarantine) == 0
    assert rows["source"].nunique() == published
    assert labels_of(REAL, rows["picture"]) == rows["label"].tolist()
    heard = rows.drop_duplicates("source")
    assert (heard["split"] == "test").sum() == published / 10
    assert_no_leakage(rows)
