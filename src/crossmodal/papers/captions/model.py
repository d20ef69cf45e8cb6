"""The networks: a linear map of a fixed image feature, a convolutional network of the caption.

The caption network is that of Harwath, Torralba, Glass (NIPS 2016): three layers of filters over
time, max pools between them, the mean over the true length. Frames behind a caption's end are 0
after every layer, as the edges that the filters see anyway, so that padding changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from crossmodal.papers.captions.data import Pairs
from crossmodal.papers.captions.settings import BANDS, RunSettings
from crossmodal.papers.captions.tcn import TemporalBranch
from crossmodal.papers.modules import Standardise

NETWORK, IMAGE_NETWORK = "network", "image_network"
"""A checkpoint's weights: of `TwoBranches`, and of the small network that image features came from
(none where VGG16 made them), which describes new pictures."""
_BLOCK = 64
"""Captions that are embedded together."""


class ImageBranch(nn.Module):
    """A fixed feature [n, width], standardised and mapped linearly to [n, embedding]."""

    def __init__(self, width: int, embedding: int) -> None:
        super().__init__()
        self.standardise = Standardise(width)
        self.linear = nn.Linear(width, embedding)

    def forward(self, features: Tensor) -> Tensor:
        """[n, width] -> [n, embedding]."""
        mapped: Tensor = self.linear(self.standardise(features))
        return mapped


class CaptionBranch(nn.Module):
    """Bands [n, 40, t] and true lengths to [n, embedding].

    The first layer's filters are 40 bands high, so a convolution over time with the bands as
    channels is the same thing.
    """

    def __init__(self, settings: RunSettings) -> None:
        super().__init__()
        self.standardise = Standardise(BANDS)
        last = settings.tcn.maps if settings.temporal_branch else settings.embedding
        widths = (BANDS, *settings.widths, last)
        layers = [
            nn.Conv1d(below, above, kernel, padding=kernel // 2)
            for below, above, kernel in zip(widths, widths[1:], settings.kernels, strict=False)
        ]
        for layer in layers:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.constant_(layer.get_parameter("bias"), 0.0)
        self.layers = nn.ModuleList(layers)
        self.temporal = TemporalBranch(settings.tcn) if settings.temporal_branch else None
        if self.temporal is not None:
            self.dense = nn.Linear(last + settings.tcn.channels, settings.embedding)

    def forward(self, bands: Tensor, lengths: Tensor) -> Tensor:
        """Return [n, embedding].

        Args:
            bands: [n, 40, t], dB; what stands behind a caption's end does not matter.
            lengths: [n], true frames, 1 to t.
        """
        frames = true_frames(lengths, bands.shape[2])
        inputs = self.standardise(bands.mT).mT * frames
        x, left, mask = inputs, lengths, frames
        for place, layer in enumerate(self.layers):
            if place:
                x, left = half_pool(x), (left + 1) // 2
                mask = true_frames(left, x.shape[2])
                # The pools overlap: one behind the end still sees the last frame.
                x = x * mask
            x = functional.relu(layer(x)) * mask
        pooled: Tensor = x.sum(dim=2) / left[:, None]
        if self.temporal is None:
            return pooled
        joined: Tensor = self.dense(torch.cat([pooled, self.temporal(inputs, frames, lengths)], 1))
        return joined


def true_frames(lengths: Tensor, frames: int) -> Tensor:
    """Return [n, 1, frames]: 1 before a caption's end, 0 behind it."""
    places = torch.arange(frames, device=lengths.device)
    return (places < lengths[:, None]).float()[:, None]


def half_pool(x: Tensor) -> Tensor:
    """Return the largest of four neighbours at every second frame.

    [n, c, t] -> [n, c, (t + 1) // 2]: pool 4, stride 2, one frame of edge. Values must not be
    negative.
    """
    return functional.max_pool1d(functional.pad(x, (0, x.shape[2] % 2)), 4, 2, 1)


class TwoBranches(nn.Module):
    """Both branches into one space, where a similarity is an inner product."""

    def __init__(self, image_width: int, settings: RunSettings) -> None:
        super().__init__()
        self.settings = settings
        self.image = ImageBranch(image_width, settings.embedding)
        self.caption = CaptionBranch(settings)

    def embed_images(self, features: Tensor) -> Tensor:
        """[n, image feature] -> [n, embedding]."""
        mapped = self.image(features)
        return functional.normalize(mapped) if self.settings.normalise == "both" else mapped

    def embed_captions(self, bands: Tensor, lengths: Tensor) -> Tensor:
        """Bands [n, 40, t] and true frames [n] -> [n, embedding]."""
        mapped = self.caption(bands, lengths)
        return mapped if self.settings.normalise == "none" else functional.normalize(mapped)


def load(content: Mapping[str, Any]) -> TwoBranches:
    """Build the network of a checkpoint, in evaluation mode."""
    config = content["config"]
    network = TwoBranches(config["image_width"], RunSettings.model_validate(config["settings"]))
    network.load_state_dict(content["weights"][NETWORK])
    return network.eval()


def embed_images(network: TwoBranches, features: Tensor) -> NDArray[np.float32]:
    """Return the embeddings [m, d] of image features [m, width]; dropout is off meanwhile."""
    training = network.training
    network.eval()
    with torch.inference_mode():
        found = network.embed_images(features)
    network.train(training)
    return np.asarray(found.cpu().numpy(), dtype=np.float32)


def embed_captions(network: TwoBranches, pairs: Pairs, rows: Tensor) -> NDArray[np.float32]:
    """Return the embeddings [len(rows), d] of some captions, in the order of `rows`.

    Captions of like length go together, so that little padding is computed.
    """
    training = network.training
    network.eval()
    order = torch.argsort(pairs.lengths[rows.to(pairs.lengths.device)].cpu(), stable=True)
    found = torch.empty(len(rows), network.settings.embedding)
    with torch.inference_mode():
        for part in torch.split(order, _BLOCK):
            found[part] = network.embed_captions(*pairs.captions(rows[part])).cpu()
    network.train(training)
    return np.asarray(found.numpy(), dtype=np.float32)
