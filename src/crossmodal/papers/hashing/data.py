"""From manifest and feature files to aligned pairs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from crossmodal.corpora.manifest import read_manifest
from crossmodal.errors import InputError
from crossmodal.features.store import read_feature
from crossmodal.papers.hashing.settings import PaperSettings


@dataclass(frozen=True)
class Pairs:
    """Aligned image and text features [n, width] (float32) with class numbers [n]."""

    image: Tensor
    text: Tensor
    label: Tensor
    classes: list[str]

    def take(self, rows: Tensor) -> Pairs:
        """Return the pairs of some rows [m]."""
        return Pairs(self.image[rows], self.text[rows], self.label[rows], self.classes)

    def to(self, device: torch.device) -> Pairs:
        """Return the pairs on a device."""
        return Pairs(
            self.image.to(device), self.text.to(device), self.label.to(device), self.classes
        )

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.label)


@dataclass(frozen=True)
class Split:
    """A corpus: pairs to learn from, pairs to choose settings with, pairs to report.

    `validation` is empty where the published split has none; `queries` are the clips of the test
    part.
    """

    train: Pairs
    validation: Pairs
    test: Pairs
    queries: list[str]


def load_split(settings: PaperSettings, corpus: str, variant: str, folder: Path) -> Split:
    """Load a corpus with the features that a variant learns from.

    Args:
        folder: `results/<edition>/corpora/<corpus>`, with `manifest.csv` and feature files.

    Raises:
        InputError: A file is missing or does not fit the manifest, a part has fewer than two
            pairs, or a class never occurs in training.
    """
    path = folder / "manifest.csv"
    manifest = read_manifest(path)
    features = settings.variant_features(corpus, variant)
    image, text = (
        torch.from_numpy(
            np.array(read_feature(folder / f"{name}.npy", len(manifest)), dtype=np.float32)
        )
        for name in (features.image, features.text)
    )
    split = manifest["split"].to_numpy()
    classes = sorted(set(manifest["label"][split == "train"]))
    number = {name: index for index, name in enumerate(classes)}
    unknown = sorted(set(manifest["label"]) - set(classes))
    if unknown:
        raise InputError(
            f"class {unknown[0]!r} never occurs in the training split",
            file=path,
            field="label",
            hint="Add training pairs of it, or take its rows out",
        )
    label = torch.tensor([number[name] for name in manifest["label"]])
    pairs = Pairs(image, text, label, classes)
    train, validation, test = (
        pairs.take(torch.from_numpy(np.flatnonzero(split == name)))
        for name in ("train", "validation", "test")
    )
    for name, part in (("train", train), ("test", test)):
        if len(part) < 2:
            raise InputError(
                f"has {len(part)} pairs in split {name!r}",
                file=path,
                field="split",
                hint="Give each split at least two pairs",
            )
    return Split(train, validation, test, list(manifest["clip"][split == "test"]))


def hold_out(pairs: Pairs, share: float, seed: int) -> tuple[Pairs, Pairs]:
    """Split pairs for a search: the same share of every class, at least one, is held out.

    Returns:
        The pairs to fit on and the pairs held out, each in their order.
    """
    rng = np.random.default_rng(seed)
    held = torch.zeros(len(pairs), dtype=torch.bool)
    for label in range(len(pairs.classes)):
        rows = rng.permutation(np.flatnonzero(pairs.label.numpy() == label))
        held[rows[: max(1, round(share * len(rows)))]] = True
    return pairs.take(torch.nonzero(~held)[:, 0]), pairs.take(torch.nonzero(held)[:, 0])
