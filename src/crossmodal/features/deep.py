"""Deep image features: VGG16 where its weights are at hand, else a small network trained here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import vgg16

from crossmodal.devices import one_torch_thread
from crossmodal.errors import InputError
from crossmodal.features.image import read_image
from crossmodal.features.store import scratch
from crossmodal.progress import progress
from crossmodal.runs import save_checkpoint

Images = Sequence[Path] | NDArray[np.uint8]
"""Image files, or pictures [n, height, width, 3], red, green, blue."""

FC7 = 4096
SMALL_WIDTH = 128
"""Widths of the two features."""

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""Mean and standard deviation of ImageNet's red, green and blue, of 1."""

SMALL: dict[str, Any] = {"side_px": 64, "epochs": 12, "batch": 50, "rate": 2e-3, "decay": 1e-3}
"""Input size and training of the small network; chosen once, for its time on one core."""


def deep(
    images: Images,
    train: NDArray[np.bool_],
    labels: Sequence[str],
    weights: Path | None = None,
    seed: int = 0,
    *,
    device: str = "cpu",
) -> NDArray[np.float32]:
    """Return VGG16's fc7 [n, 4096] with weights, else the small network's [n, 128].

    The small network sees the labels of the training images, so its features of those are more
    sure of themselves than its features of the others.

    Args:
        train: [n], True for the images the small network is trained on.
        labels: [n], the classes.
        weights: torchvision's VGG16 state dictionary, or None.
        seed: Decides the small network's start and the order of its images.
        device: "cpu" or "cuda", for VGG16; the small network is trained on the CPU.

    Raises:
        InputError: An image or the weights cannot be read.
    """
    if weights is not None:
        return vgg16_fc7(images, weights, device=device)
    _, classes = np.unique(np.asarray(labels)[train], return_inverse=True)
    return small_network(images, train, classes, seed)


def deep_settings(weights: Path | None, seed: int) -> dict[str, Any]:
    """Say which network `deep` uses, for the description beside the feature."""
    if weights is None:
        return {"network": "small network trained on the training images", "seed": seed, **SMALL}
    digest = hashlib.sha256(Path(weights).read_bytes()).hexdigest()
    return {"network": "VGG16 fc7", "weights_sha256": digest, "crop_px": 224}


def vgg16_fc7(
    images: Images,
    weights: Path,
    *,
    device: str = "cpu",
    threads: int = 1,
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Return the second fully connected layer of VGG16 after its ReLU, [n, 4096].

    Shorter side to 256 px, centre crop of 224 px. The CPU takes the images one by one, so that no
    row depends on its neighbours; a GPU takes 32 at once, and its values differ in the last digits.

    Args:
        weights: torchvision's VGG16 state dictionary.
        device: "cpu" or "cuda".

    Source: Simonyan and Zisserman, Very deep convolutional networks, ICLR 2015.

    Raises:
        InputError: The weights are missing or not those of VGG16; an image cannot be read.
    """
    network = vgg16(weights=None, init_weights=False)
    try:
        network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    except Exception as error:  # torch raises many kinds for a file that is not what it should be
        raise InputError(
            f"not the weights of VGG16 ({str(error).splitlines()[0]})",
            file=weights,
            hint="Download torchvision's vgg16 weights again",
        ) from error
    network.classifier = network.classifier[:5]
    network.eval().to(device)
    result = np.empty((len(images), FC7), dtype=np.float32) if out is None else out
    batch = 1 if device == "cpu" else 32

    def load(image: Path | NDArray[np.uint8]) -> NDArray[np.uint8]:
        return _cropped(image, shorter=256, crop=224)

    with (
        one_torch_thread(),
        torch.inference_mode(),
        ThreadPoolExecutor(threads) as pool,
        progress(total=len(images), title="VGG16", unit="image") as bar,
    ):
        for start in range(0, len(images), batch):
            pixels = np.stack(list(pool.map(load, images[start : start + batch])))
            found = network(_normalised(pixels).to(device))
            result[start : start + batch] = found.cpu().numpy()
            bar.update(len(pixels))
    return result


class SmallNetwork(nn.Module):
    """Four convolutions and a 128-d layer, the feature, below the class scores."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        widths = (3, 16, 32, 64, 64)
        blocks: list[nn.Module] = []
        for below, above in pairwise(widths):
            blocks += [
                nn.Conv2d(below, above, 3, padding=1, bias=False),
                nn.BatchNorm2d(above),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ]
        side = SMALL["side_px"] // 2 ** (len(widths) - 1)
        self.trunk = nn.Sequential(*blocks, nn.Flatten(), nn.Dropout(0.3))
        self.feature = nn.Linear(widths[-1] * side * side, SMALL_WIDTH)
        self.scores = nn.Linear(SMALL_WIDTH, classes)

    def embed(self, images: Tensor) -> Tensor:
        """Map normalised images [b, 3, side, side] to features [b, 128]."""
        return functional.relu(self.feature(self.trunk(images)))

    def forward(self, images: Tensor) -> Tensor:
        """Map normalised images to class scores [b, classes]."""
        scores: Tensor = self.scores(self.embed(images))
        return scores


def small_network(
    images: Images,
    train: NDArray[np.bool_],
    targets: NDArray[np.int64] | NDArray[np.float32],
    seed: int,
    keep: Path | None = None,
) -> NDArray[np.float32]:
    """Train the small network on the training images, freeze it, return its features [n, 128].

    The same bytes for the same seed, whatever the number of threads.

    Args:
        images: Image files or pictures; small copies of them wait in a temporary file.
        train: [n], True for the m images to train on.
        targets: Of these, their classes as whole numbers [m], or which words they are described
            with as zeros and ones [m, words].
        seed: Decides the network's start and the order of its images.
        keep: Where the trained network goes, for `describe`; None keeps it nowhere.

    Raises:
        InputError: An image cannot be read.
    """
    pixels = _small_copies(images)
    several = targets.ndim == 2
    scores = targets.shape[1] if several else int(targets.max()) + 1
    with one_torch_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = SmallNetwork(scores)
        _fit(network, pixels, np.flatnonzero(train), torch.from_numpy(targets))
        if keep is not None:
            save_checkpoint(keep, network.state_dict())
        return _embedded(network, pixels)


def describe(images: Images, weights: dict[str, Tensor]) -> NDArray[np.float32]:
    """Return the features [n, 128] of images by a small network that was kept.

    Args:
        weights: What `small_network` kept, read with `runs.load_checkpoint`.

    Raises:
        InputError: An image cannot be read.
    """
    network = SmallNetwork(len(weights["scores.weight"]))
    network.load_state_dict(weights)
    with one_torch_thread():
        return _embedded(network, _small_copies(images))


def _small_copies(images: Images) -> NDArray[np.uint8]:
    """Return images as the small network sees them, [n, side, side, 3], in a temporary file."""
    side = SMALL["side_px"]
    pixels = scratch((len(images), side, side, 3), np.uint8)
    for place, image in enumerate(images):
        pixels[place] = _cropped(image, shorter=side, crop=side)
    return pixels


def _embedded(network: SmallNetwork, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the small network's features [n, 128] of its inputs."""
    network.eval()
    with torch.inference_mode():
        rows = [
            network.embed(_normalised(pixels[start : start + 100])).numpy()
            for start in range(0, len(pixels), 100)
        ]
    return np.concatenate(rows).astype(np.float32)


def _fit(
    network: SmallNetwork, pixels: NDArray[np.uint8], train: NDArray[np.int64], targets: Tensor
) -> None:
    """Train on some rows, mirrored at random, on a rate that falls to zero.

    With cross-entropy for classes, and for words with binary cross-entropy.
    """
    batch = SMALL["batch"]
    steps = SMALL["epochs"] * -(-len(train) // batch)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=SMALL["rate"], weight_decay=SMALL["decay"]
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, SMALL["rate"], total_steps=steps)
    network.train()
    for _ in progress(range(SMALL["epochs"]), title="small network", unit="epoch"):
        for chosen in torch.split(torch.randperm(len(train)), batch):
            inputs = _normalised(pixels[train[chosen.numpy()]])
            mirrored = torch.rand(len(inputs)) < 0.5
            inputs[mirrored] = inputs[mirrored].flip(-1)
            scores, wanted = network(inputs), targets[chosen]
            if targets.ndim == 2:
                loss = functional.binary_cross_entropy_with_logits(scores, wanted)
            else:
                loss = functional.cross_entropy(scores, wanted, label_smoothing=0.1)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()


def _cropped(image: Path | NDArray[np.uint8], *, shorter: int, crop: int) -> NDArray[np.uint8]:
    """Read an image file or take a picture, scale the shorter side, cut the centre."""
    picture = image if isinstance(image, np.ndarray) else read_image(image)[..., ::-1]
    scale = shorter / min(picture.shape[:2])
    size = tuple(max(crop, round(length * scale)) for length in picture.shape[1::-1])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(np.ascontiguousarray(picture), size, interpolation=method)
    top, left = ((length - crop) // 2 for length in scaled.shape[:2])
    return np.ascontiguousarray(scaled[top : top + crop, left : left + crop])


def _normalised(pixels: NDArray[np.uint8]) -> Tensor:
    """Turn bytes [b, side, side, 3] into ImageNet-normalised floats [b, 3, side, side]."""
    values = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(values_).view(3, 1, 1) for values_ in (MEAN, STD))
    return ((values - mean) / std).contiguous()
