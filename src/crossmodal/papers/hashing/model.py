"""The networks: the paper's model, semantic matching, SSAH and its deeper stand-in, linear hashes.

Every method is a module with `encode_image` and `encode_text`. They return real values whose sign
is the code (bits; exactly zero counts as a set bit), or class posteriors for `semantic`.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from crossmodal.papers.hashing.settings import MethodSettings
from crossmodal.papers.modules import Standardise

FEATURE_WIDTH = 512  # SSAH, Sec. 3.3: semantic features of 512 dimensions
TEXT_POOLS = (1, 2, 3, 5, 10)  # SSAH, Sec. 4.1: pooling windows of the text network

Side = Literal["image", "text"]


class TwoBranch(nn.Module):
    """An image and a text branch, each behind its standardisation."""

    def __init__(self, image_width: int, text_width: int) -> None:
        super().__init__()
        self.standardise_image = Standardise(image_width)
        self.standardise_text = Standardise(text_width)

    def fit_standardisation(self, image: Tensor, text: Tensor) -> None:
        """Fit both standardisations on training rows."""
        self.standardise_image.fit(image.mean(dim=0), image.std(dim=0))
        self.standardise_text.fit(text.mean(dim=0), text.std(dim=0))

    def encode_image(self, image: Tensor) -> Tensor:
        """[n, image features] -> [n, bits] (or [n, classes])."""
        return self._encode("image", self.standardise_image(image))

    def encode_text(self, text: Tensor) -> Tensor:
        """[n, text features] -> [n, bits] (or [n, classes])."""
        return self._encode("text", self.standardise_text(text))

    def _encode(self, side: Side, x: Tensor) -> Tensor:
        raise NotImplementedError


class LinearHash(TwoBranch):
    """h(x) = sign(W' (x - mean)): what CVH and SMFH come to once they are fitted."""

    image_weight: Tensor
    text_weight: Tensor

    def __init__(self, image_width: int, text_width: int, bits: int) -> None:
        super().__init__(image_width, text_width)
        self.register_buffer("image_weight", torch.zeros(image_width, bits))
        self.register_buffer("text_weight", torch.zeros(text_width, bits))

    def _encode(self, side: Side, x: Tensor) -> Tensor:
        return x @ (self.image_weight if side == "image" else self.text_weight)


def _hidden_layers(width: int, settings: MethodSettings) -> tuple[list[nn.Module], int]:
    layers: list[nn.Module] = []
    for _ in range(settings.layers):
        layers += [nn.Linear(width, settings.hidden), nn.ReLU(), nn.Dropout(settings.dropout)]
        width = settings.hidden
    return layers, width


class SemanticNetwork(TwoBranch):
    """The paper's two networks (Sec. 2.2.3): the top-level output is the common semantic space.

    With `bits`, a tanh layer of that width stands before the softmax and its sign is the code.
    Codes of two networks can only be compared when the layer after them is the same, hence the
    shared classifier; `separate` classifiers are the pseudo-code to the letter. Without `bits`
    the posteriors themselves are compared (method `semantic`).
    """

    def __init__(
        self,
        image_width: int,
        text_width: int,
        classes: int,
        bits: int | None,
        settings: MethodSettings,
    ) -> None:
        super().__init__(image_width, text_width)
        self.bits = bits

        def branch(width: int) -> tuple[nn.Sequential, int]:
            layers, width = _hidden_layers(width, settings)
            if bits is not None:
                layers += [nn.Linear(width, bits), nn.Tanh()]
                width = bits
            return nn.Sequential(*layers), width

        self.image, image_top = branch(image_width)
        self.text, text_top = branch(text_width)
        self.image_classifier = nn.Linear(image_top, classes)
        shared = bits is not None and settings.classifier == "shared"
        self.text_classifier = self.image_classifier if shared else nn.Linear(text_top, classes)

    def logits(self, image: Tensor, text: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return hash activations and class logits of both branches.

        [n, image features], [n, text features] -> [n, bits], [n, bits], [n, classes] twice.
        """
        left = self.image(self.standardise_image(image))
        right = self.text(self.standardise_text(text))
        return left, right, self.image_classifier(left), self.text_classifier(right)

    def _encode(self, side: Side, x: Tensor) -> Tensor:
        hidden: Tensor = getattr(self, side)(x)
        if self.bits is not None:
            return hidden
        posterior: Tensor = getattr(self, f"{side}_classifier")(hidden).softmax(dim=1)
        return posterior


class MultiScaleText(nn.Module):
    """SSAH's multi-scale fusion: mean pools of several widths, 1x1 convolution, back to size.

    [n, width] -> [n, width * (1 + number of scales)]; a pool wider than the input is left out.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.pools = [size for size in TEXT_POOLS if size <= width]
        self.mixes = nn.ModuleList(nn.Conv1d(1, 1, kernel_size=1) for _ in self.pools)
        self.out_width = width * (1 + len(self.pools))

    def forward(self, text: Tensor) -> Tensor:
        """[n, width] -> [n, out_width]."""
        line = text.unsqueeze(1)
        scales = [text]
        for size, mix in zip(self.pools, self.mixes, strict=True):
            pooled = functional.relu(mix(functional.avg_pool1d(line, size, ceil_mode=True)))
            # Repeating each pooled value over its window (index, not interpolation) keeps the
            # backward pass deterministic on every device.
            window = torch.arange(self.width, device=text.device) // size
            scales.append(pooled.squeeze(1)[:, window])
        return torch.cat(scales, dim=1)


class FeatureAttention(nn.Module):
    """Gates each hidden unit by a learned weight in 0..1 computed from all of them."""

    def __init__(self, width: int, bottleneck: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.Linear(width, bottleneck), nn.ReLU(), nn.Linear(bottleneck, width), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        """[n, width] -> [n, width]."""
        weighted: Tensor = x * self.gate(x)
        return weighted


class HashBranch(nn.Module):
    """One of SSAH's networks: hidden layers, 512 semantic features, then bits and labels."""

    def __init__(
        self, width: int, classes: int, bits: int, settings: MethodSettings, *, text: bool
    ) -> None:
        super().__init__()
        fusion = MultiScaleText(width) if text else None
        layers, hidden = _hidden_layers(fusion.out_width if fusion else width, settings)
        if settings.attention:
            layers.append(FeatureAttention(hidden, max(8, hidden // 8)))
        self.fusion = fusion if fusion else nn.Identity()
        self.hidden = nn.Sequential(*layers)
        self.feature = nn.Linear(hidden, min(FEATURE_WIDTH, settings.hidden))
        self.hash = nn.Linear(self.feature.out_features, bits)
        self.label = nn.Linear(self.feature.out_features, classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """[n, width] -> features [n, 512], activations in -1..1 [n, bits], labels [n, classes]."""
        feature = self.feature(self.hidden(self.fusion(x)))
        return feature, torch.tanh(self.hash(feature)), self.label(feature)


class SsahNetwork(TwoBranch):
    """SSAH (Li et al., CVPR 2018): image, text and label network and two discriminators.

    With precomputed image features its CNN is dropped. DSSAH, found in no publication, is our own
    stand-in: the same with more hidden layers and a feature attention.
    """

    def __init__(
        self, image_width: int, text_width: int, classes: int, bits: int, settings: MethodSettings
    ) -> None:
        super().__init__(image_width, text_width)
        self.image = HashBranch(image_width, classes, bits, settings, text=False)
        self.text = HashBranch(text_width, classes, bits, settings, text=True)
        self.label = HashBranch(classes, classes, bits, settings, text=False)
        width = self.image.feature.out_features
        self.image_discriminator = _discriminator(width)
        self.text_discriminator = _discriminator(width)

    def _encode(self, side: Side, x: Tensor) -> Tensor:
        code: Tensor = getattr(self, side)(x)[1]
        return code


def _discriminator(width: int) -> nn.Sequential:
    """Tell a label feature from a modality's feature: [n, width] -> logit [n, 1]."""
    return nn.Sequential(nn.Linear(width, width // 2), nn.ReLU(), nn.Linear(width // 2, 1))


def build(
    method: str,
    image_width: int,
    text_width: int,
    classes: int,
    bits: int | None,
    settings: MethodSettings,
) -> TwoBranch:
    """Build the untrained network of a method.

    Args:
        bits: Length of the code; None for `semantic`.
    """
    if bits is None or method == "ours":
        return SemanticNetwork(image_width, text_width, classes, bits, settings)
    if method in ("cvh", "smfh"):
        return LinearHash(image_width, text_width, bits)
    return SsahNetwork(image_width, text_width, classes, bits, settings)


class Networks(nn.ModuleDict):
    """The networks of a run by what their protocols begin with: the code length."""

    def __getitem__(self, code: str) -> TwoBranch:
        """Return the network of a code length."""
        network = super().__getitem__(code)
        assert isinstance(network, TwoBranch)
        return network


def load(content: dict[str, Any]) -> Networks:
    """Rebuild the networks of a run from its checkpoint, in evaluation mode."""
    config = content["config"]
    widths = config["image_width"], config["text_width"], len(config["classes"])
    settings = MethodSettings.model_validate(config["settings"])
    networks = Networks(
        {
            code: build(config["method"], *widths, bits, settings)
            for code, bits in config["codes"].items()
        }
    )
    networks.load_state_dict(content["weights"])
    return networks.eval()
