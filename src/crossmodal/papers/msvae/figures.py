"""The paper's figures, and the list of all its artefacts, from the files of its runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from crossmodal.papers.msvae import pictures
from crossmodal.papers.msvae.plan import SPACES
from crossmodal.papers.msvae.results import Results, reported
from crossmodal.papers.msvae.settings import PaperSettings
from crossmodal.papers.msvae.tables import (
    table_as_written,
    table_dbscan,
    table_mrr,
    table_readings,
    table_verification,
)
from crossmodal.reporting import style
from crossmodal.reporting.artefacts import check_names, draw_missing

Draw = Callable[[Results, Path], None]

TERM_NAMES = {
    "face_from_face": "face from face",
    "voice_from_face": "voice from face",
    "face_from_voice": "face from voice",
    "voice_from_voice": "voice from voice",
    "kl_face": "divergence, face (nat)",
    "kl_voice": "divergence, voice (nat)",
    "wasserstein": "Wasserstein",
}


def write_artefacts(settings: PaperSettings, folder: Path) -> None:
    """Write every artefact of the settings below `results/<edition>/msvae`.

    Raises:
        InputError: The settings name an artefact that this module does not make.
    """
    check_names("msvae", settings.artefacts, ARTEFACTS)
    results = Results.read(settings, folder)
    for name, artefact in settings.artefacts.items():
        ARTEFACTS[name](results, folder / f"{artefact.kind}s" / name)


def _drawn(draw: Draw, *families: str) -> Draw:
    """Draw a figure where its families ran; otherwise an empty one that says what is missing."""

    def write(results: Results, stem: Path) -> None:
        lacking = [family for family in families if family not in results.families]
        if results.corpus is not None and not lacking:
            draw(results, stem)
            return
        reason = f"{lacking[0]} did not run" if results.corpus else "no corpus is at hand"
        draw_missing(stem, reason)

    return write


def fig1_sample(results: Results, stem: Path) -> None:
    """Two frames of a clip, and the spectrogram of its voice before any normalisation."""
    clip = results.sample()
    fig, axes = style.figure("double", height=2.4, columns=3, width_ratios=[1, 1, 2.4])
    for axis, frame, name in zip(axes[0], clip["frames"], ("first", "last"), strict=False):
        axis.imshow(frame)
        axis.set_axis_off()
        axis.set_title(f"{name} frame")
    level = 20 * np.log10(clip["spectrogram"].T / clip["spectrogram"].max() + 1e-4)
    seconds = len(clip["spectrogram"]) * float(clip["hop_s"])
    axis = axes[0, 2]
    image = axis.imshow(
        level,
        origin="lower",
        aspect="auto",
        extent=(0, seconds, 0, float(clip["rate_hz"]) / 1000),
        cmap="magma",
    )
    axis.grid(visible=False)
    axis.set_title(str(clip["name"]).replace("_", " "))
    axis.set_xlabel(style.axis_label("time", unit="s"))
    axis.set_ylabel(style.axis_label("frequency, two-sided", unit="kHz"))
    fig.colorbar(image, ax=axis, label=style.axis_label("magnitude", unit="dB"))
    style.save(fig, stem, source=results.source)


def fig2_training_log(results: Results, stem: Path) -> None:
    """The log as printed, ours with changing and with constant weights, and every term."""
    fig, axes = style.figure("double", height=3.3, columns=3)
    printed = list(reported("fig2_training_log").values())
    looks = style.looks(["written", "corrected"])
    paper, ours, terms = axes[0]
    paper.plot(range(1, len(printed) + 1), printed, color="#222222", marker="o")
    paper.set_title("paper, as printed")
    for family in ("written", "corrected"):
        history, look = results.history(family), looks[family]
        ours.plot(history["epoch"], history["total"], label=results.title(family), **look.line())
        ours.plot(history["epoch"], history["total_constant"], color="#222222", linestyle=":")
    ours.plot([], [], color="#222222", linestyle=":", label="last weights throughout")
    ours.set_title("ours, total")
    history = results.history("corrected")
    styles = style.looks(list(TERM_NAMES))
    for term, name in TERM_NAMES.items():
        terms.plot(history["epoch"], history[term], label=name, **styles[term].line())
    terms.set_yscale("log")
    terms.set_title("corrected, its terms")
    for axis in axes[0]:
        axis.set_xlabel("epoch")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axis in (paper, ours):
        axis.set_ylim(bottom=0)
        axis.set_ylabel("training loss")
        _mark_switch(axis, results)
    terms.set_ylabel("term before its weight")
    ours.legend(fontsize=6.5, loc="upper center", bbox_to_anchor=(0.5, -0.2))
    terms.legend(fontsize=6.5, loc="upper center", bbox_to_anchor=(0.4, -0.2), ncols=2)
    style.save(fig, stem, source=results.source, runs=results.read_from(*FAMILIES))


def _mark_switch(axis: Axes, results: Results) -> None:
    switch = results.settings.method_settings("written").kl_switch
    if switch is not None:
        axis.axvline(switch + 0.5, color="#777777", linestyle="--", linewidth=0.8)
        axis.text(
            switch + 0.4,
            0.03,
            "KL weight changes",
            rotation=90,
            fontsize=6,
            ha="right",
            transform=axis.get_xaxis_transform(),
        )


FAMILIES = ("written", "corrected")
MARKERS = {"face": "o", "voice": "^"}


def fig3_manifolds(results: Results, stem: Path) -> None:
    """t-SNE of the latents: colour is the person, circles are faces, triangles voices."""
    fig, axes = style.figure("double", height=4.4, rows=len(FAMILIES), columns=3)
    for row, family in enumerate(FAMILIES):
        shown = results.shown(family)
        people = sorted(set(shown["points_label"]))
        colours = dict(zip(people, style.PALETTE, strict=False))
        colour = [colours[name] for name in shown["points_label"]]
        for axis, (space, modalities) in zip(axes[row], SPACES.items(), strict=True):
            points = np.concatenate([shown[f"points_{name}"] for name in modalities])
            places = np.split(pictures.embed(points), len(modalities))
            for name, xy in zip(modalities, places, strict=True):
                axis.scatter(xy[:, 0], xy[:, 1], 22, colour, marker=MARKERS[name], alpha=0.85)
            axis.set_title(f"{results.title(family)}, {space}")
            axis.set_xticks([])
            axis.set_yticks([])
            axis.set_xlabel(f"t-SNE, n = {len(points)}")
    handles = [
        mpl.lines.Line2D([], [], color=look, marker="s", linestyle="", label=name.replace("_", " "))
        for name, look in colours.items()
    ]
    handles += [
        mpl.lines.Line2D([], [], color="#555555", marker=marker, linestyle="", label=name)
        for name, marker in MARKERS.items()
    ]
    fig.legend(handles=handles, loc="outside right center", fontsize=6.5)
    style.save(fig, stem, source=results.source, runs=results.read_from(*FAMILIES))


ARTEFACTS: dict[str, Draw] = {
    "fig1_sample": _drawn(fig1_sample),
    "fig2_training_log": _drawn(fig2_training_log, *FAMILIES),
    "fig3_manifolds": _drawn(fig3_manifolds, *FAMILIES),
    "fig4_top5": _drawn(pictures.fig4_top5, *FAMILIES),
    "fig5_generation": _drawn(pictures.fig5_generation, *FAMILIES),
    "table_mrr": table_mrr,
    "table_dbscan": table_dbscan,
    "table_verification": table_verification,
    "table_as_written": table_as_written,
    "table_readings": table_readings,
}
