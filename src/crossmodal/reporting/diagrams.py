"""Drawings of networks as they were built (`run.json`): boxes, arrows, numbers of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

EDGE, FILL, WHITE, QUIET = "#44546a", "#e8eef4", "#ffffff", "#444444"
"""Colours of lines, of boxes with weights, of boxes without, of small print."""

Point = tuple[float, float]


def count(layers: int | Iterable[Mapping[str, Any]]) -> str:
    """Write a number of parameters, or that of layers, with its unit: 650 p, 32.8 kp, 2.1 Mp."""
    number = layers if isinstance(layers, int) else sum(int(one["parameters"]) for one in layers)
    for size, unit in ((1e6, "Mp"), (1e3, "kp")):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number} p"


def frame(axis: Axes, left: float, right: float, bottom: float, top: float) -> None:
    """Bare an axis, and let it reach so far."""
    axis.set_axis_off()
    axis.set_xlim(left, right)
    axis.set_ylim(bottom, top)


def box(
    axis: Axes,
    middle: Point,
    what: str,
    size: str = "",
    *,
    width: float = 0.9,
    height: float = 0.62,
    color: str = FILL,
    below: str = "",
) -> None:
    """Draw a layer or a network: its name above its size, both inside; a note below the box."""
    x, y = middle
    patch = FancyBboxPatch(
        (x - width / 2, y - height / 2),
        width,
        height,
        boxstyle="round,pad=0,rounding_size=0.07",
        facecolor=color,
        edgecolor=EDGE,
        linewidth=0.8,
    )
    axis.add_patch(patch)
    small: dict[str, Any] = {"ha": "center", "fontsize": 5.3, "color": QUIET}
    if size:
        axis.text(x, y + 0.03, what, ha="center", va="bottom", fontsize=5.8)
        axis.text(x, y - 0.03, size, va="top", **small)
    else:
        axis.text(x, y, what, ha="center", va="center", fontsize=5.8)
    if below:
        axis.text(x, y - height / 2 - 0.05, below, va="top", **small)


def arrow(axis: Axes, start: Point, end: Point, *, dotted: bool = False) -> None:
    """Draw an arrow."""
    line = {"linewidth": 0.8, "linestyle": ":" if dotted else "-", "shrinkA": 0, "shrinkB": 0}
    look = {"arrowstyle": "-|>", "color": EDGE, "mutation_scale": 6, **line}
    axis.annotate("", end, start, arrowprops=look)


def column(axis: Axes, x: float, boxes: Sequence[tuple[str, str]]) -> None:
    """Draw a branch upwards from its input: one box (what, size) a layer, one unit apart."""
    for level, (what, size) in enumerate(boxes):
        box(axis, (x, level), what, size, color=FILL if level else WHITE)
        if level:
            arrow(axis, (x, level - 0.69), (x, level - 0.31))
