"""One look for all figures: readable by the colour-blind, in grey print and at any size.

Text is drawn as paths, so that a figure looks the same on every machine; its numbers are in the
table beside it. Figures are made without pyplot: no window system, no state shared between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from crossmodal.files import atomic_path
from crossmodal.reporting.tables import OWN, STAND_IN

# Okabe & Ito, "Color Universal Design" (2008); yellow last, it is faint on white.
PALETTE = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#F0E442"),
)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (8, 3)))
_HATCHES = ("", "///", "...", "\\\\\\", "xx", "++", "oo", "**")

_WIDTHS_IN = {"single": 3.5, "double": 7.2}
_PNG_DPI = 200
_CAPTION_IN = 0.2

_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.labelsize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "lines.markersize": 4.5,
    "hatch.linewidth": 0.5,
    "patch.linewidth": 0.6,
    "svg.fonttype": "path",
    "svg.hashsalt": "crossmodal",
    "path.simplify": True,
}


@dataclass(frozen=True)
class Look:
    """How one series is told from the others: by colour, and by shape where colour is lost."""

    color: str
    marker: str
    linestyle: Any
    hatch: str

    def line(self) -> dict[str, Any]:
        """Return the arguments for `Axes.plot` and `Axes.errorbar`."""
        return {"color": self.color, "marker": self.marker, "linestyle": self.linestyle}

    def bar(self) -> dict[str, Any]:
        """Return the arguments for `Axes.bar`."""
        edge = "#aaaaaa" if self.color == "#000000" else "#222222"
        return {"facecolor": self.color, "hatch": self.hatch, "edgecolor": edge}


def looks(names: Sequence[str]) -> dict[str, Look]:
    """Give each of at most eight series its look, by its place in the list.

    Raises:
        ValueError: There are more series than can be told apart.
    """
    if len(names) > len(PALETTE):
        raise ValueError(f"{len(names)} series, at most {len(PALETTE)} can be told apart")
    styles = zip(PALETTE, _MARKERS, _LINES, _HATCHES, strict=True)
    return {name: Look(*style) for name, style in zip(names, styles, strict=False)}


def figure(
    width: Literal["single", "double"] = "single",
    *,
    height: float | None = None,
    rows: int = 1,
    columns: int = 1,
    **subplots: Any,
) -> tuple[Figure, np.ndarray]:
    """Make a figure in the house style (set for the process, as axes look it up while drawing).

    Args:
        width: "single" is 3.5 inches, a column of a paper; "double" is 7.2 inches, a page.
        height: Inches; 2.6 for each row of axes when not given.
        subplots: More arguments for `Figure.subplots`, e.g. `sharey=True`.

    Returns:
        The figure and its axes, always as an array [rows, columns].
    """
    mpl.rcParams.update(_STYLE)
    size = (_WIDTHS_IN[width], 2.6 * rows if height is None else height)
    fig = Figure(figsize=size, layout="constrained", facecolor="white")
    return fig, fig.subplots(rows, columns, squeeze=False, **subplots)


def axis_label(quantity: str, *, unit: str | None = None, n: int | None = None) -> str:
    """Return an axis label, e.g. "code length (bit)" or "mean average precision (n = 693)"."""
    extras = [part for part in (unit, None if n is None else f"n = {n:,}") if part]
    return f"{quantity} ({', '.join(extras)})" if extras else quantity


def save(fig: Figure, stem: Path, *, source: str, runs: str = "") -> None:
    """Write `<stem>.svg` and `<stem>.png` (200 dots an inch), the same bytes every time.

    Args:
        fig: A figure from `figure`; with stand-in data or own videos it grows by a line that says
            so.
        source: `synthetic`, `download` or `own`.
        runs: What the figure was drawn from, as `CorpusResults.read_from` returns it; kept in the
            metadata of both files under "Source".
    """
    origin = {"Source": runs} if runs else {}
    if source == "synthetic":
        _draw_caption(fig, f"{STAND_IN.capitalize()}: generated, not the published corpus")
    elif source == "own":
        _draw_caption(fig, f"{OWN.capitalize()}: not the published corpus")
    stem = Path(stem)
    with mpl.rc_context(_STYLE):
        _settle(fig)
        for suffix, metadata in ((".svg", {"Date": None}), (".png", {"Software": None})):
            with atomic_path(stem.with_name(stem.name + suffix)) as temporary:
                fig.savefig(temporary, dpi=_PNG_DPI, metadata=metadata | origin)


def _settle(fig: Figure) -> None:
    """Lay the axes out for good, at rounded places.

    The last digits that the layout's solver finds depend on where its variables lie in memory, and
    an SVG names its clip paths by them.
    """
    fig.draw_without_rendering()
    fig.set_layout_engine("none")
    for axes in fig.axes:
        left, bottom, width, height = axes.get_position(original=True).bounds
        axes.set_position((round(left, 9), round(bottom, 9), round(width, 9), round(height, 9)))


def _draw_caption(fig: Figure, text: str) -> None:
    width, height = fig.get_size_inches()
    fig.set_size_inches(width, height + _CAPTION_IN)
    share = _CAPTION_IN / (height + _CAPTION_IN)
    engine = fig.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0, share, 1, 1 - share))
    fig.text(0.01, 0.2 * share, text, fontsize=7, style="italic", color="#555555", va="bottom")
