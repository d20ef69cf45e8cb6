"""The figures that show faces and spectra, and the map of a latent space."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from crossmodal.devices import one_thread
from crossmodal.papers.msvae.arrays import Arrays
from crossmodal.papers.msvae.results import TASK_NAMES, Results
from crossmodal.reporting import style

FAMILIES = ("written", "corrected")
SIGNS = {"male": "♂", "female": "♀"}
_SAME, _OTHER = style.PALETTE[2], "#bbbbbb"


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
    first = results.settings.protocol.first
    fig, axes = style.figure("double", height=5.4, rows=4, columns=1 + first)
    rows = [(family, task) for family in FAMILIES for task in TASK_NAMES]
    for line, (family, task) in zip(axes, rows, strict=True):
        shown = results.shown(family)
        query = str(shown["query_label"])
        _face(line[0], shown["query_face"], query, str(shown["query_gender"]), "#222222")
        line[0].set_title(f"{results.title(family)}\n{TASK_NAMES[task]}", fontsize=7.5)
        found = {name: shown[f"{task}_clips_{name}"] for name in ("label", "gender", "face")}
        for place, axis in enumerate(line[1:]):
            if place >= len(found["label"]):
                axis.set_axis_off()
                continue
            label = str(found["label"][place])
            frame = _SAME if label == query else _OTHER
            _face(axis, found["face"][place], label, str(found["gender"][place]), frame)
            axis.set_title(f"{place + 1}", fontsize=7.5, loc="center")
    style.save(fig, stem, source=results.source, runs=results.read_from(*FAMILIES))


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
    written, corrected = (results.shown(family) for family in FAMILIES)
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
    style.save(fig, stem, source=results.source, runs=results.read_from(*FAMILIES))


def _spectra(line: NDArray, shown: Arrays) -> None:
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
