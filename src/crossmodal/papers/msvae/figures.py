"""The paper's figures, from the files of its runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from crossmodal.devices import one_thread
from crossmodal.papers.msvae.evaluate import SPACES
from crossmodal.papers.msvae.tables import TASK_NAMES, reported
from crossmodal.reporting import style
from crossmodal.reporting.results import CorpusResults, Results

VARIANTS = ("written", "corrected")
"""Variants that the figures of a run show."""
MARKERS = {"face": "o", "voice": "^"}
SIGNS = {"male": "♂", "female": "♀"}
_SAME, _OTHER = style.PALETTE[2], "#bbbbbb"
TERM_NAMES = {
    "face_from_face": "face from face",
    "voice_from_face": "voice from face",
    "face_from_voice": "face from voice",
    "voice_from_voice": "voice from voice",
    "kl_face": "divergence, face (nat)",
    "kl_voice": "divergence, voice (nat)",
    "wasserstein": "Wasserstein",
}


def fig1_sample(results: Results, stem: Path) -> None:
    """Two frames of a clip, and the spectrogram of its voice before any normalisation."""
    ours = results.first
    clip = ours.examples()
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
    style.save(fig, stem, source=ours.source)


def _ours(results: Results) -> CorpusResults:
    """Return the corpus, if the variants that figures show ran on it."""
    results.first.need(*VARIANTS)
    return results.first


def fig2_training_log(results: Results, stem: Path) -> None:
    """The log as printed, ours with changing and with constant weights, and every term."""
    ours = _ours(results)
    fig, axes = style.figure("double", height=3.3, columns=3)
    printed = list(reported("fig2_training_log").values())
    looks = style.looks(["written", "corrected"])
    paper, mine, terms = axes[0]
    paper.plot(range(1, len(printed) + 1), printed, color="#222222", marker="o")
    paper.set_title("paper, as printed")
    for variant in ("written", "corrected"):
        history, look = _history(ours, variant), looks[variant]
        mine.plot(history["epoch"], history["total"], label=ours.title(variant), **look.line())
        mine.plot(history["epoch"], history["total_constant"], color="#222222", linestyle=":")
    mine.plot([], [], color="#222222", linestyle=":", label="last weights throughout")
    mine.set_title("ours, total")
    history = _history(ours, "corrected")
    styles = style.looks(list(TERM_NAMES))
    for term, name in TERM_NAMES.items():
        terms.plot(history["epoch"], history[term], label=name, **styles[term].line())
    terms.set_yscale("log")
    terms.set_title("corrected, its terms")
    for axis in axes[0]:
        axis.set_xlabel("epoch")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axis in (paper, mine):
        axis.set_ylim(bottom=0)
        axis.set_ylabel("training loss")
        _mark_switch(axis, ours)
    terms.set_ylabel("term before its weight")
    mine.legend(fontsize=6.5, loc="upper center", bbox_to_anchor=(0.5, -0.2))
    terms.legend(fontsize=6.5, loc="upper center", bbox_to_anchor=(0.4, -0.2), ncols=2)
    style.save(fig, stem, source=ours.source, runs=ours.read_from(*VARIANTS))


def _history(ours: CorpusResults, variant: str) -> pd.DataFrame:
    """Return the history of a variant's trainings, the mean over its seeds."""
    frames = [ours.history(variant, seed) for seed in ours.seeds[variant]]
    return pd.concat(frames).groupby("epoch", as_index=False).mean()


def _mark_switch(axis: Axes, ours: CorpusResults) -> None:
    switch = ours.settings.method_settings("written").kl_switch
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


def fig3_manifolds(results: Results, stem: Path) -> None:
    """t-SNE of the latents: colour is the person, circles are faces, triangles voices."""
    ours = _ours(results)
    fig, axes = style.figure("double", height=4.4, rows=len(VARIANTS), columns=3)
    for row, variant in enumerate(VARIANTS):
        shown = ours.examples(variant)
        people = sorted(set(shown["points_label"]))
        colours = dict(zip(people, style.PALETTE, strict=False))
        colour = [colours[name] for name in shown["points_label"]]
        for axis, (space, modalities) in zip(axes[row], SPACES.items(), strict=True):
            points = np.concatenate([shown[f"points_{name}"] for name in modalities])
            places = np.split(embed(points), len(modalities))
            for name, xy in zip(modalities, places, strict=True):
                axis.scatter(xy[:, 0], xy[:, 1], 22, colour, marker=MARKERS[name], alpha=0.85)
            axis.set_title(f"{ours.title(variant)}, {space}")
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
    style.save(fig, stem, source=ours.source, runs=ours.read_from(*VARIANTS))


def embed(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lay points [n, d] out in the plane [n, 2] by t-SNE, the same way every time.

    The perplexity is 30, or a third of the points where they are few.
    """
    from sklearn.manifold import TSNE  # slow to load, and only this needs it

    centred = points - points.mean(axis=0)
    spread = float(centred.std())
    # t-SNE does not mind the scale, but its single precision would, at that of rounding noise.
    scaled = centred / (spread if spread > 0 else 1.0)
    few = min(30.0, (len(points) - 1) / 3)
    method = "exact" if len(points) <= 500 else "barnes_hut"
    with one_thread():
        places = TSNE(perplexity=few, init="pca", random_state=0, method=method).fit_transform(
            scaled
        )
    return np.asarray(places, np.float64)


def fig4_top5(results: Results, stem: Path) -> None:
    """The five nearest clips to a person, by the face the voices, by the voice the faces."""
    ours = _ours(results)
    first = ours.settings.protocol.first
    fig, axes = style.figure("double", height=5.4, rows=4, columns=1 + first)
    rows = [(variant, task) for variant in VARIANTS for task in TASK_NAMES]
    for line, (variant, task) in zip(axes, rows, strict=True):
        shown = ours.examples(variant)
        query = str(shown["query_label"])
        _face(line[0], shown["query_face"], query, str(shown["query_gender"]), "#222222")
        line[0].set_title(f"{ours.title(variant)}\n{TASK_NAMES[task]}", fontsize=7.5)
        found = {name: shown[f"{task}_clips_{name}"] for name in ("label", "gender", "face")}
        for place, axis in enumerate(line[1:]):
            if place >= len(found["label"]):
                axis.set_axis_off()
                continue
            label = str(found["label"][place])
            frame = _SAME if label == query else _OTHER
            _face(axis, found["face"][place], label, str(found["gender"][place]), frame)
            axis.set_title(f"{place + 1}", fontsize=7.5, loc="center")
    style.save(fig, stem, source=ours.source, runs=ours.read_from(*VARIANTS))


def _face(axis: Axes, face: NDArray[np.float64], name: str, gender: str, frame: str) -> None:
    _grey(axis, face)
    for spine in axis.spines.values():
        spine.set(visible=True, color=frame, linewidth=2.2)
    axis.set_xlabel(f"{name.replace('_', ' ')} {SIGNS.get(gender, '')}", fontsize=6.5)


def _grey(axis: Axes, face: NDArray[np.float64]) -> None:
    """Draw a face [side * side] of brightness 0 to 1."""
    side = round(len(face) ** 0.5)
    axis.imshow(face.reshape(side, side), cmap="gray", vmin=0, vmax=1)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.grid(visible=False)


def fig5_generation(results: Results, stem: Path) -> None:
    """Faces and spectra of test clips beside those decoded from either latent."""
    ours = _ours(results)
    written, corrected = (ours.examples(variant) for variant in VARIANTS)
    rows = (
        ("true", corrected, "face"),
        ("from the face", corrected, "face_from_face"),
        ("from the voice", corrected, "face_from_voice"),
        ("from the voice,\nas written", written, "face_from_voice"),
    )
    count = len(corrected["face"])
    heights = [1.0] * len(rows) + [1.1]
    fig, axes = style.figure(
        "double", height=7.0, rows=len(rows) + 1, columns=count, height_ratios=heights
    )
    for line, (name, shown, key) in zip(axes, rows, strict=False):
        for axis, face in zip(line, shown[key], strict=True):
            _grey(axis, face)
            axis.spines[:].set_visible(False)
        line[0].set_ylabel(name)
    for place, axis in enumerate(axes[0]):
        label = str(corrected["sample_label"][place]).replace("_", " ")
        sign = SIGNS.get(str(corrected["sample_gender"][place]), "")
        axis.set_title(f"{label} {sign}", fontsize=7.5, loc="center")
    _spectra(axes[-1], corrected)
    axes[-1, 0].legend(fontsize=6, loc="upper center", bbox_to_anchor=(0.5, -0.4))
    style.save(fig, stem, source=ours.source, runs=ours.read_from(*VARIANTS))


def _spectra(line: NDArray, shown: Mapping[str, NDArray]) -> None:
    """Draw one half of the two-sided spectra: the other repeats it."""
    looks = style.looks(["voice", "voice_from_voice", "voice_from_face"])
    names = ("true spectrum", "from the voice", "from the face")
    for place, axis in enumerate(line):
        for (key, look), name in zip(looks.items(), names, strict=True):
            half = shown[key][place][: shown[key].shape[1] // 2 + 1]
            khz = np.linspace(0, 8, len(half))
            axis.plot(khz, half, color=look.color, linestyle=look.linestyle, label=name, lw=1)
        axis.set_xlabel(style.axis_label("frequency", unit="kHz"))
        axis.set_xlim(0, 8)
    line[0].set_ylabel("standardised\nmagnitude")
    low, high = np.min(shown["voice"]), np.max(shown["voice"])
    for axis in line:
        axis.set_ylim(low - 0.5, high + 0.5)
