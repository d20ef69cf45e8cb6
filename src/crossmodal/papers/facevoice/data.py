"""From windows and feature files to tensors, and to the pairs and triplets of each part.

A row of triplets is one matched pair and one mismatched pair with the same face, and, taken
together, the triplets of both directions: anchor face, positive and negative voice; anchor voice,
positive and negative face.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from crossmodal.alignment.windows import STEPS, held_frames
from crossmodal.corpora.manifest import read_manifest
from crossmodal.errors import InputError
from crossmodal.features.store import read_feature
from crossmodal.papers.facevoice.settings import ModelSettings, PairSettings
from crossmodal.windows import SPLITS

Rows = NDArray[np.int64]

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
        clips: [n], names of the windows.
    """

    face: Tensor
    voice: Tensor
    person: Tensor
    names: NDArray[np.str_]
    split: NDArray[np.str_]
    people: list[str]
    clips: NDArray[np.str_]

    @property
    def sizes(self) -> tuple[int, int]:
        """Values of a face and of a voice."""
        return self.face.shape[1], self.voice.shape[1]

    def to(self, device: torch.device) -> Windows:
        """Return the windows on a device."""
        tensors = {name: getattr(self, name).to(device) for name in ("face", "voice", "person")}
        return replace(self, **tensors)


@dataclass(frozen=True)
class Triplets:
    """Windows by their row in the manifest, [m] each.

    Attributes:
        face: Whose face.
        voice: Whose voice belongs to it: the same person's.
        negative: A window of another person: its voice (and face) does not.
    """

    face: Rows
    voice: Rows
    negative: Rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.face)

    def first(self, count: int) -> Triplets:
        """Return the first rows."""
        return Triplets(self.face[:count], self.voice[:count], self.negative[:count])

    def on(self, device: torch.device) -> Tensor:
        """Return the rows of the windows on a device, [3, m]: face, voice, negative."""
        return torch.from_numpy(np.stack([self.face, self.voice, self.negative])).to(device)

    def pairs(self) -> tuple[Rows, Rows, NDArray[np.bool_]]:
        """Return faces, voices and whether they match, [2 m] each: the matched pairs first."""
        matched = np.repeat([True, False], len(self))
        faces = np.concatenate([self.face, self.face])
        return faces, np.concatenate([self.voice, self.negative]), matched


@dataclass(frozen=True)
class Split:
    """The triplets to learn from, to choose with, and to report."""

    train: Triplets
    validation: Triplets
    test: Triplets


def load_windows(settings: ModelSettings, folder: Path) -> Windows:
    """Load the windows of a corpus as a variant wants them.

    Args:
        settings: Which split, which people, which face feature, how many time steps.
        folder: `results/<edition>/corpora/<corpus>/facevoice`.

    Raises:
        InputError: A file is missing or does not fit the manifest, or a row has no person.
    """
    manifest_path = folder / "manifest.csv"
    face_path, voice_path = (folder / f"{name}.npy" for name in settings.arrays())
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
        manifest["clip"].to_numpy(dtype=np.str_),
    )


def at_steps(sequences: NDArray[np.float32], steps: int) -> Tensor:
    """Bring sequences [n, d, 13 or 49] to some time steps and lay them out as [n, d x steps].

    Frames are held until the next; fewer steps than 49 are means over parts, as equal as can be.
    """
    held = sequences[..., held_frames()] if sequences.shape[-1] != STEPS else sequences
    parts = [part.mean(axis=-1) for part in np.array_split(held, steps, axis=-1)]
    return torch.from_numpy(np.stack(parts, axis=-1).reshape(len(held), -1).astype(np.float32))


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


def draw_split(windows: Windows, settings: ModelSettings, pairs: PairSettings) -> Split:
    """Draw the triplets of every part; they depend on the windows and the pairs' seed alone.

    A window is the face of one matched and one mismatched pair at most in validation and test, so
    that no window counts twice; in training it may be used again. All parts show people of
    the training, unless people are kept for the test: then its pairs are made of all of their
    windows, none of which was seen.

    Raises:
        InputError: A part has windows of fewer than two people.
    """
    person = np.unique(windows.names, return_inverse=True)[1].astype(np.int64)
    learnt = windows.person.cpu().numpy() != NOBODY

    def part(name: str, count: int) -> Triplets:
        rows = np.flatnonzero((windows.split == name) & learnt)
        if name == "test" and settings.unseen_people:
            rows = np.flatnonzero(~learnt)
        train = name == "train"
        matched = settings.matched if train else "window"
        try:
            return draw(rows, person, count, pairs.seed, matched, with_replacement=train)
        except InputError as error:
            raise InputError(
                f"the {name} part: {error.problem}", field=error.field, hint=error.hint
            ) from error

    return Split(
        part("train", pairs.train), part("validation", pairs.validation), part("test", pairs.test)
    )


def draw(
    windows: Rows,
    person: Rows,
    pairs: int,
    seed: int,
    matched: Literal["window", "person"] = "window",
    *,
    with_replacement: bool = False,
) -> Triplets:
    """Draw triplets from the windows of one part; negatives evenly from those of all others.

    Args:
        windows: [w], the part's windows as rows of the manifest.
        person: [n], whose window each row of the manifest is.
        pairs: How many pairs are wanted; there are half as many triplets.
        matched: The voice is that of the same window, or of any window of the person.
        with_replacement: Whether a window may be the face of several triplets, every window being
            used before one is used again; if not, there are no more triplets than windows.

    Raises:
        InputError: The part shows fewer than two people.
    """
    own = person[windows]
    if len(np.unique(own)) < 2:
        raise InputError(
            f"{len(windows)} windows of fewer than two people make no mismatched pairs",
            field="split",
            hint="Give every split windows of two people or more",
        )
    random = np.random.default_rng(seed)
    rounds = -(-(pairs // 2) // len(windows)) if with_replacement else 1
    shuffled = np.concatenate([random.permutation(len(windows)) for _ in range(rounds)])
    chosen = shuffled[: pairs // 2]

    def drawn(*, same: bool) -> Rows:
        """Draw, for each chosen window, one of the same person or of any other one."""
        candidates = {who: windows[(own == who) == same] for who in np.unique(own[chosen]).tolist()}
        places = zip(own[chosen].tolist(), random.random(len(chosen)), strict=True)
        return np.array([candidates[who][int(at * len(candidates[who]))] for who, at in places])

    faces, negatives = windows[chosen], drawn(same=False)
    return Triplets(faces, faces if matched == "window" else drawn(same=True), negatives)
