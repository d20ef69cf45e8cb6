"""Small windows of every kind, written as the alignment stage does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.corpora.manifest import write_manifest
from crossmodal.features.store import write_feature


def write_windows(
    folder: Path,
    waves: NDArray[np.int16],
    pictures: NDArray[np.uint8] | None = None,
    **columns: Any,
) -> Path:
    """Write windows; return their manifest. Every fourth is for testing, at random every third."""
    count = len(waves)
    kept = np.empty((count, 0), np.uint8) if pictures is None else pictures
    write_feature(folder / "waves.npy", waves, units="of 32,767", settings={})
    write_feature(folder / "pictures.npy", kept, units="brightness, of 255", settings={})
    usual = {
        "clip": [f"clip{index}" for index in range(count)],
        "split": ["test" if index % 4 == 3 else "train" for index in range(count)],
        "label": "a",
        "person": "b",
        "source": "c",
        "start_s": 0.0,
        "end_s": 0.5,
        "frame_s": "",
        "samples": waves.shape[1],
        "split_random": ["test" if index % 3 == 2 else "train" for index in range(count)],
    }
    write_manifest(folder / "manifest.csv", pd.DataFrame(usual | columns))
    return folder / "manifest.csv"


def sounds(count: int, samples: int, seed: int = 0) -> NDArray[np.int16]:
    """Return noisy tones, [count, samples]."""
    random = np.random.default_rng(seed)
    phase = 2 * np.pi * random.uniform(0.01, 0.2, (count, 1)) * np.arange(samples)
    wave = random.uniform(0.1, 0.5, (count, 1)) * np.sin(phase)
    noisy = wave + 0.02 * random.standard_normal((count, samples))
    return np.asarray(noisy * 32_767, dtype=np.int16)


def blobs(count: int, frames: int, side: int, seed: int = 0) -> NDArray[np.uint8]:
    """Return smooth coloured pictures, [count, frames, side, side, 3]."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 255, (count, frames, side // 8, side // 8, 3), dtype=np.uint8)
    return coarse.repeat(8, axis=2).repeat(8, axis=3)
