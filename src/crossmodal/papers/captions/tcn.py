"""The branch for temporal order: frequency filters, then two stacks of a temporal convolution net.

Source: Bai, Kolter, Koltun, An empirical evaluation of generic convolutional and recurrent
networks for sequence modeling, 2018.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from crossmodal.papers.captions.settings import TcnSettings

HEIGHTS = (5, 4, 2)
"""Bands that each set of frequency filters makes one: together all 40."""

_SPREAD = 0.01
"""Standard deviation of the weights at the start, as in the published code."""


class CausalConv(nn.Module):
    """A dilated convolution whose output at a step sees that step and earlier ones alone."""

    def __init__(self, below: int, above: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.before = (kernel - 1) * dilation
        conv = nn.Conv1d(below, above, kernel, dilation=dilation)
        nn.init.normal_(conv.weight, 0.0, _SPREAD)
        self.conv = weight_norm(conv)

    def forward(self, x: Tensor) -> Tensor:
        """[b, below, t] -> [b, above, t]."""
        convolved: Tensor = self.conv(functional.pad(x, (self.before, 0)))
        return convolved


class Block(nn.Module):
    """Two causal convolutions, and the input added to what they give."""

    def __init__(self, below: int, above: int, settings: TcnSettings, dilation: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in (below, above):
            layers += [
                CausalConv(width, above, settings.kernel, dilation),
                nn.ReLU(),
                nn.Dropout(settings.dropout),
            ]
        self.layers = nn.Sequential(*layers)
        self.shortcut = nn.Identity() if below == above else nn.Conv1d(below, above, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[b, below, t] -> [b, above, t]."""
        return functional.relu(self.layers(x) + self.shortcut(x))


def stack(below: int, settings: TcnSettings) -> nn.Sequential:
    """Return one stack: `levels` blocks, each twice as dilated as the one before."""
    widths = [below] + [settings.channels] * settings.levels
    return nn.Sequential(
        *(
            Block(widths[level], settings.channels, settings, 2**level)
            for level in range(settings.levels)
        )
    )


class TemporalBranch(nn.Module):
    """Bands [b, 40, t] to one vector a caption: the last true step of the second stack."""

    def __init__(self, settings: TcnSettings) -> None:
        super().__init__()
        widths = (1, *[settings.filters] * len(HEIGHTS))
        # A set of filters as high as they are apart is a linear map of the bands that each sees.
        self.frequency = nn.ModuleList(
            nn.Conv1d(below * height, above, 1)
            for below, above, height in zip(widths, widths[1:], HEIGHTS, strict=False)
        )
        self.temporal = nn.Conv1d(
            settings.filters, settings.channels, settings.temporal, padding=settings.temporal // 2
        )
        self.settings = settings
        self.stacks = nn.Sequential(
            stack(settings.channels, settings), stack(settings.channels, settings)
        )

    def forward(self, bands: Tensor, mask: Tensor, lengths: Tensor) -> Tensor:
        """Return [b, channels].

        Args:
            bands: [b, 40, t], 0 behind a caption's end.
            mask: [b, 1, t], 1 where a frame is true.
            lengths: [b], true frames.
        """
        x = bands
        for filters in self.frequency:
            seen = filters.get_parameter("weight").shape[1]
            x = functional.relu(filters(x.reshape(-1, seen, x.shape[2])))
        local = functional.relu(self.temporal(x * mask)) * mask
        pool = self.settings.pool
        # The last pool may reach behind the end, where there are zeros and nothing is negative.
        filled = functional.pad(local, (0, -local.shape[2] % pool))
        pooled = filled.reshape(*filled.shape[:2], -1, pool).amax(3)
        last = (lengths - 1) // pool
        sequence: Tensor = self.stacks(pooled)
        return sequence[torch.arange(len(sequence), device=sequence.device), :, last]

    def described(self, frames: int) -> dict[str, Any]:
        """Return what a figure says of the stacks, read off the built modules; plain values."""
        causal = [part for part in self.stacks.modules() if isinstance(part, CausalConv)]
        dilations = [part.dilation for part in causal]
        return {
            "stacks": len(self.stacks),
            "kernel": self.settings.kernel,
            "channels": self.settings.channels,
            # Of one stack, a number a block: each block has two convolutions.
            "dilations": dilations[: len(dilations) // 2 : 2],
            "parameters": sum(value.numel() for value in self.stacks.parameters()),
            "receptive_field": 1 + sum(part.before for part in causal),
            "pooled_steps": -(-frames // self.settings.pool),
        }
