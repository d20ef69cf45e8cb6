"""The paper's figures, and the list of all its artefacts, from the files of its runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from crossmodal.papers.cmcgan.diagrams import fig1_framework, fig6_dynamic_network
from crossmodal.papers.cmcgan.gallery import (
    TRUE,
    Column,
    gallery,
    instruments,
    montage,
    name_rows,
    scale_sounds,
)
from crossmodal.papers.cmcgan.results import DIRECTIONS, Results
from crossmodal.papers.cmcgan.settings import PaperSettings
from crossmodal.papers.cmcgan.tables import (
    table1_generated_accuracy,
    table2_dynamic_classification,
    table_generation_quality,
    table_readings,
)
from crossmodal.reporting import style
from crossmodal.reporting.artefacts import check_names, write_missing
from crossmodal.reporting.listening import Sound, write_listening
from crossmodal.reporting.tables import run_records

LISTENING = "fig2_generated"
"""The figure that has sounds beside it."""


def write_artefacts(settings: PaperSettings, folder: Path) -> None:
    """Write every artefact of the settings below `results/<edition>/cmcgan`.

    Where the corpus is not at hand, each says so.

    Raises:
        InputError: The settings name an artefact that this module does not make.
    """
    check_names("cmcgan", settings.artefacts, ARTEFACTS)
    results = Results.read(settings, folder) if run_records(folder) else None
    for name, artefact in settings.artefacts.items():
        stem = folder / f"{artefact.kind}s" / name
        absent = [] if results is None else absent_variants(results, name)
        if results is None:
            write_missing(artefact, stem, "No corpus of the paper is at hand.")
        elif absent:
            write_missing(artefact, stem, f"Did not run: {', '.join(absent)}.")
        else:
            ARTEFACTS[name](results, stem)
        if name == LISTENING:
            sounds = [] if results is None else generated_sounds(results)
            write_listening(stem.with_name(f"{name}.listening.json"), sounds)


def absent_variants(results: Results, artefact: str) -> list[str]:
    """Return the variants that an artefact compares and that did not run."""
    return [name for name in COMPARED.get(artefact, ()) if name not in results.seeds]


def fig2_generated(results: Results, stem: Path) -> None:
    """One row an instrument: made by the baseline, by CMCGAN, and true; numbers above."""
    names = instruments(results)
    rows = np.arange(len(names))
    fig, axes = style.figure("double", height=max(4.6, 1.35 + 0.95 * len(names)), columns=2)
    for axis, modality, baseline in zip(axes[0], ("image", "sound"), ("s2ic", "i2s"), strict=True):
        columns = [
            Column(results.title(baseline), baseline, "two_step"),
            Column("CMCGAN", "cmcgan", "two_step"),
            Column("true", TRUE),
        ]
        montage(axis, results, modality, columns, rows)
        for place, column in enumerate(columns):
            axis.text(place, -0.56, _numbers(results, modality, column), ha="center", fontsize=6.5)
        source = {"image": "pictures made from sounds", "sound": "sounds made from pictures"}
        axis.set_title(source[modality], pad=40)
    name_rows(axes[0, 0], names)
    scale_sounds(axes[0, 1], results, len(names), 3)
    chance, majority = results.floors("image")
    axes[0, 0].set_xlabel(
        f"n = {results.clips('cmcgan')} test clips; accuracy of chance {chance:.3f}, of the\n"
        f"most frequent instrument {majority:.3f}; brackets: 95 % interval",
        fontsize=6.5,
    )
    runs = results.read_from("s2ic", "i2s", "cmcgan", *map(results.judge, DIRECTIONS))
    style.save(fig, stem, source=results.source, runs=runs)


def _numbers(results: Results, modality: str, column: Column) -> str:
    """Return what is written above a column: its name, accuracy with interval, and SSIM."""
    interval = column.interval(results, modality)
    lines = [
        column.title,
        f"acc. {interval.mean:.2f}",
        f"[{interval.low:.2f}, {interval.high:.2f}]",
    ]
    if column.variant != TRUE:
        ssim = results.scores(column.variant, modality, column.protocol, "ssim").mean()
        lines.append(f"SSIM {ssim:.2f}")
    return "\n".join(lines)


def generated_sounds(results: Results) -> list[Sound]:
    """Return what can be heard beside Fig. 2: made by I2S and CMCGAN, and true, by instrument."""
    truth = results.samples(results.judge("sound"))
    columns = {
        results.title("i2s"): results.samples("i2s")["wave"],
        "CMCGAN": results.samples("cmcgan")["wave"],
        "true, same reconstruction": truth["wave_reconstructed"],
        "true": truth["wave"],
    }
    return [
        Sound(name, column, waves[row].astype(np.float32) / 32_768)
        for row, name in enumerate(instruments(results))
        for column, waves in columns.items()
    ]


def fig3_paths(results: Results, stem: Path) -> None:
    """CMCGAN and LCGAN: F_, RF_ and FR_ pictures and sounds."""
    columns = [
        Column("true", TRUE),
        Column("LCGAN F_", "lcgan", "one_step"),
        Column("LCGAN RF_", "lcgan", "recovered"),
        Column("CMCGAN F_", "cmcgan", "one_step"),
        Column("CMCGAN RF_", "cmcgan", "recovered"),
        Column("CMCGAN FR_", "cmcgan", "two_step"),
    ]
    gallery(results, stem, columns)


def fig4_latent_depth(results: Results, stem: Path) -> None:
    """5, 6 and 7 layers, without and with the latent vector."""
    models = [
        Column(f"{name.upper()}-{layers}", f"{name}{ending}", "two_step")
        for layers, ending in ((5, "_5"), (6, "_6"), (7, ""))
        for name in ("nlcmcgan", "cmcgan")
    ]
    gallery(results, stem, [Column("true", TRUE), *models])


def fig5_adversarial_loss(results: Results, stem: Path) -> None:
    """The standard loss, two readings of it, against the joint corresponding loss."""
    columns = [
        Column("true", TRUE),
        Column("realism only", "standard", "two_step"),
        Column("no wrong pairs", "no_wrong", "two_step"),
        Column("joint", "cmcgan", "two_step"),
    ]
    gallery(results, stem, columns)


COMPARED = {
    "fig3_paths": ("lcgan",),
    "fig4_latent_depth": tuple(
        f"{name}{ending}" for name in ("cmcgan", "nlcmcgan") for ending in ("", "_5", "_6")
    ),
    "fig5_adversarial_loss": ("standard", "no_wrong"),
}
"""Artefact -> the variants that it sets beside CMCGAN; settings may leave them out."""

ARTEFACTS: dict[str, Callable[[Results, Path], None]] = {
    "fig1_framework": fig1_framework,
    "fig2_generated": fig2_generated,
    "table1_generated_accuracy": table1_generated_accuracy,
    "fig3_paths": fig3_paths,
    "fig4_latent_depth": fig4_latent_depth,
    "fig5_adversarial_loss": fig5_adversarial_loss,
    "table2_dynamic_classification": table2_dynamic_classification,
    "fig6_dynamic_network": fig6_dynamic_network,
    "table_generation_quality": table_generation_quality,
    "table_readings": table_readings,
}
