"""The papers' windows against the sheets and naive loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossmodal.alignment.windows import FRAME_STEPS, cmcgan, facevoice, held_frames, msvae

STEADY_S = np.arange(100) / 25


def test_thirteen_frames_lie_evenly_on_49_steps_and_are_held() -> None:
    assert FRAME_STEPS == (1, 4, 8, 12, 16, 19, 23, 27, 31, 34, 38, 42, 46)
    assert [49 * frame // 13 + 1 for frame in range(13)] == list(FRAME_STEPS)
    held = held_frames()
    expected = [max(i for i, first in enumerate(FRAME_STEPS) if first <= k) for k in range(1, 50)]
    assert held.tolist() == expected


@given(st.lists(st.integers(1, 200), min_size=30, max_size=60), st.integers(0, 300))
def test_facevoice_frames_are_those_on_the_screen(gaps_ms: list[int], start_ms: int) -> None:
    times_ms = np.cumsum(gaps_ms) - gaps_ms[0]
    span_ms = (start_ms, int(times_ms[-1]))
    windows = facevoice(times_ms / 1000, (span_ms[0] / 1000, span_ms[1] / 1000))
    assert len(windows) == max(0, (span_ms[1] - span_ms[0]) // 500)
    for number, shown_s in enumerate(windows.frame_times_s):
        for step, time_s in zip(FRAME_STEPS, shown_s, strict=True):
            middle_ms = start_ms + 500 * number + (step - 1) * 10 + 10
            assert time_s == max(time for time in times_ms if time <= middle_ms) / 1000


def test_cmcgan_windows_begin_with_their_frame() -> None:
    windows = cmcgan(STEADY_S, (0.5, 2.0), 0.1)
    np.testing.assert_allclose(windows.start_s, np.arange(5, 16) / 10)
    np.testing.assert_allclose(windows.end_s - windows.start_s, 0.5)
    assert windows.frames.shape == (11, 1)
    expected = [int(tenth * 2.5) for tenth in range(5, 16)]
    assert windows.frames[:, 0].tolist() == expected
    assert len(cmcgan(STEADY_S, (0.5, 2.0), 0.5)) == 3


def test_utterances_stay_whole() -> None:
    windows = msvae(STEADY_S, [(0.0, 2.0), (1.0, 1.4)], 4)
    assert windows.start_s.tolist() == [0.0, 1.0]
    assert windows.end_s.tolist() == [2.0, 1.4]
    assert windows.frames.tolist() == [[6, 18, 31, 43], [26, 28, 31, 33]]
    assert len(msvae(STEADY_S, [], 4)) == 0


def test_a_span_too_short_has_no_window() -> None:
    windows = facevoice(STEADY_S, (1.0, 1.4))
    assert len(windows) == 0
    assert windows.frames.shape == (0, 13)


def test_before_the_first_frame_the_first_is_taken() -> None:
    windows = cmcgan([1.0, 1.04], (0.0, 0.6), 0.5)
    assert windows.frame_times_s.tolist() == [[1.0]]
    assert windows.frame_times_s[0, 0] == pytest.approx(1.0)
