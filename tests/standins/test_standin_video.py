"""Videos whose time stamps are known: every frame at its time, every sample where it belongs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from crossmodal.alignment.decode import read_audio
from crossmodal.errors import InputError
from crossmodal_standins.video import write_mp4

Picture = NDArray[np.uint8]


def pictures(count: int, height: int = 48, width: int = 160) -> list[Picture]:
    """A still ground with a bright bar that is four pixels farther right in each frame."""
    ground = np.random.default_rng(0).integers(40, 120, (height // 8, width // 8, 3))
    still = ground.repeat(8, axis=0).repeat(8, axis=1).astype(np.uint8)
    frames = [still.copy() for _ in range(count)]
    for number, frame in enumerate(frames):
        frame[:, 4 * number : 4 * number + 4] = 250
    return frames


def bursts(rate_hz: int, starts_s: tuple[float, ...], length_s: float) -> NDArray[np.int16]:
    sound = np.zeros(round(length_s * rate_hz))
    burst = 0.5 * np.sin(2 * np.pi * 440 * np.arange(round(0.1 * rate_hz)) / rate_hz)
    for start_s in starts_s:
        first = round(start_s * rate_hz)
        sound[first : first + len(burst)] = burst
    return np.asarray(np.round(sound * 32767), dtype=np.int16)


@pytest.mark.parametrize("fps", [25, 30, Fraction(30000, 1001)])
def test_every_frame_has_its_time(tmp_path: Path, fps: int | Fraction) -> None:
    path = tmp_path / "a.mp4"
    frames = pictures(40)
    assert write_mp4(path, iter(frames), fps, bursts(22050, (0.2,), 1.0), 22050) == 40
    with av.open(str(path)) as container:
        decoded = list(container.decode(video=0))
    times = [Fraction(frame.pts or 0) * (frame.time_base or 0) for frame in decoded]
    assert times == [Fraction(k) / Fraction(fps) for k in range(40)]
    for number, frame in enumerate(decoded):
        columns = frame.to_ndarray(format="rgb24").mean(axis=(0, 2))
        assert columns.reshape(-1, 4).mean(axis=1).argmax() == number


@pytest.mark.parametrize("rate_hz", [16000, 22050, 44100, 48000])
def test_sound_is_heard_when_it_should_be(tmp_path: Path, rate_hz: int) -> None:
    path = tmp_path / "a.mp4"
    starts_s = (0.0, 0.3, 1.0)
    sound = bursts(rate_hz, starts_s, 1.6)
    write_mp4(path, pictures(30), 25, sound, rate_hz)
    heard, first_s = read_audio(path, rate_hz)
    assert first_s == 0
    assert 0 <= len(heard) - len(sound) <= 2048
    for start_s in starts_s:
        first = round(start_s * rate_hz)
        window = slice(first, first + round(0.1 * rate_hz))
        reference = sound[window] / 32768
        lags = range(-round(0.005 * rate_hz), round(0.005 * rate_hz) + 1)
        padded = np.pad(heard, 500)
        score = [np.dot(padded[500 + first + lag :][: len(reference)], reference) for lag in lags]
        lag_s = lags[int(np.argmax(score))] / rate_hz
        assert abs(lag_s) <= 0.001


def test_the_same_bytes(tmp_path: Path) -> None:
    sound = bursts(22050, (0.1,), 1.3)
    for name in ("a.mp4", "b.mp4"):
        write_mp4(tmp_path / name, pictures(20), 25, sound, 22050)
    data = (tmp_path / "a.mp4").read_bytes()
    assert data == (tmp_path / "b.mp4").read_bytes()
    assert b"Lavf" not in data


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[Picture]:
        yield from pictures(5)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_mp4(tmp_path / "a.mp4", broken(), 25, bursts(22050, (0.1,), 1), 22050)
    assert list(tmp_path.iterdir()) == []


def test_errors(tmp_path: Path) -> None:
    sound = bursts(22050, (0.1,), 0.5)
    with pytest.raises(InputError, match="no frames"):
        write_mp4(tmp_path / "a.mp4", [], 25, sound, 22050)
    with pytest.raises(InputError, match="63x48: a side is odd"):
        write_mp4(tmp_path / "a.mp4", [np.zeros((48, 63, 3), np.uint8)], 25, sound, 22050)
    with pytest.raises(InputError, match="not int16"):
        write_mp4(tmp_path / "a.mp4", pictures(2), 25, sound.astype(np.float32), 22050)
