"""From manifest and feature files to clips of a face and a voice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from crossmodal.corpora.manifest import read_manifest
from crossmodal.corpora.splits import deal
from crossmodal.errors import InputError
from crossmodal.features.store import read_feature
from crossmodal.papers.msvae.plan import FACE
from crossmodal.papers.msvae.settings import PaperSettings


@dataclass(frozen=True)
class Clips:
    """Clips with their face [n, 529] and voice [n, 512], float32, and what the manifest says.

    Attributes:
        face: Standardised by the training faces' mean and deviation.
        voice: As the feature gives it.
        table: [n] rows with `clip, person, label, gender`.
    """

    face: Tensor
    voice: Tensor
    table: pd.DataFrame

    def to(self, device: torch.device) -> Clips:
        """Return the clips on a device."""
        return Clips(self.face.to(device), self.voice.to(device), self.table)

    def __len__(self) -> int:
        """Return the number of clips."""
        return len(self.face)


@dataclass(frozen=True)
class Split:
    """A corpus: clips to learn from, to choose an epoch with, to report.

    Attributes:
        train: With `keep: last` the validation clips are among them, as in the paper.
        validation: Empty with `keep: last`.
        test: In the order of the manifest.
        face_mean: Of the training faces before they were standardised.
        face_deviation: Of the same.
    """

    train: Clips
    validation: Clips
    test: Clips
    face_mean: float
    face_deviation: float

    def to(self, device: torch.device) -> Split:
        """Return the split with what is learnt from and chosen by on a device."""
        return replace(self, train=self.train.to(device), validation=self.validation.to(device))


def load_split(settings: PaperSettings, variant: str, folder: Path) -> Split:
    """Load a corpus as a variant wants it.

    Args:
        settings: The paper's settings.
        variant: Decides split, voice feature, and whether validation clips are learnt from.
        folder: `results/<edition>/corpora/<corpus>/msvae`.

    Raises:
        InputError: A file is missing or does not fit the manifest, a part has too few clips, or
            the people are not named.
    """
    path = folder / "manifest.csv"
    manifest = read_manifest(path)
    if (manifest["person"] == "").any():
        raise InputError(
            "a clip has no person", file=path, field="person", hint="Name who is seen and heard"
        )
    method = settings.method_settings(variant)
    split = _split(settings, variant, manifest)
    if method.keep == "last":
        split[split == "validation"] = "train"
    face, voice = (
        np.array(read_feature(folder / f"{name}.npy", len(manifest)), dtype=np.float32)
        for name in (FACE, method.voice)
    )
    mean, deviation = _moments(face[split == "train"])
    table = pd.DataFrame(
        {
            "clip": manifest["clip"],
            "person": manifest["person"],
            "label": manifest["label"].where(manifest["label"] != "", manifest["person"]),
            "gender": manifest.get("gender", ""),
        }
    )

    def part(name: str) -> Clips:
        rows = np.flatnonzero(split == name)
        faces = torch.from_numpy((face[rows] - np.float32(mean)) / np.float32(deviation))
        return Clips(faces, torch.from_numpy(voice[rows]), table.iloc[rows].reset_index(drop=True))

    found = Split(part("train"), part("validation"), part("test"), mean, deviation)
    _check(found, method.keep, path)
    return found


def _split(settings: PaperSettings, variant: str, manifest: pd.DataFrame) -> np.ndarray:
    """Return train, validation or test for each row: the manifest's, or people dealt anew."""
    if settings.variants[variant].split == "published":
        return manifest["split"].to_numpy(dtype=object, copy=True)
    shares = settings.identity
    dealt = deal(
        manifest["person"].tolist(),
        validation=shares.validation,
        test=shares.test,
        seed=shares.seed,
        strata=manifest["gender"].tolist() if "gender" in manifest else None,
    )
    return np.array(dealt, dtype=object)


def _moments(faces: np.ndarray) -> tuple[float, float]:
    """Return mean and deviation over all pixels of faces [n, 529]; a deviation of 0 becomes 1."""
    return float(faces.mean(dtype=np.float64)), float(faces.std(dtype=np.float64)) or 1.0


def _check(split: Split, keep: str, path: Path) -> None:
    needed = {"train": split.train, "test": split.test}
    if keep == "best":
        needed["validation"] = split.validation
    for name, clips in needed.items():
        if len(clips) < 2:
            raise InputError(
                f"has {len(clips)} clips in split {name!r}",
                file=path,
                field="split",
                hint="Give each split at least two clips",
            )
    if split.test.table["person"].nunique() < 2:
        raise InputError(
            "the test clips are of one person",
            file=path,
            field="person",
            hint="Test on at least two people",
        )
