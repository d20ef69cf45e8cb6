"""What the figures show of a run, as a file: latents of some people, neighbours, decoded clips."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from crossmodal.errors import InputError
from crossmodal.features.voice import VOICE, two_sided_spectrogram
from crossmodal.papers.msvae.arrays import Arrays
from crossmodal.papers.msvae.data import Parts
from crossmodal.papers.msvae.losses import Gaussian
from crossmodal.papers.msvae.plan import DIRECTIONS
from crossmodal.papers.msvae.scoring import by_person, vectors
from crossmodal.papers.msvae.settings import Protocol

_TABLE = ("label", "gender")


def shown(
    latents: Mapping[str, Gaussian],
    made: Mapping[str, NDArray[np.float64]],
    parts: Parts,
    protocol: Protocol,
) -> Arrays:
    """Return everything the figures show of one run.

    Returns:
        - `points_face`, `points_voice` [m, latent] and `points_label` [m]: the means of the
          latents of the clips of the first people by name.
        - `query_label`, `query_gender`, `query_face` [529]; per task and level, clips or people,
          `<task>_<level>_label`, `_gender`, `_distance` [k] and `_face` [k, 529]: the nearest.
        - `sample_label`, `sample_gender` [s], `face`, `voice` and every `a_from_b` [s, width].
        Faces are brightness from 0 to 1, or beyond where a decoder leaves it.
    """
    table = parts.test.table
    faces = _brightness(parts.test.face.double().cpu().numpy(), parts)
    arrays = _points(latents, table, protocol.people)
    arrays |= _nearest(latents, faces, table, protocol)
    # clips of different people, men and women in turn where both are there
    order = table.groupby("person").cumcount(), table.groupby("gender").cumcount()
    rows = np.lexsort((table["gender"], order[1], order[0]))[: protocol.samples]
    arrays |= {f"sample_{name}": table[name].iloc[rows].to_numpy(dtype=str) for name in _TABLE}
    arrays |= {"face": faces[rows], "voice": parts.test.voice.double().cpu().numpy()[rows]}
    for name, values in made.items():
        face = name.startswith("face")
        arrays[name] = _brightness(values[rows], parts) if face else values[rows]
    return arrays


def sample_clip(folder: Path, manifest: pd.DataFrame, query: str) -> Arrays:
    """Return a clip for Figure 1.

    `frames` [2, 64, 64, 3], `spectrogram` [297, 512], `hop_s`, `rate_hz` and the `name`. It is
    the first test clip of the person named, or of all.

    Args:
        folder: The windows' folder, with `pictures.npy` and `waves.npy`.
        manifest: Of the windows.
        query: Label of a person.

    Raises:
        InputError: The windows are missing.
    """
    for name in ("pictures.npy", "waves.npy"):
        if not (folder / name).is_file():
            raise InputError(
                "there is no such file", file=folder / name, hint="Align the corpus first"
            )
    test = manifest[manifest["split"] == "test"]
    named = test[test["label"] == query]
    row = int((named if len(named) else test).index[0])
    pictures = np.load(folder / "pictures.npy", mmap_mode="r", allow_pickle=False)
    waves = np.load(folder / "waves.npy", mmap_mode="r", allow_pickle=False)
    return {
        "frames": np.array(pictures[row][[0, -1]]),
        "spectrogram": two_sided_spectrogram(np.array(waves[row : row + 1]))[0],
        "hop_s": np.array(VOICE.hop_samples / VOICE.rate_hz),
        "rate_hz": np.array(VOICE.rate_hz),
        "name": np.array(manifest["label"][row] or manifest["person"][row]),
    }


def _brightness(faces: NDArray[np.float64], parts: Parts) -> NDArray[np.float64]:
    """Undo the standardisation of faces [n, 529]."""
    return faces * parts.face_deviation + parts.face_mean


def _points(latents: Mapping[str, Gaussian], table: pd.DataFrame, people: int) -> Arrays:
    """Return the latents of the clips of the first people by name."""
    chosen = sorted(set(table["label"]))[:people]
    rows = np.flatnonzero(table["label"].isin(chosen))
    points = {f"points_{name}": vectors(z, "means")[rows] for name, z in latents.items()}
    return {**points, "points_label": table["label"].iloc[rows].to_numpy(dtype=str)}


def _nearest(
    latents: Mapping[str, Gaussian],
    faces: NDArray[np.float64],
    table: pd.DataFrame,
    protocol: Protocol,
) -> Arrays:
    """Return the query of Figure 4 and its nearest clips and people, both ways.

    The query is a person, the mean of his or her clips, as for the people's ranks.
    """
    labels = sorted(set(table["label"]))
    query = protocol.query if protocol.query in labels else labels[0]
    own = np.flatnonzero(table["label"] == query)
    person = np.asarray(pd.factorize(table["person"], sort=True)[0], np.int64)
    first_clip = np.unique(person, return_index=True)[1]
    arrays: Arrays = {
        "query_label": np.array(query),
        "query_gender": np.array(table["gender"].iloc[own[0]]),
        "query_face": faces[own[0]],
    }
    points = {name: vectors(latent, protocol.distance) for name, latent in latents.items()}
    for task, (source, database) in DIRECTIONS.items():
        asked = points[source][own].mean(axis=0, keepdims=True)
        candidates = {
            "clips": (points[database], np.arange(len(table))),
            "people": (by_person(points[database], person), first_clip),
        }
        for level, (vector, clip) in candidates.items():
            distance = cdist(asked, vector)[0]
            places = np.argsort(distance, kind="stable")[: protocol.first]
            rows = clip[places]
            arrays |= {
                f"{task}_{level}_{name}": table[name].iloc[rows].to_numpy(dtype=str)
                for name in _TABLE
            }
            arrays[f"{task}_{level}_distance"] = distance[places]
            arrays[f"{task}_{level}_face"] = faces[rows]
    return arrays
