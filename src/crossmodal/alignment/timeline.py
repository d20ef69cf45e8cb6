"""Arithmetic on the clock of a recording: frames shown, windows, samples. All times in seconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

TINY_S = 1e-6
"""Rounding allowed in times: below a tick of every clock in use, above any rounding of sums."""

Item = TypeVar("Item")


def frame_at(times_s: ArrayLike, at_s: ArrayLike) -> NDArray[np.int64]:
    """Return the index of the frame on the screen at each time: the last that began by then.

    Args:
        times_s: [n], when each frame begins, rising.
        at_s: [...], the times asked for.

    Returns:
        [...], indices into `times_s`; -1 before the first frame. The last frame stays.
    """
    times = np.asarray(times_s, dtype=np.float64)
    at = np.asarray(at_s, dtype=np.float64)
    return np.searchsorted(times, at + TINY_S, side="right").astype(np.int64) - 1


def shown(
    items: Iterable[tuple[float, Item]], at_s: Iterable[float]
) -> Iterator[tuple[float, Item]]:
    """Yield the item on the screen at each time, reading `items` once and holding two of them.

    As `frame_at` on a stream, but a time before the first item gets the first.

    Args:
        items: Pairs of the time an item begins and the item, rising.
        at_s: The times asked for, rising or equal.

    Yields:
        One pair of `items` for every time asked for. Nothing when there is no item.
    """
    stream = iter(items)
    current = next(stream, None)
    if current is None:
        return
    following = next(stream, None)
    for at in at_s:
        while following is not None and following[0] <= at + TINY_S:
            current, following = following, next(stream, None)
        yield current


def cut(start_s: float, end_s: float, length_s: float, step_s: float) -> NDArray[np.float64]:
    """Return the starts of all windows that lie within a stretch of time.

    Returns:
        [n], `start_s + i * step_s` as long as the window ends by `end_s`; empty when none fits.

    Raises:
        ValueError: The length or the step is not positive.
    """
    if length_s <= 0 or step_s <= 0:
        raise ValueError(f"length {length_s} s and step {step_s} s must be positive")
    room_s = end_s - start_s - length_s + TINY_S
    count = int(np.floor(room_s / step_s)) + 1 if room_s >= 0 else 0
    return start_s + step_s * np.arange(count, dtype=np.float64)


def common_span(spans: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the stretch that lies within all of `spans`, of length 0 when there is none."""
    start_s = max(start for start, _ in spans)
    return start_s, max(start_s, min(end for _, end in spans))


def picture_span(times_s: ArrayLike) -> tuple[float, float]:
    """Return from when to when a video shows something, for frames that begin at `times_s` [n].

    The last frame is taken to be shown as long as the median one; a lone frame for no time.
    """
    times = np.asarray(times_s, dtype=np.float64)
    last_s = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    return float(times[0]), float(times[-1]) + last_s


def samples_between(
    audio: NDArray[Any], audio_start_s: float, rate_hz: int, start_s: float, length_s: float
) -> NDArray[Any]:
    """Return the sound of a window, with zeros where there is none.

    Args:
        audio: [..., samples].
        start_s: Start of the window; its first sample is the nearest one.

    Returns:
        [..., round(length_s * rate_hz)], a new array of the type of `audio`.
    """
    count = round(length_s * rate_hz)
    first = int(np.floor((start_s - audio_start_s) * rate_hz + 0.5))
    window = np.zeros((*audio.shape[:-1], count), dtype=audio.dtype)
    begin, end = max(first, 0), min(first + count, audio.shape[-1])
    if begin < end:
        window[..., begin - first : end - first] = audio[..., begin:end]
    return window
