"""What Figures 1 and 6 draw of the networks as they were built (`run.json`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from crossmodal.papers.cmcgan.settings import ModelSettings, Sizes
from crossmodal.reporting.diagrams import WHITE, arrow, box, count, frame

Parts = Mapping[str, tuple[str, str]]
"""Name in `run.json` -> name and colour of what shares one set of weights."""
PARTS: Parts = {
    "image_encoder": ("EncoderV", "#b9d7ee"),
    "sound_encoder": ("EncoderA", "#f5c9a8"),
    "image_decoder": ("DecoderV", "#b5dfcb"),
    "sound_decoder": ("DecoderA", "#f0e0a0"),
    "discriminator": ("Discriminator", "#e0e0e0"),
}
FUSION_PARTS: Parts = {
    "image_encoder": ("V encoder", "#d9c7e8"),
    "sound_encoder": ("A encoder", "#e8c7d4"),
    "top": ("classes", "#e0e0e0"),
}
_GIVEN = {"A": "sound", "V": "picture"}
_KINDS = {"A": "sound", "V": "image"}


def draw_paths(axis: Axes) -> None:
    """Draw the four two-step paths from left to right; z enters each decoder from above."""
    frame(axis, 0, 11.4, 0, 4)
    axis.set_title("Four two-step paths; boxes of one colour are one set of weights")
    for line, (first, middle, last) in enumerate(map(list, ("AVA", "VAV", "AAV", "VVA"))):
        y = 3.5 - line
        made, end = ("R_", "FR_") if first == middle else ("F_", "RF_")
        chain = [
            (f"{_GIVEN[first]} {first}", WHITE),
            PARTS[f"{_KINDS[first]}_encoder"],
            PARTS[f"{_KINDS[middle]}_decoder"],
            (f"{made}{_GIVEN[middle]}", WHITE),
            PARTS[f"{_KINDS[middle]}_encoder"],
            PARTS[f"{_KINDS[last]}_decoder"],
            (f"{end}{_GIVEN[last]}", WHITE),
        ]
        for place, part in enumerate(chain):
            _box(axis, 0.55 + 1.4 * place, y, part)
        _box(axis, 10.5, y, PARTS["discriminator"], below=f"L1 to {_GIVEN[last]} {last}")
        for place in range(7):
            start = 1.05 + 1.4 * place
            arrow(axis, (start, y), (start + (0.55 if place == 6 else 0.4), y))
        for x in (3.35, 7.55):
            axis.text(x - 0.7, y + 0.3, "z", ha="center", va="center", fontsize=6.5)
            arrow(axis, (x - 0.62, y + 0.26), (x - 0.45, y + 0.12))


def draw_dynamic_network(axis: Axes) -> None:
    """Draw the classifier of both modalities, and how CMCGAN makes the missing one."""
    frame(axis, 0, 11.4, 0, 4.2)
    axis.set_title("Solid: both are given. Dotted: CMCGAN makes the missing one from the other")
    lines = {"V": (3.7, 2.6), "A": (0.5, 1.6)}
    for given, (y, across) in lines.items():
        missing = "A" if given == "V" else "V"
        _box(axis, 0.55, y, (f"{_GIVEN[given]} {given}", WHITE))
        _box(axis, 8.0, y, FUSION_PARTS[f"{_KINDS[given]}_encoder"])
        arrow(axis, (1.05, y), (7.5, y))
        path = [f"{_KINDS[given]}_{role}" for role in ("encoder", "decoder", "encoder")]
        for place, name in enumerate([*path, f"{_KINDS[missing]}_decoder"]):
            _box(axis, 2.0 + 1.2 * place, across, PARTS[name])
        for place in range(3):
            start = 2.5 + 1.2 * place
            arrow(axis, (start, across), (start + 0.2, across), dotted=True)
        arrow(axis, (1.05, y), (1.5, across), dotted=True)
        arrow(axis, (6.1, across), (7.5, lines[missing][0]), dotted=True)
        arrow(axis, (8.5, y), (9.0, 2.1))
    _box(axis, 9.5, 2.1, ("joined", WHITE))
    _box(axis, 10.8, 2.1, FUSION_PARTS["top"])
    arrow(axis, (10.0, 2.1), (10.3, 2.1))


def draw_layers(
    axis: Axes,
    network: Mapping[str, list[dict[str, Any]]],
    names: Parts,
    sizes: Sizes,
    settings: ModelSettings,
) -> None:
    """List every layer with weights of each part: kernel, channels, map size, parameters."""
    listed = {part: _lines(part, network[part], sizes, settings) for part in names}
    rows = max(len(lines) for lines in listed.values())
    frame(axis, 0, len(names), 0, rows + 1.5)
    axis.set_title("Layers: channels, size of the map, parameters (with their normalisation)")
    for place, (part, lines) in enumerate(listed.items()):
        name, color = names[part]
        text = f"{name}, {count(network[part])}"
        box(axis, (place + 0.5, rows + 1), text, color=color, width=0.94, height=0.8)
        for line, text in enumerate(lines):
            axis.text(place + 0.5, rows - line, text, ha="center", va="center", fontsize=5.6)


def _lines(
    part: str, layers: list[dict[str, Any]], sizes: Sizes, settings: ModelSettings
) -> list[str]:
    """Return one line a layer with weights, its normalisation counted with it."""
    whole = (sizes.bands, sizes.steps) if "sound" in part else (sizes.picture_px,) * 2
    side = 1 << (7 - settings.layers)
    depth = len([layer for layer in layers if layer["name"].startswith("layers.")])
    norms = {layer["name"]: layer["parameters"] for layer in layers if "norms." in layer["name"]}
    lines = []
    for layer in layers:
        name, kind, shape = layer["name"], layer["type"], layer["shape"]
        if name in norms or not layer["parameters"]:
            continue
        parameters = count(layer["parameters"] + norms.get(name.replace("layers", "norms"), 0))
        if depth and kind in ("Conv", "Deconv"):
            number = int(name.split(".")[1])
            halved = number + 1 if kind == "Conv" else depth - 1 - number
            maps = "×".join(str(max(axis >> halved, side)) for axis in whole)
            channels = shape[0] if kind == "Conv" else shape[1]
            lines.append(f"{kind.lower()} {channels}, {maps}, {parameters}")
        else:
            what = name.replace(".layers.", " ").replace("_", " ")
            lines.append(f"{'linear' if what.isdigit() else what}: {shape[0]}, {parameters}")
    return lines


def _box(axis: Axes, x: float, y: float, part: tuple[str, str], below: str = "") -> None:
    box(axis, (x, y), part[0], color=part[1], width=1.0, height=0.5, below=below)
