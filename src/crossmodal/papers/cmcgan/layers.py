"""What every network of the paper is built of: layers of 5x5 kernels, encoders, decoders, towers.

A 5x5 kernel on a map smaller than itself touches only its middle taps: on a 1x1 map one tap in
25. The layers here know the size of their input and use the touched taps alone: the same numbers,
at a fraction of the operations. The untouched taps stay part of the weights, as printed.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

KERNEL = 5
MIDDLE = KERNEL // 2
DEPTH = 7
"""Layers of the paper's encoders and decoders."""
CODE = 64
"""Channels of the code; kept when the rest is narrowed, or the noise drowns it."""
LEAK = 0.2
_WIDTHS = (1, 2, 4, 8, 8, 4)
"""Channels of the encoder before the code, in base widths of 64."""
TOWER_SIDE = 4
"""Side of the maps at a tower's end."""
_MOST = 8
"""Channels of a tower end at this many base widths: 512 of 64."""

Size = tuple[int, int]
"""Height and width of a map."""


@dataclass(frozen=True)
class Shape:
    """How large the networks are.

    Attributes:
        picture: Height and width of pictures, px.
        sound: Bands and steps of sounds.
        width: Channels after the first layer of an encoder; the paper's 64.
        layers: 5, 6 or 7 layers.
        noise: Length of the latent vector, 0 for none.
    """

    picture: Size
    sound: Size
    width: int
    layers: int = DEPTH
    noise: int = 100

    def of(self, modality: str) -> tuple[int, Size]:
        """Return channels and size of an "image" or a "sound"."""
        return (3, self.picture) if modality == "image" else (1, self.sound)


def bottleneck_side(layers: int) -> int:
    """Return the side of the code's map: 1, 2, 4 for 7, 6, 5 layers, as 128 px give it."""
    return 1 << (DEPTH - layers)


def map_sizes(size: Size, side: int, layers: int) -> list[Size]:
    """Return the `layers + 1` sizes of maps, each axis halved until it comes down to `side`.

    Raises:
        ValueError: An axis is no power of two, or the layers are too few to come to `side`.
    """
    sizes = [size]
    for _ in range(layers):
        height, width = sizes[-1]
        sizes.append((max(height // 2, side), max(width // 2, side)))
    if sizes[-1] != (side, side) or any(axis < side or axis & (axis - 1) for axis in size):
        raise ValueError(f"{layers} layers do not halve {size} down to {side}")
    return sizes


def _touched(small: int, stride: int) -> slice:
    """Return the taps of an axis that meet any value, when `small` is its smaller-strided size.

    Tap t joins position i of the large side with position o of the small one, t = i - s o + 2.
    """
    return slice(max(0, MIDDLE - stride * (small - 1)), min(KERNEL, MIDDLE + stride * small))


class Conv(nn.Conv2d):
    """5x5 convolution that takes maps of one size to maps of another, each axis kept or halved."""

    def __init__(
        self, inputs: int, outputs: int, before: Size, after: Size, *, bias: bool = False
    ) -> None:
        self.halving = (before[0] // after[0], before[1] // after[1])
        super().__init__(inputs, outputs, KERNEL, self.halving, MIDDLE, bias=bias)
        self.taps = tuple(_touched(n, s) for n, s in zip(after, self.halving, strict=True))

    def forward(self, x: Tensor) -> Tensor:
        """[n, inputs, *before] -> [n, outputs, *after]."""
        rows, columns = self.taps
        margin = (MIDDLE - rows.start, MIDDLE - columns.start)
        return functional.conv2d(
            x, self.weight[:, :, rows, columns], self.bias, self.halving, margin
        )


class Deconv(nn.ConvTranspose2d):
    """5x5 transposed convolution, each axis kept or doubled: the mirror of `Conv`."""

    def __init__(
        self, inputs: int, outputs: int, before: Size, after: Size, *, bias: bool = False
    ) -> None:
        self.doubling = (after[0] // before[0], after[1] // before[1])
        super().__init__(inputs, outputs, KERNEL, self.doubling, MIDDLE, bias=bias)
        self.taps = tuple(_touched(n, s) for n, s in zip(before, self.doubling, strict=True))
        # What is missing to the size wanted, where the kernel does not reach that far.
        self.margin = [MIDDLE - taps.start for taps in self.taps]
        self.extra = [
            a - ((b - 1) * s - 2 * m + taps.stop - taps.start)
            for a, b, s, m, taps in zip(
                after, before, self.doubling, self.margin, self.taps, strict=True
            )
        ]

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """[n, inputs, *before] -> [n, outputs, *after]; the size is known, none can be given."""
        rows, columns = self.taps
        return functional.conv_transpose2d(
            x, self.weight[:, :, rows, columns], self.bias, self.doubling, self.margin, self.extra
        )


class PathNorm(nn.BatchNorm2d):
    """Batch normalisation that keeps the statistics of paths apart while they share a batch.

    In training each path has its own mean and variance, as if it were a batch by itself; the
    running statistics follow them one after the other.
    """

    running_mean: Tensor
    running_var: Tensor

    def forward(self, x: Tensor, paths: int = 1) -> Tensor:
        """[n * paths, c, h, w], row i of path j at i * paths + j, -> the same shape."""
        if not self.training:
            return super().forward(x)
        rows, channels, *size = x.shape
        # Rows of one item lie together, so its paths become further channels without a copy.
        beside = x.reshape(rows // paths, paths * channels, *size)
        mean = torch.zeros_like(self.running_mean).repeat(paths)
        variance = torch.ones_like(mean)
        weight, bias = self.weight.repeat(paths), self.bias.repeat(paths)
        y = functional.batch_norm(beside, mean, variance, weight, bias, True, 1.0, self.eps)
        share = self.momentum or 0.0
        with torch.no_grad():
            for of_mean, of_variance in zip(mean.chunk(paths), variance.chunk(paths), strict=True):
                self.running_mean.lerp_(of_mean, share)
                self.running_var.lerp_(of_variance, share)
        return y.reshape(x.shape)


class Encoder(nn.Module):
    """Convolutions with batch normalisation and ReLU: [n, c, h, w] -> [n, 64, side, side].

    Channels are 64-128-256-512-512-256-64 for 7 layers of width 64; shallower encoders leave out
    the layers next to the code: -512-512-64 for 6, -512-64 for 5.
    """

    def __init__(self, channels: int, size: Size, layers: int, width: int) -> None:
        super().__init__()
        widths = [channels, *(factor * width for factor in _WIDTHS[: layers - 1]), CODE]
        sizes = map_sizes(size, bottleneck_side(layers), layers)
        self.layers = nn.ModuleList(
            Conv(widths[i], widths[i + 1], sizes[i], sizes[i + 1]) for i in range(layers)
        )
        self.norms = nn.ModuleList(PathNorm(channels) for channels in widths[1:])

    def forward(self, x: Tensor, paths: int = 1) -> Tensor:
        """Encode a batch; `paths` of them may be interleaved in it."""
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = norm(layer(x), paths).relu_()
        return x


class Decoder(nn.Module):
    """Transposed convolutions: code and latent vector to values from -1 to 1.

    Channels are the encoder's backwards: 256-512-512-256-128-64-3 for 7 layers of width 64. All
    layers but the last have batch normalisation and LeakyReLU; the last one ends in tanh.
    """

    def __init__(self, channels: int, size: Size, layers: int, width: int, noise: int) -> None:
        super().__init__()
        middle = (factor * width for factor in _WIDTHS[: layers - 1][::-1])
        widths = [CODE + noise, *middle, channels]
        sizes = map_sizes(size, bottleneck_side(layers), layers)[::-1]
        self.layers = nn.ModuleList(
            Deconv(widths[i], widths[i + 1], sizes[i], sizes[i + 1], bias=i == layers - 1)
            for i in range(layers)
        )
        self.norms = nn.ModuleList(PathNorm(channels) for channels in widths[1:-1])

    def forward(self, code: Tensor, z: Tensor, paths: int = 1) -> Tensor:
        """[n, 64, side, side] and the latent vectors [n, noise], tiled over the map."""
        tiled = z[:, :, None, None].expand(-1, -1, *code.shape[2:])
        x = torch.cat([code, tiled.to(code.dtype)], dim=1)
        for layer, norm in zip(self.layers[:-1], self.norms, strict=True):
            x = nn.functional.leaky_relu_(norm(layer(x), paths), LEAK)
        made: Tensor = self.layers[-1](x).tanh()
        return made


class Tower(nn.Module):
    """Convolutions with LeakyReLU: [n, c, h, w] -> [n, width, 4, 4].

    The channels double from the base width to eight times it: 64-128-256-512-512 for 128 px.
    """

    def __init__(self, channels: int, size: Size, width: int) -> None:
        super().__init__()
        depth = max(size).bit_length() - TOWER_SIDE.bit_length()
        widths = [channels, *(width * min(1 << i, _MOST) for i in range(depth))]
        sizes = map_sizes(size, TOWER_SIDE, depth)
        self.layers = nn.ModuleList(
            Conv(widths[i], widths[i + 1], sizes[i], sizes[i + 1], bias=True) for i in range(depth)
        )
        self.channels = widths[-1]
        keep_scale(self)

    def forward(self, x: Tensor) -> Tensor:
        """Encode a batch."""
        for layer in self.layers:
            x = nn.functional.leaky_relu_(layer(x), LEAK)
        return x


def keep_scale(network: nn.Module) -> None:
    """Draw a network's first weights so that values keep their scale from layer to layer.

    Without batch normalisation PyTorch's own choice shrinks them at every layer, until pictures
    and sounds hardly move the score and the generator outruns its discriminator.

    Source: He, Zhang, Ren, Sun, Delving deep into rectifiers, ICCV 2015.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, LEAK)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
