"""From settings to networks, from a checkpoint back to them, and what they make of pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from crossmodal.papers.cmcgan.baselines import Translator
from crossmodal.papers.cmcgan.data import Pairs, shape_of
from crossmodal.papers.cmcgan.model import Classifier, Generator
from crossmodal.papers.cmcgan.multimodal import FusionNetwork
from crossmodal.papers.cmcgan.settings import MODALITIES, Modality, Model, ModelSettings, Sizes
from crossmodal.runs import load_checkpoint

_ROWS = 256
"""Rows at a time where no gradient is kept."""
_NOISE_SEED = 0


def build(model: Model, sizes: Sizes, settings: ModelSettings, classes: int) -> nn.Module:
    """Return an untrained network; the generator alone, where there is a discriminator too."""
    shape = shape_of(sizes, settings)
    if model == "cmcgan":
        return Generator(shape)
    if model == "translator":
        return Translator(shape, settings.modality, classes)
    if model == "fusion":
        return FusionNetwork(shape, settings.fusion, classes, settings.dropout)
    channels, size = (3, shape.picture) if settings.modality == "image" else (1, shape.sound)
    return Classifier(channels, size, settings.layers, sizes.width, classes)


def load_network(run: Path, device: torch.device) -> tuple[nn.Module, dict[str, Any]]:
    """Load a run's network in evaluation mode.

    Args:
        run: Run folder with `checkpoint.pt`.
        device: Where to put it.

    Returns:
        The network (`Generator`, `Translator`, `Classifier` or `FusionNetwork`), and the run's
        configuration: `family, model, sizes, settings, classes`.

    Raises:
        InputError: There is no checkpoint, or none that can be read.
    """
    content = load_checkpoint(run / "checkpoint.pt")
    config: dict[str, Any] = content["config"]
    sizes = Sizes.model_validate(config["sizes"])
    settings = ModelSettings.model_validate(config["settings"])
    network = build(config["model"], sizes, settings, len(config["classes"]))
    network.load_state_dict(content["weights"])
    return network.eval().to(device), config


def outputs(network: Generator | Translator, pairs: Pairs) -> dict[str, Tensor]:
    """Make everything the network can make of pairs, with the same latent vectors every time.

    Args:
        network: In evaluation mode, on the device of the pairs.
        pairs: n pairs.

    Returns:
        Values from -1 to 1 on the CPU, by the paper's name: `f_image, r_image, rf_image, fr_image`
        [n, 3, h, w] and the same with `sound` [n, 1, bands, steps]; a translator makes `f_image`
        or `f_sound`.
    """
    source = torch.Generator().manual_seed(_NOISE_SEED)
    blocks: list[dict[str, Tensor]] = []
    with torch.inference_mode():
        for rows in _blocks(len(pairs)):
            x, a = pairs.batch(rows)
            z = network.draw_noise(len(rows), source).to(x.device)
            if isinstance(network, Translator):
                given, _ = network.ends(x, a)
                made = {f"f_{network.modality}": network(network.features(given), z)}
            else:
                paths = network(x, a, z)
                made = {entry.name: getattr(paths, entry.name) for entry in fields(paths)}
            blocks.append({name: value.cpu() for name, value in made.items()})
    return {name: torch.cat([block[name] for block in blocks]) for name in blocks[0]}


def generated_names(model: Model, settings: ModelSettings) -> dict[Modality, str]:
    """Return which outputs count as the generated `image` and `sound` of a run.

    The ends of A->A->V and V->V->A; with the other reading the one-step outputs. LCGAN follows
    neither of these paths in training: its epoch is chosen by what its losses see, the RF_ ends.
    """
    if model == "translator":
        return {settings.modality: f"f_{settings.modality}"}
    prefix = "rf" if settings.paths == "cycles" else "fr"
    if settings.fakes == "one_step":
        prefix = "f"
    return {modality: f"{prefix}_{modality}" for modality in MODALITIES}


def classify(network: Classifier, values: Tensor) -> Tensor:
    """Return the classes [n], on the CPU, of pictures or sounds [n, c, h, w] on any device."""
    device = network.top.weight.device
    with torch.inference_mode():
        found = [
            network(values[rows].to(device)).argmax(dim=1).cpu() for rows in _blocks(len(values))
        ]
    return torch.cat(found)


def features_of(network: Classifier, values: Tensor) -> Tensor:
    """Return a classifier's features [n, 64], on the CPU, for the Fréchet distance."""
    device = network.top.weight.device
    with torch.inference_mode():
        found = [network.features(values[rows].to(device)).cpu() for rows in _blocks(len(values))]
    return torch.cat(found)


def _blocks(count: int) -> Iterator[Tensor]:
    yield from torch.split(torch.arange(count), _ROWS)
