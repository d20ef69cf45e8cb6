"""The few test clips that figures show and the report plays: one an instrument, chosen by rule."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from crossmodal.corpora.manifest import read_manifest
from crossmodal.features.audio import LOG_MEL
from crossmodal.features.sounding import waves_from_log_mel
from crossmodal.features.spectra import mel_filters
from crossmodal.features.store import read_feature
from crossmodal.files import atomic_path
from crossmodal.papers.cmcgan.data import Pairs
from crossmodal.papers.cmcgan.measures import measurable

Samples = dict[str, NDArray]


def median_items(l1: NDArray[np.float64], label: Tensor) -> Tensor:
    """Return for each class the row [classes there are] with the median L1 of its class.

    The lower one of two middles; ties go to the first row.

    Args:
        l1: [n], the lower the better.
        label: [n].
    """
    chosen = []
    for number in np.unique(label.numpy()):
        rows = np.flatnonzero(label.numpy() == number)
        order = np.argsort(l1[rows], kind="stable")
        chosen.append(int(rows[order[(len(rows) - 1) // 2]]))
    return torch.tensor(chosen)


def sampled(made: Mapping[str, Tensor], pairs: Pairs, rows: Tensor) -> Samples:
    """Return what is shown of some values [n, ...]: `clip`, `label` and the values by name.

    Pictures are uint8 [k, h, w, 3]; sounds float32 [k, bands, steps], dB.
    """
    shown: Samples = {
        "clip": np.array([pairs.clips[row] for row in rows.tolist()]),
        "label": np.array([pairs.classes[number] for number in pairs.label[rows].tolist()]),
    }
    for name, values in made.items():
        shown[name] = measurable(name.split("_")[1], values[rows])
    return shown


def heard(level_db: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return 16-bit waves [k, 22050] at 44.1 kHz that have the given log-mels [k, bands, steps]."""
    waves = waves_from_log_mel(level_db)
    return np.clip(np.rint(waves * 32_767), -32_768, 32_767).astype(np.int16)


def true_waves(folder: Path, clips: NDArray[np.str_]) -> NDArray[np.int16]:
    """Return the recorded waves [k, 22050] of clips, from `waves.npy` of the corpus's windows."""
    manifest = read_manifest(folder / "manifest.csv")
    waves = read_feature(folder / "waves.npy", len(manifest))
    row_of = {clip: row for row, clip in enumerate(manifest["clip"])}
    return np.array(waves[[row_of[clip] for clip in clips.tolist()]], dtype=np.int16)


def band_centres_hz(bands: int) -> NDArray[np.float64]:
    """Return the centre frequencies [bands] of log-mels averaged down to so many bands, Hz."""
    filters = mel_filters(LOG_MEL)
    frequencies = np.linspace(0, LOG_MEL.rate_hz / 2, filters.shape[1])
    centres = filters @ frequencies / filters.sum(axis=1)
    means: NDArray[np.float64] = centres.reshape(bands, -1).mean(axis=1)
    return means


def write_samples(path: Path, samples: Mapping[str, NDArray]) -> None:
    """Write samples as an npz archive, atomically; same samples, same bytes."""
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **dict(samples))
