"""Figures 1 and 2: the networks as they were built, read from `run.json`."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from crossmodal.papers.facevoice.results import Results
from crossmodal.reporting import style

Box = tuple[float, float]
"""Middle of a box, in the units of its drawing."""

FACE, VOICE, SHARED = "#dcebf7", "#fbe5d6", "#dcefe4"
_WIDE, _HIGH = 1.7, 0.62
_INK = "#44546a"


def fig1_gan_architecture(results: Results, stem: Path) -> None:
    """One modality: codec as generator, and the judge of its reconstruction."""
    network = results.record("ours")["network"]
    size = results.record("ours")["config"]["face_size"]
    fig, axes = style.figure("double", height=1.9)
    axis = axes[0, 0]
    places = {name: (2.05 * column, 0.0) for column, name in enumerate(_CHAIN)}
    _box(axis, places["h"], "face feature h", f"{size}", "#ffffff")
    _box(axis, places["encoder"], "encoder", _layers(network, "face_encoder"), FACE)
    _box(axis, places["common"], "common layer", _layers(network, "face_common"), SHARED)
    _box(axis, places["decoder"], "decoder", _layers(network, "face_decoder"), FACE)
    _box(axis, places["judge"], "discriminator D_I", _layers(network, "judge_face"), "#eeeeee")
    for first, second in itertools.pairwise(_CHAIN):
        _arrow(axis, _right(places[first]), _left(places[second]))
    for start, end, text, height in (
        ("h", "judge", "real: h", 0.75),
        ("decoder", "judge", "reconstruction r", 0.0),
    ):
        if height:
            x0, x1 = places[start][0], places[end][0]
            axis.plot(
                [x0, x0, x1],
                [_HIGH / 2, height, height],
                color=_INK,
                linewidth=0.8,
                solid_capstyle="butt",
            )
            _arrow(axis, (x1, height), (x1, _HIGH / 2))
            axis.text((x0 + x1) / 2, height + 0.06, text, ha="center", fontsize=6.5)
    axis.text(places["judge"][0] - 1.02, -0.16, "r", ha="center", fontsize=6.5)
    _frame(axis, -1.0, places["judge"][0] + 1.0, -0.5, 1.05)
    style.save(fig, stem, source=results.source, runs=results.read_from("ours"))


_CHAIN = ("h", "encoder", "common", "decoder", "judge")


def fig2_crossmodal_architecture(results: Results, stem: Path) -> None:
    """Both modalities, the four judges, matching network and identity heads."""
    record = results.record("ours")
    network, config = record["network"], record["config"]
    fig, axes = style.figure("double", height=4.4)
    axis = axes[0, 0]
    rows = {"face": 1.55, "voice": -1.55}
    x = {"input": 0.0, "encoder": 2.15, "common": 4.3, "decoder": 6.45, "judge": 8.6}
    common = (x["common"], 0.0)
    shared = config["settings"]["common_layer"]
    _box(
        axis,
        common,
        "common layer" if shared else "last layers",
        f"{_layers(network, 'face_common')}\nshared by both" if shared else "one each",
        SHARED,
        high=0.95,
    )
    for name, colour in (("face", FACE), ("voice", VOICE)):
        y = rows[name]
        letter = "I" if name == "face" else "T"
        small = "i" if name == "face" else "t"
        feature, encoder = (x["input"], y), (x["encoder"], y)
        _box(axis, feature, f"{name} feature h", f"{config[f'{name}_size']}", "#ffffff")
        _box(axis, encoder, f"{name} encoder", _layers(network, f"{name}_encoder"), colour)
        decoder = (x["decoder"], y)
        _box(axis, decoder, f"{name} decoder", _layers(network, f"{name}_decoder"), colour)
        own = (x["judge"], y)
        _box(axis, own, f"D_{letter}: h or r?", _layers(network, f"judge_{name}"), "#eeeeee")
        side = 1.05 if name == "face" else -1.05
        cross = (x["decoder"] - 0.85, y + side)
        detail = _layers(network, f"judge_{name}_common")
        _box(axis, cross, f"D_C{small}: whose s beside h?", detail, "#eeeeee", wide=2.3)
        _arrow(axis, _right(feature), _left(encoder))
        inner = 0.2 if name == "face" else -0.2
        _arrow(axis, _right(encoder), (_left(common)[0], inner))
        _arrow(axis, (_right(common)[0], inner), _left(decoder))
        _arrow(axis, _right(decoder), _left(own))
        edge = 0.475 if name == "face" else -0.475
        start = (common[0] + 0.35, edge)
        end = (cross[0] - 0.9, cross[1] - (_HIGH / 2 if side > 0 else -_HIGH / 2))
        _arrow(axis, start, end)
    matching = (x["judge"], 0.4)
    identity = (x["judge"], -0.4)
    _box(axis, matching, "matching network", _layers(network, "matching"), SHARED, wide=2.0)
    _box(axis, identity, "identity: voice, face, both", _heads(network), SHARED, wide=2.0)
    for place, y in ((matching, 0.08), (identity, -0.08)):
        _arrow(axis, (_right(common)[0], y), (place[0] - 1.0, place[1]))
    axis.text(common[0] + 1.3, 0.32, "s", fontsize=7, style="italic", ha="center")
    _frame(axis, -1.0, x["judge"] + 1.15, -3.05, 3.05)
    style.save(fig, stem, source=results.source, runs=results.read_from("ours"))


def _layers(network: dict[str, Any], part: str) -> str:
    """Say the widths of a part's linear layers and how many parameters it has in all."""
    rows = network[part]
    widths = " → ".join(str(row["shape"][0]) for row in rows if row["type"] == "Linear")
    return f"{widths}, {_count(sum(row['parameters'] for row in rows))}"


def _heads(network: dict[str, Any]) -> str:
    rows = network["identity"]
    return f"{rows[0]['shape'][0]} people, {_count(sum(row['parameters'] for row in rows))}"


def _count(parameters: int) -> str:
    """Write a number of parameters with its unit: 650 p, 32.8 kp, 2.1 Mp."""
    for size, unit in ((1e6, "Mp"), (1e3, "kp")):
        if parameters >= size:
            return f"{parameters / size:.1f} {unit}"
    return f"{parameters} p"


def _box(
    axis: Axes,
    place: Box,
    what: str,
    detail: str,
    colour: str,
    *,
    wide: float = _WIDE,
    high: float = _HIGH,
) -> None:
    """Draw a layer or network: its name above its widths and parameters."""
    x, y = place
    axis.add_patch(
        FancyBboxPatch(
            (x - wide / 2, y - high / 2),
            wide,
            high,
            boxstyle="round,pad=0,rounding_size=0.07",
            facecolor=colour,
            edgecolor=_INK,
            linewidth=0.8,
        )
    )
    axis.text(x, y + 0.06, what, ha="center", va="bottom", fontsize=6)
    axis.text(x, y - 0.02, detail, ha="center", va="top", fontsize=5.4, color="#333333")


def _arrow(axis: Axes, start: Box, end: Box) -> None:
    look = {"arrowstyle": "-|>", "color": _INK, "linewidth": 0.8, "mutation_scale": 7}
    axis.annotate("", end, start, arrowprops={**look, "shrinkA": 0, "shrinkB": 0})


def _left(place: Box) -> Box:
    return place[0] - _WIDE / 2, place[1]


def _right(place: Box) -> Box:
    return place[0] + _WIDE / 2, place[1]


def _frame(axis: Axes, left: float, right: float, bottom: float, top: float) -> None:
    axis.set_axis_off()
    axis.set_xlim(left, right)
    axis.set_ylim(bottom, top)
