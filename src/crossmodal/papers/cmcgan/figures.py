"""The paper's figures, from the files of its runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from crossmodal.metrics.uncertainty import Interval
from crossmodal.papers.cmcgan.diagrams import (
    FUSION_PARTS,
    PARTS,
    Parts,
    draw_dynamic_network,
    draw_layers,
    draw_paths,
)
from crossmodal.papers.cmcgan.tables import PREFIXES, clips, floors
from crossmodal.reporting import style
from crossmodal.reporting.listening import Sound, write_listening
from crossmodal.reporting.results import CorpusResults, Results

TRUE = "true"
"""Variant of the column of true items."""
TITLES = {"image": "pictures made from sounds", "sound": "sounds made from pictures"}
_GAP = 0.06
_TICKS_HZ = (300, 3000)


class Column(NamedTuple):
    """A column of a grid: its title, a variant or `TRUE`, and which output of it."""

    title: str
    variant: str
    protocol: str = "real"


def fig1_framework(results: Results, stem: Path) -> None:
    """The four two-step paths and what they share, and below every layer of it."""
    _architecture(results.first, stem, "cmcgan", PARTS, draw_paths, (2.6, 3.0))


def fig2_generated(results: Results, stem: Path) -> None:
    """One row an instrument: made by the baseline, by CMCGAN, and true; numbers above."""
    ours = results.first
    ours.need("s2ic", "i2s", "cmcgan")
    names = _instruments(ours)
    rows = np.arange(len(names))
    fig, axes = style.figure("double", height=max(4.6, 1.35 + 0.95 * len(names)), columns=2)
    for axis, modality, baseline in zip(axes[0], TITLES, ("s2ic", "i2s"), strict=True):
        columns = [
            Column(ours.title(baseline), baseline, "two_step"),
            Column("CMCGAN", "cmcgan", "two_step"),
            Column("true", TRUE),
        ]
        _montage(axis, ours, modality, columns, rows)
        for place, column in enumerate(columns):
            axis.text(place, -0.56, _numbers(ours, modality, column), ha="center", fontsize=6.5)
        axis.set_title(TITLES[modality], pad=40)
    axes[0, 0].set_yticks(rows, names)
    _scale_sounds(axes[0, 1], ours, len(names), 3)
    chance, majority = floors(ours, "image")
    axes[0, 0].set_xlabel(
        f"n = {clips(ours)} test clips; accuracy of chance {chance:.3f}, of the\n"
        f"most frequent instrument {majority:.3f}; brackets: 95 % interval",
        fontsize=6.5,
    )
    evaluators = [ours.settings.evaluator(modality, "split") for modality in TITLES]
    runs = ours.read_from("s2ic", "i2s", "cmcgan", *evaluators)
    style.save(fig, stem, source=ours.source, runs=runs)
    write_listening(stem.with_name(f"{stem.name}.audio.json"), _sounds(ours, names))


def _numbers(ours: CorpusResults, modality: str, column: Column) -> str:
    """Return what is written above a column: its name, accuracy with interval, and SSIM."""
    found = _accuracy(ours, modality, column)
    text = f"{column.title}\nacc. {found.mean:.2f}\n[{found.low:.2f}, {found.high:.2f}]"
    if column.variant != TRUE:
        ssim = ours.scores(column.variant, f"{modality}|{column.protocol}|ssim").mean()
        text += f"\nSSIM {ssim:.2f}"
    return text


def _sounds(ours: CorpusResults, names: Sequence[str]) -> list[Sound]:
    """Return what is played beside Fig. 2: made by I2S and CMCGAN, and true, by instrument."""
    truth = ours.examples()
    columns = {
        ours.title("i2s"): ours.examples("i2s")["wave"],
        "CMCGAN": ours.examples("cmcgan")["wave"],
        "true, same reconstruction": truth["wave_reconstructed"],
        "true": truth["wave"],
    }
    return [
        Sound(name, column, waves[row].astype(np.float32) / 32_768)
        for row, name in enumerate(names)
        for column, waves in columns.items()
    ]


def fig3_paths(results: Results, stem: Path) -> None:
    """CMCGAN and LCGAN: F_, RF_ and FR_ pictures and sounds."""
    columns = [
        Column("LCGAN F_", "lcgan", "one_step"),
        Column("LCGAN RF_", "lcgan", "recovered"),
        Column("CMCGAN F_", "cmcgan", "one_step"),
        Column("CMCGAN RF_", "cmcgan", "recovered"),
        Column("CMCGAN FR_", "cmcgan", "two_step"),
    ]
    _grid(results.first, stem, columns)


def fig4_latent_depth(results: Results, stem: Path) -> None:
    """5, 6 and 7 layers, without and with the latent vector."""
    columns = [
        Column(f"{name.upper()}-{layers}", f"{name}{ending}", "two_step")
        for layers, ending in ((5, "_5"), (6, "_6"), (7, ""))
        for name in ("nlcmcgan", "cmcgan")
    ]
    _grid(results.first, stem, columns)


def fig5_adversarial_loss(results: Results, stem: Path) -> None:
    """The standard loss, two readings of it, against the joint corresponding loss."""
    columns = [
        Column("realism only", "standard", "two_step"),
        Column("no wrong pairs", "no_wrong", "two_step"),
        Column("joint", "cmcgan", "two_step"),
    ]
    _grid(results.first, stem, columns)


def fig6_dynamic_network(results: Results, stem: Path) -> None:
    """The classifier of both modalities, and how the generator makes the missing one."""
    _architecture(results.first, stem, "fusion", FUSION_PARTS, draw_dynamic_network, (2.5, 2.5))


def _architecture(
    ours: CorpusResults,
    stem: Path,
    variant: str,
    parts: Parts,
    draw: Callable[[Axes], None],
    heights: tuple[float, float],
) -> None:
    ours.need(variant)
    fig, axes = style.figure("double", height=sum(heights), rows=2, height_ratios=heights)
    draw(axes[0, 0])
    network, settings = ours.record(variant)["network"], ours.settings.resolved(variant)
    draw_layers(axes[1, 0], network, parts, ours.settings.sizes, settings)
    style.save(fig, stem, source=ours.source, runs=ours.read_from(variant))


def _grid(ours: CorpusResults, stem: Path, generated: Sequence[Column], shown: int = 4) -> None:
    """Draw true and generated items of a few instruments, and below them all accuracies."""
    variants = list(dict.fromkeys(column.variant for column in generated))
    ours.need(*variants)
    columns = [Column("true", TRUE), *generated]
    names = _instruments(ours)
    rows = np.linspace(0, len(names) - 1, min(shown, len(names))).round().astype(int)
    # High enough for square cells over the whole width, so that bars stand below their column.
    heights = [3.2 / len(columns) * len(rows), 1.2]
    fig, axes = style.figure(
        "double", height=sum(heights) + 2.0, rows=2, columns=2, height_ratios=heights
    )
    for place, (modality, title) in enumerate(TITLES.items()):
        _montage(axes[0, place], ours, modality, columns, rows)
        axes[0, place].set_title(title)
        _bars(axes[1, place], ours, modality, columns)
    axes[0, 0].set_yticks(range(len(rows)), [names[row] for row in rows])
    _scale_sounds(axes[0, 1], ours, len(rows), len(columns))
    axes[1, 0].set_ylabel(style.axis_label("accuracy", n=clips(ours)))
    fig.legend(*axes[1, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    evaluators = [ours.settings.evaluator(modality, "split") for modality in TITLES]
    style.save(fig, stem, source=ours.source, runs=ours.read_from(*variants, *evaluators))


def _instruments(ours: CorpusResults) -> list[str]:
    labels: list[str] = ours.examples()["label"].tolist()
    return [label.replace("_", " ") for label in labels]


def _accuracy(ours: CorpusResults, modality: str, column: Column) -> Interval:
    evaluator = ours.settings.evaluator(modality, "split")
    variant = evaluator if column.variant == TRUE else column.variant
    return ours.interval(variant, f"{modality}|{column.protocol}|accuracy")


def _values(ours: CorpusResults, modality: str, column: Column) -> NDArray[Any]:
    """Return what a column shows: pictures [k, h, w, 3] or log-mels [k, bands, steps], dB."""
    if column.variant == TRUE:
        return ours.examples()[f"true_{modality}"]
    found = ours.examples(column.variant)
    name = f"{PREFIXES[column.protocol].lower()}{modality}"
    return found[name if name in found else f"f_{modality}"]


def _montage(
    axis: Axes,
    ours: CorpusResults,
    modality: str,
    columns: Sequence[Column],
    rows: NDArray[np.intp],
) -> None:
    """Draw pictures or spectrograms, a cell of one unit each, the first row on top.

    All spectrograms share one scale, from the quietest to the loudest true value.
    """
    look: dict[str, Any] = {"origin": "upper"}
    if modality == "sound":
        level = ours.examples()["true_sound"]
        scale = {"vmin": np.percentile(level, 2), "vmax": level.max()}
        look = {"origin": "lower", "cmap": "magma", **scale}
    half = 0.5 - _GAP / 2
    for x, column in enumerate(columns):
        values = _values(ours, modality, column)
        for y, row in enumerate(rows):
            cell = (x - half, x + half, y + half, y - half)
            axis.imshow(values[row], extent=cell, interpolation="nearest", aspect="auto", **look)
    axis.set_xlim(-0.5, len(columns) - 0.5)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_aspect("equal", anchor="S")
    axis.grid(False)
    axis.tick_params(length=2 if modality == "sound" else 0, pad=1.5)
    axis.spines[["left", "bottom"]].set_visible(False)
    axis.set_xticks([])


def _scale_sounds(axis: Axes, ours: CorpusResults, rows: int, columns: int) -> None:
    """Give every spectrogram of a montage its frequencies and, below, its time."""
    centres = ours.examples()["band_hz"]
    height = 1 - _GAP
    bands = np.interp(_TICKS_HZ, centres, (np.arange(len(centres)) + 0.5) / len(centres))
    places = [line + height * (0.5 - band) for line in range(rows) for band in bands]
    axis.set_yticks(places, [f"{hz / 1000:g}" for hz in _TICKS_HZ] * rows, fontsize=5.5)
    starts = [place - height / 2 for place in range(columns)]
    axis.set_xticks([*starts, columns - 1 + height / 2], ["0"] * columns + ["0.5"], fontsize=5.5)
    axis.set_xlabel("time (s)", fontsize=7, labelpad=1)
    axis.set_ylabel("frequency (kHz)", fontsize=7, labelpad=1)


def _bars(axis: Axes, ours: CorpusResults, modality: str, columns: Sequence[Column]) -> None:
    """Draw the accuracy of each column below it, with chance and the majority class."""
    for place, column in enumerate(columns):
        interval = _accuracy(ours, modality, column)
        color = "#999999" if column.variant == TRUE else style.PALETTE[modality == "sound"]
        error = [[interval.mean - interval.low], [interval.high - interval.mean]]
        axis.bar(place, interval.mean, 0.7, color=color, edgecolor="#222222", linewidth=0.6)
        label = "95 % interval" if place == 0 else None
        axis.errorbar(
            place, interval.mean, error, color="#222222", capsize=2, linewidth=0.9, label=label
        )
    lines = {"chance": (":", 1.2), "most frequent instrument": ("--", 0.9)}
    for level, (label, look) in zip(floors(ours, modality), lines.items(), strict=True):
        axis.axhline(level, color="#222222", linestyle=look[0], linewidth=look[1], label=label)
    axis.set_xlim(-0.5, len(columns) - 0.5)
    axis.set_ylim(0, 1)
    axis.set_xticks(range(len(columns)), [column.title for column in columns], rotation=90)
    axis.tick_params(axis="x", labelsize=7, length=0)
