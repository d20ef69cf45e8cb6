"""The paper's figures, and those it lacks, from the files of its runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from crossmodal.papers.hashing.tables import MAIN, NAMES, TASK_NAMES, at_hand, chance, longest_code
from crossmodal.reporting import diagrams, style
from crossmodal.reporting.results import CorpusResults, Results

BRANCHES = {
    "ours": (("image", "image_classifier"), ("text", "image_classifier")),
    "ssah": (("image",), ("text",), ("label",)),
    "dssah": (("image",), ("text",), ("label",)),
}
"""Variant -> the parts of its network that lie above each other, by branch."""


def fig1_networks(results: Results, stem: Path) -> None:
    """The networks as they were built, one column a branch, read from `run.json`."""
    one = results.first
    one.need(*BRANCHES)
    columns = [len(branches) for branches in BRANCHES.values()]
    fig, axes = style.figure("double", height=4.0, columns=len(BRANCHES), width_ratios=columns)
    for axis, (variant, branches) in zip(axes[0], BRANCHES.items(), strict=True):
        code, record = longest_code(results.settings, variant), one.record(variant)
        axis.set_title(f"{one.title(variant)}, {code} bits")
        for place, names in enumerate(branches):
            diagrams.column(axis, place, _layers(record, f"{code}", names))
        diagrams.frame(axis, -0.5, len(branches) - 0.5, -0.5, 7.5)
    style.save(fig, stem, source=one.source, runs=one.read_from(*BRANCHES))


def _layers(record: dict[str, Any], code: str, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return (what, size) of a branch from its input on; the scales of a fusion are one layer."""
    config = record["config"]
    width = config.get(f"{names[0]}_width", len(config["classes"]))
    stack = [(f"{names[0]} input", f"{width}")]
    layers = [layer for name in names for layer in record["network"][f"{code}.{name}"]]
    scales = [layer for layer in layers if layer["name"].startswith("fusion.")]
    if scales:
        stack.append(("multi-scale fusion", f"{len(scales)} pools, {diagrams.count(scales)}"))
    heads = [layer for layer in layers if layer["name"] in ("hash", "label")]
    for layer in layers:
        if layer in (*scales, *heads) or layer["type"] in ("ReLU", "Dropout", "Identity"):
            continue
        if layer["parameters"]:
            what = "feature" if layer["name"] == "feature" else "linear"
            what = "attention" if ".gate." in layer["name"] else what
            what = "shared classifier" if layer["name"] == "" else what
            stack.append((what, f"{layer['shape'][0]}, {diagrams.count([layer])}"))
        else:
            what, size = stack[-1]
            stack[-1] = (f"{what}, {layer['type'].lower()}", size)
    if heads:
        widths = " and ".join(str(layer["shape"][0]) for layer in heads)
        stack.append(("code, tanh; labels", f"{widths}, {diagrams.count(heads)}"))
    return stack


def fig2_wikipedia_text_to_image(results: Results, stem: Path) -> None:
    """The methods by code length on Wikipedia."""
    _methods(results, stem, "wikipedia")


def fig3_nuswide_text_to_image(results: Results, stem: Path) -> None:
    """The methods by code length on NUS-WIDE-10K."""
    _methods(results, stem, "nuswide10k")


def _methods(results: Results, stem: Path, corpus: str) -> None:
    one, task, settings = at_hand(results, corpus), "text_to_image", results.settings
    protocol = settings.protocol.main
    fig, axes = style.figure("double", height=3.0)
    axis, looks, width = axes[0, 0], style.looks(MAIN), 0.8 / len(MAIN)
    for place, variant in enumerate(MAIN):
        for group, code in enumerate(settings.codes(variant)):
            found = one.interval(variant, f"{task}|{code}/{protocol}|map")
            x = group + (place - (len(MAIN) - 1) / 2) * width
            label = one.title(variant) if group == 0 else None
            axis.bar(x, found.mean, width, label=label, **looks[variant].bar())
            error = [[found.mean - found.low], [found.high - found.mean]]
            axis.errorbar(x, found.mean, error, color="#222222", capsize=2, linewidth=0.9)
    shown = [*MAIN]
    if "semantic" in one.seeds:
        shown.append("semantic")
        level = one.scores("semantic", f"{task}|posterior/{protocol}|map").mean()
        dashed = {"color": "#222222", "linestyle": "--", "linewidth": 1}
        axis.axhline(float(level), label="semantic matching, no code", **dashed)
    dotted = {"color": "#777777", "linestyle": ":", "linewidth": 1.2}
    axis.axhline(chance(one, task, protocol), label="chance", **dotted)
    axis.set_xticks(range(len(settings.bits)), [str(bits) for bits in settings.bits])
    axis.set_xlabel(style.axis_label("code length", unit="bit"))
    axis.set_ylabel(style.axis_label("mean average precision", n=_queries(one)))
    axis.set_title(f"{NAMES[corpus]}, {TASK_NAMES[task]}")
    fig.legend(*axis.get_legend_handles_labels(), loc="outside right center")
    style.save(fig, stem, source=one.source, runs=one.read_from(*shown))


def fig_precision_recall(results: Results, stem: Path) -> None:
    """Precision at recall levels and within Hamming radii, for the longest codes."""
    rows = len(results.corpora)
    fig, axes = style.figure("double", height=2.5 * rows + 0.5, rows=rows, columns=3)
    looks = style.looks(MAIN)
    database, shown = results.settings.protocol.databases[0], []
    for row, (corpus, one) in zip(axes, results.corpora.items(), strict=True):
        names = [variant for variant in MAIN if variant in one.seeds]
        shown.append(one.read_from(*names))
        for variant in names:
            place = f"{longest_code(results.settings, variant)}/{database}"
            look = looks[variant].line()
            for axis, task in zip(row, TASK_NAMES, strict=False):
                recall, precision = _curve(one, variant, f"{task}|{place}|levels")
                label = one.title(variant) if axis is axes[0, 0] else None
                axis.plot(recall, precision, label=label, markevery=4, **look)
            _, precision = _curve(one, variant, f"image_to_text|{place}|radii")
            row[2].plot(precision, markevery=max(1, len(precision) // 8), **look)
        titles = [f"{NAMES[corpus]}, {task}" for task in TASK_NAMES.values()]
        lookup = style.axis_label("Hamming radius", unit="bit")
        for axis, title, across in zip(
            row, [*titles, "lookup, image → text"], ["recall", "recall", lookup], strict=True
        ):
            axis.set_title(title)
            axis.set_xlabel(across)
            axis.set_ylabel(style.axis_label("precision", n=_queries(one)))
            axis.set_ylim(bottom=0)
    fig.legend(loc="outside upper center", ncols=len(MAIN))
    style.save(fig, stem, source=results.source, runs=" ".join(shown))


def _curve(one: CorpusResults, variant: str, name: str) -> Any:
    """Return recall and precision of a curve, mean over seeds."""
    return np.mean([one.examples(variant, seed)[name] for seed in one.seeds[variant]], axis=0)


def _queries(one: CorpusResults) -> int:
    variant = next(iter(one.seeds))
    return int(one.scores(variant, one.keys(variant)[0]).shape[1])
