"""Pictures and sounds as arrays of one size, and the changed copies that training sees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from crossmodal.errors import InputError
from crossmodal.features.spectra import MelSettings, MelSpectrogram, in_chunks

BANDS = 40
"""Mel bands of a sound: those of the captions paper."""

RANGE_DB = 40.0
"""Levels further below a sound's maximum are lifted to there: recordings differ in their noise."""

_HOP_S, _FRAME_S = 0.008, 0.032
_TURN_RAD, _ZOOM, _SHIFT = 0.17, 0.1, 0.1
"""Most that the picture of a copy is turned, zoomed, and shifted (of half its side)."""

_STRETCH, _TRIM = 0.15, 0.05
"""Most that the bands of a copy's sound are stretched, and that is cut off at each end."""

_BLOCK = 256


class Source(Protocol):
    """Where one side of the pairs comes from."""

    def make(
        self, rows: Tensor, changed: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return float32 items [m, ...].

        Args:
            rows: [m], rows of the manifest.
            changed: [m], which of them are changed a little.
            generator: Decides how; None where none is changed.
        """


class Vectors:
    """A feature that is a vector already, [n, d]; copies are not changed."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = torch.from_numpy(np.array(array, dtype=np.float32)).flatten(1)

    def make(
        self, rows: Tensor, changed: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return the vectors [m, d]."""
        return self.array[rows]


class Pictures:
    """uint8 [n, h, w], [n, h, w, 3] or [n, frames, h, w, 3] (the middle one), at one size."""

    def __init__(self, array: NDArray[Any], size: tuple[int, int]) -> None:
        if array.ndim == 5:
            array = array[:, array.shape[1] // 2]
        if array.ndim not in (3, 4):
            raise InputError(
                f"pictures of {array.ndim - 1} dimensions",
                field="picture",
                hint="Give grey or colour pictures, or a few frames of them",
            )
        blocks = [array[start : start + _BLOCK] for start in range(0, len(array), _BLOCK)]
        self.pictures = torch.cat([_resized(block, size) for block in blocks])

    def make(
        self, rows: Tensor, changed: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return the pictures [m, channels, h, w], -1 to 1; changed ones are moved and turned."""
        result = self.pictures[rows]
        if changed.any():
            moves = _moves(int(changed.sum()), generator)
            grid = functional.affine_grid(moves, list(result[changed].shape), align_corners=False)
            result[changed] = functional.grid_sample(
                result[changed], grid, padding_mode="border", align_corners=False
            )
        return result


class Sounds:
    """int16 [n, samples] as 40 log-mel bands in a fixed number of steps, whatever the length.

    Levels are taken from the sound's maximum, lifted to 40 dB below it, and freed of each band's
    mean, which is the voice and the microphone more than what was said.
    """

    def __init__(
        self, array: NDArray[Any], samples: NDArray[np.int64], rate_hz: int, steps: int
    ) -> None:
        hop = max(1, round(rate_hz * _HOP_S))
        longest = int(samples.max())
        # Frames that are much shorter than a step would be skipped, not averaged.
        hop = max(hop, longest // (2 * steps))
        frame = 1 << (max(hop, round(rate_hz * _FRAME_S)) - 1).bit_length()
        settings = MelSettings(rate_hz, frame, hop, "hann", "zeros", BANDS)
        transform = MelSpectrogram(settings, "cpu")
        waves = array[:, :longest]
        levels = in_chunks(
            lambda block, _: transform(block), waves, (BANDS, settings.steps(longest)), chunk=8
        )
        self.steps = steps
        self.levels = torch.from_numpy(levels)[:, None]
        self.frames = torch.from_numpy(1 + samples // hop).clamp(max=levels.shape[2])

    def make(
        self, rows: Tensor, changed: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return the sounds [m, 1, 40, steps], -1 to 1; changed ones are stretched and cut."""
        bounds = torch.tensor([[0.0, 1.0, 1.0]]).repeat(len(rows), 1)
        if changed.any():
            drawn = torch.rand(int(changed.sum()), 3, generator=generator)
            edges = torch.stack([_TRIM * drawn[:, 0], 1 - _TRIM * drawn[:, 1]], dim=1)
            stretch = 1 + _STRETCH * (2 * drawn[:, 2:] - 1)
            bounds[changed] = torch.cat([edges, stretch], dim=1)
        blocks = zip(torch.split(rows, _BLOCK), torch.split(bounds, _BLOCK), strict=True)
        return torch.cat([self._block(part, limits) for part, limits in blocks])

    def _block(self, rows: Tensor, bounds: Tensor) -> Tensor:
        levels, frames = self.levels[rows], self.frames[rows, None].float()
        start, end, stretch = bounds[:, :1], bounds[:, 1:2], bounds[:, 2:]
        places = (torch.arange(self.steps) + 0.5) / self.steps
        times = (start + places * (end - start)) * frames
        heights = (torch.arange(BANDS) + 0.5) * stretch
        # As `grid_sample` counts: from -1 at the first edge to 1 at the last.
        across = (2 * times / levels.shape[3] - 1)[:, None].expand(-1, BANDS, -1)
        down = (2 * heights / BANDS - 1)[:, :, None].expand(-1, -1, self.steps)
        grid = torch.stack([across, down], dim=3)
        found = functional.grid_sample(levels, grid, padding_mode="border", align_corners=False)
        below = (found - found.amax(dim=(2, 3), keepdim=True)).clamp(min=-RANGE_DB) / RANGE_DB
        return below - below.mean(dim=3, keepdim=True)


def read_rate_hz(path: Path) -> int:
    """Return the sampling rate that the description of `waves.npy` states.

    Raises:
        InputError: There is none.
    """
    try:
        return int(json.loads(path.read_text(encoding="utf-8"))["settings"]["rate_hz"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"states no sampling rate ({error})",
            file=path,
            field="settings.rate_hz",
            hint="Run the alignment stage again",
        ) from error


def _resized(block: NDArray[Any], size: tuple[int, int]) -> Tensor:
    """uint8 [n, h, w(, 3)] -> [n, channels, *size], -1 to 1."""
    values = torch.from_numpy(np.array(block, dtype=np.float32)).div_(127.5).sub_(1)
    planes = values[:, None] if values.ndim == 3 else values.permute(0, 3, 1, 2).contiguous()
    return functional.interpolate(planes, size, mode="bilinear", antialias=True).clamp_(-1, 1)


def _moves(count: int, generator: torch.Generator | None) -> Tensor:
    """Draw affine maps [n, 2, 3] near the identity."""
    turn, zoom, right, down = (2 * torch.rand(4, count, generator=generator) - 1).unbind()
    cosine, sine = torch.cos(_TURN_RAD * turn), torch.sin(_TURN_RAD * turn)
    scale = 1 + _ZOOM * zoom
    rows = [
        torch.stack([scale * cosine, -scale * sine, _SHIFT * right], dim=1),
        torch.stack([scale * sine, scale * cosine, _SHIFT * down], dim=1),
    ]
    return torch.stack(rows, dim=1)
