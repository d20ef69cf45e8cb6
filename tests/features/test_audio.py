"""Audio features against librosa, on real sounds where they are at hand and on made ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import av
import cv2
import librosa
import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal.windows import hamming

from crossmodal.errors import ClipError
from crossmodal.features.audio import (
    CAPTION,
    LOG_MEL,
    MFCC,
    caption_front_end,
    log_mel,
    mfcc_windows,
    pad_or_cut,
    resize_log_mel,
)

DATA = Path(__file__).parents[3] / "shared" / "data"
NOTES = DATA / "philharmonia"
DIGITS = DATA / "free-spoken-digit-dataset" / "recordings"

Array = NDArray[np.float32]


def decoded(path: Path, rate_hz: int) -> Array:
    """Decode a file to mono at a rate."""
    resampler = av.AudioResampler("flt", layout="mono", rate=rate_hz)
    with av.open(str(path)) as container:
        parts = [
            part.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for part in resampler.resample(frame)
        ]
    return np.concatenate(parts).astype(np.float32)


def pieces(sounds: Iterator[Array], samples: int) -> Array:
    """Cut sounds into whole windows, the last one filled up with silence."""
    rows = []
    for sound in sounds:
        padded = np.pad(sound, (0, -len(sound) % samples))
        rows += list(padded.reshape(-1, samples))
    return np.stack(rows)


def made(count: int, samples: int, rate_hz: int, seed: int = 0) -> Array:
    """Sweeps, noise, clicks and silence, [count, samples]."""
    random = np.random.default_rng(seed)
    time_s = np.arange(samples) / rate_hz
    rows = []
    for index in range(count):
        pitch = random.uniform(50, rate_hz / 3)
        sweep = np.sin(2 * np.pi * pitch * time_s * (1 + time_s)) * random.uniform(0, 1)
        noise = random.standard_normal(samples) * 10.0 ** random.uniform(-5, -1)
        click = (np.arange(samples) == random.integers(samples)).astype(float)
        rows.append([sweep, noise, click, sweep + noise, np.zeros(samples)][index % 5])
    return np.asarray(rows, dtype=np.float32)


def librosa_log_mel(wave: Array) -> Array:
    power = librosa.feature.melspectrogram(y=wave, sr=44_100)
    return np.asarray(librosa.power_to_db(power), dtype=np.float32)


def librosa_mfcc(wave: Array) -> Array:
    return np.asarray(
        librosa.feature.mfcc(
            y=wave, sr=16_000, n_mfcc=25, n_mels=40, n_fft=320, hop_length=160, center=False
        ),
        dtype=np.float32,
    )


def assert_agrees(ours: Array, reference: Array, near_zero: float = 1e-4) -> None:
    """Within 1e-4 of the value, and where values cross zero within `near_zero` of it."""
    assert ours.shape == reference.shape
    np.testing.assert_allclose(ours, reference, rtol=1e-4, atol=near_zero)


def test_log_mel_is_librosas_on_made_sounds() -> None:
    waves = made(15, 22_050, 44_100)
    assert log_mel(waves).shape == (15, 128, 44)
    # 80 dB below a pure tone single precision shows, which librosa avoids
    assert_agrees(log_mel(waves), np.stack([librosa_log_mel(wave) for wave in waves]), 1e-3)


@pytest.mark.skipif(not NOTES.is_dir(), reason="the notes are not at hand")
def test_log_mel_is_librosas_on_real_notes() -> None:
    files = sorted(NOTES.glob("*/*.mp3"))[::6]
    waves = pieces((decoded(path, 44_100) for path in files), 22_050)
    assert_agrees(log_mel(waves), np.stack([librosa_log_mel(wave) for wave in waves]))


def test_mfcc_is_librosas_on_made_sounds() -> None:
    waves = made(20, 8_000, 16_000)
    assert mfcc_windows(waves).shape == (20, 25, 49)
    assert_agrees(mfcc_windows(waves), np.stack([librosa_mfcc(wave) for wave in waves]), 1e-3)


@pytest.mark.skipif(not DIGITS.is_dir(), reason="the spoken digits are not at hand")
def test_mfcc_is_librosas_on_real_speech() -> None:
    files = sorted(DIGITS.glob("*.wav"))[::10]
    waves = pieces((decoded(path, 16_000) for path in files), 8_000)
    assert_agrees(mfcc_windows(waves), np.stack([librosa_mfcc(wave) for wave in waves]))


@pytest.mark.skipif(not DIGITS.is_dir(), reason="the spoken digits are not at hand")
def test_log_mel_is_librosas_on_real_speech() -> None:
    files = sorted(DIGITS.glob("*.wav"))[::25]
    waves = pieces((decoded(path, 44_100) for path in files), 22_050)
    assert_agrees(log_mel(waves), np.stack([librosa_log_mel(wave) for wave in waves]))


def test_no_filter_is_empty() -> None:
    for mel in (LOG_MEL, MFCC.mel, CAPTION.mel):
        filters = librosa.filters.mel(
            sr=mel.rate_hz, n_fft=mel.frame_samples, n_mels=mel.bands, fmin=mel.low_hz
        )
        assert filters.any(axis=1).all()


@settings(max_examples=15, deadline=None)
@given(first=st.integers(0, 19), count=st.integers(1, 9), threads=st.integers(1, 3))
def test_neighbours_and_threads_change_no_byte(first: int, count: int, threads: int) -> None:
    for function, waves in (
        (log_mel, made(20, 22_050, 44_100)),
        (mfcc_windows, made(20, 8_000, 16_000)),
    ):
        together = function(waves)
        apart = function(waves[first : first + count], threads=threads)
        assert np.array_equal(apart, together[first : first + count])


def test_the_number_of_torch_threads_changes_no_byte() -> None:
    waves = made(10, 22_050, 44_100)
    first, before = log_mel(waves), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert np.array_equal(log_mel(waves), first)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_bad_clip_spoils_no_other() -> None:
    waves = made(6, 22_050, 44_100)
    expected = log_mel(waves)
    waves[2, 100] = np.nan
    found = log_mel(waves)
    assert not np.isfinite(found[2]).all()
    assert np.array_equal(np.delete(found, 2, axis=0), np.delete(expected, 2, axis=0))


def test_whole_numbers_and_floats_give_the_same() -> None:
    whole = (made(5, 22_050, 44_100).clip(-1, 1) * 32_767).astype(np.int16)
    assert np.array_equal(log_mel(whole), log_mel((whole / 32_768).astype(np.float32)))


def test_features_go_straight_into_a_file(tmp_path: Path) -> None:
    waves = made(7, 22_050, 44_100)
    np.save(tmp_path / "waves.npy", waves)
    mapped = np.load(tmp_path / "waves.npy", mmap_mode="r")
    out = np.lib.format.open_memmap(tmp_path / "out.npy", "w+", np.float32, (7, 128, 44))
    assert log_mel(mapped, out=out) is out
    assert np.array_equal(np.load(tmp_path / "out.npy"), log_mel(waves))


def test_no_clips_give_no_rows() -> None:
    assert log_mel(np.empty((0, 22_050), np.float32)).shape == (0, 128, 44)


def test_resized_log_mel_is_opencvs_and_comes_back() -> None:
    values = log_mel(made(4, 22_050, 44_100))
    small = resize_log_mel(values)
    for row, expected in zip(small, values, strict=True):
        resized = cv2.resize(expected, (32, 128), interpolation=cv2.INTER_LINEAR)
        np.testing.assert_allclose(row, resized, atol=1e-4)
    line = np.tile(np.linspace(-80, 0, 44, dtype=np.float32), (1, 128, 1))
    back = resize_log_mel(resize_log_mel(line), 44)
    np.testing.assert_allclose(back[..., 2:-2], line[..., 2:-2], atol=1e-3)


def naive_caption(wave: Array) -> Array:
    """The parent work's front end with librosa."""
    centred = wave - wave.mean()
    emphasised = np.append(centred[0], centred[1:] - 0.97 * centred[:-1])
    spectra = librosa.stft(
        emphasised, n_fft=400, hop_length=160, window=hamming, pad_mode="reflect"
    )
    filters = librosa.filters.mel(sr=16_000, n_fft=400, n_mels=40, fmin=20)
    return np.asarray(
        librosa.power_to_db(filters @ np.abs(spectra) ** 2, ref=np.max), dtype=np.float32
    )


@pytest.mark.parametrize("samples", [201, 1_600, 16_001, 50_000])
def test_caption_front_end_is_the_parents(samples: int) -> None:
    for wave in made(4, samples, 16_000, seed=samples):
        found = caption_front_end(wave + np.float32(0.1))
        assert found.shape == (40, 1 + samples // 160)
        np.testing.assert_allclose(found, naive_caption(wave + np.float32(0.1)), atol=0.02)


@pytest.mark.skipif(not DIGITS.is_dir(), reason="the spoken digits are not at hand")
def test_caption_front_end_is_the_parents_on_real_speech() -> None:
    for path in sorted(DIGITS.glob("*.wav"))[::200]:
        wave = decoded(path, 16_000)
        assert_agrees(caption_front_end(wave), naive_caption(wave))


def test_a_caption_of_nothing_is_refused() -> None:
    with pytest.raises(ClipError, match="0 samples of sound"):
        caption_front_end(np.empty(0, np.float32))
    assert np.isfinite(caption_front_end(np.zeros(16_000, np.float32))).all()


def test_captions_keep_their_true_length() -> None:
    bands = caption_front_end(made(1, 16_000, 16_000)[0])
    long, true = pad_or_cut(bands, 1024)
    assert (long.shape, true) == ((40, 1024), 101)
    assert np.array_equal(long[:, :true], bands)
    assert (long[:, true:] == CAPTION.fill_db).all()
    short, true = pad_or_cut(bands, 64)
    assert true == 64
    assert np.array_equal(short, bands[:, :64])


def test_settings_are_plain_values() -> None:
    for given_settings in (LOG_MEL, MFCC, CAPTION):
        assert json.loads(json.dumps(asdict(given_settings))) == asdict(given_settings)


@pytest.mark.skipif(not DIGITS.is_dir(), reason="the spoken digits are not at hand")
def test_the_decoder_of_these_tests_reads_what_soundfile_reads() -> None:
    path = sorted(DIGITS.glob("*.wav"))[0]
    np.testing.assert_allclose(decoded(path, 8_000), soundfile.read(path)[0], atol=1e-6)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_the_gpu_agrees_with_the_cpu() -> None:
    waves = made(300, 22_050, 44_100)
    np.testing.assert_allclose(log_mel(waves, device="cuda"), log_mel(waves), atol=0.02)
