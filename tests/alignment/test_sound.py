"""Placing pieces of sound by their time stamps, against writing them into silence by hand."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import resample_poly

from crossmodal.alignment.sound import LONGEST_GAP_S, Placer
from crossmodal.errors import ClipError

RATE_HZ = 8000
PIECE = 160


def frame(samples: NDArray[np.float32], at: int | None, rate_hz: int = RATE_HZ) -> av.AudioFrame:
    layout = {1: "mono", 2: "stereo"}[len(samples)]
    made = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", layout)
    made.sample_rate, made.time_base, made.pts = rate_hz, Fraction(1, rate_hz), at
    return made


def pieces(count: int) -> NDArray[np.float32]:
    return np.random.default_rng(3).uniform(-1, 1, (count, 1, PIECE)).astype(np.float32)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(3, 6), min_size=1, max_size=5), st.data())
def test_runs_of_pieces_lie_where_their_stamps_say(runs: list[int], data: st.DataObject) -> None:
    placer = Placer(RATE_HZ)
    sounds = pieces(sum(runs))
    at, expected, index = 0, np.zeros(0, dtype=np.float32), 0
    for run in runs:
        # A gap is longer than the tolerance of 1 ms (8 samples), or there is none.
        gap = data.draw(st.sampled_from([0, 9, 100, 1600])) if index else 0
        at += gap
        expected = np.concatenate([expected, np.zeros(gap, dtype=np.float32)])
        for _ in range(run):
            placer.push(frame(sounds[index], at))
            expected = np.concatenate([expected, sounds[index, 0]])
            at, index = at + PIECE, index + 1
    sound, start_s = placer.finish()
    np.testing.assert_array_equal(sound, expected)
    assert start_s == 0.0


def test_an_overlap_is_cut_from_the_later_piece() -> None:
    sounds = pieces(8)
    placer = Placer(RATE_HZ)
    stamps = [0, 160, 320, 480, 590, 750, 910, 1070]  # the fifth comes 50 samples early
    for samples, at in zip(sounds, stamps, strict=True):
        placer.push(frame(samples, at))
    sound, _ = placer.finish()
    expected = np.concatenate([sounds[:4].ravel(), sounds[4, 0, 50:], sounds[5:].ravel()])
    np.testing.assert_array_equal(sound, expected)


def test_one_stray_stamp_moves_nothing() -> None:
    sounds = pieces(9)
    placer = Placer(RATE_HZ)
    for number, samples in enumerate(sounds):
        placer.push(frame(samples, number * PIECE + (90 if number == 4 else 0)))
    np.testing.assert_array_equal(placer.finish()[0], sounds.ravel())


def test_a_clock_that_drifts_is_followed_to_a_millisecond() -> None:
    placer = Placer(RATE_HZ)
    for number in range(500):
        placer.push(frame(np.full((1, PIECE), 0.5, np.float32), round(number * PIECE * 1.002)))
    sound, _ = placer.finish()
    assert abs(len(sound) - 500 * PIECE * 1.002) <= 9


def test_pieces_without_stamps_follow_each_other() -> None:
    sounds = pieces(5)
    placer = Placer(RATE_HZ)
    for number, samples in enumerate(sounds):
        placer.push(frame(samples, 800 if number == 0 else None))
    sound, start_s = placer.finish()
    np.testing.assert_array_equal(sound, sounds.ravel())
    assert start_s == 0.1


def test_mono_is_the_mean_and_channels_can_be_kept() -> None:
    samples = np.stack([np.full(800, 0.5), np.full(800, -0.25)]).astype(np.float32)
    mono, both = Placer(RATE_HZ), Placer(RATE_HZ, mono=False)
    for placer in (mono, both):
        placer.push(frame(samples, 0))
    np.testing.assert_array_equal(mono.finish()[0], np.full(800, 0.125, np.float32))
    np.testing.assert_array_equal(both.finish()[0], samples)


@pytest.mark.parametrize(("kind", "value"), [("s16", 16384), ("s32", 2**30), ("u8", 192)])
def test_whole_numbers_are_scaled_to_one(kind: str, value: int) -> None:
    types = {"s16": np.int16, "s32": np.int32, "u8": np.uint8}
    values = np.full((1, 200), value, dtype=types[kind])
    made = av.AudioFrame.from_ndarray(values, format=kind, layout="stereo")
    made.sample_rate, made.time_base, made.pts = RATE_HZ, Fraction(1, RATE_HZ), 0
    placer = Placer(RATE_HZ)
    placer.push(made)
    np.testing.assert_array_equal(placer.finish()[0], np.full(100, 0.5, np.float32))


@pytest.mark.parametrize(
    ("source_hz", "rate_hz"), [(44_100, 16_000), (8000, 16_000), (96_000, 22_050)]
)
def test_resampling_keeps_time_and_shape(source_hz: int, rate_hz: int) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(source_hz) / source_hz) * np.hanning(source_hz)
    samples = tone.astype(np.float32)
    placer = Placer(rate_hz)
    for begin in range(0, source_hz, 1024):
        placer.push(frame(samples[None, begin : begin + 1024], begin, source_hz))
    sound, _ = placer.finish()
    assert len(sound) == rate_hz
    common = np.gcd(source_hz, rate_hz)
    reference = resample_poly(samples, rate_hz // common, source_hz // common)
    np.testing.assert_allclose(sound, reference, atol=2e-3)


def test_what_cannot_be_placed_is_an_error() -> None:
    with pytest.raises(ClipError, match="no sound could be decoded"):
        Placer(RATE_HZ).finish()
    changed = Placer(RATE_HZ)
    changed.push(frame(pieces(1)[0], 0))
    with pytest.raises(ClipError, match="changes its rate"):
        changed.push(frame(pieces(1)[0], 0, 16_000))


@pytest.mark.parametrize("jump_s", [LONGEST_GAP_S + 5, -2.0])
def test_a_jump_of_the_clock_is_an_error(jump_s: float) -> None:
    placer = Placer(RATE_HZ)
    jump = round(jump_s * RATE_HZ)
    stamps = [20_000 + number * PIECE + (jump if number > 3 else 0) for number in range(6)]
    for samples, at in zip(pieces(6), stamps, strict=True):
        placer.push(frame(samples, at))
    with pytest.raises(ClipError, match="jump"):
        placer.finish()
