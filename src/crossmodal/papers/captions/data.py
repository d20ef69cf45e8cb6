"""From manifest and feature files to pairs of a spoken caption and its image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from crossmodal.corpora.manifest import read_manifest
from crossmodal.errors import InputError
from crossmodal.features.store import read_feature

HOP_SAMPLES = 160
"""Samples at 16 kHz from one frame to the next: 10 ms."""

_BLOCK = 256


@dataclass(frozen=True)
class Pairs:
    """The captions of a split, and their images.

    Attributes:
        bands: [n, 40, t] float16, dB below each caption's maximum; filled up behind its end.
        lengths: [n], true frames.
        image: [n], the number of each caption's image.
        features: [m, width] float32, of the distinct images.
        rows: [n], the captions' rows of the manifest.
    """

    bands: Tensor
    lengths: Tensor
    image: Tensor
    features: Tensor
    rows: pd.DataFrame

    def to(self, device: torch.device) -> Pairs:
        """Return the pairs with everything that is trained on in a device's memory."""
        return replace(
            self,
            bands=self.bands.to(device),
            lengths=self.lengths.to(device),
            features=self.features.to(device),
        )

    def cut(self, frames: int) -> Pairs:
        """Return the pairs with longer captions cut."""
        bands = self.bands[:, :, :frames].contiguous()
        return replace(self, bands=bands, lengths=self.lengths.clamp(max=frames))

    def captions(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return bands [b, 40, longest of them] float32 and true frames [b] of some captions."""
        rows = rows.to(self.bands.device)
        lengths = self.lengths[rows]
        return self.bands[rows, :, : int(lengths.max())].float(), lengths

    def images(self, rows: Tensor) -> Tensor:
        """Return the features [b, width] of the images of some captions."""
        return self.features[self.image[rows].to(self.features.device)]

    def image_names(self, rows: Tensor) -> list[str]:
        """Return the images of some captions by name."""
        return [str(name) for name in self.rows["image"].iloc[rows.tolist()]]

    def __len__(self) -> int:
        """Return the number of captions."""
        return len(self.lengths)


def load_pairs(folder: Path, split: str) -> Pairs:
    """Load the captions of a split.

    Args:
        folder: `results/<edition>/corpora/<corpus>/captions`.

    Raises:
        InputError: A file is missing or does not fit the manifest, or the split has fewer than
            two images.
    """
    manifest = read_manifest(folder / "manifest.csv")
    for column in ("samples", "image"):
        if column not in manifest:
            raise InputError(
                "the column is missing",
                file=folder / "manifest.csv",
                field=column,
                hint="Give the windows of kind `captions` of a corpus of spoken captions",
            )
    places = np.flatnonzero(manifest["split"] == split)
    bands, features = (
        read_feature(folder / f"{name}.npy", len(manifest)) for name in ("caption", "image_deep")
    )
    rows = manifest.iloc[places].reset_index(drop=True)
    names, first, image = np.unique(rows["image"], return_index=True, return_inverse=True)
    if len(names) < 2:
        raise InputError(
            f"has {len(names)} images in split {split!r}",
            file=folder / "manifest.csv",
            field="split",
            hint="Give each split at least two images",
        )
    samples = rows["samples"].to_numpy(dtype=np.int64)
    return Pairs(
        torch.from_numpy(np.ascontiguousarray(bands[places])),
        torch.from_numpy(np.minimum(1 + samples // HOP_SAMPLES, bands.shape[2])),
        torch.from_numpy(image.reshape(-1)),
        torch.from_numpy(np.array(features[places[first]], dtype=np.float32)),
        rows,
    )


def caption_statistics(pairs: Pairs) -> tuple[Tensor, Tensor]:
    """Return mean and deviation [40] of the bands over all true frames."""
    total, squares = torch.zeros(2, pairs.bands.shape[1], dtype=torch.float64)
    for start in range(0, len(pairs), _BLOCK):
        bands, lengths = pairs.captions(torch.arange(start, min(start + _BLOCK, len(pairs))))
        inside = torch.arange(bands.shape[2], device=bands.device) < lengths[:, None]
        values = bands.double() * inside[:, None]
        total += values.sum((0, 2)).cpu()
        squares += values.square().sum((0, 2)).cpu()
    mean = total / pairs.lengths.sum().item()
    variance = squares / pairs.lengths.sum().item() - mean.square()
    return mean.float(), variance.clamp_min(0).sqrt().float()


def in_rounds(image: Tensor) -> list[Tensor]:
    """Deal captions into rounds, in each of which no image occurs twice, at random.

    Args:
        image: [n], the number of each caption's image.

    Returns:
        Rows [at most the number of images], shuffled; together every row once.
    """
    order = torch.randperm(len(image))
    by_image = order[torch.argsort(image[order], stable=True)]
    numbers = image[by_image]
    new = torch.ones(len(image), dtype=torch.bool)
    new[1:] = numbers[1:] != numbers[:-1]
    places = torch.arange(len(image))
    # How many captions of the same image stand before it: the round it goes to.
    turn = places - torch.cummax(torch.where(new, places, 0), 0).values
    rounds = [by_image[turn == number] for number in range(int(turn.max()) + 1)]
    return [rows[torch.randperm(len(rows))] for rows in rounds]


def batches(image: Tensor, size: int) -> Iterator[Tensor]:
    """Yield the rows of one shuffled epoch, no batch with an image twice.

    A round is parted evenly, so that a batch is near `size` and none is a mere rest; a round of a
    single caption has no impostors and is left out.
    """
    for rows in in_rounds(image):
        if len(rows) > 1:
            parts = min(round(len(rows) / size), len(rows) // 2)
            yield from torch.tensor_split(rows, max(1, parts))


def galleries(image: Tensor, size: int, count: int, seed: int) -> list[Tensor]:
    """Draw galleries of pairs: the same images in each, another caption of them if there is one.

    Args:
        image: [n], the number of each caption's image.
        size: Pairs of a gallery; all images where there are fewer.
        count: How many galleries.
        seed: Of the draws; nothing else decides them.

    Returns:
        `count` times rows [size], in rising order of the images' numbers.
    """
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(image), generator=generator)
    captions: dict[int, list[int]] = {}
    for row, number in zip(order.tolist(), image[order].tolist(), strict=True):
        captions.setdefault(number, []).append(row)
    chosen = sorted(list(captions)[:size])
    return [
        torch.tensor([captions[number][turn % len(captions[number])] for number in chosen])
        for turn in range(count)
    ]
