"""From manifest and arrays of a corpus to the pairs of a task, the same for every method."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from crossmodal.benchmark import inputs
from crossmodal.benchmark.settings import Budget, Task
from crossmodal.benchmark.vectors import Basis, fit_basis
from crossmodal.corpora.manifest import read_manifest
from crossmodal.errors import InputError
from crossmodal.features.store import read_feature
from crossmodal.windows import SPLITS

_HOLD_OUT_STEP = 5


@dataclass(frozen=True)
class Items:
    """Pairs of a picture and a sound; rows of equal answer belong together.

    Attributes:
        picture: [n, channels, height, width], -1 to 1; no channels where pictures have no pixels.
        sound: [n, 1, 40, steps], -1 to 1; no channels where there are no samples.
        picture_vector: [n, p], about unit variance.
        sound_vector: [n, s], the same.
        answer: int64 [n]: number of the class, the person or the pair.
    """

    picture: Tensor
    sound: Tensor
    picture_vector: Tensor
    sound_vector: Tensor
    answer: Tensor

    def take(self, rows: Tensor) -> Items:
        """Return some rows [m]."""
        return Items(*(getattr(self, field.name)[rows] for field in fields(self)))

    def to(self, device: torch.device) -> Items:
        """Return the pairs on a device."""
        return Items(*(getattr(self, field.name).to(device) for field in fields(self)))

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.answer)


@dataclass(frozen=True)
class TaskData:
    """A task as every method gets it.

    Attributes:
        train: Copies of the training rows one after the other; the first is unchanged.
        originals: Training rows without copies: `train` starts with them.
        picture_basis: From pictures to their vectors.
        sound_basis: From sounds to theirs.
        answers: Names by number.
        clips: Names of the test rows.
    """

    train: Items
    validation: Items
    test: Items
    originals: int
    picture_basis: Basis
    sound_basis: Basis
    answers: list[str]
    clips: list[str]

    def to(self, device: torch.device) -> TaskData:
        """Return the task with its pairs on a device."""
        return replace(
            self,
            train=self.train.to(device),
            validation=self.validation.to(device),
            test=self.test.to(device),
            picture_basis=self.picture_basis.to(device),
            sound_basis=self.sound_basis.to(device),
        )


def load_task(task: Task, folder: Path, budget: Budget, seed: int) -> TaskData:
    """Load a task.

    Projections are fitted on training rows. In every copy of them but the first, pictures are
    moved and turned a little and the bands of sounds stretched; where answers are classes, the
    sounds of a class are shared out to its pictures anew.

    Args:
        folder: `results/<edition>/corpora/<corpus>`, or the folder of its windows.

    Raises:
        InputError: A file is missing or does not fit the manifest, or a part has too few answers.
    """
    path = folder / "manifest.csv"
    manifest = read_manifest(path)
    answers, number = _answers(task, manifest, path)
    rows = _parts(task, manifest, number, budget, path)
    read = {
        name: read_feature(folder / f"{name}.npy", len(manifest))
        for name in (task.picture, task.sound)
    }
    pictures, sounds = _inputs(task, folder, manifest, read)
    generator = torch.Generator().manual_seed(seed)
    train = rows["train"]
    picture_rows, sound_rows = _copies(train, number, task.unique, budget.copies, generator)
    changed = torch.arange(len(picture_rows)) >= len(train)
    raw = {
        "train": (
            pictures.make(picture_rows, changed, generator),
            sounds.make(sound_rows, changed, generator),
        )
    }
    for part in ("validation", "test"):
        same = torch.zeros(len(rows[part]), dtype=torch.bool)
        raw[part] = pictures.make(rows[part], same), sounds.make(rows[part], same)
    picture_basis, sound_basis = (
        fit_basis(side, len(train), budget.vectors) for side in raw["train"]
    )
    of_part = {**rows, "train": picture_rows}
    items = {
        part: Items(
            _maps(picture),
            _maps(sound),
            picture_basis.project(picture),
            sound_basis.project(sound),
            number[of_part[part]],
        )
        for part, (picture, sound) in raw.items()
    }
    return TaskData(
        train=items["train"],
        validation=items["validation"],
        test=items["test"],
        originals=len(train),
        picture_basis=picture_basis,
        sound_basis=sound_basis,
        answers=answers,
        clips=manifest["clip"].iloc[rows["test"].numpy()].tolist(),
    )


def _maps(side: Tensor) -> Tensor:
    """Return pictures or sounds as they are, and in place of vectors maps without channels."""
    return side if side.ndim == 4 else side.new_empty(len(side), 0, 1, 1)


def _answers(task: Task, manifest: pd.DataFrame, path: Path) -> tuple[list[str], Tensor]:
    """Return the names of the answers and the number of each row's."""
    for column in (task.answer, task.split):
        if column not in manifest:
            raise InputError(
                "the column is missing", file=path, field=column, hint="Make the manifest again"
            )
    if (manifest[task.answer] == "").any():
        raise InputError(
            "a row is empty", file=path, field=task.answer, hint="Fill the column in every row"
        )
    names, number = np.unique(manifest[task.answer].to_numpy(str), return_inverse=True)
    return names.tolist(), torch.from_numpy(number.reshape(-1).astype(np.int64))


def _parts(
    task: Task, manifest: pd.DataFrame, number: Tensor, budget: Budget, path: Path
) -> dict[str, Tensor]:
    """Return the rows of each part; of unique answers one row each where they are searched.

    Where the corpus has no validation part, a fifth of the training rows is held out.
    """
    split = manifest[task.split].to_numpy(dtype=object, copy=True)
    if not (split == "validation").any():
        train = np.flatnonzero(split == "train")
        split[train[_held_out(train, number.numpy())]] = "validation"
    rows = {}
    for part in SPLITS:
        found = np.flatnonzero(split == part)
        if task.unique and part != "train":
            _, first = np.unique(number.numpy()[found], return_index=True)
            found = found[np.sort(first)]
        if part == "test":
            found = evenly(found, budget.most)
        if part == "train":
            by_answer = found[np.argsort(number.numpy()[found], kind="stable")]
            found = np.sort(evenly(by_answer, budget.rows))
        if len(np.unique(number.numpy()[found])) < 2:
            raise InputError(
                f"part {part!r} has fewer than two answers",
                file=path,
                field=f"{task.split}, {task.answer}",
                hint="Give every part rows of two answers or more",
            )
        rows[part] = torch.from_numpy(found)
    return rows


def evenly(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return at most so many rows, evenly spread; all of them where there are fewer."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)]


def _held_out(train: NDArray[np.int64], number: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which training rows stand in for a validation part: every fifth of each answer."""
    held = np.zeros(len(train), dtype=np.bool_)
    for answer in np.unique(number[train]):
        held[np.flatnonzero(number[train] == answer)[_HOLD_OUT_STEP - 1 :: _HOLD_OUT_STEP]] = True
    return held


def _inputs(
    task: Task, folder: Path, manifest: pd.DataFrame, read: dict[str, NDArray[Any]]
) -> tuple[inputs.Source, inputs.Source]:
    pictures: inputs.Source
    sounds: inputs.Source
    pictures = inputs.Vectors(read[task.picture])
    sounds = inputs.Vectors(read[task.sound])
    if task.picture == "pictures":
        pictures = inputs.Pictures(read[task.picture], task.picture_px)
    if task.sound == "waves":
        samples = manifest["samples"].to_numpy(dtype=np.int64)
        rate_hz = inputs.read_rate_hz(folder / "waves.json")
        sounds = inputs.Sounds(read[task.sound], samples, rate_hz, task.steps)
    return pictures, sounds


def _copies(
    train: Tensor, number: Tensor, unique: bool, copies: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return which picture and which sound stand in each row of the training pairs."""
    sounds = [train]
    for _ in range(1, copies):
        dealt = train
        if not unique:
            shuffled = train[torch.randperm(len(train), generator=generator)]
            by_class = torch.argsort(number[train], stable=True)
            dealt = torch.empty_like(train)
            dealt[by_class] = shuffled[torch.argsort(number[shuffled], stable=True)]
        sounds.append(dealt)
    return train.repeat(copies), torch.cat(sounds)
