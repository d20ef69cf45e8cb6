"""Log-mel spectrograms, cepstral coefficients and the caption front end, with their settings.

A clip with a sample that is not finite gets a row that is not finite and spoils no other.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import dct
from torch import Tensor
from torch.nn import functional
from torchaudio.functional import preemphasis

from crossmodal.devices import one_torch_thread
from crossmodal.errors import ClipError
from crossmodal.features.spectra import (
    Features,
    MelSettings,
    Waves,
    as_float,
    in_chunks,
    mel_spectrogram,
)

LOG_MEL = MelSettings(44_100, 2048, 512, "hann", "zeros", 128)
"""librosa's defaults at 44.1 kHz: 0.5 s gives 128 bands at 44 steps."""

LOG_MEL_STEPS = 32
"""Steps of the resized log-mel spectrogram that the networks see."""


@dataclass(frozen=True)
class MfccSettings:
    """Cepstral coefficients of 20 ms frames every 10 ms; 0.5 s at 16 kHz gives 49 steps.

    Args:
        mel: The spectrogram below; 40 bands, because frames of 320 samples have bins of 50 Hz and
            more bands would leave low filters without any. In double precision, because a
            coefficient is a sum of 40 levels that nearly cancel.
        coefficients: First rows of the orthonormal DCT-II over the bands, the level included.
    """

    mel: MelSettings
    coefficients: int


MFCC = MfccSettings(
    MelSettings(16_000, 320, 160, "hann", "none", 40, precision="double"), coefficients=25
)


@dataclass(frozen=True)
class CaptionSettings:
    """The front end of spoken captions, as in the parent work's code.

    Args:
        mel: 25 ms every 10 ms, symmetric Hamming window, 40 bands from 20 Hz, dB relative to the
            caption's maximum.
        preemphasis: y[t] = x[t] - preemphasis x[t-1], the first sample as it is, after the mean
            is taken off.
        fill_db: What stands behind the end of a short caption; 0 dB as in the parent's code.

    Source: Harwath, Torralba, Glass, Unsupervised learning of spoken language with visual
    context, NIPS 2016.
    """

    mel: MelSettings
    preemphasis: float
    fill_db: float


CAPTION = CaptionSettings(
    MelSettings(
        16_000, 400, 160, "symmetric hamming", "reflection", 40, low_hz=20.0, reference="maximum"
    ),
    preemphasis=0.97,
    fill_db=0.0,
)


def log_mel(
    waves: Waves, *, device: str = "cpu", threads: int = 1, out: Features | None = None
) -> Features:
    """Return the log-mel spectrograms of clips at 44.1 kHz, dB, [n, 128, 44] for 0.5 s.

    Equal to `librosa.power_to_db(librosa.feature.melspectrogram(y=wave, sr=44100))` for each clip.

    Args:
        waves: [n, samples], float32, or int16 of which 32,768 is full scale.
        device: "cpu" or "cuda".
        threads: Threads on the CPU; they do not change the values.
    """
    shape = (LOG_MEL.bands, LOG_MEL.steps(waves.shape[1]))
    transform = mel_spectrogram(LOG_MEL, device)
    return in_chunks(
        lambda block, _: transform(block),
        waves,
        shape,
        chunk=8,
        device=device,
        threads=threads,
        out=out,
    )


def resize_log_mel(values: Features, steps: int = LOG_MEL_STEPS) -> Features:
    """Resize log-mel spectrograms [n, 128, t] along time to [n, 128, steps].

    Linear between neighbours, pixel centres aligned, no smoothing (OpenCV's bilinear resize). With
    `steps=44` it is the way back from 32, exact on straight lines away from the ends.
    """
    with one_torch_thread():
        resized = functional.interpolate(torch.from_numpy(values), steps, mode="linear")
    return np.asarray(resized.numpy(), dtype=np.float32)


def mfcc_windows(
    waves: Waves, *, device: str = "cpu", threads: int = 1, out: Features | None = None
) -> Features:
    """Return the cepstral coefficients of windows at 16 kHz, [n, 25, 49] for 0.5 s.

    Equal to `librosa.feature.mfcc(y=wave, sr=16000, n_mfcc=25, n_mels=40, n_fft=320,
    hop_length=160, center=False)` for each window.

    Arguments are those of `log_mel`.
    """
    shape = (MFCC.coefficients, MFCC.mel.steps(waves.shape[1]))
    transform = mel_spectrogram(MFCC.mel, device)
    cosines = _cosines(device)

    def compute(block: Tensor, _: int) -> Tensor:
        levels = transform(block)
        return torch.bmm(cosines.expand(len(levels), -1, -1), levels)

    return in_chunks(compute, waves, shape, chunk=16, device=device, threads=threads, out=out)


def caption_front_end(wave: Waves, *, device: str = "cpu") -> Features:
    """Return a spoken caption's 40 bands, dB below its maximum, [40, 1 + samples // 160].

    Args:
        wave: [samples] at 16 kHz, float32, or int16 of which 32,768 is full scale.

    Raises:
        ClipError: The caption is shorter than half a frame, 12.5 ms.
    """
    if len(wave) <= CAPTION.mel.frame_samples // 2:
        raise ClipError(f"{len(wave)} samples of sound are too few for a frame")
    with one_torch_thread():
        return _caption_bands(wave, device)


def caption_front_ends(
    waves: Waves,
    samples: NDArray[np.int64],
    *,
    device: str = "cpu",
    threads: int = 1,
    out: NDArray[np.float16],
) -> None:
    """Fill `out` with the spoken captions' bands, each brought to the same number of frames.

    A caption of fewer samples than half a frame takes some of the silence behind it.

    Args:
        waves: [n, samples] at 16 kHz, float32, or int16 of which 32,768 is full scale.
        samples: [n], how many samples of each wave are sound; silence lies behind.
        out: [n, 40, frames], e.g. a memory-mapped file. Of caption i the first
            `1 + samples[i] // 160` frames are true, if there are so many.
    """
    least = CAPTION.mel.frame_samples // 2 + 1

    def work(worker: int) -> None:
        for row in range(worker, len(waves), threads):
            true = int(samples[row])
            bands = _caption_bands(waves[row, : max(least, true)], device)
            bands = bands[:, : CAPTION.mel.steps(true)]
            out[row], _ = pad_or_cut(bands, out.shape[2])

    with one_torch_thread(), ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))


def pad_or_cut(bands: Features, frames: int = 1024) -> tuple[Features, int]:
    """Bring a caption [40, t] to [40, frames]; return it and how many of its frames are true."""
    true = min(bands.shape[1], frames)
    result = np.full((len(bands), frames), CAPTION.fill_db, dtype=np.float32)
    result[:, :true] = bands[:, :true]
    return result, true


def _caption_bands(wave: Waves, device: str) -> Features:
    """Return one caption's bands, [40, 1 + samples // 160]."""
    with torch.inference_mode():
        samples = as_float(wave)[None].to(device)
        emphasised = preemphasis(samples - samples.mean(), CAPTION.preemphasis)
        bands = mel_spectrogram(CAPTION.mel, device)(emphasised)[0]
        return np.asarray(bands.cpu().numpy(), dtype=np.float32)


@lru_cache(maxsize=4)
def _cosines(device: str) -> Tensor:
    """Return the first rows of the orthonormal DCT-II, [coefficients, bands], double precision."""
    cosines = dct(np.eye(MFCC.mel.bands), norm="ortho", axis=0)[: MFCC.coefficients]
    return torch.from_numpy(cosines).to(device)
