"""Pictures and spectrograms in columns, one row an instrument, with what the classifiers say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from crossmodal.metrics.uncertainty import Interval
from crossmodal.papers.cmcgan.results import PREFIXES, Results
from crossmodal.reporting import style

_GAP = 0.06
_TICKS_HZ = (300, 3000)
TRUE = "true"
"""Variant of the column of true items."""


@dataclass(frozen=True)
class Column:
    """One column of a gallery.

    Attributes:
        title: Above the column.
        variant: A family, or `TRUE`.
        protocol: Which output of it.
    """

    title: str
    variant: str
    protocol: str = "real"

    def interval(self, results: Results, modality: str) -> Interval:
        """Return the accuracy of what the column shows, over all test clips and seeds."""
        variant = results.judge(modality) if self.variant == TRUE else self.variant
        return results.interval(variant, modality, self.protocol)

    def values(self, results: Results, modality: str) -> NDArray:
        """Return the samples shown: pictures [k, h, w, 3] or log-mels [k, bands, steps], dB."""
        if self.variant == TRUE:
            return results.samples(results.judge(modality))[f"true_{modality}"]
        samples = results.samples(self.variant)
        name = f"{PREFIXES[self.protocol].lower()}{modality}"
        return samples[name] if name in samples else samples[f"f_{modality}"]


def instruments(results: Results) -> list[str]:
    """Return the instruments in the order of the rows."""
    labels: list[str] = results.samples(results.judge("image"))["label"].tolist()
    return [label.replace("_", " ") for label in labels]


def montage(
    axis: Axes,
    results: Results,
    modality: str,
    columns: Sequence[Column],
    rows: NDArray[np.intp],
) -> None:
    """Draw pictures or spectrograms, a cell of one unit each, the first row on top.

    All spectrograms share one scale, from the quietest to the loudest true value.
    """
    truth = results.samples(results.judge(modality))
    look: dict[str, Any] = {}
    if modality == "sound":
        level = truth["true_sound"]
        look = {"cmap": "magma", "vmin": np.percentile(level, 2), "vmax": level.max()}
    for place, column in enumerate(columns):
        values = column.values(results, modality)
        for line, row in enumerate(rows):
            axis.imshow(
                values[row],
                extent=_cell(place, line),
                origin="lower" if modality == "sound" else "upper",
                interpolation="nearest",
                aspect="auto",
                **look,
            )
    axis.set_xlim(-0.5, len(columns) - 0.5)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_aspect("equal", anchor="S")
    axis.grid(False)
    axis.tick_params(length=2, pad=1.5)
    axis.spines[["left", "bottom"]].set_visible(False)
    axis.set_xticks([])
    axis.set_yticks([])


def _cell(place: int, line: int) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top of a cell; lines count downwards."""
    half = 0.5 - _GAP / 2
    return place - half, place + half, line + half, line - half


def name_rows(axis: Axes, names: Sequence[str]) -> None:
    """Write the instruments beside the rows."""
    axis.set_yticks(range(len(names)), list(names))
    axis.tick_params(axis="y", length=0)


def scale_sounds(axis: Axes, results: Results, rows: int, columns: int) -> None:
    """Give every spectrogram of a montage its frequencies and, below, its time."""
    centres = results.samples(results.judge("sound"))["band_hz"]
    height = 1 - _GAP
    bands = np.interp(_TICKS_HZ, centres, (np.arange(len(centres)) + 0.5) / len(centres))
    places = [line + height * (0.5 - band) for line in range(rows) for band in bands]
    names = [f"{hz / 1000:g}" for _ in range(rows) for hz in _TICKS_HZ]
    axis.set_yticks(places, names, fontsize=5.5)
    half = 0.5 - _GAP / 2
    starts = [place - half for place in range(columns)]
    axis.set_xticks([*starts, columns - 1 + half], ["0"] * columns + ["0.5"], fontsize=5.5)
    axis.set_xlabel("time (s)", fontsize=7, labelpad=1)
    axis.set_ylabel("frequency (kHz)", fontsize=7, labelpad=1)


def bars(axis: Axes, results: Results, modality: str, columns: Sequence[Column]) -> None:
    """Draw the accuracy of each column below it, with chance and the majority class."""
    for place, column in enumerate(columns):
        interval = column.interval(results, modality)
        color = "#999999" if column.variant == TRUE else style.PALETTE[modality == "sound"]
        error = [[interval.mean - interval.low], [interval.high - interval.mean]]
        axis.bar(place, interval.mean, 0.7, color=color, edgecolor="#222222", linewidth=0.6)
        label = "95 % interval" if place == 0 else None
        axis.errorbar(
            place, interval.mean, error, color="#222222", capsize=2, linewidth=0.9, label=label
        )
    chance, majority = results.floors(modality)
    axis.axhline(chance, color="#222222", linestyle=":", linewidth=1.2, label="chance")
    axis.axhline(
        majority, color="#222222", linestyle="--", linewidth=0.9, label="most frequent instrument"
    )
    axis.set_xlim(-0.5, len(columns) - 0.5)
    axis.set_ylim(0, 1)
    axis.set_xticks(range(len(columns)), [column.title for column in columns], rotation=90)
    axis.tick_params(axis="x", labelsize=7, length=0)


def read_from(results: Results, columns: Sequence[Column]) -> str:
    """Name the runs behind some columns, and those of the classifiers that judge them."""
    judges = [results.judge(modality) for modality in ("image", "sound")]
    models = [column.variant for column in columns if column.variant != TRUE]
    return results.read_from(*dict.fromkeys(models), *judges)


def gallery(results: Results, stem: Path, columns: Sequence[Column], shown: int = 4) -> None:
    """Draw pictures and sounds of some columns, a few instruments, and below them accuracies.

    Args:
        results: The collected runs.
        stem: Path without suffix.
        columns: Left to right, the same for pictures and sounds.
        shown: Instruments shown, evenly spread over all in alphabetical order.
    """
    names = instruments(results)
    rows = np.linspace(0, len(names) - 1, min(shown, len(names))).round().astype(int)
    # High enough for square cells over the whole width, so that bars stand below their column.
    heights = [3.2 / len(columns) * len(rows), 1.2]
    fig, axes = style.figure(
        "double", height=sum(heights) + 2.0, rows=2, columns=2, height_ratios=heights
    )
    clips = results.clips(results.judge("image"))
    for place, (modality, title) in enumerate(
        (("image", "pictures made from sounds"), ("sound", "sounds made from pictures"))
    ):
        montage(axes[0, place], results, modality, columns, rows)
        axes[0, place].set_title(title)
        bars(axes[1, place], results, modality, columns)
    name_rows(axes[0, 0], [names[row] for row in rows])
    scale_sounds(axes[0, 1], results, len(rows), len(columns))
    axes[1, 0].set_ylabel(style.axis_label("accuracy", n=clips))
    fig.legend(*axes[1, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    style.save(fig, stem, source=results.source, runs=read_from(results, columns))
