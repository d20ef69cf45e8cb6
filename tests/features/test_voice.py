"""The spectrum of a voice against a plain computation, and what the written order leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.signal import lfilter, stft

from crossmodal.features.voice import (
    VOICE,
    Reading,
    normalise,
    two_sided_spectrogram,
    voice_spectra,
)

Array = NDArray[np.float32]
READINGS: tuple[Reading, ...] = ("as_written", "corrected", "corrected_whole_clip")


def voices(count: int, samples: int = 48_000) -> Array:
    """Return buzzes of different pitch in noise, [count, samples]."""
    random = np.random.default_rng(3)
    time_s = np.arange(samples) / VOICE.rate_hz
    pitch_hz = random.uniform(90, 250, (count, 1))
    buzz = sum(np.sin(2 * np.pi * pitch_hz * k * time_s) / k for k in range(1, 20))
    loudness = 1 + np.sin(2 * np.pi * 3 * time_s)
    noise = 0.01 * random.standard_normal((count, samples))
    return np.asarray(0.1 * buzz * loudness + noise, dtype=np.float32)


def voice_spectrum(waves: Array, reading: Reading = "corrected", **settings: Any) -> Array:
    """Return one spectrum a voice, [count, 512]."""
    return voice_spectra(waves, (reading,), **settings)[:, 0]


def test_three_seconds_give_297_steps_of_all_512_bins() -> None:
    waves = voices(3)
    found = two_sided_spectrogram(waves)
    assert found.shape == (3, 297, 512)
    filtered = lfilter([1, -1], [1, -0.99], lfilter([1, -0.97], [1], waves.astype(np.float64)))
    _, _, expected = stft(
        filtered,
        window="hamming",
        nperseg=512,
        noverlap=352,
        return_onesided=False,
        boundary=None,
        padded=False,
    )
    scale = np.hamming(513)[:-1].sum()  # scipy divides by the sum of the window
    magnitudes = np.abs(expected).transpose(0, 2, 1) * scale
    np.testing.assert_allclose(found, magnitudes, rtol=1e-3, atol=1e-3)


def test_frames_of_25_ms_would_not_give_297() -> None:
    assert 1 + (48_000 - 400) // 160 == 298
    assert VOICE.steps(48_000) == 297


def test_as_written_leaves_rounding_noise() -> None:
    waves = voices(4)
    assert np.abs(voice_spectrum(waves, "as_written")).max() < 1e-5
    exact = two_sided_spectrogram(waves).astype(np.float64)
    normal = (exact - exact.mean(1, keepdims=True)) / exact.std(1, keepdims=True)
    assert np.abs(normal.mean(1)).max() < 1e-12


def test_corrected_is_what_it_says() -> None:
    waves = voices(4)
    exact = two_sided_spectrogram(waves).astype(np.float64)
    average = exact.mean(axis=1)
    first = (average - average.mean(1, keepdims=True)) / average.std(1, keepdims=True)
    np.testing.assert_allclose(voice_spectrum(waves, "corrected"), first, atol=1e-4)
    middle, spread = exact.mean((1, 2)), exact.std((1, 2))
    whole = (average - middle[:, None]) / spread[:, None]
    np.testing.assert_allclose(voice_spectrum(waves, "corrected_whole_clip"), whole, atol=1e-4)


def test_corrected_tells_voices_apart_and_as_written_does_not() -> None:
    """Two halves of a recording are nearer to each other than to other voices."""
    waves = voices(8, 2 * 48_000)
    shares = {}
    for reading in ("as_written", "corrected"):
        first = voice_spectrum(np.ascontiguousarray(waves[:, :48_000]), reading)
        second = voice_spectrum(np.ascontiguousarray(waves[:, 48_000:]), reading)
        distances = ((first[:, None] - second[None]) ** 2).sum(axis=2)
        shares[reading] = float((distances.argmin(axis=1) == np.arange(8)).mean())
    assert shares["corrected"] == 1
    assert shares["as_written"] < 0.7


@pytest.mark.parametrize("reading", READINGS)
def test_where_nothing_varies_the_result_is_zero(reading: Reading) -> None:
    steady = torch.full((2, 50, 512), 0.1)
    assert normalise(steady, reading).abs().max() == 0
    assert np.abs(voice_spectrum(np.zeros((1, 48_000), np.float32), reading)).max() == 0


def test_a_steady_bin_is_not_blown_up() -> None:
    """Magnitudes that differ by rounding alone count as steady."""
    generator = torch.Generator().manual_seed(0)
    noisy = 0.3 * (1 + 1e-7 * torch.randn(1, 100, 8, generator=generator))
    assert normalise(noisy, "as_written").abs().max() == 0


@pytest.mark.parametrize("reading", READINGS)
def test_what_stands_behind_the_end_does_not_count(reading: Reading) -> None:
    waves = voices(5)
    lengths = np.array([48_000, 30_000, 512, 10_000, 47_999])
    longer = np.pad(waves, ((0, 0), (0, 8_000)))
    for row, length in zip(longer, lengths, strict=True):
        row[length:] = 0
    rubbish = longer.copy()
    for row, length in zip(rubbish, lengths, strict=True):
        row[length:] = 7
    padded = voice_spectrum(longer, reading, lengths=lengths)
    assert np.array_equal(voice_spectrum(rubbish, reading, lengths=lengths), padded)
    for index, length in enumerate(lengths):
        alone = voice_spectrum(waves[index : index + 1, :length], reading)
        np.testing.assert_allclose(padded[index], alone[0], atol=2e-5)


def test_neighbours_and_threads_change_no_byte() -> None:
    waves = voices(7)
    together = voice_spectrum(waves, threads=2)
    for index in range(7):
        assert np.array_equal(voice_spectrum(waves[index : index + 1])[0], together[index])
    assert np.array_equal(two_sided_spectrogram(waves[3:5]), two_sided_spectrogram(waves)[3:5])
