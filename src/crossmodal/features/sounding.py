"""Sound from log-mel spectrograms: what a generated spectrogram is heard as.

A log-mel spectrogram keeps neither the phase nor the single frequencies within a band. Both are
filled in: the power of each frequency by `spread_bands`, the phase by Griffin and Lim's iteration.
What is heard is therefore never better than a true sound that went the same way, which is the fair
one to set beside a generated one.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torchaudio.functional import griffinlim

from crossmodal.errors import InputError
from crossmodal.features.audio import LOG_MEL
from crossmodal.features.spectra import Features, in_chunks, mel_filters

SAMPLES = 22_050
"""Length of a clip: 0.5 s at 44.1 kHz."""

BAND_STEPS = 30
"""Updates of `spread_bands`; its bands are then within 0.1 dB of those asked for."""

PHASE_STEPS = 60
"""Iterations of Griffin and Lim. Error on recorded notes: 0.9 dB; after 32 1.0, after 100 0.85."""

PHASE_MOMENTUM = 0.99
"""Of the fast variant: Perraudin, Balazs, Søndergaard, WASPAA 2013."""

_SILENCE = 1e-16
"""A power that no 16-bit sample shows, but that can be divided by."""


def waves_from_log_mel(log_mels: Features, *, samples: int = SAMPLES, threads: int = 1) -> Features:
    """Return waves [n, samples] at 44.1 kHz, float32, that have the given log-mel spectrograms.

    Spectrograms of another size, such as 128 x 32 or those of small networks, are first brought to
    the size of `features.audio.log_mel` by bilinear interpolation. Waves louder than full scale
    are left so. No random number is drawn: the phase starts at zero.

    Args:
        log_mels: [n, bands, steps], dB of power as `features.audio.log_mel` gives them.

    Raises:
        InputError: A value is not finite.

    Source: Griffin, Lim, Signal estimation from modified short-time Fourier transform, IEEE
    Transactions on Acoustics, Speech, and Signal Processing 1984.
    """
    if not np.isfinite(log_mels).all():
        raise InputError("not finite", field="log-mel", hint="Look for a diverged training")
    bands, steps = log_mels.shape[1:]
    window = torch.hann_window(LOG_MEL.frame_samples)

    def compute(block: Tensor, _: int) -> Tensor:
        levels = functional.interpolate(
            block.view(-1, 1, bands, steps),
            (LOG_MEL.bands, LOG_MEL.steps(samples)),
            mode="bilinear",
        )[:, 0]
        # The floor stands for nothing at all: without this a silent clip would click softly.
        mel = (10 ** (levels / 10) - LOG_MEL.floor).clamp_min(_SILENCE)
        power = spread_bands(mel)
        waves: Tensor = griffinlim(
            power.sqrt(),
            window,
            LOG_MEL.frame_samples,
            LOG_MEL.hop_samples,
            LOG_MEL.frame_samples,
            power=1.0,
            n_iter=PHASE_STEPS,
            momentum=PHASE_MOMENTUM,
            length=samples,
            rand_init=False,
        )
        return waves

    flat = np.asarray(log_mels, dtype=np.float32).reshape(len(log_mels), bands * steps)
    return in_chunks(compute, flat, (samples,), chunk=4, threads=threads)


def spread_bands(mel: Tensor) -> Tensor:
    """Return a power spectrum [c, bins, steps] with the given filter sums [c, bands, steps].

    Multiplicative updates of the Kullback-Leibler divergence from a smooth start: they stay
    positive and serve quiet bands as well as loud ones. On recorded notes the log-mel spectrogram
    of the result differs by 0.06 dB on average; least squares with negative powers cut off, as in
    torchaudio's InverseMelScale, by 3.3 dB, and non-negative least squares takes 50 times as long
    for no less.

    Source: Lee, Seung, Algorithms for non-negative matrix factorization, NIPS 2000.
    """
    filters, sums = _filters()
    # A product for each clip, not one for all, so that no clip's sum depends on its place.
    forward = filters.expand(len(mel), -1, -1)
    backward = forward.mT
    power = torch.bmm(backward, mel) / sums
    for _ in range(BAND_STEPS):
        ratio = mel / torch.bmm(forward, power)
        power = power * torch.bmm(backward, ratio) / sums
    return power


def to_waveform(level_db: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return 16-bit waves [n, SAMPLES] that have the given log-mels [n, bands, steps], dB."""
    waves = waves_from_log_mel(level_db)
    return np.clip(np.rint(waves * 32_767), -32_768, 32_767).astype(np.int16)


def band_centres_hz(bands: int) -> NDArray[np.float64]:
    """Return the centre frequencies [bands] of log-mels averaged down to so many bands, Hz."""
    filters = mel_filters(LOG_MEL)
    frequencies = np.linspace(0, LOG_MEL.rate_hz / 2, filters.shape[1])
    centres = filters @ frequencies / filters.sum(axis=1)
    means: NDArray[np.float64] = centres.reshape(bands, -1).mean(axis=1)
    return means


@lru_cache(maxsize=1)
def _filters() -> tuple[Tensor, Tensor]:
    """Return the mel filters [bands, bins] and their sums over bands [bins, 1].

    The lowest and the highest bin lie in no band: their sum is infinity here, their power 0.
    """
    filters = torch.from_numpy(mel_filters(LOG_MEL)).float()
    sums = filters.sum(dim=0)[:, None]
    return filters, torch.where(sums > 0, sums, torch.inf)
