"""Features of half seconds of a speaker: cepstral coefficients (16 kHz) and 13 faces.

Both are standardised over the training frames, and the faces are projected on the principal
components of training faces. What ends with `_random` is fitted on the training rows of the random
split, the others on those of `split`.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossmodal.corpora import prepared_arrays
from crossmodal.features.audio import MFCC, mfcc_windows
from crossmodal.features.frames import FACE, face_descriptors, fit_projection
from crossmodal.features.source import Source
from crossmodal.features.standard import fit_standardisation
from crossmodal.features.store import scratch

NAMES = ("mfcc", "face", "mfcc_random", "face_random")
SAMPLES = 8_000
UNITS = "standard deviations of the training frames from their mean"
PREPARED = {"kind": "facevoice", "from": "the makers' prepared arrays"}

Array = NDArray[np.float32]


def write(source: Source, names: list[str]) -> None:
    """Write `mfcc*`, [n, 25, 49], and `face*`, [n, 53, 13].

    The arrays that the makers of The Big Bang Theory prepared, of which the windows have neither
    sound nor pictures, are standardised alone.

    Raises:
        InputError: There are no windows of this kind, or too few for training.
    """
    voices = [name for name in names if name.startswith("mfcc")]
    faces = [name for name in names if name.startswith("face")]
    if source.waves(SAMPLES, 0).shape[1] == 0:
        held, coefficients = prepared_arrays.load(source.folder, source.manifest)
        frames = held[..., np.array(prepared_arrays.FRAME_STEPS) - 1]
        for array, wanted in ((coefficients, voices), (frames, faces)):
            for name in wanted:
                _write(source, name, array, PREPARED, ("scipy",))
        return
    if voices:
        _write_voices(source, voices)
    if faces:
        _write_faces(source, faces)


def _write_voices(source: Source, names: list[str]) -> None:
    waves = source.waves(SAMPLES)
    array = scratch((source.rows, MFCC.coefficients, MFCC.mel.steps(SAMPLES)))
    for rows in source.blocks("mfcc"):
        mfcc_windows(waves[rows], device=source.device, threads=source.threads, out=array[rows])
    settings = {"kind": "facevoice", **asdict(MFCC), "device": source.device}
    for name in names:
        _write(source, name, array, settings, ("torch", "scipy"))


def _write_faces(source: Source, names: list[str]) -> None:
    pictures = source.pictures()
    frames = pictures.shape[1]
    described: Array | None = None
    for rows in source.blocks("faces"):
        found = face_descriptors(pictures[rows].reshape(-1, *pictures.shape[2:]))
        if described is None:
            described = scratch((source.rows, frames, found.shape[1]))
        described[rows] = found.reshape(-1, frames, found.shape[1])
    assert described is not None  # a manifest has rows
    for name in names:
        train = np.repeat(source.training_rows(_split(name)), frames)
        projection = fit_projection(described.reshape(len(train), -1), train)
        array = scratch((source.rows, FACE.dimensions, frames))
        for rows in source.blocks(name):
            projected = projection(described[rows].reshape(-1, described.shape[2]))
            array[rows] = projected.reshape(-1, frames, FACE.dimensions).transpose(0, 2, 1)
        settings = {"kind": "facevoice", **asdict(FACE), "explained_share": projection.explained}
        _write(source, name, array, settings, ("opencv-python-headless", "scipy"))


def _split(name: str) -> str:
    """Return the column of the split that a feature is fitted on."""
    return "split_random" if name.endswith("_random") else "split"


def _write(
    source: Source, name: str, array: Array, settings: dict[str, Any], libraries: tuple[str, ...]
) -> None:
    """Standardise sequences [n, d, t] by the training rows and write them."""
    train = source.training_rows(_split(name))
    standardised = fit_standardisation(array, train)
    fitted = {"fitted_on": _split(name), "training_rows": int(train.sum())}
    with source.create(
        name, array.shape[1:], units=UNITS, settings={**settings, **fitted}, libraries=libraries
    ) as out:
        for rows in source.blocks(name):
            out[rows] = standardised(array[rows])
