"""The paper's figures, and the list of all its artefacts, from the files of its runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from crossmodal.metrics.uncertainty import bootstrap_mean
from crossmodal.papers.hashing.results import MAIN, NAMES, TASK_NAMES, Results
from crossmodal.papers.hashing.settings import PaperSettings
from crossmodal.papers.hashing.tables import method_table, table_protocols, table_readings
from crossmodal.reporting import style, tables
from crossmodal.reporting.artefacts import check_names
from crossmodal.runs import Run


def write_artefacts(settings: PaperSettings, folder: Path) -> None:
    """Write every artefact of the settings below `results/<edition>/hashing`.

    Raises:
        InputError: The settings name an artefact that this module does not make.
    """
    check_names("hashing", settings.artefacts, ARTEFACTS)
    results = Results.read(settings, folder)
    for name, artefact in settings.artefacts.items():
        ARTEFACTS[name](results, folder / f"{artefact.kind}s" / name)


def _method_figure(corpus: str, task: str) -> Callable[[Results, Path], None]:
    def draw(results: Results, stem: Path) -> None:
        settings, protocol = results.settings, results.main_protocol()
        fig, axes = style.figure("double", height=3.0)
        axis = axes[0, 0]
        if corpus not in results.variants:
            _say_missing(axis, f"{NAMES[corpus]} is not at hand")
            style.save(fig, stem, source="missing")
            return
        looks = style.looks(MAIN)
        width = 0.8 / len(MAIN)
        for place, family in enumerate(MAIN):
            for group, (variant, _) in enumerate(settings.variants(family)):
                interval = bootstrap_mean(results.scores(corpus, variant, task, protocol))
                x = group + (place - (len(MAIN) - 1) / 2) * width
                axis.bar(
                    x,
                    interval.mean,
                    width,
                    label=settings.families[family].title if group == 0 else None,
                    **looks[family].bar(),
                )
                error = [[interval.mean - interval.low], [interval.high - interval.mean]]
                axis.errorbar(x, interval.mean, error, color="#222222", capsize=2, linewidth=0.9)
        semantic = results.longest(corpus, "semantic")
        if semantic is not None:
            level = float(results.scores(corpus, semantic, task, protocol).mean())
            axis.axhline(
                level,
                color="#222222",
                linestyle="--",
                linewidth=1,
                label="semantic matching, no code",
            )
        axis.axhline(
            results.chance(corpus, protocol, task),
            color="#777777",
            linestyle=":",
            linewidth=1.2,
            label="chance",
        )
        axis.set_xticks(range(len(settings.bits)), [str(bits) for bits in settings.bits])
        axis.set_xlabel(style.axis_label("code length", unit="bit"))
        label = style.axis_label("mean average precision", n=results.queries(corpus))
        axis.set_ylabel(label)
        axis.set_title(f"{NAMES[corpus]}, {TASK_NAMES[task]}")
        fig.legend(*axis.get_legend_handles_labels(), loc="outside right center")
        shown = [variant for family in MAIN for variant, _ in settings.variants(family)]
        if semantic is not None:
            shown.append(semantic)
        runs = tables.read_from(corpus, *shown)
        style.save(fig, stem, source=results.sources[corpus], runs=runs)

    return draw


def fig_precision_recall(results: Results, stem: Path) -> None:
    """Precision at recall levels and within Hamming radii, for the longest codes."""
    corpora = list(results.variants)
    fig, axes = style.figure(
        "double", height=2.5 * max(1, len(corpora)) + 0.5, rows=max(1, len(corpora)), columns=3
    )
    looks = style.looks(MAIN)
    shown = []
    for row, corpus in enumerate(corpora):
        for family in MAIN:
            variant = results.longest(corpus, family)
            if variant is None:
                continue
            shown.append(tables.read_from(corpus, variant))
            curves = _curves(results, corpus, variant)
            title = results.settings.families[family].title if row == 0 else None
            for column, task in enumerate(TASK_NAMES):
                part = curves[(curves["task"] == task) & (curves["curve"] == "recall")]
                axes[row, column].plot(
                    part["at"],
                    part["precision"],
                    label=title if column == 0 else None,
                    markevery=4,
                    **looks[family].line(),
                )
            radius = curves[(curves["task"] == "image_to_text") & (curves["curve"] == "radius")]
            axes[row, 2].plot(
                radius["at"],
                radius["precision"],
                markevery=max(1, len(radius) // 8),
                **looks[family].line(),
            )
        queries = results.queries(corpus)
        for column, task in enumerate(TASK_NAMES.values()):
            axes[row, column].set_title(f"{NAMES[corpus]}, {task}")
            axes[row, column].set_xlabel("recall")
            axes[row, column].set_ylabel(style.axis_label("precision", n=queries))
            axes[row, column].set_ylim(bottom=0)
        axes[row, 2].set_title("lookup, image → text")
        axes[row, 2].set_xlabel(style.axis_label("Hamming radius", unit="bit"))
        axes[row, 2].set_ylabel(style.axis_label("precision", n=queries))
        axes[row, 2].set_ylim(bottom=0)
    fig.legend(loc="outside lower center", ncols=len(MAIN))
    style.save(fig, stem, source=results.source, runs=" ".join(shown))


def _curves(results: Results, corpus: str, variant: str) -> pd.DataFrame:
    """Return the curves of a variant against the test database, mean over seeds."""
    runs = [
        record
        for _, record in tables.run_records(results.folder)
        if (record["corpus"], record["variant"]) == (corpus, variant)
    ]
    frames = [
        pd.read_csv(Run(corpus, variant, record["seed"]).folder(results.folder) / "curves.csv")
        for record in runs
    ]
    joined = pd.concat(frames)
    joined = joined[joined["database"] == results.settings.protocol.databases[0]]
    means = joined.groupby(["task", "curve", "at"])["precision"].mean()
    return means.reset_index()


BRANCHES = {
    "ours": (("image", "image_classifier"), ("text", "image_classifier")),
    "ssah": (("image",), ("text",), ("label",)),
    "dssah": (("image",), ("text",), ("label",)),
}


def fig1_networks(results: Results, stem: Path) -> None:
    """The networks as they were built, one column a branch, read from `run.json`."""
    corpus = next(iter(results.variants))
    columns = [len(branches) for branches in BRANCHES.values()]
    fig, axes = style.figure("double", height=4.0, columns=len(BRANCHES), width_ratios=columns)
    shown = [results.longest(corpus, family) or "" for family in BRANCHES]
    for axis, variant, (family, branches) in zip(axes[0], shown, BRANCHES.items(), strict=True):
        axis.set_axis_off()
        record = next(
            record
            for _, record in tables.run_records(results.folder)
            if (record["corpus"], record["variant"]) == (corpus, variant)
        )
        axis.set_title(
            f"{results.settings.families[family].title}, {record['config']['bits']} bits"
        )
        stacks = [_branch_layers(record, names) for names in branches]
        for place, stack in enumerate(stacks):
            _draw_branch(axis, place, stack)
        axis.set_xlim(-0.5, len(branches) - 0.5)
        axis.set_ylim(-0.5, 7.5)
    runs = tables.read_from(corpus, *shown)
    style.save(fig, stem, source=results.sources[corpus], runs=runs)


def _branch_layers(record: dict[str, Any], names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return (what, size) of a branch from its input on; the scales of a fusion are one layer."""
    config = record["config"]
    width = config.get(f"{names[0]}_width", len(config["classes"]))
    stack = [(f"{names[0]} input", f"{width}")]
    layers = [layer for name in names for layer in record["network"][name]]
    scales = [layer for layer in layers if layer["name"].startswith("fusion.")]
    if scales:
        parameters = sum(layer["parameters"] for layer in scales)
        stack.append(("multi-scale fusion", f"{len(scales)} pools, {_count(parameters)}"))
    heads = [layer for layer in layers if layer["name"] in ("hash", "label")]
    for layer in layers:
        if layer in (*scales, *heads) or layer["type"] in ("ReLU", "Dropout", "Identity"):
            continue
        if layer["parameters"]:
            what = "feature" if layer["name"] == "feature" else "linear"
            what = "attention" if ".gate." in layer["name"] else what
            what = "shared classifier" if layer["name"] == "" else what
            stack.append((what, f"{layer['shape'][0]}, {_count(layer['parameters'])}"))
        else:
            what, size = stack[-1]
            stack[-1] = (f"{what}, {layer['type'].lower()}", size)
    if heads:
        widths = " and ".join(str(layer["shape"][0]) for layer in heads)
        parameters = sum(layer["parameters"] for layer in heads)
        stack.append(("code, tanh; labels", f"{widths}, {_count(parameters)}"))
    return stack


def _count(parameters: int) -> str:
    """Write a number of parameters with its unit: 650 p, 32.8 kp, 2.1 Mp."""
    for size, unit in ((1e6, "Mp"), (1e3, "kp")):
        if parameters >= size:
            return f"{parameters / size:.1f} {unit}"
    return f"{parameters} p"


def _draw_branch(axis: Axes, place: int, stack: Sequence[tuple[str, str]]) -> None:
    """Draw a branch upwards: one box a layer, its name above its width and parameters."""
    for level, (what, size) in enumerate(stack):
        box = FancyBboxPatch(
            (place - 0.45, level - 0.31),
            0.9,
            0.62,
            boxstyle="round,pad=0,rounding_size=0.06",
            facecolor="#e8eef4" if level else "#ffffff",
            edgecolor="#44546a",
            linewidth=0.8,
        )
        axis.add_patch(box)
        axis.text(place, level + 0.13, what, ha="center", va="center", fontsize=5.6)
        axis.text(
            place, level - 0.14, size, ha="center", va="center", fontsize=5.2, color="#444444"
        )
        if level:
            arrow = {
                "arrowstyle": "-|>",
                "color": "#44546a",
                "linewidth": 0.7,
                "shrinkA": 0,
                "shrinkB": 0,
                "mutation_scale": 6,
            }
            axis.annotate("", (place, level - 0.31), (place, level - 0.69), arrowprops=arrow)


def _say_missing(axis: Axes, text: str) -> None:
    axis.set_axis_off()
    axis.text(0.5, 0.5, text, ha="center", va="center", transform=axis.transAxes)


ARTEFACTS: dict[str, Callable[[Results, Path], None]] = {
    "fig1_networks": fig1_networks,
    "table1_wikipedia_image_to_text": method_table("wikipedia", "image_to_text"),
    "fig2_wikipedia_text_to_image": _method_figure("wikipedia", "text_to_image"),
    "table2_nuswide_image_to_text": method_table("nuswide10k", "image_to_text"),
    "fig3_nuswide_text_to_image": _method_figure("nuswide10k", "text_to_image"),
    "table_protocols": table_protocols,
    "table_readings": table_readings,
    "fig_precision_recall": fig_precision_recall,
}
