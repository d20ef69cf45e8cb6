"""From manifest, pictures and log-mels to aligned pairs on the device; augmented pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, pad

from crossmodal.corpora.manifest import read_manifest
from crossmodal.errors import InputError
from crossmodal.features.store import read_feature
from crossmodal.papers.cmcgan.settings import Sizes
from crossmodal.windows import SPLITS

LOW_DB, HIGH_DB = -90.0, 40.0
"""Levels that become -1 and 1; 16-bit sound has its noise below and its loudest tone within."""
SHIFT = 0.1
"""Largest shift of an augmented picture, of the side."""
LIGHT = 0.3
"""Largest change of a colour's contrast and brightness, of the range from 0 to 1 and back."""
_BLOCK = 512


@dataclass(frozen=True)
class Pairs:
    """Aligned pictures and sounds, all of them on one device.

    Attributes:
        picture: uint8 [n, 3, px, px].
        sound: float32 [n, 1, bands, steps], -1 to 1.
        label: int64 [n], on the CPU, where batches are drawn.
        clips: Names of the clips, n.
        classes: Names of the instruments.
    """

    picture: Tensor
    sound: Tensor
    label: Tensor
    clips: list[str]
    classes: list[str]

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return pictures [m, 3, px, px] and sounds [m, 1, bands, steps] of rows, -1 to 1."""
        rows = rows.to(self.picture.device)
        return to_unit(self.picture[rows]), self.sound[rows]

    def all(self) -> tuple[Tensor, Tensor]:
        """Return all pictures and sounds, -1 to 1."""
        return to_unit(self.picture), self.sound

    def take(self, rows: Tensor) -> Pairs:
        """Return the pairs of some rows [m]."""
        there = rows.to(self.picture.device)
        clips = [self.clips[row] for row in rows.tolist()]
        return Pairs(self.picture[there], self.sound[there], self.label[rows], clips, self.classes)

    def to(self, device: torch.device) -> Pairs:
        """Return the pairs with pictures and sounds on a device."""
        return replace(self, picture=self.picture.to(device), sound=self.sound.to(device))

    @classmethod
    def joined(cls, parts: list[Pairs]) -> Pairs:
        """Put parts of one corpus after one another."""
        return cls(
            torch.cat([part.picture for part in parts]),
            torch.cat([part.sound for part in parts]),
            torch.cat([part.label for part in parts]),
            [clip for part in parts for clip in part.clips],
            parts[0].classes,
        )

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.label)


@dataclass(frozen=True)
class Split:
    """A corpus: what is learned from, what chooses the epoch, what is reported."""

    train: Pairs
    validation: Pairs
    test: Pairs

    def to(self, device: torch.device) -> Split:
        """Return the parts on a device."""
        return Split(self.train.to(device), self.validation.to(device), self.test.to(device))


def to_unit(picture: Tensor) -> Tensor:
    """Turn uint8 pictures into floats from -1 to 1."""
    return picture.float().div_(127.5).sub_(1)


def to_bytes(picture: Tensor) -> Tensor:
    """Turn pictures from -1 to 1 into uint8; the way back from `to_unit`."""
    return picture.add(1).mul_(127.5).round_().clamp_(0, 255).to(torch.uint8)


def to_scale(level_db: Tensor) -> Tensor:
    """Turn levels into values from -1 to 1; what lies beyond the range is clipped."""
    return ((level_db - LOW_DB) * (2 / (HIGH_DB - LOW_DB)) - 1).clamp_(-1, 1)


def to_db(value: Tensor) -> Tensor:
    """Turn values from -1 to 1 into levels, dB; the way back from `to_scale`."""
    return (value + 1) * ((HIGH_DB - LOW_DB) / 2) + LOW_DB


def load_pairs(folder: Path, sizes: Sizes) -> tuple[Pairs, dict[str, NDArray[np.str_]]]:
    """Load all pairs of a corpus at the size of the networks.

    Args:
        folder: `results/<edition>/corpora/<corpus>/cmcgan`.
        sizes: Pictures and log-mels are averaged over areas down to these.

    Returns:
        The pairs, and the columns `split` and `split_random` of the manifest.

    Raises:
        InputError: A file is missing or does not fit the manifest.
    """
    manifest = read_manifest(folder / "manifest.csv")
    pictures = read_feature(folder / "pictures.npy", len(manifest))
    levels = read_feature(folder / "log_mel.npy", len(manifest))
    blocks = [slice(start, start + _BLOCK) for start in range(0, len(manifest), _BLOCK)]
    picture = torch.cat([_picture(pictures[block], sizes) for block in blocks])
    sound = torch.cat([_sound(levels[block], sizes) for block in blocks])
    classes = sorted(set(manifest["label"]))
    number = {name: index for index, name in enumerate(classes)}
    label = torch.tensor([number[name] for name in manifest["label"]])
    splits = {name: manifest[name].to_numpy(str) for name in ("split", "split_random")}
    return Pairs(picture, sound, label, manifest["clip"].tolist(), classes), splits


def load_split(folder: Path, sizes: Sizes, column: str) -> Split:
    """Load a corpus, divided by a column of its manifest.

    Raises:
        InputError: As for `load_pairs`; a part is empty; a class never occurs in training.
    """
    pairs, columns = load_pairs(folder, sizes)
    rows = {name: torch.from_numpy(np.flatnonzero(columns[column] == name)) for name in SPLITS}
    for name, members in rows.items():
        if len(members) < 2:
            raise InputError(
                f"has {len(members)} pairs in part {name!r}",
                file=folder / "manifest.csv",
                field=column,
                hint="Give each part at least two pairs",
            )
    unknown = set(pairs.label.tolist()) - set(pairs.label[rows["train"]].tolist())
    if unknown:
        raise InputError(
            f"class {pairs.classes[min(unknown)]!r} never occurs in the training part",
            file=folder / "manifest.csv",
            field=column,
            hint="Add training pairs of it, or take its rows out",
        )
    return Split(*(pairs.take(rows[name]) for name in SPLITS))


def _picture(block: NDArray, sizes: Sizes) -> Tensor:
    """uint8 [n, h, w, 3] -> uint8 [n, 3, px, px]."""
    planes = torch.from_numpy(np.array(block)).permute(0, 3, 1, 2)
    if planes.shape[2:] == (sizes.picture_px, sizes.picture_px):
        return planes.contiguous()
    return adaptive_avg_pool2d(planes.float(), sizes.picture_px).round_().to(torch.uint8)


def _sound(block: NDArray, sizes: Sizes) -> Tensor:
    """Decibels [n, bands, steps] -> [n, 1, bands, steps] at the networks' size, -1 to 1."""
    levels = torch.from_numpy(np.array(block, dtype=np.float32))[:, None]
    return to_scale(adaptive_avg_pool2d(levels, (sizes.bands, sizes.steps)))


def augment(x: Tensor) -> Tensor:
    """Shift each picture and change its colours, so that a classifier learns no rooms by heart.

    A few songs an instrument have a few rooms; without this, classifiers of the stand-in know
    every training picture and one test picture in two. Edges are continued.

    Takes and returns pictures [n, 3, h, w] from -1 to 1; values may then go beyond. Random numbers
    come from the CPU's generator, so that every device sees the same.
    """
    n, _, height, width = x.shape
    margins = round(SHIFT * height), round(SHIFT * width)
    padded = pad(x, (margins[1], margins[1], margins[0], margins[0]), mode="replicate")
    down, right = (
        torch.randint(0, 2 * margin + 1, (n, 1)) + torch.arange(size)
        for margin, size in zip(margins, (height, width), strict=True)
    )
    picture = torch.arange(n)[:, None, None]
    chosen = (picture, down[:, :, None], right[:, None, :])
    places = tuple(index.to(x.device) for index in chosen)
    shifted = padded.permute(0, 2, 3, 1)[places].permute(0, 3, 1, 2)
    gain = 1 + LIGHT * (2 * torch.rand(n, 3, 1, 1) - 1)
    offset = LIGHT * (2 * torch.rand(n, 3, 1, 1) - 1)
    return shifted * gain.to(x.device) + offset.to(x.device)
