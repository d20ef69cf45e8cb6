"""Sounds made from log-mel spectrograms: they have them, keep their pitch, and are repeatable."""

from __future__ import annotations

from pathlib import Path

import av
import librosa
import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import nnls
from torch.nn import functional

from crossmodal.errors import InputError
from crossmodal.features.audio import LOG_MEL, log_mel, resize_log_mel
from crossmodal.features.sounding import (
    SAMPLES,
    band_centres_hz,
    spread_bands,
    to_waveform,
    waves_from_log_mel,
)
from crossmodal.features.spectra import mel_filters

DATA = Path(__file__).parents[3] / "shared" / "data"
NOTES = DATA / "philharmonia"
CHUNKS = DATA / "sub-urmp"

Array = NDArray[np.float32]
TIME_S = np.arange(SAMPLES) / 44_100


def tones(pitch_hz: float) -> Array:
    """A sine and a tone of five partials, [2, samples]."""
    partials = [np.sin(2 * np.pi * pitch_hz * k * TIME_S) / k for k in range(1, 6)]
    return np.asarray([0.3 * partials[0], 0.2 * np.sum(partials, axis=0)], dtype=np.float32)


def notes() -> Array:
    """Beginnings of recorded notes of nine instruments, [n, samples]."""
    rows = []
    for path in sorted(NOTES.glob("*/*.mp3"))[::20]:
        resampler = av.AudioResampler("flt", layout="mono", rate=44_100)
        with av.open(str(path)) as container:
            parts = [
                part.to_ndarray()[0]
                for frame in container.decode(audio=0)
                for part in resampler.resample(frame)
            ]
        sound = np.concatenate(parts)
        if len(sound) >= SAMPLES:
            rows.append(sound[:SAMPLES])
    return np.asarray(rows, dtype=np.float32)


def error_db(found: Array, true: Array) -> float:
    """Mean absolute difference over what lies less than 60 dB below each true clip's maximum."""
    audible = true > true.max(axis=(1, 2), keepdims=True) - 60
    return float(np.abs(found - true)[audible].mean())


@pytest.mark.skipif(not NOTES.is_dir(), reason="the notes are not at hand")
def test_recorded_notes_have_their_spectrogram_again() -> None:
    true = log_mel(notes())
    assert len(true) > 8
    assert error_db(log_mel(waves_from_log_mel(true)), true) < 1.1
    small = resize_log_mel(true)
    assert error_db(log_mel(waves_from_log_mel(small)), true) < 1.5


@pytest.mark.skipif(not CHUNKS.is_dir(), reason="the chunks are not at hand")
def test_chunks_of_the_corpus_have_their_spectrogram_again() -> None:
    chunks = [soundfile.read(path, dtype="float32")[0] for path in sorted(CHUNKS.glob("*.wav"))]
    true = log_mel(np.stack([chunk.mean(axis=1)[:SAMPLES] for chunk in chunks]))
    assert error_db(log_mel(waves_from_log_mel(true)), true) < 1.1


@pytest.mark.parametrize("pitch_hz", [65.4, 110, 261.6, 440, 1046.5, 3136])
def test_pitch_is_kept_within_a_semitone(pitch_hz: float) -> None:
    for sound in waves_from_log_mel(log_mel(tones(pitch_hz))):
        heard = librosa.yin(sound, fmin=50, fmax=4_000, sr=44_100, frame_length=4096)
        assert abs(12 * np.log2(np.median(heard) / pitch_hz)) < 0.6


@pytest.mark.parametrize("size", [(64, 32), (32, 32), (64, 16)])
def test_small_spectrograms_sound_too(size: tuple[int, int]) -> None:
    true = torch.from_numpy(log_mel(tones(440)))[:, None]
    small = functional.interpolate(true, size, mode="area")[:, 0].numpy()
    back = functional.interpolate(torch.from_numpy(small)[:, None], (128, 44), mode="bilinear")
    waves = waves_from_log_mel(small)
    assert waves.shape == (2, SAMPLES)
    assert error_db(log_mel(waves), back[:, 0].numpy()) < 3


def test_silence_stays_silent() -> None:
    samples = to_waveform(log_mel(np.zeros((1, SAMPLES), np.float32)))
    assert samples.shape == (1, SAMPLES)
    assert samples.dtype == np.int16
    assert not samples.any()


def test_louder_stays_louder() -> None:
    loud = tones(440)
    waves = waves_from_log_mel(log_mel(np.concatenate([loud, loud / 10])))
    levels = 20 * np.log10(np.sqrt((waves**2).mean(axis=1)))
    true = 20 * np.log10(np.sqrt((loud**2).mean(axis=1)))
    np.testing.assert_allclose(levels, [*true, *(true - 20)], atol=1)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 3))
def test_neighbours_and_threads_change_no_byte(seed: int, count: int, threads: int) -> None:
    random = np.random.default_rng(seed)
    values = random.uniform(-100, 40, size=(5, 16, 8)).astype(np.float32)
    together = waves_from_log_mel(values, samples=4096)
    assert np.isfinite(together).all()
    first = seed % 5
    apart = waves_from_log_mel(values[first : first + count], samples=4096, threads=threads)
    assert np.array_equal(apart, together[first : first + count])


def test_the_number_of_torch_threads_changes_no_byte() -> None:
    values, before = log_mel(tones(440)), torch.get_num_threads()
    first = waves_from_log_mel(values)
    torch.set_num_threads(2)
    try:
        assert np.array_equal(waves_from_log_mel(values), first)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_bands_are_spread_as_well_as_by_least_squares() -> None:
    true = torch.from_numpy(10 ** (log_mel(tones(200)) / 10))
    power = spread_bands(true)
    filters = torch.from_numpy(mel_filters(LOG_MEL)).float()
    assert (power >= 0).all()
    found = filters @ power
    errors_db = (10 * (found / true).log10()).abs()
    reference = (
        filters.double().numpy() @ nnls(filters.double().numpy(), true[1, :, 20].double())[0]
    )
    reference_db = np.abs(10 * np.log10(np.maximum(reference, 1e-10) / true[1, :, 20].numpy()))
    assert errors_db[1, :, 20].mean() <= reference_db.mean() + 0.1
    assert errors_db.mean() < 0.3
    assert (power[:, [0, -1]] == 0).all()


def test_bands_have_their_frequencies() -> None:
    whole, half = band_centres_hz(128), band_centres_hz(64)
    assert (np.diff(whole) > 0).all()
    assert 0 < whole[0] < 50
    assert 20_000 < whole[-1] < 22_050
    np.testing.assert_allclose(half, whole.reshape(64, 2).mean(axis=1))


def test_no_clips_give_no_waves() -> None:
    assert waves_from_log_mel(np.empty((0, 128, 44), np.float32)).shape == (0, SAMPLES)


def test_a_diverged_spectrogram_is_refused() -> None:
    values = np.full((2, 128, 32), np.nan, np.float32)
    with pytest.raises(InputError, match="log-mel: not finite"):
        waves_from_log_mel(values)
