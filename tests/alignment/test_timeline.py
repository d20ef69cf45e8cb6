"""Arithmetic on the clock against naive loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossmodal.alignment.timeline import (
    common_span,
    cut,
    frame_at,
    picture_span,
    samples_between,
    shown,
)

milliseconds = st.lists(st.integers(0, 3000), min_size=1, max_size=30, unique=True).map(sorted)
asked = st.lists(st.integers(-100, 3100), max_size=30).map(sorted)


@given(milliseconds, asked)
def test_frame_at_is_the_last_that_began(times_ms: list[int], at_ms: list[int]) -> None:
    expected = [sum(time <= at for time in times_ms) - 1 for at in at_ms]
    found = frame_at(np.array(times_ms) / 1000, np.array(at_ms) / 1000)
    assert found.tolist() == expected


@given(milliseconds, asked)
def test_shown_agrees_with_frame_at(times_ms: list[int], at_ms: list[int]) -> None:
    times = [time / 1000 for time in times_ms]
    items = [(time, number) for number, time in enumerate(times)]
    at = [value / 1000 for value in at_ms]
    numbers = [number for _, number in shown(iter(items), at)]
    assert numbers == np.maximum(frame_at(times, at), 0).tolist()


def test_rounding_of_sums_does_not_miss_a_frame() -> None:
    assert frame_at([0.0, 0.3], 3 * 0.1 - 1e-9) == 1
    assert frame_at([0.0, 0.1 + 0.2], 0.3) == 1


def test_shown_of_nothing_is_nothing() -> None:
    empty: list[tuple[float, int]] = []
    assert list(shown(empty, [0.0, 1.0])) == []


def test_shown_reads_no_further_than_it_must() -> None:
    stream = iter([(float(second), second) for second in range(100)])
    assert [item for _, item in shown(stream, [0.5, 3.5])] == [0, 3]
    assert next(stream)[1] == 5


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 60), st.integers(1, 60))
def test_cut_gives_all_windows_that_fit(start: int, room: int, length: int, step: int) -> None:
    expected = [s / 100 for s in range(start, start + room - length + 1, step)]
    starts = cut(start / 100, (start + room) / 100, length / 100, step / 100)
    np.testing.assert_allclose(starts, expected, atol=1e-9)


def test_cut_refuses_no_length_and_no_step() -> None:
    with pytest.raises(ValueError, match="positive"):
        cut(0.0, 1.0, 0.0, 0.1)
    with pytest.raises(ValueError, match="positive"):
        cut(0.0, 1.0, 0.5, 0.0)


@given(st.integers(0, 60), st.integers(-50, 50), st.integers(-80, 80), st.integers(0, 40))
def test_samples_are_those_of_a_naive_loop(
    count: int, audio_start: int, start: int, length: int
) -> None:
    audio = np.arange(1, count + 1, dtype=np.int16)
    window = samples_between(audio, audio_start / 10, 10, start / 10, length / 10)
    heard = {audio_start + index: value for index, value in enumerate(audio)}
    assert window.tolist() == [heard.get(start + index, 0) for index in range(length)]
    assert window.dtype == np.int16


def test_samples_of_channels_and_half_second_windows() -> None:
    audio = np.ones((2, 44_100), dtype=np.float32)
    assert samples_between(audio, 0.0, 44_100, 0.7, 0.5).shape == (2, 22_050)
    assert samples_between(audio, 0.0, 44_100, 0.7, 0.5)[0].sum() == round(0.3 * 44_100)


def test_spans() -> None:
    assert common_span([(0.0, 3.0), (0.3, 5.0)]) == (0.3, 3.0)
    assert common_span([(0.0, 1.0), (2.0, 3.0)]) == (2.0, 2.0)
    assert picture_span([0.5]) == (0.5, 0.5)
    assert picture_span([0.0, 0.04, 0.08, 0.5]) == pytest.approx((0.0, 0.54))
