"""Standardisation of sequences: every dimension by all training frames, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crossmodal.errors import InputError

_BLOCK = 1024
"""Rows at a time in double precision, so that memory does not grow with their number."""


@dataclass(frozen=True)
class Standardisation:
    """Mean and deviation of training frames.

    Args:
        mean: [d].
        deviation: [d], 1 where nothing varies.
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return features [n, d, t] with mean 0 and deviation 1 over the training frames."""
        centred = features.astype(np.float64) - self.mean[:, None]
        return np.asarray(centred / self.deviation[:, None], dtype=np.float32)


def fit_standardisation(features: NDArray[np.float32], train: NDArray[np.bool_]) -> Standardisation:
    """Find mean and deviation of every dimension over the frames of the training rows.

    Args:
        features: [n, d, t]; may be memory-mapped.
        train: [n], True for the rows to fit on.

    Raises:
        InputError: There is no training row.
    """
    chosen = np.flatnonzero(train)
    if not len(chosen):
        raise InputError("there are no training rows", hint="Put some clips into the split train")
    frames = len(chosen) * features.shape[2]

    def blocks() -> Iterator[NDArray[np.float64]]:
        for start in range(0, len(chosen), _BLOCK):
            yield features[chosen[start : start + _BLOCK]].astype(np.float64)

    total = np.zeros(features.shape[1])
    for block in blocks():
        total += block.sum(axis=(0, 2))
    mean = total / frames
    squares = np.zeros_like(total)
    for block in blocks():
        squares += np.square(block - mean[:, None]).sum(axis=(0, 2))
    deviation = np.sqrt(squares / frames)
    # what differs by rounding alone does not vary
    varies = deviation > 1e-9 * np.abs(mean)
    return Standardisation(mean, np.where(varies, deviation, 1.0))
