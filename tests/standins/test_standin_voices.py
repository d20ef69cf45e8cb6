"""Voices: the same samples each time, the pitch that was asked for, rooms that keep the onset."""

from __future__ import annotations

from dataclasses import replace

import librosa
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crossmodal.errors import InputError
from crossmodal_standins.people import Voice, draw_person
from crossmodal_standins.voices import PEAK, RATE_HZ, Sound, in_room, loudness, say

TEXT = "The two rooms upstairs are always warm in the morning."
VOICE = Voice("m3", 110.0, 50, 170, 1.0, 0.0)


def pitch_hz(sound: Sound) -> float:
    """Median over the louder half of the frames, by YIN."""
    values = sound / 32768
    track = librosa.yin(values, fmin=60, fmax=420, sr=RATE_HZ, frame_length=2048)
    level = librosa.feature.rms(y=values, frame_length=2048)[0]
    return float(np.median(track[level > np.median(level)]))


def test_the_same_samples_whatever_was_said_before() -> None:
    breathy = replace(VOICE, variant="f5", pitch_hz=210.0)
    first = [say(TEXT, voice) for voice in (VOICE, breathy)]
    say("Something else entirely, with another voice.", replace(VOICE, variant="m7"))
    again = [say(TEXT, voice) for voice in (breathy, VOICE)][::-1]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_pitch_is_the_one_of_the_voice() -> None:
    generator = np.random.default_rng(0)
    voices = [draw_person(generator).voice for _ in range(10)]
    asked = np.log2([voice.pitch_hz for voice in voices])
    heard = np.log2([pitch_hz(say(TEXT, voice)) for voice in voices])
    assert np.corrcoef(asked, heard)[0, 1] > 0.98
    assert np.median(np.abs(heard - asked)) < 0.12


def test_formants_speed_and_brightness() -> None:
    base = say(TEXT, VOICE)
    slow = say(TEXT, replace(VOICE, words_per_minute=130))
    assert len(slow) > 1.2 * len(base)

    def centroid(sound: Sound) -> float:
        return float(librosa.feature.spectral_centroid(y=sound / 32768, sr=RATE_HZ).mean())

    short_tract = say(TEXT, replace(VOICE, formants=1.15))
    assert centroid(short_tract) > 1.05 * centroid(base)
    assert abs(len(short_tract) / len(base) - 1) < 0.05
    assert centroid(say(TEXT, replace(VOICE, brightness_db=8.0))) > 1.1 * centroid(base)


def test_ends_and_peak() -> None:
    sound = say(TEXT, VOICE)
    assert sound.dtype == np.int16
    assert np.abs(sound.astype(int)).max() == round(PEAK * 32767)
    assert min(abs(int(sound[0])), abs(int(sound[-1]))) > 0.009 * PEAK * 32767


def test_errors() -> None:
    with pytest.raises(InputError, match="'m9' is unknown"):
        say(TEXT, replace(VOICE, variant="m9"))
    with pytest.raises(InputError, match="nothing is heard"):
        say(" ", VOICE)


@given(seed=st.integers(0, 100), decay_s=st.floats(0, 0.5))
@example(seed=0, decay_s=0.0)
@example(seed=0, decay_s=0.004)  # the response is silent up to here
@example(seed=0, decay_s=0.01)
@settings(max_examples=20, deadline=None)
def test_a_room_keeps_what_comes_first(seed: int, decay_s: float) -> None:
    sound = np.zeros(4000, np.float32)
    sound[1000] = 1
    wet = in_room(sound, np.random.default_rng(seed), RATE_HZ, decay_s)
    assert len(wet) == len(sound)
    np.testing.assert_allclose(wet[:1080], sound[:1080], atol=1e-6)
    assert np.abs(wet).argmax() == 1000


@given(
    st.lists(st.integers(-32768, 32767), min_size=1, max_size=300),
    st.lists(st.floats(-0.1, 0.5), min_size=1, max_size=8),
)
@settings(max_examples=50, deadline=None)
def test_loudness_against_a_naive_one(samples: list[int], times_s: list[float]) -> None:
    rate_hz, half = 1000, 20
    sound = np.array(samples, dtype=np.int16)
    padded = np.zeros(2000)
    padded[500 : 500 + len(sound)] = sound / 32768
    middles = [int(np.round(time_s * rate_hz)) + 500 for time_s in times_s]
    naive = [np.sqrt((padded[m - half : m + half] ** 2).mean()) for m in middles]
    np.testing.assert_allclose(loudness(sound, rate_hz, np.array(times_s)), naive, atol=1e-7)
