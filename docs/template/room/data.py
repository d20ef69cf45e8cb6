"""Pairs of an image and a text, as feature vectors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from crossmodal.corpora.manifest import read_manifest
from crossmodal.features.store import read_feature


@dataclass(frozen=True)
class Pairs:
    """n pairs.

    Attributes:
        image: [n, d], float32.
        text: [n, e], float32.
        label: [n], class names.
        clips: [n], names of the pairs.
    """

    image: Tensor
    text: Tensor
    label: list[str]
    clips: list[str]

    def __len__(self) -> int:
        """Return the number of clips."""
        return len(self.clips)


def load_pairs(folder: Path, split: str) -> Pairs:
    """Return one part of a corpus.

    Args:
        folder: Of the manifest and the features.
        split: train, validation or test.

    Raises:
        InputError: A file is missing, damaged or not row-aligned.
    """
    manifest = read_manifest(folder / "manifest.csv")
    rows = np.flatnonzero(manifest["split"] == split)
    image, text = (
        torch.from_numpy(np.array(read_feature(folder / f"{name}.npy", len(manifest))[rows]))
        for name in ("image_bow", "text_lda")
    )
    part = manifest.iloc[rows]
    return Pairs(image, text, part["label"].tolist(), part["clip"].tolist())
