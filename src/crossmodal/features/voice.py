"""One spectrum a voice: the two-sided magnitude spectrogram, normalised and averaged over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import lfilter
from torch import Tensor

from crossmodal.features.spectra import Features, Waves, in_chunks


@dataclass(frozen=True)
class VoiceSettings:
    """The two-sided magnitude spectrogram of three seconds of a voice.

    297 steps come from whole frames of 512 samples without padding: 1 + (48000 - 512) // 160.
    Frames of 25 ms filled up to 512 would give 298.

    Args:
        rate_hz: Sampling rate.
        samples: Length of a clip.
        frame_samples: Length of a frame under a periodic Hamming window.
        hop_samples: Distance of frames.
        preemphasis: y[t] = x[t] - preemphasis x[t-1].
        dc_pole: y[t] = x[t] - x[t-1] + dc_pole y[t-1] takes the constant part off.
        dither: Uniform noise of this share of the clip's standard deviation.
        seed: Decides the noise, the same for every clip.

    Source: Nagrani, Chung, Zisserman, VoxCeleb, Interspeech 2017, and its published code.
    """

    rate_hz: int = 16_000
    samples: int = 48_000
    frame_samples: int = 512
    hop_samples: int = 160
    preemphasis: float = 0.97
    dc_pole: float = 0.99
    dither: float = 1e-6
    seed: int = 0

    def steps(self, samples: int) -> int:
        """Return the number of whole frames in a clip."""
        return 1 + (samples - self.frame_samples) // self.hop_samples


VOICE = VoiceSettings()

Reading = Literal["as_written", "corrected", "corrected_whole_clip"]
"""How a spectrogram becomes one spectrum, see `normalise`."""


def two_sided_spectrogram(
    waves: Waves, *, device: str = "cpu", threads: int = 1, out: Features | None = None
) -> Features:
    """Return the magnitude spectrograms of voices at 16 kHz, [n, 297, 512] for 3 s.

    All 512 bins of the Fourier transform: bin 512 - k repeats bin k.

    Arguments are those of `crossmodal.features.audio.log_mel`.
    """
    shape = (VOICE.steps(waves.shape[1]), VOICE.frame_samples)
    return in_chunks(
        lambda block, _: _spectrogram(block),
        waves,
        shape,
        chunk=2,
        device=device,
        threads=threads,
        out=out,
    )


def normalise(
    spectrograms: Tensor, reading: Reading = "corrected", steps: Tensor | None = None
) -> Tensor:
    """Average spectrograms [n, t, bins] over time to [n, bins], normalised to mean 0, deviation 1.

    `as_written` normalises each frequency over time and averages over time, which is zero for
    every clip: what is left is rounding noise. `corrected` averages first and normalises the
    averaged spectrum. `corrected_whole_clip` normalises the clip as a whole and averages then.
    Where nothing varies the result is zero.

    Args:
        spectrograms: Magnitudes.
        reading: Which of the three.
        steps: [n], how many steps of each clip are true; None takes all.
    """
    length = spectrograms.shape[1]
    counts = torch.full((len(spectrograms),), length) if steps is None else steps
    inside = (
        torch.arange(length, device=spectrograms.device) < counts.to(spectrograms.device)[:, None]
    )
    weights = (inside / inside.sum(dim=1, keepdim=True))[..., None].float()
    if reading == "as_written":
        centred = spectrograms - _average(spectrograms, weights)
        deviation = _average(centred.square(), weights).sqrt()
        scaled = centred * _inverse(deviation, _average(spectrograms, weights))
        return _average(scaled, weights)[:, 0]
    spectrum = _average(spectrograms, weights)
    middle = spectrum.mean(dim=2, keepdim=True)
    if reading == "corrected":
        spread = (spectrum - middle).square()
    else:
        spread = _average((spectrograms - middle).square(), weights)
    deviation = spread.mean(dim=2, keepdim=True).sqrt()
    return ((spectrum - middle) * _inverse(deviation, middle))[:, 0]


def voice_spectra(
    waves: Waves,
    readings: Sequence[Reading] = ("corrected",),
    *,
    lengths: NDArray[np.int64] | None = None,
    device: str = "cpu",
    threads: int = 1,
    out: Features | None = None,
) -> Features:
    """Return one normalised spectrum a voice and reading, [n, readings, 512].

    A voice's spectrogram is made once for all readings and not kept.

    Args:
        waves: [n, samples] at 16 kHz, float32, or int16 of which 32,768 is full scale.
        readings: See `normalise`.
        lengths: [n], how many samples of each wave are sound, at least 512; what lies behind does
            not count. None takes all.
    """
    true = np.full(len(waves), waves.shape[1]) if lengths is None else lengths

    def compute(block: Tensor, start: int) -> Tensor:
        samples = np.full(len(block), waves.shape[1])
        given = true[start : start + len(block)]
        samples[: len(given)] = given
        steps = torch.tensor([VOICE.steps(int(count)) for count in samples])
        spectrograms = _spectrogram(block, samples)
        return torch.stack([normalise(spectrograms, name, steps) for name in readings], dim=1)

    shape = (len(readings), VOICE.frame_samples)
    return in_chunks(compute, waves, shape, chunk=2, device=device, threads=threads, out=out)


def _spectrogram(block: Tensor, lengths: NDArray[np.int64] | None = None) -> Tensor:
    """Return magnitudes [c, t, 512] of waves [c, samples] after filters and dither."""
    waves = block.cpu().numpy()
    # pre-emphasis and DC removal as one recursive filter
    numerator = np.convolve([1, -VOICE.preemphasis], [1, -1])
    filtered = lfilter(numerator, [1, -VOICE.dc_pole], waves.astype(np.float64))
    true = np.full(len(waves), waves.shape[1]) if lengths is None else lengths
    inside = np.arange(waves.shape[1]) < true[:, None]
    deviation = np.std(filtered, axis=1, keepdims=True, where=inside)
    noise = np.random.default_rng(VOICE.seed).uniform(-1, 1, waves.shape[1])
    dithered = torch.from_numpy((filtered + VOICE.dither * deviation * noise).astype(np.float32))
    frames = dithered.to(block.device).unfold(-1, VOICE.frame_samples, VOICE.hop_samples)
    window = torch.hamming_window(VOICE.frame_samples, dtype=torch.float64).float()
    half = torch.fft.rfft(frames * window.to(block.device)).abs()
    whole: Tensor = torch.cat([half, half[..., 1:-1].flip(-1)], dim=-1)
    return whole


def _average(values: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted sum over time, [n, 1, bins]."""
    return (values * weights).sum(dim=1, keepdim=True)


def _inverse(deviation: Tensor, level: Tensor) -> Tensor:
    """Return 1 / deviation, or 0 where the deviation is but the rounding of values of that level.

    A steady tone has magnitudes that differ by rounding alone; divided by it they would look like
    a signal.
    """
    return torch.where(deviation > 1e-6 * level, 1 / deviation, 0.0)
