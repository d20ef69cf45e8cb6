"""The feature arrays of The Big Bang Theory that its makers prepared.

MATLAB files, found at any depth below the corpus folder:

- `train_face/*.mat`: `samples` [53, 13, n], a face feature at 13 video frames; `labels` [5, n];
- `train_audio/*.mat`: `samples` [25, 49, n], 25 MFCCs at 49 steps; `labels` [5, n];
- `5classes/1.mat`: `test_samples` [78, 49, n], face above audio, matched; `test_labels` [5, n].

Training faces and voices are apart: a voice is given a face of the same person, and every face is
used before one is used again, as the makers' code does. The order of the people in `labels` is
not published; it is taken to be alphabetical, as their names are listed.

Source: Ren et al., AAAI 2016, and the code released with it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
import scipy.io
from numpy.typing import NDArray

from crossmodal.corpora.layout import files_below
from crossmodal.corpora.splits import deal
from crossmodal.errors import InputError

PEOPLE = ("Howard", "Leonard", "Penny", "Raj", "Sheldon")
COLUMNS = ["audio", "audio_row", "faces", "face_row"]
FACE_SIZE = 53
AUDIO_SIZE = 25
STEPS = 49
FRAME_STEPS = (1, 4, 8, 12, 16, 19, 23, 27, 31, 34, 38, 42, 46)
"""Steps, counted from 1, at which a window's 13 video frames stand."""

WINDOW_S = 0.5

_TRAIN_FACE, _TRAIN_AUDIO, _TEST = "train_face", "train_audio", "5classes"
_SHAPES = {
    _TRAIN_FACE: ("samples", "labels", (FACE_SIZE, len(FRAME_STEPS))),
    _TRAIN_AUDIO: ("samples", "labels", (AUDIO_SIZE, STEPS)),
    _TEST: ("test_samples", "test_labels", (FACE_SIZE + AUDIO_SIZE, STEPS)),
}
"""Folder -> names of its two variables and the first two sizes of the samples."""


def present(folder: Path) -> bool:
    """Tell whether a folder holds prepared training arrays."""
    return bool(_files(Path(folder), _TRAIN_AUDIO))


def pairs(folder: Path, *, validation: float, seed: int) -> pd.DataFrame:
    """Pair the voices with faces.

    Args:
        validation: Share of the training windows that are dealt for validation.
        seed: Decides the faces of the voices and the validation windows.

    Returns:
        One row a window of 0.5 s: training voices in the order of their files, then the test
        windows. Columns `clip`, `split`, `label`, `person` and those of `COLUMNS`: path relative
        to the folder and place in the array, counted from 0.

    Raises:
        InputError: A file is missing or cannot be read, or an array has a wrong shape.
    """
    voices = _listed(folder, _TRAIN_AUDIO).rename(columns={"file": "audio", "row": "audio_row"})
    faces = _listed(folder, _TRAIN_FACE)
    generator = np.random.default_rng(seed)
    chosen = pd.Series(-1, index=voices.index, dtype=int)
    for person, rows in voices.groupby("person").groups.items():
        own = np.flatnonzero(faces["person"] == person)
        if not len(own):
            raise InputError(
                f"there is no face of {person}", file=Path(folder), hint="Download the arrays again"
            )
        rounds = -(-len(rows) // len(own))
        places = np.concatenate([generator.permutation(own) for _ in range(rounds)])
        chosen[rows] = places[: len(rows)]
    matched = faces.loc[chosen].reset_index(drop=True)
    voices = voices.assign(faces=matched["file"], face_row=matched["row"])
    tests = _listed(folder, _TEST)
    tests = tests.assign(
        audio=tests["file"], audio_row=tests["row"], faces=tests["file"], face_row=tests["row"]
    )
    voices["clip"] = _names(voices["audio"], voices["audio_row"])
    tests["clip"] = _names(tests["audio"], tests["audio_row"])
    clips = voices["clip"].tolist()
    voices["split"] = deal(clips, validation=validation, test=0.0, seed=seed)
    frame = pd.concat([voices, tests.assign(split="test")], ignore_index=True)
    frame["label"] = frame["person"]
    return frame.drop(columns=["file", "row"]).assign(start_s=0.0, end_s=WINDOW_S)


def load(folder: Path, manifest: pd.DataFrame) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Load the arrays of a manifest, row-aligned with it, not standardised.

    Args:
        manifest: Rows with the columns of `COLUMNS`; places may be text.

    Returns:
        Face features [rows, 53, 49], each of the 13 frames held until the next, and MFCCs
        [rows, 25, 49].

    Raises:
        InputError: A file cannot be read or an array has a wrong shape.
    """
    face = np.empty((len(manifest), FACE_SIZE, STEPS), np.float32)
    audio = np.empty((len(manifest), AUDIO_SIZE, STEPS), np.float32)
    held = np.searchsorted(FRAME_STEPS, np.arange(1, STEPS + 1), side="right") - 1
    for name, kind, out in (("faces", "face_row", face), ("audio", "audio_row", audio)):
        places = manifest[kind].astype(int).to_numpy()
        for file in sorted(set(manifest[name])):
            rows = np.flatnonzero(manifest[name] == file)
            samples = _samples(Path(folder) / file)[..., places[rows]]
            if samples.shape[0] == FACE_SIZE + AUDIO_SIZE:
                samples = samples[:FACE_SIZE] if kind == "face_row" else samples[FACE_SIZE:]
            elif samples.shape[1] == len(FRAME_STEPS):
                samples = samples[:, held]
            out[rows] = np.moveaxis(samples, -1, 0)
    return face, audio


def _files(folder: Path, kind: str) -> list[str]:
    """List the files of a kind by number; of the test files, the one that is matched."""
    found = [
        name for name in files_below(folder, ".mat") if PurePosixPath(name).parent.name == kind
    ]
    found.sort(key=lambda name: (len(PurePosixPath(name).stem), name))
    return [name for name in found if kind != _TEST or PurePosixPath(name).stem == "1"]


def _names(files: pd.Series, rows: pd.Series) -> pd.Series:
    stems = files.map(lambda file: "/".join(PurePosixPath(file).with_suffix("").parts[-2:]))
    return stems + ":" + rows.astype(str).str.zfill(6)


def _listed(folder: Path, kind: str) -> pd.DataFrame:
    """List the windows of all files of a kind: file, row, person. Reads the labels alone."""
    files = _files(folder, kind)
    if not files:
        raise InputError(
            f"there is no {kind}/*.mat", file=Path(folder), hint="Download the arrays again"
        )
    samples, labels, sizes = _SHAPES[kind]
    parts = []
    for file in files:
        path = Path(folder) / file
        shapes = {name: shape for name, shape, _ in _open(path, scipy.io.whosmat)}
        for name in (samples, labels):
            if name not in shapes:
                raise InputError(
                    "the variable is missing", file=path, field=name, hint="Download the file again"
                )
        count = shapes[labels][-1]
        wanted = {samples: (*sizes, count), labels: (len(PEOPLE), count)}
        for name, shape in wanted.items():
            if shapes[name] != shape:
                raise InputError(
                    f"shape {shapes[name]} instead of {shape}",
                    file=path,
                    field=name,
                    hint="Download the file again",
                )
        one_hot = _open(path, scipy.io.loadmat, variable_names=[labels])[labels]
        people = [PEOPLE[place] for place in np.argmax(one_hot, axis=0)]
        parts.append(pd.DataFrame({"file": file, "row": range(count), "person": people}))
    return pd.concat(parts, ignore_index=True)


def _samples(path: Path) -> NDArray[np.float32]:
    name = _SHAPES[path.parent.name][0]
    variables = _open(path, scipy.io.loadmat, variable_names=[name])
    return np.asarray(variables[name], np.float32)


def _open(path: Path, function: Callable[..., Any], **arguments: Any) -> Any:
    """Call one of scipy's readers of MATLAB files."""
    try:
        return function(path, **arguments)
    except NotImplementedError as error:  # what scipy raises for HDF5 inside
        raise InputError(
            "a MATLAB file of version 7.3 cannot be read",
            file=path,
            hint="Load it in MATLAB or Octave and save it with the option -v7",
        ) from error
    except Exception as error:  # a damaged file makes scipy raise a dozen unrelated kinds
        raise InputError(
            f"not a readable MATLAB file ({error})", file=path, hint="Download it again"
        ) from error
