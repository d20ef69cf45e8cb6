"""The paper's figures; the networks as they were built are read from `run.json`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.stats import norm

from crossmodal.metrics.verification import Curve, roc, sweep
from crossmodal.papers.facevoice.settings import FEATURES
from crossmodal.reporting import style
from crossmodal.reporting.diagrams import EDGE, WHITE, Point, arrow, box, count, frame
from crossmodal.reporting.results import CorpusResults, NotRunError, Results

BINS = 10
GRID = np.linspace(0.0, 1.0, 201)
"""False positive rates at which curves of several seeds are averaged."""
SIMILARITY, MATCHED = "matching|test|similarity", "matching|test|matched"
FACE, VOICE, SHARED, ADVERSARY = "#dcebf7", "#fbe5d6", "#dcefe4", "#eeeeee"
WIDE, HIGH = 1.7, 0.62
"""Size of most boxes of a diagram."""


def fig1_gan_architecture(results: Results, stem: Path) -> None:
    """One modality: codec as generator, and the discriminator of its reconstruction."""
    found = results.first
    found.need("ours")
    record = found.record("ours")
    network, size = record["network"], record["config"]["face_size"]
    fig, axes = style.figure("double", height=1.9)
    axis = axes[0, 0]
    draw = partial(box, axis, width=WIDE)
    places = {name: (2.05 * column, 0.0) for column, name in enumerate(_CHAIN)}
    draw(places["h"], "face feature h", f"{size}", color=WHITE)
    draw(places["encoder"], "encoder", _layers(network, "face_encoder"), color=FACE)
    draw(places["common"], "common layer", _layers(network, "face_common"), color=SHARED)
    draw(places["decoder"], "decoder", _layers(network, "face_decoder"), color=FACE)
    draw(
        places["discriminator"],
        "discriminator D_I",
        _layers(network, "discriminator_face"),
        color=ADVERSARY,
    )
    for first, second in itertools.pairwise(_CHAIN):
        arrow(axis, _right(places[first]), _left(places[second]))
    start, end, over = places["h"][0], places["discriminator"][0], 0.75
    line: dict[str, Any] = {"color": EDGE, "linewidth": 0.8, "solid_capstyle": "butt"}
    axis.plot([start, start, end], [HIGH / 2, over, over], **line)
    arrow(axis, (end, over), (end, HIGH / 2))
    axis.text((start + end) / 2, over + 0.06, "real: h", ha="center", fontsize=6.5)
    axis.text(places["discriminator"][0] - 1.02, -0.16, "r", ha="center", fontsize=6.5)
    frame(axis, -1.0, places["discriminator"][0] + 1.0, -0.5, 1.05)
    style.save(fig, stem, source=found.source, runs=found.read_from("ours"))


_CHAIN = ("h", "encoder", "common", "decoder", "discriminator")


def fig2_crossmodal_architecture(results: Results, stem: Path) -> None:
    """Both modalities, the four discriminators, matching network and identity heads."""
    found = results.first
    found.need("ours")
    record = found.record("ours")
    network, config = record["network"], record["config"]
    fig, axes = style.figure("double", height=4.4)
    axis = axes[0, 0]
    draw = partial(box, axis, width=WIDE)
    rows = {"face": 1.55, "voice": -1.55}
    x = {"input": 0.0, "encoder": 2.15, "common": 4.3, "decoder": 6.45, "discriminator": 8.6}
    common = (x["common"], 0.0)
    shared = config["settings"]["common_layer"]
    draw(
        common,
        "common layer" if shared else "last layers",
        f"{_layers(network, 'face_common')}\nshared by both" if shared else "one each",
        color=SHARED,
        height=0.95,
    )
    for name, color in (("face", FACE), ("voice", VOICE)):
        y = rows[name]
        letter = "I" if name == "face" else "T"
        small = "i" if name == "face" else "t"
        feature, encoder = (x["input"], y), (x["encoder"], y)
        draw(feature, f"{name} feature h", f"{config[f'{name}_size']}", color=WHITE)
        draw(encoder, f"{name} encoder", _layers(network, f"{name}_encoder"), color=color)
        decoder = (x["decoder"], y)
        draw(decoder, f"{name} decoder", _layers(network, f"{name}_decoder"), color=color)
        own = (x["discriminator"], y)
        draw(
            own, f"D_{letter}: h or r?", _layers(network, f"discriminator_{name}"), color=ADVERSARY
        )
        side = 1.05 if name == "face" else -1.05
        cross = (x["decoder"] - 0.85, y + side)
        detail = _layers(network, f"discriminator_{name}_common")
        draw(cross, f"D_C{small}: whose s beside h?", detail, color=ADVERSARY, width=2.3)
        arrow(axis, _right(feature), _left(encoder))
        inner = 0.2 if name == "face" else -0.2
        arrow(axis, _right(encoder), (_left(common)[0], inner))
        arrow(axis, (_right(common)[0], inner), _left(decoder))
        arrow(axis, _right(decoder), _left(own))
        edge = 0.475 if name == "face" else -0.475
        start = (common[0] + 0.35, edge)
        end = (cross[0] - 0.9, cross[1] - (HIGH / 2 if side > 0 else -HIGH / 2))
        arrow(axis, start, end)
    matching = (x["discriminator"], 0.4)
    identity = (x["discriminator"], -0.4)
    draw(matching, "matching network", _layers(network, "matching"), color=SHARED, width=2.0)
    draw(identity, "identity: voice, face, both", _heads(network), color=SHARED, width=2.0)
    for place, y in ((matching, 0.08), (identity, -0.08)):
        arrow(axis, (_right(common)[0], y), (place[0] - 1.0, place[1]))
    axis.text(common[0] + 1.3, 0.32, "s", fontsize=7, style="italic", ha="center")
    frame(axis, -1.0, x["discriminator"] + 1.15, -3.05, 3.05)
    style.save(fig, stem, source=found.source, runs=found.read_from("ours"))


def _layers(network: dict[str, Any], part: str) -> str:
    """Say the widths of a part's linear layers and how many parameters it has in all."""
    rows = network[part]
    widths = " → ".join(str(row["shape"][0]) for row in rows if row["type"] == "Linear")
    return f"{widths}, {count(rows)}"


def _heads(network: dict[str, Any]) -> str:
    rows = network["identity"]
    return f"{rows[0]['shape'][0]} people, {count(rows)}"


def _left(place: Point) -> Point:
    return place[0] - WIDE / 2, place[1]


def _right(place: Point) -> Point:
    return place[0] + WIDE / 2, place[1]


def fig3_margin_roc(results: Results, stem: Path) -> None:
    """Both curves for every margin."""
    margins = [name for name in results.first.seeds if name.startswith("margin_")]
    _curves_figure(results.first, stem, margins)


def fig4_common_layer_roc(results: Results, stem: Path) -> None:
    """Both curves with and without the common layer."""
    wanted = ("ours", "no_common_layer", "no_class_head", "no_class_head_no_common_layer")
    _curves_figure(results.first, stem, [name for name in wanted if name in results.first.seeds])


def _curves(results: CorpusResults, variant: str, *, identified: bool) -> list[Curve]:
    """Return the curve of every seed, the paper's (`identified`) or the ordinary one."""
    pairs = _pairs(results, variant)
    if not identified:
        return [roc(values, match) for values, match in pairs]
    found = results.scores(variant, "matching|test|identified_concatenated") > 0
    return [roc(*pair, right) for pair, right in zip(pairs, found, strict=True)]


def _pairs(results: CorpusResults, variant: str) -> list[tuple[NDArray, NDArray]]:
    """Return similarities and whether pairs match, [pairs] each, of every seed."""
    scores = (results.scores(variant, key) for key in (SIMILARITY, MATCHED))
    return [(values, match > 0) for values, match in zip(*scores, strict=True)]


def _curves_figure(results: CorpusResults, stem: Path, variants: Sequence[str]) -> None:
    if not variants:
        raise NotRunError("None of its variants ran.")
    fig, axes = style.figure("double", height=3.4, columns=2, sharey=True)
    looks = style.looks(variants)
    for axis, identified in zip(axes[0], (True, False), strict=True):
        for variant in variants:
            curves = _curves(results, variant, identified=identified)
            area = np.mean([curve.area() for curve in curves])
            rate = np.mean([curve.at(GRID) for curve in curves], axis=0)
            look = looks[variant].line()
            look["marker"] = ""  # points this dense would hide the lines
            axis.plot(GRID, rate, label=f"{results.title(variant)}: {area:.3f}", **look)
        matched = results.scores(variants[0], MATCHED)[0]
        axis.plot([0, 1], [0, 1], color="#777777", linestyle=":", linewidth=0.8)
        n = int((matched == 0).sum())
        axis.set_xlabel(style.axis_label("mismatched pairs called matching", n=n))
        axis.set_xlim(0, 1)
        axis.set_ylim(0, 1.02)
        axis.grid(axis="both")
        axis.legend(loc="lower right", title="area, mean over seeds", fontsize=6.5)
        axis.get_legend().get_title().set_fontsize(6.5)
    n = int(matched.sum())
    axes[0, 0].set_ylabel(style.axis_label("matched pairs found", n=n))
    axes[0, 0].set_title("called matching and identified")
    axes[0, 1].set_title("called matching")
    style.save(fig, stem, source=results.source, runs=results.read_from(*variants))


def fig5_feature_matching(results: Results, stem: Path) -> None:
    """Over thresholds: matching accuracy and true rate by feature, with and without the network."""
    found, variants = results.first, ("ours", "no_matching")
    found.need(*variants)
    fig, axes = style.figure(
        "double", height=5.0, rows=2, columns=2, sharex=True, sharey="row", height_ratios=[2, 1]
    )
    looks = style.looks(("matching", *FEATURES))
    thresholds = np.linspace(-0.6, 1.0, 81)
    for column, variant in enumerate(variants):
        pairs = _pairs(found, variant)
        accuracy = [sweep(values, match, thresholds).accuracy for values, match in pairs]
        lines = {"matching": ("matching accuracy", accuracy)}
        for feature in FEATURES:
            right = found.scores(variant, f"matching|test|identified_{feature}") > 0
            rates = [
                sweep(*pair, thresholds, right[seed]).true_positive_rate
                for seed, pair in enumerate(pairs)
            ]
            lines[feature] = (f"matched and identified, {feature}", rates)
        for name, (label, seeds) in lines.items():
            look = looks[name].line() | {"marker": ""}
            axes[0, column].plot(
                thresholds, np.mean(seeds, axis=0), label=label if not column else None, **look
            )
            axes[0, column].fill_between(
                thresholds,
                np.min(seeds, axis=0),
                np.max(seeds, axis=0),
                color=look["color"],
                alpha=0.12,
                linewidth=0,
            )
        axes[0, column].axvline(0.5, color="#777777", linestyle=":", linewidth=1)
        axes[0, column].set_title(found.title(variant))
        axes[1, column].set_xlabel("threshold, similarity (cosine)")
        _similarities(axes[1, column], pairs, legend=not column)
    match = pairs[0][1]
    matched = f"{int(match.sum())} matched"
    axes[0, 0].set_ylabel(style.axis_label("share of pairs", unit=matched, n=len(match)))
    axes[0, 0].set_ylim(0, 1.02)
    axes[1, 0].set_ylabel("pairs (share)")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    style.save(fig, stem, source=found.source, runs=found.read_from(*variants))


def _similarities(axis: Axes, pairs: list[tuple[np.ndarray, np.ndarray]], *, legend: bool) -> None:
    """Draw how similar matched and mismatched pairs are, all seeds together."""
    bins = np.linspace(-0.6, 1.0, 33)
    looks = style.looks(("matched", "mismatched"))
    for kind, wanted in (("matched", True), ("mismatched", False)):
        values = np.concatenate([values[match == wanted] for values, match in pairs])
        heights = np.histogram(values.clip(bins[0], bins[-1]), bins)[0] / len(values)
        axis.stairs(
            heights,
            bins,
            color=looks[kind].color,
            linestyle=looks[kind].linestyle,
            linewidth=1.3,
            label=f"{kind} pairs",
        )
    if legend:
        axis.legend(loc="upper left", fontsize=7)


def fig_calibration(results: Results, stem: Path) -> None:
    """Reliability of the predicted probability, and error rates on normal deviates."""
    wanted = ("ours", "no_matching", "random_split", "unseen_people")
    found = results.first
    found.need("ours")
    variants = [name for name in wanted if name in found.seeds]
    looks = style.looks(variants)
    fig, axes = style.figure("double", height=3.6, columns=2)
    left, right = axes[0]
    for variant in variants:
        probability = found.scores(variant, "matching|test|probability").ravel()
        matched = found.scores(variant, MATCHED).ravel()
        places = np.minimum((probability * BINS).astype(int), BINS - 1)
        counts = np.bincount(places, minlength=BINS)
        # Fewer pairs than these say nothing about a share.
        shown = counts >= 10
        means, shares = (
            np.bincount(places, weights=values, minlength=BINS)[shown] / counts[shown]
            for values in (probability, matched)
        )
        ece = found.scalar(variant, "matching", "test", "ece")
        label = f"{found.title(variant)}: ECE {ece:.3f}"
        left.plot(means, shares, label=label, **looks[variant].line())
        curves = _curves(found, variant, identified=False)
        missed = 1 - np.mean([curve.at(GRID) for curve in curves], axis=0)
        inside = (GRID >= 0.01) & (GRID <= 0.99) & (missed >= 0.005) & (missed <= 0.995)
        rate = found.scalar(variant, "matching", "test", "eer")
        look = looks[variant].line() | {"marker": ""}
        right.plot(
            norm.ppf(GRID[inside]), norm.ppf(missed[inside]), label=f"EER {rate:.3f}", **look
        )
    left.plot([0, 1], [0, 1], color="#777777", linestyle=":", linewidth=0.8)
    left.set_xlabel("predicted probability of a match")
    n = found.scores("ours", MATCHED).size
    left.set_ylabel(style.axis_label("share of matched pairs", n=n))
    left.set_title("calibration, all seeds")
    _normal_deviates(right)
    fig.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    right.legend(loc="upper right")
    style.save(fig, stem, source=found.source, runs=found.read_from(*variants))


def _normal_deviates(axis: Axes) -> None:
    rates = [0.01, 0.05, 0.2, 0.5, 0.8, 0.95]
    places = norm.ppf(rates)
    names = [f"{rate:.0%}" for rate in rates]
    axis.set_xticks(places, names)
    axis.set_yticks(places, names)
    axis.set_xlim(norm.ppf(0.01), norm.ppf(0.95))
    axis.set_ylim(norm.ppf(0.01), norm.ppf(0.95))
    axis.plot(places, places, color="#777777", linestyle=":", linewidth=0.8)
    axis.grid(axis="both")
    axis.set_xlabel("mismatched pairs accepted")
    axis.set_ylabel("matched pairs missed")
    axis.set_title("error trade-off, mean over seeds")
