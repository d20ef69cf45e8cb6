"""Put the decoded pieces of a sound where their time stamps say, at one rate."""

from __future__ import annotations

from collections import deque
from typing import cast

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from crossmodal.errors import ClipError

TOLERANCE_S = 1e-3
"""Lags below this are rounding of time stamps and drift too small to matter."""
LOOK = 2
"""Frames looked at on either side: one frame's stamp alone may be off (Vorbis short blocks)."""
LONGEST_GAP_S = 600.0
"""A longer silence is taken for damaged time stamps."""
FARTHEST_BACK_S = 1.0
"""Stamps that go back farther are those of another recording, not an overlap."""

Samples = NDArray[np.float32]


class Placer:
    """Takes the frames of one sound stream in order; returns the sound without gap or overlap.

    A frame's lag is its time stamp less the time at which the samples before it end. Where the
    median lag of five neighbouring frames changes by more than the tolerance, silence is filled
    in or samples are dropped. Values are scaled to [-1, 1]; `mono` is the mean of the channels.
    """

    def __init__(self, rate_hz: int, *, mono: bool = True) -> None:
        self.rate_hz = rate_hz
        self.mono = mono
        self.start_s = 0.0
        self._waiting: deque[Samples] = deque()
        self._lags_s: list[float] = []
        self._placed = 0  # frames
        self._source_rate_hz = 0
        self._channels = 0
        self._tolerance_s = TOLERANCE_S
        self._read = 0  # samples read from the stream, at the source's rate
        self._shift = 0  # samples of silence filled in, less samples dropped
        self._to_drop = 0
        self._sent = 0  # samples that went on to the resampler
        self._resampler: AudioResampler | None = None
        self._layout = "mono"
        self._pieces: list[Samples] = []

    def push(self, frame: AudioFrame) -> None:
        """Take the next frame.

        Raises:
            ClipError: The sound changes its rate or channels, or its time stamps jump.
        """
        samples = _channels_of(frame)
        if not self._source_rate_hz:
            self._begin(frame)
        if (frame.sample_rate, len(samples)) != (self._source_rate_hz, self._channels):
            raise ClipError("the sound changes its rate or its channels midway")
        if self.mono:
            samples = samples.mean(axis=0, keepdims=True, dtype=np.float32)
        self._lags_s.append(self._lag_s(frame))
        self._read += samples.shape[1]
        self._waiting.append(samples)
        if len(self._waiting) > LOOK:
            self._place()

    def finish(self) -> tuple[Samples, float]:
        """Return the sound [samples], or [channels, samples] without `mono`, and its start.

        Raises:
            ClipError: There was no frame.
        """
        if not self._source_rate_hz:
            raise ClipError("no sound could be decoded")
        while self._waiting:
            self._place()
        if self._resampler is not None:
            self._collect(self._resampler.resample(None))
        rows = 1 if self.mono else self._channels
        sound = np.concatenate([np.zeros((rows, 0), np.float32), *self._pieces], axis=1)
        count = round(self._sent * self.rate_hz / self._source_rate_hz)
        sound = np.pad(sound[:, :count], ((0, 0), (0, max(0, count - sound.shape[1]))))
        return (sound[0] if self.mono else sound), self.start_s

    def _begin(self, frame: AudioFrame) -> None:
        self._source_rate_hz = frame.sample_rate
        self._channels = frame.layout.nb_channels
        if frame.pts is not None and frame.time_base is not None:
            self.start_s = float(frame.pts * frame.time_base)
            self._tolerance_s = max(TOLERANCE_S, 1.5 * float(frame.time_base))
        if not self.mono:
            self._layout = frame.layout.name
        if self.rate_hz != self._source_rate_hz:
            self._resampler = AudioResampler("fltp", self._layout, self.rate_hz)

    def _lag_s(self, frame: AudioFrame) -> float:
        """Return how much later the frame is than its place by counting samples."""
        if frame.pts is None or frame.time_base is None:  # it follows the one before
            return self._lags_s[-1] if self._lags_s else 0.0
        counted_s = self.start_s + self._read / self._source_rate_hz
        return float(frame.pts * frame.time_base) - counted_s

    def _place(self) -> None:
        """Send the oldest waiting frame on, after the silence or the cut its lag asks for."""
        samples = self._waiting.popleft()
        here = self._placed
        self._placed += 1
        # As many neighbours on either side, so that the median of a step falls on its own side.
        reach = min(LOOK, here, len(self._lags_s) - 1 - here)
        lag_s = float(np.median(self._lags_s[here - reach : here + reach + 1]))
        change_s = lag_s - self._shift / self._source_rate_hz
        if not -FARTHEST_BACK_S <= change_s <= LONGEST_GAP_S:
            raise ClipError(f"the time stamps of the sound jump by {change_s:.1f} s")
        if abs(change_s) > self._tolerance_s:
            change = round(change_s * self._source_rate_hz)
            self._shift += change
            self._move(change)
        dropped = min(self._to_drop, samples.shape[1])
        self._to_drop -= dropped
        self._send(samples[:, dropped:])

    def _move(self, change: int) -> None:
        """Fill in `change` samples of silence, or have the next `-change` dropped."""
        undone = min(max(change, 0), self._to_drop)
        self._to_drop += max(-change, 0) - undone
        silence = max(change, 0) - undone
        for begin in range(0, silence, self._source_rate_hz):
            length = min(self._source_rate_hz, silence - begin)
            rows = 1 if self.mono else self._channels
            self._send(np.zeros((rows, length), dtype=np.float32))

    def _send(self, samples: Samples) -> None:
        if not samples.shape[1]:
            return
        if self._resampler is None:
            self._pieces.append(samples)
        else:
            frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", self._layout)
            frame.sample_rate = self._source_rate_hz
            frame.pts = self._sent
            self._collect(self._resampler.resample(frame))
        self._sent += samples.shape[1]

    def _collect(self, frames: list[AudioFrame]) -> None:
        self._pieces += [cast(Samples, frame.to_ndarray()) for frame in frames]


def _channels_of(frame: AudioFrame) -> Samples:
    """Return the samples as [channels, samples], scaled to [-1, 1]."""
    values = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, frame.layout.nb_channels).T
    if values.dtype.kind == "f":
        return values.astype(np.float32)
    half = 2.0 ** (8 * values.dtype.itemsize - 1)
    centre = half if values.dtype.kind == "u" else 0.0
    scaled: Samples = ((values.astype(np.float64) - centre) / half).astype(np.float32)
    return scaled
