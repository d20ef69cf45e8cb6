from __future__ import annotations

from typing import Any

import pytest
import torch
from fixture_captions import run_settings
from pydantic import ValidationError
from torch import Tensor
from torch.nn import functional

from crossmodal.papers.captions.model import CaptionBranch, TwoBranches, half_pool
from crossmodal.papers.captions.settings import RunSettings, TcnSettings
from crossmodal.papers.captions.tcn import CausalConv, TemporalBranch, stack

BRANCH = pytest.mark.parametrize("temporal_branch", [False, True])


def tcn(**changes: Any) -> TcnSettings:
    return TcnSettings.model_validate(changes)


def network(**changes: Any) -> TwoBranches:
    torch.manual_seed(0)
    return TwoBranches(7, run_settings(**changes)).eval()


def test_the_baseline_has_the_papers_layers() -> None:
    # 64 filters of 40 bands x 5 frames, 512 of 25, 1,024 of 25: Harwath et al. 2016.
    caption = CaptionBranch(RunSettings.model_validate({}))
    shapes = [tuple(layer.get_parameter("weight").shape) for layer in caption.layers]
    assert shapes == [(64, 40, 5), (512, 64, 25), (1024, 512, 25)]
    widths: list[int] = []
    for layer in caption.layers:
        layer.register_forward_hook(lambda _, __, out: widths.append(out.shape[2]))
    assert caption(torch.randn(1, 40, 1024), torch.tensor([1024])).shape == (1, 1024)
    assert widths == [1024, 512, 256]


def test_the_branch_has_fewer_maps_beside_it_and_a_dense_layer_above() -> None:
    caption = CaptionBranch(RunSettings.model_validate({"temporal_branch": True}))
    assert caption.layers[2].get_parameter("weight").shape == (512, 512, 25)
    assert caption.dense.weight.shape == (1024, 512 + 256)


@pytest.mark.parametrize("frames", [1, 2, 5, 8, 13])
def test_half_pool_takes_the_largest_of_four_at_every_second_frame(frames: int) -> None:
    x = torch.rand(2, 3, frames)
    found = half_pool(x)
    assert found.shape == (2, 3, (frames + 1) // 2)
    for step in range(found.shape[2]):
        seen = x[:, :, max(0, 2 * step - 1) : 2 * step + 3]
        assert torch.equal(found[:, :, step], seen.amax(2))


@BRANCH
@pytest.mark.parametrize("normalise", ["none", "audio", "both"])
def test_padding_does_not_change_an_embedding(temporal_branch: bool, normalise: str) -> None:
    net = network(temporal_branch=temporal_branch, normalise=normalise)
    bands = torch.randn(4, 40, 80) * 10 - 30
    lengths = torch.tensor([1, 2, 61, 80])
    together = net.embed_captions(bands, lengths)
    for row, length in enumerate(lengths.tolist()):
        alone = net.embed_captions(bands[row : row + 1, :, :length], lengths[row : row + 1])
        torch.testing.assert_close(alone[0], together[row], atol=1e-5, rtol=1e-4)
    # What stands behind the end does not matter at all.
    other = torch.where(torch.arange(80) < lengths[:, None, None], bands, torch.tensor(999.0))
    torch.testing.assert_close(net.embed_captions(other, lengths), together)


@BRANCH
def test_the_end_of_a_caption_is_heard(temporal_branch: bool) -> None:
    net = network(temporal_branch=temporal_branch)
    bands, lengths = torch.randn(1, 40, 64), torch.tensor([64])
    changed = bands.clone()
    changed[:, :, 60:] += 5
    assert not torch.allclose(
        net.embed_captions(bands, lengths), net.embed_captions(changed, lengths), atol=1e-4
    )


@pytest.mark.parametrize(
    ("normalise", "image", "caption"),
    [("none", False, False), ("audio", False, True), ("both", True, True)],
)
def test_normalise_chooses_whose_embeddings_have_length_one(
    normalise: str, image: bool, caption: bool
) -> None:
    net = network(normalise=normalise)
    images = net.embed_images(5 * torch.randn(3, 7)).norm(dim=1)
    captions = net.embed_captions(torch.randn(3, 40, 50), torch.tensor([50, 30, 20])).norm(dim=1)
    assert torch.allclose(images, torch.ones(3)) == image
    assert torch.allclose(captions, torch.ones(3)) == caption


def test_frequency_filters_collapse_the_bands_as_a_strided_convolution() -> None:
    settings = tcn(filters=3, channels=4, levels=2, temporal=3)
    torch.manual_seed(0)
    branch = TemporalBranch(settings)
    bands = torch.randn(2, 40, 11)
    x, y = bands, bands[:, None]
    for filters, height in zip(branch.frequency, (5, 4, 2), strict=True):
        weight, bias = filters.get_parameter("weight"), filters.get_parameter("bias")
        x = functional.relu(filters(x.reshape(-1, weight.shape[1], 11)))
        # [above, height * below, 1] -> [above, below, height, 1]: rows first, maps within.
        kernel = weight[:, :, 0].reshape(3, height, -1).transpose(1, 2)[..., None]
        y = functional.relu(functional.conv2d(y, kernel, bias, stride=(height, 1)))
    torch.testing.assert_close(x, y[:, :, 0])


def unchanged_before(net: Any, width: int, at: int) -> tuple[bool, bool]:
    """Change step `at` of the input; tell whether earlier and whether later outputs move."""
    x = torch.randn(1, width, 30)
    changed = x.clone()
    changed[:, :, at] += 1
    before, after = net(x), net(changed)
    earlier = not torch.equal(before[:, :, :at], after[:, :, :at])
    return earlier, not torch.equal(before[:, :, at:], after[:, :, at:])


@pytest.mark.parametrize("at", [0, 7, 29])
def test_a_change_at_a_step_moves_nothing_before_it(at: int) -> None:
    torch.manual_seed(0)
    settings = tcn(channels=4, levels=3, dropout=0.0)
    assert unchanged_before(CausalConv(2, 3, 3, 4), 2, at) == (False, True)
    both = torch.nn.Sequential(stack(2, settings), stack(4, settings))
    assert unchanged_before(both.eval(), 2, at) == (False, True)


@pytest.mark.parametrize(("levels", "kernel"), [(1, 3), (2, 3), (3, 3), (4, 3), (3, 2)])
def test_the_receptive_field_is_the_formula_by_gradient(levels: int, kernel: int) -> None:
    settings = tcn(channels=2, levels=levels, kernel=kernel, dropout=0.0)
    stacks = torch.nn.Sequential(stack(2, settings), stack(2, settings))
    # With positive weights and inputs no ReLU is shut and no paths cancel.
    for parameter in stacks.parameters():
        parameter.data = parameter.data.abs() + 0.1
    x = torch.ones(1, 2, settings.receptive_field + 9, requires_grad=True)
    stacks(x)[0, :, -1].sum().backward()
    assert x.grad is not None
    seen = x.grad.abs().sum(dim=(0, 1)) > 0
    assert int(seen.sum()) == settings.receptive_field == 1 + 4 * (kernel - 1) * (2**levels - 1)
    assert bool(seen[-settings.receptive_field :].all())


def test_the_built_branch_says_what_it_sees() -> None:
    described = TemporalBranch(tcn(levels=4, channels=3)).described(1000)
    assert described == {
        "stacks": 2,
        "kernel": 3,
        "channels": 3,
        "dilations": [1, 2, 4, 8],
        # Eight blocks of two convolutions: weight 3 x 3 x 3, its length a map, bias; but the first
        # block takes as many maps as it gives, so that no block has a 1 x 1 shortcut.
        "parameters": 8 * 2 * (27 + 3 + 3),
        "receptive_field": 121,
        "pooled_steps": 250,
    }


def test_a_tcn_that_does_not_see_the_whole_caption_is_refused() -> None:
    fits = run_settings(temporal_branch=True, frames=96, tcn={"pool": 4, "levels": 3})
    assert fits.tcn.receptive_field == 57
    with pytest.raises(ValidationError, match="sees 9 pooled steps of 24"):
        run_settings(temporal_branch=True, frames=96, tcn={"pool": 4, "levels": 1})
    # Without the branch it does not matter.
    run_settings(frames=96, tcn={"pool": 4, "levels": 1})


def test_the_papers_size_sees_the_whole_caption() -> None:
    settings = RunSettings.model_validate({"temporal_branch": True})
    assert settings.tcn.receptive_field == 505
    assert settings.tcn.receptive_field >= settings.frames / settings.tcn.pool == 256


def test_dropout_is_off_in_evaluation() -> None:
    net = network(temporal_branch=True)
    bands, lengths = torch.randn(2, 40, 64), torch.tensor([64, 50])

    def embed() -> Tensor:
        return net.embed_captions(bands, lengths)

    assert torch.equal(embed(), embed())
    net.train()
    assert not torch.equal(embed(), embed())
