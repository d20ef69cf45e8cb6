"""Mel spectrograms in batches, and the way every audio feature goes through a corpus.

The CPU does a few clips at a time, so that frames, spectra and filter sums stay in its cache; the
GPU does hundreds. Every chunk has the same shape (the last one is filled up with silence) and is
computed by one thread, so a clip's feature has the same bytes whatever clips go with it and
however many threads work.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from crossmodal.devices import one_torch_thread

Waves = NDArray[np.float32] | NDArray[np.int16]
Features = NDArray[np.float32]

GPU_CHUNK = 256
"""Clips at a time on a GPU: 0.1 GB of spectra for half a second at 44.1 kHz."""

_FILTER_BLOCKS = 4
"""Low filters are narrow: four groups, each over its own bins, do a quarter of the products."""


@dataclass(frozen=True)
class MelSettings:
    """How a mel spectrogram in decibels is made; written beside the feature.

    Args:
        rate_hz: Sampling rate.
        frame_samples: Length of a frame and of its Fourier transform.
        hop_samples: Distance of frames.
        window: Window over a frame.
        padding: Half a frame added on both sides, or "none".
        bands: Triangular filters on Slaney's mel scale, each of area 1.
        low_hz: Where the lowest filter begins; the highest ends at half the rate.
        floor: Least power, before the logarithm.
        range_db: What lies further below the clip's maximum is lifted to there.
        reference: The power of 0 dB: 1, or the clip's maximum.
        precision: Of the Fourier transform and all after it.
    """

    rate_hz: int
    frame_samples: int
    hop_samples: int
    window: Literal["hann", "symmetric hamming"]
    padding: Literal["zeros", "reflection", "none"]
    bands: int
    low_hz: float = 0.0
    floor: float = 1e-10
    range_db: float = 80.0
    reference: Literal["one", "maximum"] = "one"
    precision: Literal["single", "double"] = "single"

    def steps(self, samples: int) -> int:
        """Return the number of frames of a clip."""
        inside = samples - (self.frame_samples if self.padding == "none" else 0)
        return 1 + inside // self.hop_samples


def mel_filters(settings: MelSettings) -> NDArray[np.float64]:
    """Return the triangular filters over the bins of a Fourier transform, [bands, bins].

    Slaney's scale is linear below 1 kHz and logarithmic above. torchaudio makes the same filters
    in single precision, which moves their corners and a quiet band by up to 0.006 dB.

    Source: Slaney, Auditory Toolbox, Interval Research report 1998-010.
    """
    low, high = _mel(np.array([settings.low_hz, settings.rate_hz / 2]))
    corners_hz = _hz(np.linspace(low, high, settings.bands + 2))
    left, middle, right = corners_hz[:-2, None], corners_hz[1:-1, None], corners_hz[2:, None]
    bins_hz = np.fft.rfftfreq(settings.frame_samples, 1 / settings.rate_hz)
    rise, fall = (bins_hz - left) / (middle - left), (right - bins_hz) / (right - middle)
    return np.maximum(0, np.minimum(rise, fall)) * 2 / (right - left)


class MelSpectrogram:
    """Waves [c, samples] to decibels [c, bands, steps] on one device.

    Equal to `librosa.power_to_db(librosa.feature.melspectrogram(...))` clip by clip. Against
    torchaudio's transform it saves the complex modulus (a square root that the power undoes) and
    three quarters of the filter products.
    """

    def __init__(self, settings: MelSettings, device: str) -> None:
        self.settings = settings
        self._dtype = torch.float32 if settings.precision == "single" else torch.float64
        self._window = _window(settings).to(device, self._dtype)
        filters = torch.from_numpy(mel_filters(settings)).to(self._dtype)
        self._blocks = []
        for block in filters.chunk(_FILTER_BLOCKS):
            used = block.any(dim=0).nonzero()
            bins = slice(int(used[0]), int(used[-1]) + 1)
            self._blocks.append((bins, block[:, bins].T.contiguous().to(device)))

    def __call__(self, waves: Tensor) -> Tensor:
        """Return decibels [c, bands, steps] of waves [c, samples]."""
        return self.decibels(self.mel(self.power(waves)))

    def power(self, waves: Tensor) -> Tensor:
        """Return the power spectra of the windowed frames, [c, steps, bins]."""
        waves = waves.to(self._dtype)
        half = self.settings.frame_samples // 2
        if self.settings.padding == "zeros":
            waves = functional.pad(waves, (half, half))
        elif self.settings.padding == "reflection":
            waves = functional.pad(waves, (half, half), mode="reflect")
        frames = waves.unfold(-1, self.settings.frame_samples, self.settings.hop_samples)
        parts = torch.view_as_real(torch.fft.rfft(frames * self._window)).square_()
        return parts[..., 0] + parts[..., 1]

    def mel(self, power: Tensor) -> Tensor:
        """Return the filter sums [c, bands, steps] of power spectra [c, steps, bins].

        A product for each clip, not one for all, so that no clip's sum depends on its place.
        """
        sums = [
            torch.bmm(power[..., bins], block.expand(len(power), -1, -1))
            for bins, block in self._blocks
        ]
        return torch.cat(sums, dim=2).mT.contiguous()

    def decibels(self, mel: Tensor) -> Tensor:
        """Turn power [c, bands, steps] into decibels, in place."""
        levels = mel.clamp_(min=self.settings.floor).log10_().mul_(10)
        top = levels.amax(dim=(1, 2), keepdim=True)
        if self.settings.reference == "maximum":
            levels -= top
            top = torch.zeros_like(top)
        return torch.maximum(levels, top - self.settings.range_db, out=levels)


@lru_cache(maxsize=16)
def mel_spectrogram(settings: MelSettings, device: str = "cpu") -> MelSpectrogram:
    """Return the transform for these settings, made once a process."""
    return MelSpectrogram(settings, device)


def in_chunks(
    compute: Callable[[Tensor, int], Tensor],
    waves: Waves,
    shape: tuple[int, ...],
    *,
    chunk: int,
    device: str = "cpu",
    threads: int = 1,
    out: Features | None = None,
) -> Features:
    """Apply `compute` to a few clips at a time; memory does not grow with their number.

    Args:
        compute: Maps waves [chunk, samples] and the number of the first clip to [chunk, *shape].
        waves: [n, samples], float32, or int16 of which 32,768 is full scale; may be memory-mapped.
        shape: Shape of one clip's feature.
        chunk: Clips at a time on the CPU; a GPU takes `GPU_CHUNK`.
        out: Where the features go, e.g. a memory-mapped file; None makes an array.

    Returns:
        Features [n, *shape], `out` where it was given.
    """
    result = np.empty((len(waves), *shape), dtype=np.float32) if out is None else out
    size = chunk if device == "cpu" else GPU_CHUNK
    starts = range(0, len(waves), size)
    workers = threads if device == "cpu" else 1

    def work(worker: int) -> None:
        with torch.inference_mode():  # holds for one thread only, so each enters it
            for start in starts[worker::workers]:
                block = _block(waves, start, size).to(device)
                rows = result[start : start + size]
                rows[:] = compute(block, start)[: len(rows)].cpu().numpy()

    with one_torch_thread(), ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    return result


def as_float(waves: Waves) -> Tensor:
    """Return samples as float32; 32,768 of int16 becomes 1."""
    samples = torch.from_numpy(np.array(waves, dtype=np.float32))
    return samples.div_(32768) if waves.dtype == np.int16 else samples


def _block(waves: Waves, start: int, size: int) -> Tensor:
    """Return clips `start` to `start + size`, silence where there are no more."""
    rows = as_float(waves[start : start + size])
    return functional.pad(rows, (0, 0, 0, size - len(rows)))


def _mel(frequencies_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return frequencies on Slaney's mel scale; 1 kHz is 15."""
    high = 15 + 27 * np.log(np.maximum(frequencies_hz, 1000) / 1000) / np.log(6.4)
    return np.where(frequencies_hz < 1000, frequencies_hz * 3 / 200, high)


def _hz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the frequencies of Slaney's mels, Hz."""
    return np.where(mels < 15, mels * 200 / 3, 1000 * 6.4 ** ((np.maximum(mels, 15) - 15) / 27))


def _window(settings: MelSettings) -> Tensor:
    """Return the window in double precision."""
    if settings.window == "hann":
        return torch.hann_window(settings.frame_samples, dtype=torch.float64)
    return torch.hamming_window(settings.frame_samples, periodic=False, dtype=torch.float64)
