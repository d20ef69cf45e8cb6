"""Pictures that carry a number in their colours, and a check of windows against a known truth.

A frame keeps its greys, so that faces are found as before, but all of it has the one colour that
stands for its number. Any crop of it at any size then tells which frame it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import gcd
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
import scipy.signal
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from crossmodal.alignment.merge import merge_shards
from crossmodal.alignment.stage import align
from crossmodal.corpora import readers
from crossmodal.corpora.manifest import read_manifest, write_manifest
from crossmodal_standins import video

Picture = NDArray[np.uint8]
VOICE_HZ, MUSIC_HZ = 16_000, 44_100
Cut = list[tuple[Any, NDArray[np.int16], NDArray[np.uint8]]]
"""Row of the windows' manifest, sound [samples] and pictures of each window."""

LEVELS, STEP = 9, 10
"""Values of each of the two colour differences, and the distance between neighbours."""

NUMBERS = LEVELS**2
"""Frames that differ; the next one has the colour of the first."""

FACEVOICE_S = np.array([0, 3, 7, 11, 15, 18, 22, 26, 30, 33, 37, 41, 45]) * 0.010 + 0.010
"""Middles of the 20 ms steps at which the 13 frames of a `facevoice` window stand."""

SOUND_TOLERANCE_S = 1e-3
FRAME_TOLERANCE = 0.5 + 1e-4
"""In frames; the rest is the rounding of time stamps to a file's clock."""

_SEARCH_S = 0.02
_LIKENESS = 0.8


def cut_windows(corpus: str, kind: str, folder: Path, manifest: pd.DataFrame) -> Cut:
    """Cut a corpus into windows as the workflow does, in two shards, beside its folder."""
    work = folder.with_name(f"{folder.name}-{kind}-{corpus}-{len(manifest)}")
    table, shards = work / "manifest.csv", [work / "0", work / "1"]
    write_manifest(table, manifest)
    for number, shard in enumerate(shards):
        align(corpus, kind, folder, table, {}, number, len(shards), shard)
    merge_shards(shards, work / kind)
    rows = read_manifest(work / kind / "manifest.csv")
    rows["frame_s"] = pd.to_numeric(rows["frame_s"])
    rows["samples"] = rows["samples"].astype(int)
    waves, pictures = (np.load(work / kind / f"{name}.npy") for name in ("waves", "pictures"))
    return list(zip(rows.itertuples(index=False), waves, pictures, strict=True))


def coloured(picture: Picture, number: int) -> Picture:
    """Give a picture [height, width, 3] the colour of a number; contrast is halved to fit it."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    blue, red = ((level - LEVELS // 2) * STEP for level in divmod(number % NUMBERS, LEVELS))
    shift = np.array([1.402 * red, -0.344136 * blue - 0.714136 * red, 1.772 * blue])
    colours = np.round(72 + 0.43 * np.arange(256)[:, None] + shift).astype(np.uint8)
    return np.asarray(colours[grey])


def numbered_frames(frames: Iterable[Picture]) -> Iterator[Picture]:
    """Give frames the colours of their places in the row."""
    for number, frame in enumerate(frames):
        yield coloured(frame, number)


def number_in(picture: Picture) -> int:
    """Read the number, modulo `NUMBERS`, from a picture or a part of it [height, width, 3]."""
    red, green, blue = picture.reshape(-1, 3).mean(axis=0)
    grey = 0.299 * red + 0.587 * green + 0.114 * blue
    levels = np.array([(blue - grey) / 1.772, (red - grey) / 1.402]) / STEP + LEVELS // 2
    nearest = np.round(levels)
    assert np.abs(levels - nearest).max() < 0.4, f"no number: levels {levels}"
    return int(nearest @ [LEVELS, 1])


@dataclass(frozen=True)
class Truth:
    """What a recording shows and when, known from how it was made.

    Attributes:
        times_s: [frames], when each frame comes on the screen; frame k has the number k.
        sound: [samples], before any encoder.
        rate_hz: Samples a second.
        began_s: When the first sample is heard.
    """

    times_s: NDArray[np.float64]
    sound: NDArray[np.float64]
    rate_hz: int
    began_s: float = 0.0

    @cached_property
    def ends_s(self) -> NDArray[np.float64]:
        """When each frame leaves the screen."""
        return np.append(self.times_s[1:], self.times_s[-1] + np.median(np.diff(self.times_s)))

    @cached_property
    def _resampled(self) -> dict[int, NDArray[np.float64]]:
        return {}

    def heard_at(self, rate_hz: int) -> NDArray[np.float64]:
        """Return the sound at another rate."""
        if rate_hz not in self._resampled:
            both = gcd(rate_hz, self.rate_hz)
            self._resampled[rate_hz] = (
                self.sound
                if rate_hz == self.rate_hz
                else scipy.signal.resample_poly(self.sound, rate_hz // both, self.rate_hz // both)
            )
        return self._resampled[rate_hz]


def frame_offsets(
    pictures: Sequence[Picture] | Picture, asked_s: ArrayLike, truth: Truth
) -> NDArray[np.float64]:
    """Return how far the asked times are from the middle of the display of the frames shown.

    Args:
        pictures: [n] crops of numbered frames.
        asked_s: [n], the times at which they should be on the screen.
        truth: Of the recording.

    Returns:
        [n], in frames; within half a frame the right one is shown.
    """
    offsets = []
    for picture, at_s in zip(pictures, np.asarray(asked_s, dtype=np.float64), strict=True):
        near = int(np.searchsorted(truth.times_s, at_s, side="right")) - 1
        shown = near + (number_in(picture) - near + NUMBERS // 2) % NUMBERS - NUMBERS // 2
        shown = int(np.clip(shown, 0, len(truth.times_s) - 1))
        begin_s, end_s = truth.times_s[shown], truth.ends_s[shown]
        offsets.append((at_s - (begin_s + end_s) / 2) / (end_s - begin_s))
    return np.array(offsets)


def lag_s(wave: NDArray[np.int16], rate_hz: int, start_s: float, truth: Truth) -> float:
    """Return how much later a window's sound is than the recording's at that time.

    Found where the two are most alike (normalised correlation) within 20 ms.
    """
    reach = round(_SEARCH_S * rate_hz)
    sound = truth.heard_at(rate_hz)
    first = (start_s - truth.began_s) * rate_hz
    begin = round(first) - reach
    around = np.zeros(len(wave) + 2 * reach)
    low, high = max(begin, 0), min(begin + len(around), len(sound))
    around[low - begin : high - begin] = sound[low:high]
    values = wave.astype(np.float64)
    energy = np.cumsum(np.append(0.0, around**2))
    energy = energy[len(values) :] - energy[: -len(values)]
    likeness = scipy.signal.correlate(around, values, mode="valid", method="fft")
    likeness /= np.sqrt(np.maximum(energy, 1e-9) * max(float((values**2).sum()), 1e-9))
    place = int(np.argmax(likeness))
    assert likeness[place] > _LIKENESS, f"another sound: likeness {likeness[place]:.2f}"
    return (first - begin - place) / rate_hz


def check_window(
    wave: NDArray[np.int16],
    rate_hz: int,
    start_s: float,
    pictures: Sequence[Picture] | Picture,
    asked_s: ArrayLike,
    truth: Truth,
) -> tuple[float, float]:
    """Fail unless the sound is within 1 ms and every frame within half a frame of the truth.

    Returns:
        The lag of the sound, s, and the largest offset of a frame, in frames.
    """
    lag = lag_s(wave, rate_hz, start_s, truth)
    assert abs(lag) <= SOUND_TOLERANCE_S, f"the sound is {1000 * lag:.2f} ms off"
    offset = float(np.abs(frame_offsets(pictures, asked_s, truth)).max()) if len(pictures) else 0.0
    assert offset <= FRAME_TOLERANCE, f"a frame is {offset:.2f} frames from its time"
    return lag, offset


def read(corpus: str, folder: Path, **arguments: Any) -> pd.DataFrame:
    return readers.read_corpus(corpus, folder, arguments)[0]


def watch_videos(monkeypatch: pytest.MonkeyPatch, module: Any) -> dict[str, Truth]:
    """Number the frames of the videos a generator writes; return the truth by name of the file."""
    truths: dict[str, Truth] = {}

    def write(path: Path, frames: Any, fps: int, audio: Any, rate_hz: int, **settings: Any) -> int:
        count = video.write_mp4(path, numbered_frames(frames), fps, audio, rate_hz, **settings)
        truths[path.name] = Truth(np.arange(count) / fps, audio / 32768, rate_hz)
        return count

    monkeypatch.setattr(module, "write_mp4", write)
    return truths


def asked_s(kind: str, start_s: float, end_s: float) -> NDArray[np.float64]:
    """Return at which times a window's frames should be on the screen."""
    if kind == "msvae":
        return start_s + (end_s - start_s) * (np.arange(4) + 0.5) / 4
    return start_s + FACEVOICE_S if kind == "facevoice" else np.array([start_s])


def check_all(windows: Cut, kind: str, truth_of: Callable[[Any], Truth]) -> NDArray[np.float64]:
    """Check all windows of recordings; returns lag in s and offset in frames of each, [n, 2]."""
    rate_hz = MUSIC_HZ if kind == "cmcgan" else VOICE_HZ
    found = []
    for row, wave, picture in windows:
        truth = truth_of(row)
        asked = asked_s(kind, row.start_s, row.end_s)
        pictures = picture[None] if picture.ndim == 3 else picture
        found.append(
            check_window(wave[: row.samples], rate_hz, row.start_s, pictures, asked, truth)
        )
        first = np.searchsorted(truth.times_s, asked[0] + 1e-6, side="right") - 1
        assert abs(row.frame_s - truth.times_s[max(first, 0)]) < 1e-3
    return np.array(found)


def image(path: Path) -> Picture:
    """Read a picture file as RGB."""
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB"))


def difference(picture: Picture, original: Picture) -> float:
    """Return the mean difference of grey levels between a picture and an original, resized."""
    side = picture.shape[0]
    resized = cv2.resize(original, (side, side), interpolation=cv2.INTER_AREA)
    return float(np.abs(picture.astype(float) - resized).mean())
