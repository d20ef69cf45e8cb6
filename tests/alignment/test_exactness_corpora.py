"""Every window of music, of VoxCeleb1 and of spoken captions, as `test_exactness` of recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from fixture_exactness import (
    MUSIC_HZ,
    VOICE_HZ,
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

from crossmodal_standins import (
    canvas,
    captions,
    flickr8k_audio,
    instruments,
    places_audio,
    sub_urmp,
    urmp,
    voxceleb1,
)

Patch = pytest.MonkeyPatch


def test_urmp(tmp_path: Path, monkeypatch: Patch) -> None:
    truths = watch_videos(monkeypatch, urmp)
    urmp.synthesize(tmp_path, pieces=2, seconds=2, seed=1, size=(384, 216))
    manifest = read("urmp", tmp_path, split="random")
    windows = cut_windows("urmp", "cmcgan", tmp_path, manifest)

    def truth_of(row: Any) -> Truth:
        samples, rate_hz = soundfile.read(tmp_path / row.audio)
        return Truth(truths[Path(row.video).name].times_s, samples, rate_hz)

    check_all(windows, "cmcgan", truth_of)
    assert len(windows) == 4 * len(manifest)


def test_sub_urmp(tmp_path: Path, monkeypatch: Patch) -> None:
    songs: list[NDArray[np.int16]] = []
    drawn: list[Picture] = []

    def sound(*arguments: Any) -> NDArray[np.int16]:
        songs.append(instruments.sound(*arguments))
        return songs[-1]

    def jpeg(picture: Picture) -> bytes:
        drawn.append(picture)
        return canvas.jpeg(coloured(picture, len(drawn) - 1))

    monkeypatch.setattr(sub_urmp, "sound", sound)
    monkeypatch.setattr(sub_urmp, "jpeg", jpeg)
    sub_urmp.synthesize(tmp_path, songs=2, seconds=1, step_ms=400, seed=2)
    truth = pd.read_csv(tmp_path / "truth.csv").reset_index().set_index("clip")
    numbers = {song: number for number, song in enumerate(dict.fromkeys(truth["song"]))}
    windows = cut_windows("sub_urmp", "cmcgan", tmp_path, read("sub_urmp", tmp_path))
    assert sorted(row.clip for row, _, _ in windows) == sorted(truth.index)
    for row, wave, picture in windows:
        told = truth.loc[row.clip]
        song = songs[numbers[told["song"]]] / 32768
        assert row.start_s == pytest.approx(told["start_s"])
        check_window(wave, MUSIC_HZ, told["start_s"], [], [], Truth(np.zeros(1), song, MUSIC_HZ))
        assert number_in(picture) == told["index"] % 81


def test_voxceleb1(tmp_path: Path) -> None:
    voxceleb1.synthesize(tmp_path, people=2, videos=3, utterances=3, seed=1)
    manifest = read("voxceleb1", tmp_path)
    windows = cut_windows("voxceleb1", "msvae", tmp_path, manifest)
    assert [row.clip for row, _, _ in windows] == manifest["clip"].tolist()
    for row, wave, pictures in windows:
        voice, rate_hz = soundfile.read(tmp_path / row.audio)
        assert row.samples == min(len(voice), 3 * VOICE_HZ)
        check_window(wave, VOICE_HZ, 0.0, [], [], Truth(np.zeros(1), voice, rate_hz))
        tracks = sorted(path for path in (tmp_path / row.faces).iterdir() if path.is_dir())
        files = [sorted(track.glob("*.jpg")) for track in tracks]
        images = np.array([[image(file) for file in own] for own in files])
        matches = [
            np.unravel_index(
                np.argmin([[difference(picture, image) for image in own] for own in images]),
                images.shape[:2],
            )
            for picture in pictures
        ]
        assert len({track for track, _ in matches}) == 1
        assert [place for _, place in matches] == [0, 1, 3, 4]  # middles of four parts of five


@pytest.mark.parametrize(
    ("corpus", "generator"), [("flickr8k_audio", flickr8k_audio), ("places_audio", places_audio)]
)
def test_spoken_captions(corpus: str, generator: Any, tmp_path: Path, monkeypatch: Patch) -> None:
    spoken: list[tuple[str, NDArray[np.int16]]] = []
    speak = captions.speak

    def listen(own: Any, text: str, *arguments: Any) -> NDArray[np.int16]:
        spoken.append((text, speak(own, text, *arguments)))
        return spoken[-1][1]

    monkeypatch.setattr(captions, "speak", listen)
    generator.synthesize(tmp_path, images=8, seed=1, size=(64, 48))
    windows = cut_windows(corpus, "captions", tmp_path, read(corpus, tmp_path))
    assert len(windows) == len(spoken)
    windows = sorted(windows, key=lambda window: Path(window[0].audio).name)
    for (row, wave, _), (text, samples) in zip(windows, spoken, strict=True):
        assert set(row.text.split()) - {"."} <= set(text.split())
        count = min(len(samples), len(wave))
        assert row.samples == count
        assert not wave[count:].any()
        truth = Truth(np.zeros(1), samples / 32768, VOICE_HZ)
        check_window(wave[:count], VOICE_HZ, 0.0, [], [], truth)
