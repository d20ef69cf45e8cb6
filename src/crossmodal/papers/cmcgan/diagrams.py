"""Figures 1 and 6, drawn from the networks as they were built (`run.json`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from crossmodal.papers.cmcgan.results import Results
from crossmodal.reporting import style

Part = tuple[str, str]
"""Name and fill colour of what shares one set of weights."""

PARTS: dict[str, Part] = {
    "sound_encoder": ("EncoderA", "#f5c9a8"),
    "image_encoder": ("EncoderV", "#b9d7ee"),
    "sound_decoder": ("DecoderA", "#f0e0a0"),
    "image_decoder": ("DecoderV", "#b5dfcb"),
    "discriminator": ("Discriminator", "#e0e0e0"),
}
FUSION_PARTS: dict[str, Part] = {
    "image_encoder": ("V encoder", "#d9c7e8"),
    "sound_encoder": ("A encoder", "#e8c7d4"),
    "top": ("classes", "#e0e0e0"),
}
_WHITE = "#ffffff"
_EDGE = "#44546a"
_ARROW = {
    "arrowstyle": "-|>",
    "color": _EDGE,
    "linewidth": 0.8,
    "shrinkA": 0,
    "shrinkB": 0,
    "mutation_scale": 6,
}
_CYCLES = ("A -> V -> A", "V -> A -> V", "A -> A -> V", "V -> V -> A")
_GIVEN = {"A": "sound", "V": "picture"}


def fig1_framework(results: Results, stem: Path) -> None:
    """The four two-step paths and what they share, and below every layer of it."""
    parts = results.network("cmcgan")
    fig, axes = style.figure("double", height=5.6, rows=2, height_ratios=[1.0, 1.15])
    paths, stacks = axes[:, 0]
    _bare(paths, 11.4, 4)
    for line, path in enumerate(_CYCLES):
        _draw_path(paths, 3.5 - line, path.split(" -> "))
    paths.set_title("Four two-step paths; boxes of one colour are one set of weights")
    names = ("image_encoder", "sound_encoder", "image_decoder", "sound_decoder", "discriminator")
    _draw_stacks(stacks, results, "cmcgan", {name: parts[name] for name in names}, PARTS)
    style.save(fig, stem, source=results.source, runs=results.read_from("cmcgan"))


def fig6_dynamic_network(results: Results, stem: Path) -> None:
    """The classifier of both modalities, and how the generator fills the missing one."""
    parts = results.network("fusion")
    fig, axes = style.figure("double", height=5.0, rows=2, height_ratios=[1.0, 1.0])
    flow, stacks = axes[:, 0]
    _bare(flow, 11.4, 4.2)
    lines = {"V": (3.7, 2.6), "A": (0.5, 1.6)}
    for given, (height, across) in lines.items():
        other = "A" if given == "V" else "V"
        _box(flow, 0.55, height, f"{_GIVEN[given]} {given}", _WHITE)
        _box(flow, 8.0, height, *FUSION_PARTS[_part(given, "encoder")])
        _arrow(flow, (1.05, height), (7.5, height))
        chain = [(given, "encoder"), (given, "decoder"), (given, "encoder"), (other, "decoder")]
        for place, (side, role) in enumerate(chain):
            _box(flow, 2.0 + 1.2 * place, across, *PARTS[_part(side, role)])
        for place in range(3):
            start = 2.5 + 1.2 * place
            _arrow(flow, (start, across), (start + 0.2, across), dotted=True)
        _arrow(flow, (1.05, height), (1.5, across), dotted=True)
        _arrow(flow, (6.1, across), (7.5, lines[other][0]), dotted=True)
        _arrow(flow, (8.5, height), (9.0, 2.1))
    _box(flow, 9.5, 2.1, "joined", _WHITE)
    _box(flow, 10.8, 2.1, *FUSION_PARTS["top"])
    _arrow(flow, (10.0, 2.1), (10.3, 2.1))
    flow.set_title("Solid: both are given. Dotted: CMCGAN makes the missing one from the other")
    _draw_stacks(stacks, results, "fusion", parts, FUSION_PARTS)
    style.save(fig, stem, source=results.source, runs=results.read_from("fusion"))


def _part(modality: str, role: str) -> str:
    return f"{'sound' if modality == 'A' else 'image'}_{role}"


def _draw_path(axis: Axes, height: float, path: Sequence[str]) -> None:
    """Draw one two-step path from left to right; z enters each decoder from above."""
    first, middle, last = path
    made = "R_" if first == middle else "F_"
    end = "FR_" if first == middle else "RF_"
    _box(axis, 0.55, height, f"{_GIVEN[first]} {first}", _WHITE)
    _box(axis, 1.95, height, *PARTS[_part(first, "encoder")])
    _box(axis, 3.35, height, *PARTS[_part(middle, "decoder")])
    _box(axis, 4.75, height, f"{made}{_GIVEN[middle]}", _WHITE)
    _box(axis, 6.15, height, *PARTS[_part(middle, "encoder")])
    _box(axis, 7.55, height, *PARTS[_part(last, "decoder")])
    _box(axis, 8.95, height, f"{end}{_GIVEN[last]}", _WHITE)
    _box(axis, 10.5, height, *PARTS["discriminator"], below=f"L1 to {_GIVEN[last]} {last}")
    for place in (1.05, 2.45, 3.85, 5.25, 6.65, 8.05, 9.45):
        _arrow(axis, (place, height), (place + (0.55 if place == 9.45 else 0.4), height))
    for place in (3.35, 7.55):
        axis.text(place - 0.7, height + 0.3, "z", ha="center", va="center", fontsize=6.5)
        _arrow(axis, (place - 0.62, height + 0.26), (place - 0.45, height + 0.12))


def _draw_stacks(
    axis: Axes,
    results: Results,
    variant: str,
    parts: dict[str, list[dict[str, Any]]],
    names: dict[str, Part],
) -> None:
    """List every layer with weights of each part: kernel, channels, map size, parameters."""
    listed = {part: _lines(results, variant, part, layers) for part, layers in parts.items()}
    rows = max(len(lines) for lines in listed.values())
    _bare(axis, len(parts), rows + 1.5)
    axis.set_title("Layers: channels, size of the map, parameters (with their normalisation)")
    for place, (part, layers) in enumerate(parts.items()):
        name, colour = names[part]
        total = _count(sum(layer["parameters"] for layer in layers))
        _box(axis, place + 0.5, rows + 1, f"{name}, {total}", colour, width=0.94, height=0.8)
        for line, text in enumerate(listed[part]):
            axis.text(place + 0.5, rows - line, text, ha="center", va="center", fontsize=5.6)


def _lines(results: Results, variant: str, part: str, layers: list[dict[str, Any]]) -> list[str]:
    """Return one line a layer with weights, its normalisation counted with it."""
    sizes, settings = results.settings.sizes, results.settings.model_settings(variant)
    whole = (sizes.bands, sizes.steps) if "sound" in part else (sizes.picture_px,) * 2
    side = 1 << (7 - settings.layers)
    depth = len([layer for layer in layers if layer["name"].startswith("layers.")])
    norms = {layer["name"]: layer["parameters"] for layer in layers if "norms." in layer["name"]}
    lines = []
    for layer in layers:
        if layer["name"] in norms or not layer["parameters"]:
            continue
        kind, shape = layer["type"], layer["shape"]
        parameters = layer["parameters"] + norms.get(layer["name"].replace("layers", "norms"), 0)
        if depth and kind in ("Conv", "Deconv"):
            number = int(layer["name"].split(".")[1])
            halved = number + 1 if kind == "Conv" else depth - 1 - number
            maps = "×".join(str(max(axis >> halved, side)) for axis in whole)
            channels = shape[0] if kind == "Conv" else shape[1]
            lines.append(f"{kind.lower()} {channels}, {maps}, {_count(parameters)}")
        else:
            what = layer["name"].replace(".layers.", " ").replace("_", " ")
            what = "linear" if what.isdigit() else what
            lines.append(f"{what}: {shape[0]}, {_count(parameters)}")
    return lines


def _count(parameters: int) -> str:
    """Write a number of parameters with its unit: 650 p, 32.8 kp, 2.1 Mp."""
    for size, unit in ((1e6, "Mp"), (1e3, "kp")):
        if parameters >= size:
            return f"{parameters / size:.1f} {unit}"
    return f"{parameters} p"


def _bare(axis: Axes, width: float, height: float) -> None:
    axis.set_axis_off()
    axis.set_xlim(0, width)
    axis.set_ylim(0, height)


def _box(
    axis: Axes,
    x: float,
    y: float,
    text: str,
    colour: str,
    *,
    below: str = "",
    width: float = 1.0,
    height: float = 0.5,
) -> None:
    """Draw a box around (x, y) with its text, and a smaller one under it."""
    patch = FancyBboxPatch(
        (x - width / 2, y - height / 2),
        width,
        height,
        boxstyle="round,pad=0,rounding_size=0.08",
        facecolor=colour,
        edgecolor=_EDGE,
        linewidth=0.8,
    )
    axis.add_patch(patch)
    axis.text(x, y, text, ha="center", va="center", fontsize=5.8)
    if below:
        axis.text(x, y - 0.38, below, ha="center", va="center", fontsize=5.2, color="#444444")


def _arrow(
    axis: Axes, start: tuple[float, float], end: tuple[float, float], *, dotted: bool = False
) -> None:
    line = {"linestyle": ":"} if dotted else {}
    axis.annotate("", end, start, arrowprops={**_ARROW, **line})
