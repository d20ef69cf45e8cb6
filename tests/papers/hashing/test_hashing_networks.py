from __future__ import annotations

import contextlib
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from fixture_hashing import BITS, CONFIG, METHODS, TINY, method_settings
from torch import Tensor, nn

from crossmodal.config import load_edition, resolve
from crossmodal.errors import InputError
from crossmodal.papers.hashing import model
from crossmodal.papers.hashing.plan import LINEAR
from crossmodal.papers.hashing.settings import PaperSettings
from crossmodal.papers.modules import Standardise
from crossmodal.runs import load_checkpoint, save_checkpoint

IMAGE, TEXT, CLASSES = 11, 7, 4
VARIANTS = [
    (method, bits) for method in METHODS for bits in (BITS if method != "semantic" else (None,))
]


def inputs(rows: int = 6, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    image = torch.randn(rows, IMAGE, generator=generator) * 3 + 1
    return image, torch.rand(rows, TEXT, generator=generator)


def built(method: str, bits: int | None, **changes: Any) -> model.TwoBranch:
    """Return a network with random weights and fitted standardisation, in evaluation mode."""
    torch.manual_seed(1)
    settings = method_settings(method, **{**TINY, **changes})
    network = model.build(method, IMAGE, TEXT, CLASSES, bits, settings)
    network.fit_standardisation(*inputs(50, seed=2))
    if isinstance(network, model.LinearHash):
        network.image_weight.normal_()
        network.text_weight.normal_()
    return network.eval()


@pytest.mark.parametrize(("method", "bits"), VARIANTS)
def test_encoders_give_codes_or_posteriors(method: str, bits: int | None) -> None:
    network = built(method, bits)
    image, text = inputs()
    with torch.no_grad():
        found = (network.encode_image(image), network.encode_text(text))
        again = (network.encode_image(image), network.encode_text(text))
    for values, repeated in zip(found, again, strict=True):
        assert values.shape == (6, CLASSES if bits is None else bits)
        assert torch.equal(values, repeated)
        if bits is None:
            assert torch.allclose(values.sum(dim=1), torch.ones(6))
            assert (values > 0).all()
        elif method not in LINEAR:
            assert (values.abs() <= 1).all()
    # One row is encoded alike whatever else is encoded with it.
    with torch.no_grad():
        assert torch.allclose(network.encode_image(image[2:3]), found[0][2:3], atol=1e-6)


@pytest.mark.parametrize("method", ["ssah", "dssah", "ours", "semantic"])
def test_dropout_is_for_training_alone(method: str) -> None:
    network = built(method, None if method == "semantic" else 16, hidden=64).train()
    image, _ = inputs()
    with torch.no_grad():
        assert not torch.equal(network.encode_image(image), network.encode_image(image))


def test_linear_methods_have_nothing_for_a_gpu_to_train() -> None:
    trained = {m for m in METHODS if list(built(m, None if m == "semantic" else 16).parameters())}
    assert set(METHODS) - trained == set(LINEAR)


def test_linear_hash_projects_standardised_features() -> None:
    network = built("cvh", 16)
    assert isinstance(network, model.LinearHash)
    image, text = inputs()
    for fitted, x, weight, found in (
        (inputs(50, seed=2)[0], image, network.image_weight, network.encode_image(image)),
        (inputs(50, seed=2)[1], text, network.text_weight, network.encode_text(text)),
    ):
        expected = (x - fitted.mean(dim=0)) / fitted.std(dim=0) @ weight
        assert torch.allclose(found, expected, atol=1e-4)


def test_standardise_uses_the_rows_it_was_fitted_on() -> None:
    layer = Standardise(3)
    training = torch.tensor([[1.0, 5.0, -2.0], [3.0, 5.0, 2.0], [5.0, 5.0, 3.0]])
    layer.fit(training.mean(dim=0), training.std(dim=0))
    scaled = layer(training)
    assert torch.allclose(scaled.mean(dim=0), torch.zeros(3), atol=1e-6)
    assert torch.allclose(scaled.std(dim=0), torch.tensor([1.0, 0.0, 1.0]))
    # A feature that was constant in training says nothing, whatever it is later.
    assert layer(torch.tensor([[7.0, 9.0, 1.0]]))[0].tolist() == pytest.approx([2, 0, 0])


def linears(module: nn.Module) -> list[tuple[int, int]]:
    found = [part for part in module.modules() if isinstance(part, nn.Linear)]
    return [(layer.in_features, layer.out_features) for layer in found]


def full_size(method: str, bits: int) -> model.SsahNetwork:
    """Return a network of the edition `paper`, without the memory of its weights."""
    settings = resolve(PaperSettings, "hashing", load_edition("paper", CONFIG), config=CONFIG)
    with torch.device("meta"):
        network = model.build(method, 128, 10, 10, bits, settings.method_settings(method))
    assert isinstance(network, model.SsahNetwork)
    return network


@pytest.mark.parametrize("bits", BITS)
def test_ssah_has_the_widths_of_its_paper(bits: int) -> None:
    network = full_size("ssah", bits)
    top = [(4096, 512), (512, bits), (512, 10)]
    assert linears(network.label) == [(10, 4096), *top]
    assert linears(network.image) == [(128, 4096), *top]
    # Ten topics and their five poolings.
    assert linears(network.text) == [(60, 4096), *top]
    for discriminator in (network.image_discriminator, network.text_discriminator):
        assert linears(discriminator) == [(512, 256), (256, 1)]


def test_dssah_is_deeper_and_gated() -> None:
    network = full_size("dssah", 16)
    hidden = [(128, 4096), (4096, 4096), (4096, 512), (512, 4096)]
    assert linears(network.image) == [*hidden, (4096, 512), (512, 16), (512, 10)]
    for branch in (network.image, network.text, network.label):
        assert sum(isinstance(part, model.FeatureAttention) for part in branch.modules()) == 1
    plain = full_size("ssah", 16)
    assert not any(isinstance(part, model.FeatureAttention) for part in plain.modules())


def test_attention_gates_each_unit_between_0_and_1() -> None:
    torch.manual_seed(0)
    x = torch.randn(5, 16)
    gated = model.FeatureAttention(16, 8)(x)
    share = gated / x
    assert (share > 0).all()
    assert (share < 1).all()
    assert share.std() > 0


@pytest.mark.parametrize(("width", "pools"), [(12, 5), (10, 5), (7, 4), (4, 3), (1, 1)])
def test_multi_scale_text_is_a_naive_loop(width: int, pools: int) -> None:
    torch.manual_seed(width)
    layer = model.MultiScaleText(width)
    text = torch.randn(3, width)
    assert layer.pools == [1, 2, 3, 5, 10][:pools]
    assert layer.out_width == width * (1 + pools)
    expected = []
    for row in text.tolist():
        scales = list(row)
        for size, mix in zip(layer.pools, layer.mixes, strict=True):
            factor, shift = (value.item() for value in mix.parameters())
            for place in range(width):
                start = place // size * size
                window = row[start : start + size]
                scales.append(max(0.0, factor * sum(window) / len(window) + shift))
        expected.append(scales)
    assert torch.allclose(layer(text), torch.tensor(expected), atol=1e-6)


@pytest.mark.parametrize(
    ("method", "bits", "classifier", "shared"),
    [
        ("ours", 16, "shared", True),
        ("ours", 16, "separate", False),
        ("semantic", None, "shared", False),
    ],
)
def test_one_classifier_only_where_it_is_shared(
    method: str, bits: int | None, classifier: str, shared: bool
) -> None:
    network = built(method, bits, classifier=classifier)
    assert isinstance(network, model.SemanticNetwork)
    assert (network.text_classifier is network.image_classifier) == shared
    image, text = inputs()
    image_hash, text_hash, image_logit, text_logit = network.logits(image, text)
    assert torch.equal(image_logit, network.image_classifier(image_hash))
    assert torch.equal(text_logit, network.text_classifier(text_hash))


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_depth_is_a_setting(layers: int) -> None:
    network = built("ours", 32, layers=layers)
    assert isinstance(network, model.SemanticNetwork)
    hidden = [(IMAGE, 8), (8, 8), (8, 8)][:layers]
    assert linears(network.image) == [*hidden, (8 if layers else IMAGE, 32)]


def checkpoint_of(network: model.TwoBranch, method: str, bits: int | None) -> dict[str, Any]:
    config = {
        "method": method,
        "codes": {"code": bits},
        "image_width": IMAGE,
        "text_width": TEXT,
        "classes": [f"class{i}" for i in range(CLASSES)],
        "settings": method_settings(method, **TINY).model_dump(),
    }
    return {"weights": nn.ModuleDict({"code": network}).state_dict(), "config": config}


@pytest.mark.parametrize(("method", "bits"), VARIANTS)
def test_checkpoint_round_trip(method: str, bits: int | None, tmp_path: Path) -> None:
    network = built(method, bits)
    save_checkpoint(tmp_path / "checkpoint.pt", checkpoint_of(network, method, bits))
    torch.manual_seed(99)
    loaded = model.load(load_checkpoint(tmp_path / "checkpoint.pt"))["code"]
    image, text = inputs()
    assert not loaded.training
    assert torch.equal(loaded.encode_image(image), network.encode_image(image))
    assert torch.equal(loaded.encode_text(text), network.encode_text(text))
    if isinstance(loaded, model.SemanticNetwork) and bits is not None:
        assert loaded.text_classifier is loaded.image_classifier


class Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.target),))


@pytest.mark.parametrize("form", ["pickle", "torch", "inside"])
def test_a_checkpoint_with_code_is_refused(form: str, tmp_path: Path) -> None:
    path, target = tmp_path / "checkpoint.pt", tmp_path / "exploded"
    if form == "pickle":
        path.write_bytes(pickle.dumps(Bomb(target), protocol=2))
    elif form == "torch":
        torch.save(Bomb(target), path)
    else:
        content = checkpoint_of(built("ours", 16), "ours", 16)
        torch.save({**content, "more": Bomb(target)}, path)
    with pytest.raises(InputError, match=r"checkpoint\.pt: is no checkpoint that can be trusted"):
        load_checkpoint(path)
    assert not target.exists()
    # The bomb is live: loaded as code it goes off, whatever becomes of the rest of the file.
    with contextlib.suppress(RuntimeError):
        torch.load(path, weights_only=False)
    assert target.exists()


def test_weights_of_another_shape_are_refused() -> None:
    content = checkpoint_of(built("ours", 16), "ours", 16)
    content["config"]["codes"] = {"code": 32}
    with pytest.raises(RuntimeError, match="size mismatch"):
        model.load(content)


def test_hidden_width_bounds_the_semantic_features() -> None:
    network = model.build("ssah", IMAGE, TEXT, CLASSES, 16, method_settings("ssah", hidden=32))
    assert isinstance(network, model.SsahNetwork)
    assert network.image.feature.out_features == 32
