"""What the figures show: a clip of the corpus; latents, neighbours and decoded clips of a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from crossmodal.corpora.manifest import read_manifest
from crossmodal.features.store import read_feature
from crossmodal.features.voice import VOICE, two_sided_spectrogram
from crossmodal.papers.msvae.data import Split
from crossmodal.papers.msvae.losses import Gaussian
from crossmodal.papers.msvae.settings import Protocol

DIRECTIONS = {"face_to_voice": ("face", "voice"), "voice_to_face": ("voice", "face")}
"""Task -> the modality of the query and that of the database."""
_TABLE = ("label", "gender")


def vectors(latent: Gaussian, distance: str) -> NDArray[np.float64]:
    """Return clips as vectors [n, d] whose Euclidean distance is that of the protocol.

    Between means, or the 2-Wasserstein distance: means and deviations side by side.
    """
    parts = [latent.mean]
    if distance == "wasserstein":
        parts.append((latent.log_variance / 2).exp())
    return torch.cat(parts, dim=1).cpu().double().numpy()


def by_person(values: NDArray[np.float64], person: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean of each person's rows: [n, d] -> [people, d], people from 0."""
    sums = np.zeros((int(person.max()) + 1, values.shape[1]))
    np.add.at(sums, person, values)
    return sums / np.bincount(person)[:, None]


def run_examples(
    latents: Mapping[str, Gaussian],
    made: Mapping[str, NDArray[np.float64]],
    split: Split,
    protocol: Protocol,
) -> dict[str, NDArray]:
    """Return everything the figures show of one run.

    Returns:
        - `points_face`, `points_voice` [m, latent] and `points_label` [m]: the means of the
          latents of the clips of the first people by name.
        - `query_label`, `query_gender`, `query_face` [529]; per task and level, clips or people,
          `<task>_<level>_label`, `_gender`, `_distance` [k] and `_face` [k, 529]: the nearest.
        - `sample_label`, `sample_gender` [s], `face`, `voice` and every `a_from_b` [s, width].
        Faces are brightness from 0 to 1, or beyond where a decoder leaves it.
    """
    table = split.test.table
    faces = _brightness(split.test.face.double().cpu().numpy(), split)
    arrays = _points(latents, table, protocol.people)
    arrays |= _nearest(latents, faces, table, protocol)
    # clips of different people, men and women in turn where both are there
    order = table.groupby("person").cumcount(), table.groupby("gender").cumcount()
    rows = np.lexsort((table["gender"], order[1], order[0]))[: protocol.samples]
    arrays |= {f"sample_{name}": table[name].iloc[rows].to_numpy(dtype=str) for name in _TABLE}
    arrays |= {"face": faces[rows], "voice": split.test.voice.double().cpu().numpy()[rows]}
    for name, values in made.items():
        face = name.startswith("face")
        arrays[name] = _brightness(values[rows], split) if face else values[rows]
    return arrays


def corpus_examples(folder: Path, query: str) -> dict[str, NDArray]:
    """Return the clip of Figure 1: the first test clip of the person named, or of all.

    Args:
        folder: The windows' folder, with `pictures.npy` and `waves.npy`.
        query: Label of a person.

    Returns:
        `frames` [2, 64, 64, 3], `spectrogram` [297, 512], `hop_s`, `rate_hz` and the `name`.

    Raises:
        InputError: The windows are missing.
    """
    manifest = read_manifest(folder / "manifest.csv")
    test = manifest[manifest["split"] == "test"]
    named = test[test["label"] == query]
    row = int((named if len(named) else test).index[0])
    pictures, waves = (
        read_feature(folder / f"{name}.npy", len(manifest)) for name in ("pictures", "waves")
    )
    return {
        "frames": np.array(pictures[row][[0, -1]]),
        "spectrogram": two_sided_spectrogram(np.array(waves[row : row + 1]))[0],
        "hop_s": np.array(VOICE.hop_samples / VOICE.rate_hz),
        "rate_hz": np.array(VOICE.rate_hz),
        "name": np.array(manifest["label"][row] or manifest["person"][row]),
    }


def _brightness(faces: NDArray[np.float64], split: Split) -> NDArray[np.float64]:
    """Undo the standardisation of faces [n, 529]."""
    return faces * split.face_deviation + split.face_mean


def _points(
    latents: Mapping[str, Gaussian], table: pd.DataFrame, people: int
) -> dict[str, NDArray]:
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
) -> dict[str, NDArray]:
    """Return the query of Figure 4 and its nearest clips and people, both ways.

    The query is a person, the mean of his or her clips, as for the people's ranks.
    """
    labels = sorted(set(table["label"]))
    query = protocol.query if protocol.query in labels else labels[0]
    own = np.flatnonzero(table["label"] == query)
    person = np.asarray(pd.factorize(table["person"], sort=True)[0], np.int64)
    first_clip = np.unique(person, return_index=True)[1]
    arrays: dict[str, NDArray] = {
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
