"""Every window of every stand-in holds the sound and the frames of its time, as they were made.

The truth is taken where a generator hands its frames and samples to the encoder, so that nothing
that decodes or aligns has a part in it. Frames carry their number in their colours.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import fixture_media as media
import numpy as np
import pandas as pd
import pytest
import scipy.signal
import soundfile
from fixture_exactness import (
    MUSIC_HZ,
    VOICE_HZ,
    Cut,
    Picture,
    Truth,
    check_all,
    check_window,
    coloured,
    cut_windows,
    difference,
    image,
    number_in,
    read,
    watch_videos,
)
from numpy.typing import NDArray

from crossmodal_standins import the_big_bang_theory
from crossmodal_standins.heads import Look, Place, draw_bust
from crossmodal_standins.people import draw_person


@pytest.fixture(scope="module")
def sitcom(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Truth]]:
    folder = tmp_path_factory.mktemp("sitcom")
    with pytest.MonkeyPatch.context() as monkeypatch:
        truths = watch_videos(monkeypatch, the_big_bang_theory)
        the_big_bang_theory.synthesize(folder, episodes=1, scenes=3, seed=5)
    return folder, truths


@pytest.fixture(scope="module")
def sitcom_windows(sitcom: tuple[Path, dict[str, Truth]]) -> Cut:
    folder, _ = sitcom
    turns = read("the_big_bang_theory", folder, layout="episodes", split="random")
    return cut_windows("the_big_bang_theory", "facevoice", folder, turns)


def test_the_big_bang_theory(sitcom: tuple[Path, dict[str, Truth]], sitcom_windows: Cut) -> None:
    folder, truths = sitcom
    check_all(sitcom_windows, "facevoice", lambda row: truths[Path(row.video).name])
    turns = pd.read_csv(folder / "truth.csv")
    assert {row.source for row, _, _ in sitcom_windows} == set(turns["episode"])
    for row, _, _ in sitcom_windows:
        during = turns[
            (turns["episode"] == row.source)
            & (turns["start_s"] <= row.start_s + 1e-5)
            & (turns["end_s"] >= row.end_s - 1e-5)
        ]
        assert during["person"].tolist() == [row.person]


@pytest.mark.parametrize("wrong", ["2 ms late", "2 ms early", "next frame", "frame before"])
def test_the_check_sees_a_frame_and_two_milliseconds(
    wrong: str, sitcom: tuple[Path, dict[str, Truth]], sitcom_windows: Cut
) -> None:
    _, truths = sitcom
    shift = {"2 ms late": 32, "2 ms early": -32}.get(wrong, 0)
    frames = {"next frame": 1, "frame before": -1}.get(wrong, 0)
    spoilt = [
        (row, np.roll(wave, shift), np.stack([coloured(p, number_in(p) + frames) for p in picture]))
        for row, wave, picture in sitcom_windows
    ]
    message = "ms off" if shift else "frames from its time"
    for window in spoilt:
        with pytest.raises(AssertionError, match=message):
            check_all([window], "facevoice", lambda row: truths[Path(row.video).name])


def test_the_released_voices_and_faces(sitcom: tuple[Path, dict[str, Truth]]) -> None:
    folder, _ = sitcom
    manifest = read("the_big_bang_theory", folder, layout="released", split="random")
    windows = cut_windows("the_big_bang_theory", "facevoice", folder, manifest)
    counts: dict[str, int] = {}
    for row, wave, pictures in windows:
        voice, rate_hz = soundfile.read(folder / row.audio)
        check_window(wave, VOICE_HZ, row.start_s, [], [], Truth(np.zeros(1), voice, rate_hz))
        number = counts[row.audio] = counts.get(row.audio, -1) + 1
        assert row.start_s == pytest.approx(number / 2)
        files = sorted((folder / row.faces).glob("*.jpg"))
        for place, picture in enumerate(pictures):
            file = files[(13 * number + place) % len(files)]
            assert difference(picture, image(file)) < 2.5
    assert len(counts) == len(manifest)


def talking_head(person: Any, number: int, width: int, height: int) -> Picture:
    """Draw a frame of a person who speaks and sways a little, with its number."""
    frame = np.full((height, width, 3), (96, 110, 120), np.uint8)
    sway = 3 * np.sin(number / 9)
    look = Look(mouth=abs(np.sin(number / 2)))
    draw_bust(frame, person.face, look, Place(width / 2 + sway, 0.42 * height, 0.26 * height))
    return coloured(frame, number)


def murmur(seed: int, seconds: float, rate_hz: int) -> NDArray[np.float32]:
    """Return noise below 2.5 kHz, [1, samples]: alike to itself at no other time."""
    noise = np.random.default_rng(seed).standard_normal(round(seconds * rate_hz))
    low = scipy.signal.butter(6, 2500, fs=rate_hz, output="sos")
    return np.asarray(0.2 * scipy.signal.sosfilt(low, noise), dtype=np.float32)[None]


STEADY_MS = [40 * number for number in range(75)]
JITTER_MS = np.cumsum(np.random.default_rng(3).choice([20, 33, 40, 70, 90], 60)).tolist()
RECORDINGS: dict[str, tuple[list[int], float, float]] = {
    "steady.mp4": (STEADY_MS, 0.0, 0.0),
    "picture late.mp4": ([310 + time_ms for time_ms in STEADY_MS], 0.0, 0.0),
    "sound late.mp4": (STEADY_MS, 0.257, 0.0),
    "sound late.mkv": (STEADY_MS, 0.257, 0.0),
    "variable.mp4": ([0, *JITTER_MS], 0.0, 0.0),
    "variable.mkv": ([0, *JITTER_MS], 0.123, 0.0),
    "29.97.mp4": ([round(number * 1001 / 30) for number in range(80)], 0.0, 0.0),
    "edit list.mp4": (STEADY_MS, 0.0, 0.32),
    "edit list, variable.mp4": ([0, *JITTER_MS], 0.2, JITTER_MS[3] / 1000),
}
"""Times of the frames, start of the sound in s, and seconds of picture hidden by an edit list.

The edit lists begin with a frame. Of one that begins within a frame FFmpeg leaves out the rest of
this frame, and the picture comes early by as much.
"""


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Truth]]:
    folder = tmp_path_factory.mktemp("own")
    truths, rows = {}, ["file,label,person,split"]
    person = draw_person(np.random.default_rng(5), "Ana")
    for seed, (name, (times_ms, start_s, hidden_s)) in enumerate(RECORDINGS.items()):
        sound = media.Sound(murmur(seed, 3.2, MUSIC_HZ), start_s=start_s)
        path = media.write_media(
            folder / name,
            times_ms,
            [sound],
            size=(192, 144),
            draw=partial(talking_head, person),
            options={"movie_timescale": "44100"} if name.endswith("mp4") else {},
        )
        if hidden_s:
            hidden_s = media.skip_start(path, hidden_s)
        times_s = np.array(times_ms) / 1000 - hidden_s
        truths[name] = Truth(times_s, sound.samples[0].astype(float), MUSIC_HZ, start_s)
        rows.append(f'"{name}",a,Ana,train')
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return folder, truths


@pytest.mark.parametrize("kind", ["facevoice", "cmcgan", "msvae"])
def test_own_recordings(kind: str, recordings: tuple[Path, dict[str, Truth]]) -> None:
    folder, truths = recordings
    windows = cut_windows("folder", kind, folder, read("folder", folder))
    check_all(windows, kind, lambda row: truths[row.file])
    files = [row.file for row, _, _ in windows]
    for name, truth in truths.items():
        begin_s = max(truth.times_s[truth.times_s >= 0][0], truth.began_s)
        end_s = min(truth.ends_s[-1], truth.began_s + 3.2)
        wanted = 1 if kind == "msvae" else int((end_s - begin_s) / 0.5)
        assert files.count(name) >= wanted - (kind == "facevoice"), name
