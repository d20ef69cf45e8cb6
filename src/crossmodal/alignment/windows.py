"""The windows of sound and frames that the papers learn from.

A stretch of time, `span`, is where there is both sound and picture: `timeline.common_span`. A
window's frame is always the one on the screen at a time within the window, so its own time
stamp may lie up to one frame before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crossmodal.alignment.timeline import cut, frame_at

HALF_SECOND_S = 0.5
"""Length of a window of `facevoice` and of `cmcgan`."""
STEPS = 49
"""Audio steps of a `facevoice` window: frames of 20 ms, one every 10 ms."""
STEP_HOP_S, STEP_LENGTH_S = 0.010, 0.020
FRAME_STEPS = (1, 4, 8, 12, 16, 19, 23, 27, 31, 34, 38, 42, 46)
"""The steps, counted from 1, at which a new video frame begins; it is held until the next.

Step `floor(49 i / 13) + 1` for frame i: 13 frames spread evenly.
Source: the arrays released with Ren et al., Look, listen and learn, AAAI 2016.
"""


@dataclass(frozen=True)
class Windows:
    """Windows of one recording.

    Attributes:
        start_s: [n], seconds on the recording's clock.
        end_s: [n].
        frames: [n, m], the window's frames as indices into the frames' time stamps.
        frame_times_s: [n, m], the time stamps of these frames.
    """

    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    frames: NDArray[np.int64]
    frame_times_s: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.start_s)


def facevoice(
    times_s: ArrayLike, span: tuple[float, float], step_s: float = HALF_SECOND_S
) -> Windows:
    """Cut windows of 0.5 s with 13 frames: those on the screen in the middle of 13 audio steps.

    Args:
        times_s: [frames], time stamps of the video, rising.
        span: Start and end of the stretch to cut, s.
    """
    starts = cut(*span, HALF_SECOND_S, step_s)
    middles = (np.array(FRAME_STEPS) - 1) * STEP_HOP_S + STEP_LENGTH_S / 2
    return _windows(times_s, starts, starts + HALF_SECOND_S, starts[:, None] + middles)


def held_frames() -> NDArray[np.int64]:
    """Return which of its 13 frames a `facevoice` window shows at each of its 49 steps, [49]."""
    steps = np.arange(1, STEPS + 1)
    return np.searchsorted(FRAME_STEPS, steps, side="right").astype(np.int64) - 1


def cmcgan(times_s: ArrayLike, span: tuple[float, float], step_s: float) -> Windows:
    """Cut windows of 0.5 s with their first frame: the one on the screen when they start.

    Args:
        times_s: [frames], time stamps of the video, rising.
        span: Start and end of the stretch to cut, s.
        step_s: 0.1 as Sub-URMP was published, 0.5 for windows that share no sound.
    """
    starts = cut(*span, HALF_SECOND_S, step_s)
    return _windows(times_s, starts, starts + HALF_SECOND_S, starts[:, None])


def msvae(times_s: ArrayLike, utterances_s: ArrayLike, count: int) -> Windows:
    """Take whole utterances, each with frames from the middles of `count` equal parts.

    Args:
        times_s: [frames], time stamps of the video, rising.
        utterances_s: [n, 2], start and end of each utterance, s.
        count: Frames an utterance.
    """
    utterances = np.asarray(utterances_s, dtype=np.float64).reshape(-1, 2)
    starts, ends = utterances.T
    parts = (np.arange(count) + 0.5) / count
    return _windows(times_s, starts, ends, starts[:, None] + (ends - starts)[:, None] * parts)


def _windows(
    times_s: ArrayLike,
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    at_s: NDArray[np.float64],
) -> Windows:
    """Find the frames at `at_s` [n, m]; where none is shown yet, the first."""
    times = np.asarray(times_s, dtype=np.float64)
    frames = np.maximum(frame_at(times, at_s), 0)
    return Windows(starts, ends, frames, times[frames])
