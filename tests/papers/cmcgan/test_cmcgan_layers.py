from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from crossmodal.papers.cmcgan.layers import Conv, Deconv, PathNorm, map_sizes

SIZES = st.sampled_from([(1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 8)])


@settings(max_examples=40, deadline=None)
@given(after=SIZES, before=SIZES, seed=st.integers(0, 99))
def test_cropped_convolution_is_the_whole_one(
    before: tuple[int, int], after: tuple[int, int], seed: int
) -> None:
    """Forward, gradient of the input and gradient of all 25 taps, both directions."""
    small, large = (
        tuple(function(pair) for pair in zip(before, after, strict=True)) for function in (min, max)
    )
    if any(b not in (a, 2 * a) for a, b in zip(small, large, strict=True)):
        return
    torch.manual_seed(seed)
    stride = tuple(b // a for a, b in zip(small, large, strict=True))
    extra = tuple(step - 1 for step in stride)
    convolution = Conv(3, 4, large, small, bias=True).double()  # type: ignore[arg-type]
    mirror = Deconv(3, 4, small, large, bias=True).double()  # type: ignore[arg-type]
    cases: list[tuple[Conv | Deconv, Any, Callable[..., Tensor]]] = [
        (convolution, large, lambda x, w, b: functional.conv2d(x, w, b, stride, 2)),
        (mirror, small, lambda x, w, b: functional.conv_transpose2d(x, w, b, stride, 2, extra)),
    ]
    for layer, size, whole in cases:
        x = torch.randn(2, 3, *size, dtype=torch.float64, requires_grad=True)
        assert layer.bias is not None
        leaves = (x, layer.weight, layer.bias)
        cropped, expected = layer(x), whole(*leaves)
        assert cropped.shape[2:] == (small if layer is convolution else large)
        torch.testing.assert_close(cropped, expected)
        weights = torch.randn_like(expected)
        found, wanted = (
            torch.autograd.grad((value * weights).sum(), leaves) for value in (cropped, expected)
        )
        for one, other in zip(found, wanted, strict=True):
            torch.testing.assert_close(one, other)


@pytest.mark.parametrize("side", [1, 2])
def test_small_maps_use_few_taps(side: int) -> None:
    taps = Conv(1, 1, (side, side), (1, 1)).taps
    assert [t.stop - t.start for t in taps] == [side, side]


def test_path_statistics_are_those_of_separate_batches() -> None:
    """Outputs, gradients and running statistics, against a call a path."""
    torch.manual_seed(0)
    together, apart = PathNorm(3), nn.BatchNorm2d(3)
    with torch.no_grad():
        apart.weight.uniform_(0.5, 2)
        apart.bias.uniform_(-1, 1)
    together.load_state_dict(apart.state_dict())
    first, second = torch.randn(4, 3, 5, 2), 3 + 2 * torch.randn(4, 3, 5, 2)
    mixed = torch.stack([first, second], dim=1).flatten(0, 1)
    weights = torch.randn_like(mixed)
    found = together(mixed, 2)
    wanted = torch.stack([apart(first), apart(second)], dim=1).flatten(0, 1)
    torch.testing.assert_close(found, wanted)
    torch.autograd.backward((found * weights).sum())
    torch.autograd.backward((wanted * weights).sum())
    for name, parameter in apart.named_parameters():
        torch.testing.assert_close(together.get_parameter(name).grad, parameter.grad)
    torch.testing.assert_close(together.running_mean, apart.running_mean)
    torch.testing.assert_close(together.running_var, apart.running_var)
    torch.testing.assert_close(together.eval()(mixed, 2), apart.eval()(mixed))


def test_axes_halve_and_then_stay() -> None:
    found = map_sizes((128, 32), 1, 7)
    assert [height for height, _ in found] == [128, 64, 32, 16, 8, 4, 2, 1]
    assert [width for _, width in found] == [32, 16, 8, 4, 2, 1, 1, 1]
    assert map_sizes((32, 4), 4, 5) == [(32, 4), (16, 4), (8, 4), (4, 4), (4, 4), (4, 4)]
    for size, side, layers in ((128, 1, 6), (2, 4, 3), (48, 1, 7)):
        with pytest.raises(ValueError):
            map_sizes((size, size), side, layers)
