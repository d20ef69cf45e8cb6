"""The fixed network below the image branch, kept with a run to describe new pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from crossmodal.errors import InputError
from crossmodal.runs import load_checkpoint

FILE = "image_deep.pt"
PREFIX = "picture."
"""Before the names of the small network's weights in a checkpoint."""


class ImageNetwork(NamedTuple):
    """What made the image features: VGG16, whose weights are public, or the small network."""

    kind: Literal["vgg16", "small"]
    weights: dict[str, Tensor]


def image_network(folder: Path) -> ImageNetwork:
    """Return what made `image_deep` of a corpus, with weights as they go into a checkpoint.

    Args:
        folder: `results/<edition>/corpora/<corpus>/captions`.
    """
    if not (folder / FILE).is_file():
        return ImageNetwork("vgg16", {})
    kept = load_checkpoint(folder / FILE)
    return ImageNetwork("small", {PREFIX + name: value for name, value in kept.items()})


def describe_pictures(
    pictures: Sequence[Path], content: dict[str, Any], weights: Path | None, device: str
) -> NDArray[np.float32]:
    """Return the features [n, width] of picture files as a run's images were described.

    Args:
        pictures: Picture files.
        content: Of the run's checkpoint.
        weights: VGG16's weights, where the run used them.
        device: "cpu" or "cuda", for VGG16.

    Raises:
        InputError: A picture cannot be read, or the weights are needed and not given.
    """
    # torchvision takes a second to load.
    from crossmodal.features.deep import describe, vgg16_fc7

    if content["config"]["image_network"] == "small":
        kept = content["weights"].items()
        return describe(pictures, {n.removeprefix(PREFIX): v for n, v in kept if PREFIX in n})
    if weights is None:
        raise InputError(
            "the run's images were described by VGG16, whose weights are not given",
            field="--weights",
            hint="Give data/vgg16/download/vgg16-397923af.pth (crossmodal download vgg16)",
        )
    return vgg16_fc7(pictures, weights, device=device)
