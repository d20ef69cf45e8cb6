"""The figure of the benchmark: quality against cost, task by task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from crossmodal.benchmark.results import BenchmarkResults, Cell, source_of
from crossmodal.metrics.uncertainty import bootstrap_mean
from crossmodal.reporting import style

_COLUMNS = 3
_LEAST_CORE_SECONDS = 0.01
"""What is cheaper is drawn here: the clock of a process does not go finer."""


def quality_against_cost(results: BenchmarkResults, stem: Path) -> None:
    """Draw each task: training time across, mean average precision up, chance as a line."""
    settings, cells = results.settings, results.corpora
    drawn = [name for name in settings.methods if name != "chance"]
    look = style.looks(drawn)
    columns = 2 if len(cells) == 4 else min(_COLUMNS, len(cells))
    rows = -(-len(cells) // columns)
    fig, grid = style.figure("double", height=0.7 + 2.1 * rows, rows=rows, columns=columns)
    panels = grid.ravel().tolist()
    for panel, (task, members) in zip(panels, cells.items(), strict=False):
        _draw_task(panel, members, look)
        # Where every corpus is a stand-in, the figure says so as a whole.
        alone = source_of(results) != members[0].source == "synthetic"
        data = ", stand-in" if alone else ""
        panel.set_title(settings.definitions[task].title + data)
    for panel in panels[len(cells) :]:
        panel.set_axis_off()
    for row in grid[:, 0]:
        row.set_ylabel("mean average precision")
    for panel in panels[: len(cells)]:
        panel.set_xlabel("training (core-seconds)")
    ran = {cell.method for members in cells.values() for cell in members}
    names = [name for name in drawn if name in ran]
    fig.legend(
        [Line2D([], [], **_points(look[name])) for name in names],
        [settings.methods[name].title for name in names],
        loc="outside upper center",
        ncols=4,
    )
    runs = [f"{cell.task}/{cell.method}" for members in cells.values() for cell in members]
    style.save(fig, stem, source=source_of(results), runs=" ".join(runs))


def _draw_task(panel: Axes, members: list[Cell], look: dict[str, style.Look]) -> None:
    for cell in members:
        found = bootstrap_mean(cell.both_ways())
        if cell.method == "chance":
            panel.axhline(found.mean, color="#777777", linestyle=":", linewidth=1)
            continue
        panel.errorbar(
            [max(cell.cost("core_seconds"), _LEAST_CORE_SECONDS)],
            [found.mean],
            yerr=[[found.mean - found.low], [found.high - found.mean]],
            capsize=2,
            **_points(look[cell.method]),
        )
    panel.set_xscale("log")
    panel.set_ylim(bottom=0)


def _points(look: style.Look) -> dict[str, Any]:
    """Return the look of single points: joined by no line, and edged, since yellow is faint."""
    edge = {"markeredgecolor": "#222222", "markeredgewidth": 0.5}
    return {**look.line(), "linestyle": "none", **edge}
