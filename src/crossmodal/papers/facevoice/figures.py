"""The paper's figures, and the list of all its artefacts, from the files of its runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import norm

from crossmodal.metrics.verification import sweep
from crossmodal.papers.facevoice.diagrams import fig1_gan_architecture, fig2_crossmodal_architecture
from crossmodal.papers.facevoice.results import GRID, Results
from crossmodal.papers.facevoice.settings import FEATURES, PaperSettings
from crossmodal.papers.facevoice.tables import (
    table_ablations,
    table_extra_readings,
    table_identification,
    table_threshold_sweep,
)
from crossmodal.reporting import style
from crossmodal.reporting.artefacts import check_names, write_missing

BINS = 10


def write_artefacts(settings: PaperSettings, folder: Path) -> None:
    """Write every artefact of the settings below `results/<edition>/facevoice`.

    Raises:
        InputError: The settings name an artefact that this module does not make.
    """
    check_names("facevoice", settings.artefacts, ARTEFACTS)
    results = Results.read(settings, folder)
    for name, artefact in settings.artefacts.items():
        stem = folder / f"{artefact.kind}s" / name
        if results.corpus:
            ARTEFACTS[name](results, stem)
        else:
            write_missing(artefact, stem, "No corpus of this paper is at hand.")


def fig3_margin_roc(results: Results, stem: Path) -> None:
    """Both curves for every margin."""
    margins = [name for name in results.variants if name.startswith("margin_")]
    _curves_figure(results, stem, margins)


def fig4_common_layer_roc(results: Results, stem: Path) -> None:
    """Both curves with and without the common layer."""
    wanted = ("ours", "no_common_layer", "no_class_head", "no_class_head_no_common_layer")
    _curves_figure(results, stem, [name for name in wanted if name in results.variants])


def _curves_figure(results: Results, stem: Path, variants: Sequence[str]) -> None:
    fig, axes = style.figure("double", height=3.4, columns=2, sharey=True)
    looks = style.looks(variants)
    for axis, identified in zip(axes[0], (True, False), strict=True):
        for variant in variants:
            curves = results.curves(variant, identified=identified)
            area = np.mean([curve.area() for curve in curves])
            rate = np.mean([curve.at(GRID) for curve in curves], axis=0)
            look = looks[variant].line()
            look["marker"] = ""  # points this dense would hide the lines
            axis.plot(GRID, rate, label=f"{results.title(variant)}: {area:.3f}", **look)
        matched = results.scores(variants[0])["matching|test|matched"][0]
        axis.plot([0, 1], [0, 1], color="#777777", linestyle=":", linewidth=0.8)
        n = int((matched == 0).sum())
        axis.set_xlabel(style.axis_label("mismatched pairs judged matching", n=n))
        axis.set_xlim(0, 1)
        axis.set_ylim(0, 1.02)
        axis.grid(axis="both")
        axis.legend(loc="lower right", title="area, mean over seeds", fontsize=6.5)
        axis.get_legend().get_title().set_fontsize(6.5)
    n = int(matched.sum())
    axes[0, 0].set_ylabel(style.axis_label("matched pairs found", n=n))
    axes[0, 0].set_title("judged matching and identified")
    axes[0, 1].set_title("judged matching")
    style.save(fig, stem, source=results.source, runs=results.read_from(*variants))


def fig5_feature_matching(results: Results, stem: Path) -> None:
    """Over thresholds: matching accuracy and true rate by feature, with and without the network."""
    variants = [name for name in ("ours", "no_matching") if name in results.variants]
    fig, axes = style.figure(
        "double", height=5.0, rows=2, columns=2, sharex=True, sharey="row", height_ratios=[2, 1]
    )
    looks = style.looks(("matching", *FEATURES))
    thresholds = np.linspace(-0.6, 1.0, 81)
    for column, variant in enumerate(variants):
        scores = results.scores(variant)
        pairs = list(
            zip(
                scores["matching|test|similarity"], scores["matching|test|matched"] > 0, strict=True
            )
        )
        accuracy = [sweep(values, match, thresholds).accuracy for values, match in pairs]
        lines = {"matching": ("matching accuracy", accuracy)}
        for feature in FEATURES:
            found = scores[f"matching|test|identified_{feature}"] > 0
            rates = [
                sweep(values, match, thresholds, found[seed]).true_positive_rate
                for seed, (values, match) in enumerate(pairs)
            ]
            lines[feature] = (f"matched and identified, {feature}", rates)
        for name, (label, seeds) in lines.items():
            look = looks[name].line() | {"marker": ""}
            axes[0, column].plot(
                thresholds,
                np.mean(seeds, axis=0),
                label=label if not column else None,
                **look,
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
        axes[0, column].set_title(results.title(variant))
        axes[1, column].set_xlabel("threshold, similarity (cosine)")
        _similarities(axes[1, column], pairs, legend=not column)
    match = pairs[0][1]
    matched = f"{int(match.sum())} matched"
    axes[0, 0].set_ylabel(style.axis_label("share of pairs", unit=matched, n=len(match)))
    axes[0, 0].set_ylim(0, 1.02)
    axes[1, 0].set_ylabel("pairs (share)")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    style.save(fig, stem, source=results.source, runs=results.read_from(*variants))


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
    variants = [name for name in wanted if name in results.variants]
    looks = style.looks(variants)
    fig, axes = style.figure("double", height=3.6, columns=2)
    left, right = axes[0]
    for variant in variants:
        scores = results.scores(variant)
        probability = scores["matching|test|probability"].ravel()
        matched = scores["matching|test|matched"].ravel()
        places = np.minimum((probability * BINS).astype(int), BINS - 1)
        counts = np.bincount(places, minlength=BINS)
        # Fewer pairs than these say nothing about a share.
        shown = counts >= 10
        means, shares = (
            np.bincount(places, weights=values, minlength=BINS)[shown] / counts[shown]
            for values in (probability, matched)
        )
        ece = results.scalar(variant, "test", "ece")
        label = f"{results.title(variant)}: ECE {ece:.3f}"
        left.plot(means, shares, label=label, **looks[variant].line())
        curves = results.curves(variant, identified=False)
        missed = 1 - np.mean([curve.at(GRID) for curve in curves], axis=0)
        inside = (GRID >= 0.01) & (GRID <= 0.99) & (missed >= 0.005) & (missed <= 0.995)
        rate = results.scalar(variant, "test", "eer")
        look = looks[variant].line() | {"marker": ""}
        right.plot(
            norm.ppf(GRID[inside]), norm.ppf(missed[inside]), label=f"EER {rate:.3f}", **look
        )
    left.plot([0, 1], [0, 1], color="#777777", linestyle=":", linewidth=0.8)
    left.set_xlabel("predicted probability of a match")
    n = results.scores("ours")["matching|test|matched"].size
    left.set_ylabel(style.axis_label("share of matched pairs", n=n))
    left.set_title("calibration, all seeds")
    _normal_deviates(right)
    fig.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    right.legend(loc="upper right")
    style.save(fig, stem, source=results.source, runs=results.read_from(*variants))


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


ARTEFACTS: dict[str, Callable[[Results, Path], None]] = {
    "fig1_gan_architecture": fig1_gan_architecture,
    "fig2_crossmodal_architecture": fig2_crossmodal_architecture,
    "fig3_margin_roc": fig3_margin_roc,
    "table_threshold_sweep": table_threshold_sweep,
    "fig4_common_layer_roc": fig4_common_layer_roc,
    "fig5_feature_matching": fig5_feature_matching,
    "table_identification": table_identification,
    "table_ablations": table_ablations,
    "table_extra_readings": table_extra_readings,
    "fig_calibration": fig_calibration,
}
