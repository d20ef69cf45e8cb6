"""Every figure of my paper, from files."""

from __future__ import annotations

from pathlib import Path

from crossmodal.papers.mypaper.tables import TASKS

from crossmodal.reporting import style
from crossmodal.reporting.results import Results


def fig1_retrieval(results: Results, stem: Path) -> None:
    """Bars of mean average precision, a group a task."""
    ours = results.first
    variants = list(ours.seeds)
    fig, axes = style.figure("single", height=2.4)
    axis, looks = axes[0, 0], style.looks(variants)
    for place, variant in enumerate(variants):
        for group, task in enumerate(TASKS):
            interval = ours.interval(variant, f"{task}|test|map")
            error = [[interval.mean - interval.low], [interval.high - interval.mean]]
            axis.bar(
                group + 0.4 * place,
                interval.mean,
                0.38,
                yerr=error,
                color=looks[variant].color,
                label=ours.title(variant) if group == 0 else None,
            )
    axis.set_xticks([0.2 + group for group in range(len(TASKS))], list(TASKS.values()))
    count = ours.scores(variants[0], f"{next(iter(TASKS))}|test|map").shape[1]
    axis.set_ylabel(style.axis_label("mean average precision", n=count))
    axis.legend()
    style.save(fig, stem, source=ours.source, runs=ours.read_from(*variants))
