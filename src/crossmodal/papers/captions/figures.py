"""The networks as they were built, and searches with their best answers."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from crossmodal.files import write_json
from crossmodal.reporting import style
from crossmodal.reporting.diagrams import EDGE, arrow, box, column, count, frame
from crossmodal.reporting.results import Results

MARK, RIGHT = "#D55E00", "#009E73"
"""Colours of what the last step of a TCN sees, and of right answers."""
BY_IMAGE, BY_CAPTION = "image_to_caption", "caption_to_image"
LEVELS_SHOWN = 3
"""Dilations 1, 2, 4 in the drawing of a stack, as in the paper; more would be too fine to see."""

Layer = dict[str, Any]
Box = tuple[str, str]
Search = dict[str, Any]


def fig_architecture(results: Results, stem: Path) -> None:
    """The baseline network and the one with the TCN branch, one column a branch."""
    results.first.need("baseline", "tcn")
    fig, axes = style.figure("double", height=4.4, columns=2, width_ratios=(2, 3))
    for axis, variant in zip(axes[0], ("baseline", "tcn"), strict=True):
        record = results.first.record(variant)
        columns = _columns(record)
        axis.set_title(results.first.title(variant))
        top = max(len(boxes) for boxes in columns)
        joined = _joined(record)
        for place, boxes in enumerate(columns):
            column(axis, place, boxes)
            # Beside two branches of a caption the image's goes past the box that joins them.
            end = top + 0.69 if joined and place == 0 else top - 0.31
            axis.plot((place, place), (len(boxes) - 0.69, end - 0.2), color=EDGE, linewidth=0.7)
            arrow(axis, (place, end - 0.2), (place, end))
        if joined:
            box(axis, (1.5, top), *joined, width=1.9)
            arrow(axis, (1.5, top + 0.31), (1.5, top + 0.69))
            top += 1
        size = f"{record['config']['settings']['embedding']} dimensions"
        middle = (len(columns) - 1) / 2
        box(axis, (middle, top), "similarity: inner product", size, width=len(columns) - 0.1)
        frame(axis, -0.5, len(columns) - 0.5, -0.4, top + 0.4)
    style.save(fig, stem, source=results.source, runs=results.first.read_from("baseline", "tcn"))


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
        ("3 sets of frequency filters", f"{tcn['filters']}, {count(frequency)}"),
        (f"{tcn['temporal']}-frame filters, max pool {tcn['pool']}", _size(local)),
        (
            f"{built['stacks']} TCN stacks of {tcn['levels']} blocks",
            f"{tcn['channels']}, {count(built['parameters'])}",
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
    return f"{layer['shape'][0]}, {count([layer])}"


def fig1_tcn(results: Results, stem: Path) -> None:
    """What the last step sees, a residual block, and the receptive field of both stacks."""
    results.first.need("tcn")
    built = results.first.record("tcn")["config"]["temporal"]
    fig, axes = style.figure("double", height=3.4, columns=3, width_ratios=(2.2, 1.2, 1.6))
    _draw_dilations(axes[0, 0], built["kernel"], built["dilations"][:LEVELS_SHOWN])
    _draw_block(axes[0, 1], built)
    _draw_field(axes[0, 2], built)
    style.save(fig, stem, source=results.source, runs=results.first.read_from("tcn"))


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
                    color=MARK if marked else "#cfd6de",
                    linewidth=1.1 if marked else 0.4,
                    zorder=2 if marked else 1,
                )
        _dots(axis, steps, level, reached)
        axis.text(-0.9, level - 0.5, f"d = {dilation}", fontsize=6.5, ha="right", va="center")
        reached = below
    _dots(axis, steps, 0, reached)
    axis.set_title(f"(a) causal, dilated, k = {kernel}")
    axis.text(steps / 2, -0.35, "pooled steps of the caption →", fontsize=7, ha="center")
    frame(axis, -4.2, steps - 0.5, -0.6, len(dilations) + 0.3)


def _dots(axis: Axes, steps: int, level: int, reached: set[int]) -> None:
    for step in range(steps):
        color = MARK if step in reached else "#ffffff"
        axis.plot(step, level, "o", color=color, markeredgecolor=EDGE, markersize=4, zorder=3)


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
    column(axis, 0, boxes)
    axis.plot((0.47, 0.68, 0.68), (0, 0, 5), color=EDGE, linewidth=0.8)
    arrow(axis, (0.68, 5), (0.47, 5))
    axis.text(0.73, 2.5, "identity, or 1×1", rotation=90, fontsize=6, va="center")
    frame(axis, -0.55, 0.95, -0.5, 5.5)
    axis.set_title("(b) residual block")


def _draw_field(axis: Axes, built: dict[str, Any]) -> None:
    """Draw the receptive field of both stacks beside the pooled length it must cover."""
    names = ["pooled length", "receptive field"]
    values = [built["pooled_steps"], built["receptive_field"]]
    for place, (value, color) in enumerate(zip(values, ("#56B4E9", MARK), strict=True)):
        axis.barh(place, value, 0.5, color=color)
        axis.text(value, place, f" {value}", va="center", fontsize=8)
    axis.set_yticks(range(2), names)
    axis.grid(visible=False)
    axis.set_xlim(0, 1.25 * max(values))
    axis.set_ylim(-0.6, 1.6)
    axis.set_xlabel("pooled steps")
    levels = len(built["dilations"])
    axis.set_title(f"(c) {built['stacks']} stacks, {levels} blocks each")


def fig_search_by_image(results: Results, stem: Path) -> None:
    """Images and the captions that they find."""
    _searches(results, stem, BY_IMAGE)


def fig_search_by_caption(results: Results, stem: Path) -> None:
    """Captions and the images that they find."""
    _searches(results, stem, BY_CAPTION)


def _searches(results: Results, stem: Path, task: str) -> None:
    """Draw searches, a row each, and write the sounds beside them."""
    variant = results.settings.examples.variant
    examples = results.first.examples(variant)
    found: list[Search] = json.loads(str(examples["searches"]))
    searches = [search for search in found if search["task"] == task]
    columns = 1 + max(len(search["answers"]) for search in searches)
    height = 1.6 * len(searches)
    fig, axes = style.figure("double", height=height, rows=len(searches), columns=columns)
    for row, search in zip(axes, searches, strict=True):
        for axis in row:
            axis.set_axis_off()
        query = search["query"]
        picture = examples[f"picture/{query['image']}"] if task == BY_IMAGE else None
        _draw_item(row[0], "query", query["text"], picture)
        for rank, answer in enumerate(search["answers"], start=1):
            head = f"{rank}:  {answer['score']:.2f}" + ("  ✓ right" if answer["right"] else "")
            text = answer["text"] if task == BY_IMAGE else ""
            picture = examples[f"picture/{answer['image']}"]
            _draw_item(row[rank], head, text, picture, right=answer["right"])
    style.save(fig, stem, source=results.source, runs=results.first.read_from(variant))
    sounds = _sounds_of(searches, json.loads(str(examples["sounds"])), task)
    write_json(stem.with_name(f"{stem.name}.audio.json"), sounds)


def _draw_item(axis: Axes, head: str, text: str, shown: Any, *, right: bool = False) -> None:
    """Draw a query or an answer: a line above, a picture, words below (or alone)."""
    axis.set_title(head, fontsize=7, color=RIGHT if right else "#222222", loc="left", pad=3)
    wrapped = textwrap.fill(text, 26)
    if shown is None:
        axis.text(0, 0.95, wrapped, fontsize=6.5, va="top", transform=axis.transAxes)
        return
    axis.imshow(shown)
    if right:
        width, height = shown.shape[1], shown.shape[0]
        x, y = (0, width, width, 0, 0), (0, 0, height, height, 0)
        axis.plot(x, y, color=RIGHT, linewidth=3, clip_on=False)
    if text:
        axis.text(0, -0.06, wrapped, fontsize=4.9, va="top", transform=axis.transAxes)


def _sounds_of(
    searches: Sequence[Search], sounds: dict[str, str], task: str
) -> list[dict[str, str]]:
    """Return the sounds of a figure: of the answers of an image, or of the captions that ask."""
    rows = []
    for number, search in enumerate(searches, start=1):
        audible = [search["query"]] if task != BY_IMAGE else search["answers"]
        right = [
            str(rank) for rank, answer in enumerate(search["answers"], start=1) if answer["right"]
        ]
        verdict = f"right: answer {right[0]}" if right else "right answer not among these"
        for rank, item in enumerate(audible, start=1):
            rows.append(
                {
                    "row": f"query {number} ({verdict})",
                    "column": f"answer {rank}" if task == BY_IMAGE else "query",
                    "audio": sounds[item["clip"]],
                }
            )
    return rows
