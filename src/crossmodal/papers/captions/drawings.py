"""The networks as drawings: what was built, read from `run.json`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from crossmodal.papers.captions.results import Results
from crossmodal.reporting import style

_EDGE = "#44546a"
_FILL = "#e8eef4"
_MARK = "#D55E00"
_LEVELS_SHOWN = 3
"""Dilations 1, 2, 4 in the drawing of a stack, as in the paper; more would be too fine to see."""

Layer = dict[str, Any]
Box = tuple[str, str]


def fig_architecture(results: Results, stem: Path) -> None:
    """The baseline network and the one with the TCN branch, one column a branch."""
    fig, axes = style.figure("double", height=4.4, columns=2, width_ratios=(2, 3))
    for axis, family in zip(axes[0], ("baseline", "tcn"), strict=True):
        record = results.record(family)
        columns = _columns(record)
        axis.set_axis_off()
        axis.set_title(results.settings.families[family].title)
        top = max(len(boxes) for boxes in columns)
        joined = _joined(record)
        for place, boxes in enumerate(columns):
            _draw_column(axis, place, boxes)
            # Beside two branches of a caption the image's goes past the box that joins them.
            end = top + 0.69 if joined and place == 0 else top - 0.31
            axis.plot((place, place), (len(boxes) - 0.69, end - 0.2), color=_EDGE, linewidth=0.7)
            _arrow(axis, (place, end - 0.2), (place, end))
        if joined:
            _draw_box(axis, 1.5, top, *joined, wide=2)
            _arrow(axis, (1.5, top + 0.31), (1.5, top + 0.69))
            top += 1
        size = f"{record['config']['settings']['embedding']} dimensions"
        middle = (len(columns) - 1) / 2
        _draw_box(axis, middle, top, "similarity: inner product", size, wide=len(columns))
        axis.set_xlim(-0.5, len(columns) - 0.5)
        axis.set_ylim(-0.4, top + 0.4)
    style.save(fig, stem, source=results.source, runs=results.read_from("baseline", "tcn"))


def _columns(record: dict[str, Any]) -> list[list[Box]]:
    """Return the boxes of each branch from its input on: (what, size)."""
    config, network = record["config"], record["network"]
    settings = config["settings"]
    feature = "VGG16 fc7" if config["image_network"] == "vgg16" else "small network"
    unit = settings["normalise"]
    linear = next(layer for layer in network["image"] if layer["name"] == "linear")
    image = [
        (f"image: {feature}, fixed", f"{config['image_width']}"),
        ("standardise, linear", _size(linear)),
    ]
    if unit == "both":
        image.append(("unit length", ""))
    layers = {layer["name"]: layer for layer in network["caption"]}
    caption = [("caption: log-mel, standardised", f"40 bands, {settings['frames']} frames")]
    for number in range(3):
        layer = layers[f"layers.{number}"]
        pool = "max pool 4/2" if number < 2 else "mean"
        caption.append((f"{layer['shape'][2]}-frame filters, {pool}", _size(layer)))
    if "dense" not in layers:
        return [image, [*caption, ("unit length", "")] if unit != "none" else caption]
    tcn = settings["tcn"]
    frequency = [layers[f"temporal.frequency.{number}"] for number in range(3)]
    local = layers["temporal.temporal"]
    built = config["temporal"]
    temporal = [
        ("the same caption", ""),
        ("3 sets of frequency filters", f"{tcn['filters']}, {_count(_parameters(frequency))}"),
        (f"{tcn['temporal']}-frame filters, max pool {tcn['pool']}", _size(local)),
        (
            f"{built['stacks']} TCN stacks of {tcn['levels']} blocks",
            f"{tcn['channels']}, {_count(built['parameters'])}",
        ),
        ("last true step", f"{tcn['channels']}"),
    ]
    return [image, caption, temporal]


def _joined(record: dict[str, Any]) -> Box | None:
    """Return the box that joins the caption's two branches, where there are two."""
    dense = next(
        (layer for layer in record["network"]["caption"] if layer["name"] == "dense"), None
    )
    if dense is None:
        return None
    unit = record["config"]["settings"]["normalise"] != "none"
    return "concatenated, dense" + (", unit length" if unit else ""), _size(dense)


def _size(layer: Layer) -> str:
    return f"{layer['shape'][0]}, {_count(layer['parameters'])}"


def _parameters(layers: Sequence[Layer]) -> int:
    return sum(int(layer["parameters"]) for layer in layers)


def _count(parameters: int) -> str:
    """Write a number of parameters with its unit: 650 p, 32.8 kp, 2.1 Mp."""
    for size, unit in ((1e6, "Mp"), (1e3, "kp")):
        if parameters >= size:
            return f"{parameters / size:.1f} {unit}"
    return f"{parameters} p"


def _draw_column(axis: Axes, place: int, boxes: Sequence[Box]) -> None:
    for level, (what, size) in enumerate(boxes):
        _draw_box(axis, place, level, what, size, filled=level > 0)
        if level:
            _arrow(axis, (place, level - 0.69), (place, level - 0.31))


def _draw_box(
    axis: Axes,
    x: float,
    y: float,
    what: str,
    size: str,
    *,
    filled: bool = True,
    wide: int = 1,
) -> None:
    """Draw one layer, so many columns wide: its name above its size."""
    box = FancyBboxPatch(
        (x - wide / 2 + 0.03, y - 0.31),
        wide - 0.06,
        0.62,
        boxstyle="round,pad=0,rounding_size=0.06",
        facecolor=_FILL if filled else "#ffffff",
        edgecolor=_EDGE,
        linewidth=0.8,
    )
    axis.add_patch(box)
    up = 0.11 if size else 0
    axis.text(x, y + up, what, ha="center", va="center", fontsize=5.4)
    axis.text(x, y - 0.15, size, ha="center", va="center", fontsize=5.2, color="#444444")


def _arrow(axis: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    look = {"arrowstyle": "-|>", "color": _EDGE, "linewidth": 0.7, "mutation_scale": 6}
    axis.annotate("", end, start, arrowprops={**look, "shrinkA": 0, "shrinkB": 0})


def fig1_tcn(results: Results, stem: Path) -> None:
    """What the last step sees, a residual block, and the receptive field of both stacks."""
    built = results.record("tcn")["config"]["temporal"]
    fig, axes = style.figure("double", height=3.4, columns=3, width_ratios=(2.2, 1.2, 1.6))
    _draw_dilations(axes[0, 0], built["kernel"], built["dilations"][:_LEVELS_SHOWN])
    _draw_block(axes[0, 1], built)
    _draw_field(axes[0, 2], built)
    style.save(fig, stem, source=results.source, runs=results.read_from("tcn"))


def _draw_dilations(axis: Axes, kernel: int, dilations: Sequence[int]) -> None:
    """Draw dilated causal convolutions, one layer a dilation, and the paths to the last step."""
    steps = 1 + (kernel - 1) * sum(dilations)
    reached = {steps - 1}
    for level in range(len(dilations), 0, -1):
        dilation = dilations[level - 1]
        below: set[int] = set()
        for step in range(steps):
            for tap in range(kernel):
                source = step - tap * dilation
                if source < 0:
                    continue
                marked = step in reached
                if marked:
                    below.add(source)
                axis.plot(
                    (source, step),
                    (level - 1, level),
                    color=_MARK if marked else "#cfd6de",
                    linewidth=1.1 if marked else 0.4,
                    zorder=2 if marked else 1,
                )
        _dots(axis, steps, level, reached)
        axis.text(-0.9, level - 0.5, f"d = {dilation}", fontsize=6.5, ha="right", va="center")
        reached = below
    _dots(axis, steps, 0, reached)
    axis.set_axis_off()
    axis.set_xlim(-4.2, steps - 0.5)
    axis.set_title(f"(a) causal, dilated, k = {kernel}")
    axis.text(steps / 2, -0.35, "pooled steps of the caption →", fontsize=7, ha="center")
    axis.set_ylim(-0.6, len(dilations) + 0.3)


def _dots(axis: Axes, steps: int, level: int, reached: set[int]) -> None:
    for step in range(steps):
        color = _MARK if step in reached else "#ffffff"
        axis.plot(step, level, "o", color=color, markeredgecolor=_EDGE, markersize=4, zorder=3)


def _draw_block(axis: Axes, built: dict[str, Any]) -> None:
    """Draw a residual block, from below."""
    conv = f"causal conv, k = {built['kernel']}"
    boxes = [
        ("input", f"{built['channels']} maps"),
        (conv, "weight norm"),
        ("ReLU, dropout", ""),
        (conv, "weight norm"),
        ("ReLU, dropout", ""),
        ("+, ReLU", ""),
    ]
    _draw_column(axis, 0, boxes)
    axis.plot((0.47, 0.68, 0.68), (0, 0, 5), color=_EDGE, linewidth=0.8)
    _arrow(axis, (0.68, 5), (0.47, 5))
    axis.text(0.73, 2.5, "identity, or 1×1", rotation=90, fontsize=6, va="center")
    axis.set_axis_off()
    axis.set_xlim(-0.55, 0.95)
    axis.set_ylim(-0.5, 5.5)
    axis.set_title("(b) residual block")


def _draw_field(axis: Axes, built: dict[str, Any]) -> None:
    """Draw the receptive field of both stacks beside the pooled length it must cover."""
    names = ["pooled length", "receptive field"]
    values = [built["pooled_steps"], built["receptive_field"]]
    for place, (value, color) in enumerate(zip(values, ("#56B4E9", _MARK), strict=True)):
        axis.barh(place, value, 0.5, color=color)
        axis.text(value, place, f" {value}", va="center", fontsize=8)
    axis.set_yticks(range(2), names)
    axis.grid(visible=False)
    axis.set_xlim(0, 1.25 * max(values))
    axis.set_ylim(-0.6, 1.6)
    axis.set_xlabel("pooled steps")
    levels = len(built["dilations"])
    axis.set_title(f"(c) {built['stacks']} stacks, {levels} blocks each")
