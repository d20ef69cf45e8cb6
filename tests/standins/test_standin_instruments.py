"""Instruments: what is heard and what is seen follow one performance."""

from __future__ import annotations

import cv2
import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from crossmodal.corpora.urmp import INSTRUMENTS as CODES
from crossmodal_standins.instruments import INSTRUMENTS, RATE_HZ, Difficulty, perform, sound
from crossmodal_standins.music import Note, Performance, Vibrato, compose, draw_harmony
from crossmodal_standins.players import Stage, _slide_steps, moments_of

Array = NDArray[np.float64]


def play(name: str, seconds: float) -> tuple[np.random.Generator, Performance]:
    generator = np.random.default_rng([1, *name.encode()])
    return generator, perform(generator, name, draw_harmony(generator), seconds)


def test_the_codes_are_those_of_urmp() -> None:
    assert {item.code: name for name, item in INSTRUMENTS.items()} == CODES


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_held_notes_have_their_pitch(name: str) -> None:
    generator, performance = play(name, 8.0)
    samples = sound(generator, name, performance, Difficulty()) / 32768
    cents = []
    for note in performance.notes:
        if note.length_s < 0.6:
            continue
        first, end = (note.onset_s + 0.1) * RATE_HZ, (note.onset_s + note.length_s - 0.05) * RATE_HZ
        hz = 440 * 2 ** ((note.midi - 69) / 12)
        track = librosa.yin(
            samples[round(first) : round(end)],
            fmin=hz / 1.8,
            fmax=hz * 1.8,
            sr=RATE_HZ,
            frame_length=8192 if hz < 120 else 4096,
            center=False,
        )
        cents.append(1200 * np.log2(track.mean() / hz))
    assert len(cents) >= 2
    assert np.abs(cents).max() < 20


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_the_sound_is_as_loud_as_the_truth_says(name: str) -> None:
    generator, performance = play(name, 8.0)
    samples = sound(generator, name, performance, Difficulty()).astype(np.float64)
    assert np.abs(samples).max() == pytest.approx(32767 / 2, rel=0.05)
    times_s = np.arange(0.1, 7.9, 0.04)
    half = round(0.02 * RATE_HZ)
    level = [
        np.sqrt(np.mean(samples[at - half : at + half] ** 2))
        for at in np.round(times_s * RATE_HZ).astype(int)
    ]
    assert np.corrcoef(level, performance.loudness(times_s))[0, 1] > 0.8


def seen(pictures: Array, truth: Array) -> float:
    """Correlate a truth with what ridge regression reads from the second half of the pictures."""
    half = len(pictures) // 2
    train = pictures[:half] - pictures[:half].mean(axis=0)
    gram = train @ train.T
    gram += 0.01 * np.trace(gram) / half * np.eye(half)
    weights = np.linalg.solve(gram, truth[:half] - truth[:half].mean())
    guess = (pictures[half:] - pictures[:half].mean(axis=0)) @ (train.T @ weights)
    return float(np.corrcoef(guess, truth[half:])[0, 1])


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_breath_and_bow_are_seen_in_the_picture(name: str) -> None:
    generator, performance = play(name, 12.0)
    bowed = INSTRUMENTS[name].bowed
    stage = Stage(generator, [name], (128, 72), Difficulty())
    times_s = np.random.default_rng(0).uniform(0, 12, 100 if bowed else 60)
    moments = moments_of(name, performance, times_s)
    pictures = np.stack(
        [
            cv2.cvtColor(stage.picture(generator, [moment]), cv2.COLOR_RGB2GRAY).ravel() / 255.0
            for moment in moments
        ]
    )
    assert seen(pictures, performance.loudness(times_s)) > 0.8
    if bowed:
        assert seen(pictures, performance.bow(times_s)) > 0.7
        assert seen(pictures, performance.midi(times_s)) > 0.5


def test_the_bow_moves_as_fast_as_it_is_loud() -> None:
    _, performance = play("violin", 10.0)
    times_s = np.arange(0, 10, 0.002)
    speed = np.abs(np.diff(performance.bow(times_s))) / 0.002
    loudness = performance.loudness((times_s[1:] + times_s[:-1]) / 2)
    turning = np.abs(speed - np.median(speed / np.maximum(loudness, 1e-9)) * loudness) > 0.05
    assert turning.mean() < 0.02, "only where the bow turns"
    assert speed[loudness == 0].max(initial=0.0) < 0.5


def test_vibrato_swings_about_the_note() -> None:
    performance = Performance([Note(0.0, 2.0, 69, 0.8)], 2.0, attack_s=0.05, vibrato=Vibrato(30, 5))
    cents = 1200 * np.log2(performance.pitch_hz(np.arange(0.4, 1.8, 0.001)) / 440)
    assert cents.max() == pytest.approx(30, abs=0.5)
    assert abs(cents.mean()) < 0.5
    assert performance.pitch_hz(np.array([2.0]))[0] == 0


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    low=st.integers(24, 70),
    span=st.integers(12, 36),
    seconds=st.floats(1, 30),
)
def test_a_melody_stays_in_its_register_and_time(
    seed: int, low: int, span: int, seconds: float
) -> None:
    generator = np.random.default_rng(seed)
    harmony = draw_harmony(generator)
    notes = compose(generator, harmony, low=low, high=low + span, seconds=seconds)
    assert notes
    for note in notes:
        assert low <= note.midi <= low + span
        assert (note.midi - harmony.tonic) % 12 in harmony.scale
        assert 0 < note.level <= 1
    ends = np.array([note.onset_s + note.length_s for note in notes])
    onsets = np.array([note.onset_s for note in notes])
    assert (onsets[1:] >= ends[:-1] - 1e-9).all()
    assert ends[-1] <= seconds + 1e-9
    times_s = np.linspace(0, seconds, 200)
    performance = Performance(notes, seconds, attack_s=0.05, vibrato=Vibrato(10, 5))
    assert ((performance.bow(times_s) >= 0) & (performance.bow(times_s) <= 1)).all()
    assert ((performance.loudness(times_s) >= 0) & (performance.loudness(times_s) <= 1)).all()


@pytest.mark.parametrize(("midi", "below"), [(58, 0), (57, 1), (52, 1), (47, 3), (82, 0), (29, 5)])
def test_slide_positions(midi: int, below: int) -> None:
    assert _slide_steps(midi) == below
