"""The sitcom stand-in: its layouts, and a truth that agrees with what is decoded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from numpy.typing import NDArray

from crossmodal.alignment.decode import frames, read_audio
from crossmodal.alignment.faces import detector
from crossmodal.corpora import the_big_bang_theory
from crossmodal_standins.screenplay import FPS
from crossmodal_standins.the_big_bang_theory import PEOPLE, draw_cast, look_of
from crossmodal_standins.voices import RATE_HZ, loudness, say

EPISODE = "s01e01"


@pytest.fixture(scope="module")
def folder(stand_in: Callable[[str], Path]) -> Path:
    return stand_in("the_big_bang_theory")


@pytest.fixture(scope="module")
def turns(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "truth.csv")


@pytest.fixture(scope="module")
def faces(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "truth_faces.csv")


@pytest.fixture(scope="module")
def sound(folder: Path) -> NDArray[np.float32]:
    heard, start_s = read_audio(folder / "episodes" / f"{EPISODE}.mp4", RATE_HZ)
    assert start_s == 0
    return heard


@pytest.fixture(scope="module")
def pictures(folder: Path, faces: pd.DataFrame) -> dict[int, NDArray[np.uint8]]:
    """Frames with a row of truth, by number; their times are checked on the way."""
    kept = {}
    wanted = set(faces["frame"])
    for number, (time_s, picture) in enumerate(frames(folder / "episodes" / f"{EPISODE}.mp4")):
        assert time_s == pytest.approx(number / FPS, abs=1e-9)
        if number in wanted:
            kept[number] = picture
    return kept


def records(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    return frame.to_dict("records")


def mouth_contrast(picture: NDArray[np.uint8], row: dict[Any, Any]) -> float:
    """Dark inside and white teeth stand out from any skin or beard; colours do not."""
    left, right = (round(row["x"] + share * row["width"]) for share in (0.28, 0.72))
    top, bottom = (round(row["y"] + share * row["height"]) for share in (0.66, 1.0))
    patch = picture[max(top, 0) : bottom, max(left, 0) : right].astype(float)
    return float((patch @ [0.299, 0.587, 0.114]).std())


def test_the_reader_reads_both_layouts(folder: Path, turns: pd.DataFrame) -> None:
    episodes = the_big_bang_theory.read(folder, layout="episodes", validation=0, test=0)
    mine = turns[turns["person"] != "other"]
    assert episodes["person"].tolist() == mine["person"].tolist()
    np.testing.assert_allclose(episodes["start_s"], mine["start_s"], atol=1e-5)
    released = the_big_bang_theory.read(folder, layout="released", validation=0, test=0)
    assert sorted(released["person"]) == sorted(PEOPLE)


def test_the_layout(folder: Path, turns: pd.DataFrame) -> None:
    track = pd.read_csv(folder / "episodes" / f"{EPISODE}.csv")
    assert track.columns.tolist() == ["start_s", "end_s", "person"]
    assert (track["start_s"].to_numpy()[1:] > track["end_s"].to_numpy()[:-1]).all()
    assert set(PEOPLE) <= set(track["person"]) <= {*PEOPLE, "other"}
    for person, rows in turns.groupby("person"):
        path = folder / "speaking-audio" / EPISODE / f"{person}_01.wav"
        spoken_s = (rows["end_s"] - rows["start_s"]).sum()
        assert soundfile.info(path).duration == pytest.approx(spoken_s, abs=0.001)
    listed = pd.read_csv(folder / "contents.csv")["path"].tolist()
    present = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    assert sorted([*listed, "contents.csv"]) == sorted(present)
    assert {path.parent.name for path in folder.glob("face-images/*/*/*.jpg")} >= set(PEOPLE)


def test_turns_are_heard_within_a_millisecond(
    turns: pd.DataFrame, sound: NDArray[np.float32]
) -> None:
    """Of each turn the first 0.4 s, spoken anew without room and noise, are looked for."""
    cast = {person.name: person for person in draw_cast(np.random.default_rng([3, 0]))}
    rows = turns[turns["person"].isin(PEOPLE)].iloc[::2]
    for row in records(rows):
        dry = say(row["text"], cast[row["person"]].voice)[: round(0.4 * RATE_HZ)] / 32768
        first = round(row["start_s"] * RATE_HZ)
        reach = round(0.02 * RATE_HZ)
        score = np.correlate(sound[first - reach : first + reach + len(dry)], dry, mode="valid")
        assert abs(int(score.argmax()) - reach) <= RATE_HZ // 1000


def test_mouths_follow_the_sound(
    turns: pd.DataFrame, faces: pd.DataFrame, sound: NDArray[np.float32]
) -> None:
    heard = np.asarray(np.clip(sound, -1, 1) * 32767, dtype=np.int16)
    level = loudness(heard, RATE_HZ, faces["time_s"].to_numpy())
    speaks = np.zeros(len(faces), dtype=bool)
    for row in records(turns):
        times = faces["time_s"].between(row["start_s"], row["end_s"])
        speaks |= (times & (faces["person"] == row["person"])).to_numpy()
    assert np.corrcoef(faces["mouth"][speaks], level[speaks])[0, 1] > 0.8
    assert faces["mouth"].to_numpy()[~speaks].max() < 0.35  # the last sound dies away within 20 ms


def test_open_mouths_are_seen(faces: pd.DataFrame, pictures: dict[int, NDArray[np.uint8]]) -> None:
    """The contrast around the mouth rises with its opening, measured within each shot."""
    close = faces[faces["width"].to_numpy() > 55].copy()
    close["seen"] = [mouth_contrast(pictures[row["frame"]], row) for row in records(close)]
    within = close.groupby(["shot", "person"])[["mouth", "seen"]].transform(lambda x: x - x.mean())
    assert within["mouth"].std() > 0.1
    assert np.corrcoef(within["mouth"], within["seen"])[0, 1] > 0.8


def test_the_cascade_finds_the_faces_where_they_are(
    faces: pd.DataFrame, pictures: dict[int, NDArray[np.uint8]]
) -> None:
    find = detector()
    found = []
    for frame in sorted(pictures)[::4]:
        boxes = find(pictures[frame]).boxes
        for row in records(faces[faces["frame"] == frame]):
            x, y = row["x"] + row["width"] / 2, row["y"] + row["height"] / 2
            found.append(any(bx < x < bx + bw and by < y < by + bh for bx, by, bw, bh in boxes))
    assert np.mean(found) > 0.9  # some are hidden by plants and cups


def test_the_five_differ() -> None:
    for seed in range(5):
        cast = draw_cast(np.random.default_rng([seed, 0]))
        assert tuple(person.name for person in cast) == PEOPLE
        assert len(set(map(look_of, cast))) == 5
        assert np.ptp([person.voice.pitch_hz for person in cast]) > 40
