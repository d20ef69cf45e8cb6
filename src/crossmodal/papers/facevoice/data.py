"""From windows and feature files to tensors, and to the pairs of each part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from crossmodal.alignment.windows import STEPS, held_frames
from crossmodal.corpora.manifest import SPLITS, read_manifest
from crossmodal.errors import InputError
from crossmodal.features.store import read_feature
from crossmodal.papers.facevoice.pairs import Trios, draw
from crossmodal.papers.facevoice.plan import FILES
from crossmodal.papers.facevoice.settings import ModelSettings, PairSettings

NOBODY = -1
"""Number of a person who never occurs in training."""


@dataclass(frozen=True)
class Windows:
    """The windows of a corpus, row-aligned with its manifest.

    Attributes:
        face: [n, face values x steps], float32.
        voice: [n, coefficients x steps], float32.
        person: [n], number of the person among `people`, rising from 0; `NOBODY` for others.
        names: [n], who it is.
        split: [n], train, validation or test.
        people: Who occurs in training, by name.
    """

    face: Tensor
    voice: Tensor
    person: Tensor
    names: NDArray[np.str_]
    split: NDArray[np.str_]
    people: list[str]

    def to(self, device: torch.device) -> Windows:
        """Return the windows on a device."""
        return replace(
            self,
            face=self.face.to(device),
            voice=self.voice.to(device),
            person=self.person.to(device),
        )


@dataclass(frozen=True)
class Parts:
    """The trios to learn from, to choose with, and to report."""

    train: Trios
    validation: Trios
    test: Trios


def feature_files(settings: ModelSettings, folder: Path) -> list[Path]:
    """Return the files that a training reads, in `results/.../corpora/<corpus>/facevoice`."""
    face, voice = FILES[settings.split]
    first = face if settings.face == "face" else "pictures"
    return [folder / "manifest.csv", folder / f"{first}.npy", folder / f"{voice}.npy"]


def load_windows(settings: ModelSettings, folder: Path) -> Windows:
    """Load the windows of a corpus as a variant wants them.

    Args:
        settings: Which split, which people, which face feature, how many time steps.
        folder: `results/<edition>/corpora/<corpus>/facevoice`.

    Raises:
        InputError: A file is missing or does not fit the manifest, or a row has no person.
    """
    manifest_path, face_path, voice_path = feature_files(settings, folder)
    manifest = read_manifest(manifest_path)
    column = "split" if settings.split == "episode" else "split_random"
    split = manifest[column].to_numpy(dtype=np.str_)
    names = manifest["person"].to_numpy(dtype=np.str_)
    if (names == "").any() or not np.isin(split, SPLITS).all():
        raise InputError(
            "a row says no person or no split",
            file=manifest_path,
            field=f"person, {column}",
            hint="Fill them in every row",
        )
    known = np.unique(names).tolist()
    kept = known[: len(known) - settings.unseen_people]
    learnt = np.isin(names, kept) & (split == "train")
    people = np.unique(names[learnt]).tolist()
    if len(people) < 2:
        raise InputError(
            f"{len(people)} people are left to train on",
            file=manifest_path,
            field="person",
            hint="Give training windows of two people or more, or lower unseen_people",
        )
    numbers = {name: number for number, name in enumerate(people)}
    face = _face(settings, read_feature(face_path, len(manifest)), learnt)
    voice = np.asarray(read_feature(voice_path, len(manifest)), dtype=np.float32)
    return Windows(
        at_steps(face, settings.steps),
        at_steps(voice, settings.steps),
        torch.tensor([numbers.get(name, NOBODY) for name in names]),
        names,
        split,
        people,
    )


def at_steps(sequences: NDArray[np.float32], steps: int) -> Tensor:
    """Bring sequences [n, d, 13 or 49] to some time steps and lay them out as [n, d x steps].

    Frames are held until the next; fewer steps than 49 are means over parts, as equal as can be.
    """
    held = sequences[..., held_frames()] if sequences.shape[-1] != STEPS else sequences
    parts = [part.mean(axis=-1) for part in np.array_split(held, steps, axis=-1)]
    return torch.from_numpy(np.stack(parts, axis=-1).reshape(len(held), -1).astype(np.float32))


def draw_parts(windows: Windows, settings: ModelSettings, pairs: PairSettings) -> Parts:
    """Draw the trios of every part; they depend on the windows and the pairs' seed alone.

    A window is the face of one matched and one mismatched pair at most in validation and test, so
    that no window counts twice; in training it may be used again. All parts show people of
    the training, unless people are kept for the test: then its pairs are made of all of their
    windows, none of which was seen.

    Raises:
        InputError: A part has windows of fewer than two people.
    """
    person = np.unique(windows.names, return_inverse=True)[1].astype(np.int64)
    learnt = windows.person.cpu().numpy() != NOBODY

    def part(name: str, count: int) -> Trios:
        rows = np.flatnonzero((windows.split == name) & learnt)
        if name == "test" and settings.unseen_people:
            rows = np.flatnonzero(~learnt)
        again = name == "train"
        matched = settings.matched if again else "window"
        try:
            return draw(rows, person, count, pairs.seed, matched, again=again)
        except InputError as error:
            raise InputError(
                f"the {name} part: {error.problem}", field=error.field, hint=error.hint
            ) from error

    return Parts(
        part("train", pairs.train),
        part("validation", pairs.validation),
        part("test", pairs.test),
    )


def _face(settings: ModelSettings, array: NDArray, train: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the face feature [n, d, 13], computed from crops where it is one of our readings."""
    if settings.face == "face":
        return np.asarray(array, dtype=np.float32)
    if array.shape[1] == 0:
        raise InputError(
            "there are no pictures for this reading", field="face", hint="Use face: face"
        )
    # OpenCV is slow to load and only our readings need it.
    from crossmodal.papers.facevoice.faces import graph_cut_faces, region_faces

    make = graph_cut_faces if settings.face == "graph_cut" else region_faces
    return make(array, train)
