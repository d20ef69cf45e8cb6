"""Deep image features: VGG16 where its weights are at hand, else a small network trained here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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

from crossmodal.errors import InputError
from crossmodal.features.image import read_image
from crossmodal.progress import progress

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""Mean and standard deviation of ImageNet's red, green and blue, of 1."""

SMALL: dict[str, Any] = {"side_px": 64, "epochs": 12, "batch": 50, "rate": 2e-3, "decay": 1e-3}
"""Input size and training of the small network; chosen once, for its time on one core."""


def deep(
    images: Sequence[Path],
    train: NDArray[np.bool_],
    labels: Sequence[str],
    weights: Path | None = None,
    seed: int = 0,
) -> NDArray[np.float32]:
    """Return VGG16's fc7 [n, 4096] with weights, else the small network's [n, 128].

    The small network sees the labels of the training images, so its features of those are more
    sure of themselves than its features of the others.

    Args:
        images: Image files.
        train: [n], True for the images the small network is trained on.
        labels: [n], the classes.
        weights: torchvision's VGG16 state dictionary, or None.
        seed: Decides the small network's start and the order of its images.

    Raises:
        InputError: An image or the weights cannot be read.
    """
    if weights is not None:
        return vgg16_fc7(images, weights)
    return small_network(images, train, labels, seed)


def deep_settings(weights: Path | None, seed: int) -> dict[str, Any]:
    """Say which network `deep` uses, for the description beside the feature."""
    if weights is None:
        return {"network": "small network trained on the training images", "seed": seed, **SMALL}
    digest = hashlib.sha256(Path(weights).read_bytes()).hexdigest()
    return {"network": "VGG16 fc7", "weights_sha256": digest, "crop_px": 224}


def vgg16_fc7(images: Sequence[Path], weights: Path) -> NDArray[np.float32]:
    """Return the second fully connected layer of VGG16 after its ReLU, [n, 4096].

    Shorter side to 256 px, centre crop of 224 px. Uses a GPU where there is one; the values
    then differ in the last digits.

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
            mend="Download torchvision's vgg16 weights again",
        ) from error
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network.classifier = network.classifier[:5]
    network.eval().to(device)
    rows = []
    with one_torch_thread(), torch.inference_mode():
        for path in progress(images, title="VGG16", unit="image"):
            batch = _normalised(_cropped(read_image(path), shorter=256, crop=224)[None])
            rows.append(network(batch.to(device))[0].cpu().numpy())
    return np.stack(rows).astype(np.float32)


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
        self.feature = nn.Linear(widths[-1] * side * side, 128)
        self.scores = nn.Linear(128, classes)

    def embed(self, images: Tensor) -> Tensor:
        """Map normalised images [b, 3, side, side] to features [b, 128]."""
        return functional.relu(self.feature(self.trunk(images)))

    def forward(self, images: Tensor) -> Tensor:
        """Map normalised images to class scores [b, classes]."""
        scores: Tensor = self.scores(self.embed(images))
        return scores


def small_network(
    images: Sequence[Path], train: NDArray[np.bool_], labels: Sequence[str], seed: int
) -> NDArray[np.float32]:
    """Train the small network on the training images, freeze it, return its features [n, 128].

    The same bytes for the same seed, whatever the number of threads.

    Raises:
        InputError: An image cannot be read.
    """
    side = SMALL["side_px"]
    pixels = np.stack([_cropped(read_image(path), shorter=side, crop=side) for path in images])
    classes, targets = np.unique(np.asarray(labels)[train], return_inverse=True)
    with one_torch_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = SmallNetwork(len(classes))
        _fit(network, pixels[train], torch.from_numpy(targets))
        network.eval()
        with torch.inference_mode():
            rows = [
                network.embed(_normalised(pixels[start : start + 100])).numpy()
                for start in range(0, len(pixels), 100)
            ]
    return np.concatenate(rows).astype(np.float32)


def _fit(network: SmallNetwork, pixels: NDArray[np.uint8], targets: Tensor) -> None:
    """Train with cross-entropy, mirrored at random, on a rate that falls to zero."""
    batch = SMALL["batch"]
    steps = SMALL["epochs"] * -(-len(pixels) // batch)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=SMALL["rate"], weight_decay=SMALL["decay"]
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, SMALL["rate"], total_steps=steps)
    network.train()
    for _ in progress(range(SMALL["epochs"]), title="small network", unit="epoch"):
        for chosen in torch.split(torch.randperm(len(pixels)), batch):
            inputs = _normalised(pixels[chosen.numpy()])
            mirrored = torch.rand(len(inputs)) < 0.5
            inputs[mirrored] = inputs[mirrored].flip(-1)
            loss = functional.cross_entropy(network(inputs), targets[chosen], label_smoothing=0.1)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()


def _cropped(image: NDArray[np.uint8], *, shorter: int, crop: int) -> NDArray[np.uint8]:
    """Scale the shorter side, cut the centre; blue-green-red becomes red-green-blue."""
    scale = shorter / min(image.shape[:2])
    size = tuple(max(crop, round(length * scale)) for length in image.shape[1::-1])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(image, size, interpolation=method)
    top, left = ((length - crop) // 2 for length in scaled.shape[:2])
    return np.ascontiguousarray(scaled[top : top + crop, left : left + crop, ::-1])


def _normalised(pixels: NDArray[np.uint8]) -> Tensor:
    """Turn bytes [b, side, side, 3] into ImageNet-normalised floats [b, 3, side, side]."""
    values = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(values_).view(3, 1, 1) for values_ in (MEAN, STD))
    return ((values - mean) / std).contiguous()


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Keep torch to one thread, so that sums always have the same order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
