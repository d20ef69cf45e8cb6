"""Every figure and table of the paper, from the files of its runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from crossmodal.errors import InputError
from crossmodal.metrics.uncertainty import bootstrap_mean
from crossmodal.papers.hashing.settings import PaperSettings
from crossmodal.reporting import style, tables
from crossmodal.runs import Run, read_run

NAMES = {"wikipedia": "Wikipedia", "nuswide10k": "NUS-WIDE-10K"}
TASK_NAMES = {"image_to_text": "image → text", "text_to_image": "text → image"}
MAIN = ("cvh", "smfh", "ssah", "dssah", "ours")


@dataclass(frozen=True)
class Results:
    """The collected runs of the paper in one edition."""

    settings: PaperSettings
    folder: Path
    sources: dict[str, str]
    variants: dict[str, list[str]]

    @classmethod
    def read(cls, settings: PaperSettings, folder: Path) -> Results:
        """Read which runs there are from `results/<edition>/hashing`."""
        sources: dict[str, str] = {}
        variants: dict[str, list[str]] = {}
        for _, record in tables.run_records(folder):
            sources[record["corpus"]] = record["source"]
            seen = variants.setdefault(record["corpus"], [])
            if record["variant"] not in seen:
                seen.append(record["variant"])
        return cls(settings, folder, sources, variants)

    @property
    def source(self) -> str:
        """Return `synthetic` as soon as one corpus is a stand-in."""
        values = set(self.sources.values())
        return "synthetic" if "synthetic" in values else min(values, default="own")

    def longest(self, corpus: str, family: str) -> str | None:
        """Return the variant of a family with the longest code that ran on a corpus."""
        ran = [
            variant
            for variant, _ in self.settings.variants(family)
            if variant in self.variants.get(corpus, [])
        ]
        return ran[-1] if ran else None

    def scores(self, corpus: str, variant: str, task: str, protocol: str) -> np.ndarray:
        """Return average precisions [seeds, queries]."""
        return tables.run_scores(self.folder, corpus, variant)[f"{task}|{protocol}|map"]

    def main_protocol(self) -> str:
        """Return the protocol of the main tables: other modality's test part, all ranks."""
        return self.settings.protocol.label("test", None)


def write_artefacts(settings: PaperSettings, folder: Path) -> None:
    """Write every artefact of the settings below `results/<edition>/hashing`.

    Raises:
        InputError: The settings name an artefact that this module does not make.
    """
    results = Results.read(settings, folder)
    for name in settings.artefacts:
        if name not in ARTEFACTS:
            raise InputError(
                "unknown artefact",
                file="config/papers/hashing.yaml",
                field=f"artefacts.{name}",
                mend=f"Known: {', '.join(ARTEFACTS)}",
            )
        kind = "figures" if settings.artefacts[name].kind == "figure" else "tables"
        ARTEFACTS[name](results, folder / kind / name)


def _method_table(corpus: str, task: str) -> Callable[[Results, Path], None]:
    def write(results: Results, stem: Path) -> None:
        settings = results.settings
        reported = _reported(corpus, task)
        rows = [
            {
                "method": settings.families[family].title,
                "bits": "–" if bits is None else str(bits),
                "variant": variant,
                "paper": reported.get((family, bits), math.nan),
            }
            for family in (*MAIN, "semantic")
            for variant, bits in settings.variants(family)
        ]
        protocol = results.main_protocol()
        frame = tables.comparison(
            results.folder, corpus, f"{task}|{protocol}|map", pd.DataFrame(rows)
        )
        tables.write_table(
            frame,
            stem,
            title=f"{NAMES[corpus]}, {TASK_NAMES[task]}, mean average precision",
            source=results.sources.get(corpus, "missing"),
            note=_protocol_note(results, corpus, protocol, task),
        )

    return write


def _reported(corpus: str, task: str) -> dict[tuple[str, int | None], float]:
    """Return the paper's numbers of a corpus: (family, bits) -> mAP; none for text queries."""
    frame = pd.read_csv(Path(__file__).with_name("reported.csv"))
    rows = frame[frame["corpus"] == corpus]
    keys = zip(rows["family"], rows["bits"], strict=True)
    return dict(zip(keys, rows[task], strict=True)) if task in frame else {}


def _protocol_note(results: Results, corpus: str, protocol: str, task: str) -> str:
    database, cutoff, ties = protocol.split("/")
    if corpus not in results.sources:
        return f"The corpus {NAMES[corpus]} is not at hand."
    return (
        f"Protocol `{protocol}`: test queries against the other modality's {database} part, "
        f"ranks: {cutoff}, equal distances: {ties}. Chance: "
        f"{_chance(results, corpus, protocol, task):.3f}. Interval: 95 %, over seeds and queries."
    )


def _chance(results: Results, corpus: str, protocol: str, task: str) -> float:
    metrics = pd.read_csv(results.folder / "metrics.csv")
    rows = metrics[
        (metrics["corpus"] == corpus)
        & (metrics["protocol"] == protocol)
        & (metrics["task"] == task)
        & (metrics["metric"] == "map_chance")
    ]
    return float(rows["value"].iloc[0])


def table_protocols(results: Results, stem: Path) -> None:
    """Every method at its longest code: mAP by task, database and cut-off, and chance."""
    protocol = results.settings.protocol
    labels = [protocol.label(d, c) for d in protocol.databases for c in protocol.cutoffs]
    rows = []
    for corpus in results.variants:
        chance: dict[str, Any] = {"corpus": NAMES[corpus], "method": "chance", "variant": ""}
        for task in TASK_NAMES:
            for label in labels:
                chance[f"{task} {label}"] = _chance(results, corpus, label, task)
        rows.append(chance)
        for family in (*MAIN, "semantic"):
            variant = results.longest(corpus, family)
            if variant is None:
                continue
            row: dict[str, Any] = {
                "corpus": NAMES[corpus],
                "method": results.settings.families[family].title,
                "variant": variant,
            }
            for task in TASK_NAMES:
                for label in labels:
                    scores = results.scores(corpus, variant, task, label)
                    row[f"{task} {label}"] = float(scores.mean())
            rows.append(row)
    tables.write_table(
        pd.DataFrame(rows),
        stem,
        title="Mean average precision under every protocol",
        source=results.source,
        note=(
            "Columns: direction, database / ranks counted / treatment of equal distances. Average "
            "precision within a cut-off is divided by the relevant items within it."
        ),
    )


READINGS = (
    ("ours", "ours_separate", "one classifier after both codes / one each (as written)"),
    ("ours", "semantic", "codes / class posteriors"),
    ("cvh", "cvh_deep", "bag of visual words / deep image feature"),
    ("ours", "ours_deep", "bag of visual words / deep image feature"),
    ("semantic", "semantic_deep", "bag of visual words / deep image feature"),
)


def table_readings(results: Results, stem: Path) -> None:
    """The default reading beside the other one, with the interval of the difference."""
    protocol = results.main_protocol()
    rows = []
    for corpus in results.variants:
        for first, second, what in READINGS:
            left, right = results.longest(corpus, first), results.longest(corpus, second)
            if left is None or right is None:
                continue
            for task, task_name in TASK_NAMES.items():
                a = results.scores(corpus, left, task, protocol)
                b = results.scores(corpus, right, task, protocol)
                interval = bootstrap_mean(b - a)
                rows.append(
                    {
                        "corpus": NAMES[corpus],
                        "task": task_name,
                        "reading": what,
                        "first": float(a.mean()),
                        "second": float(b.mean()),
                        "second - first": interval.mean,
                        "from": interval.low,
                        "to": interval.high,
                    }
                )
    tables.write_table(
        pd.DataFrame(rows),
        stem,
        title="Readings and features, mean average precision",
        source=results.source,
        note=f"Protocol `{protocol}`; the last two columns are the 95 % interval of the gain.",
    )


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
            _chance(results, corpus, protocol, task),
            color="#777777",
            linestyle=":",
            linewidth=1.2,
            label="chance",
        )
        axis.set_xticks(range(len(settings.bits)), [str(bits) for bits in settings.bits])
        axis.set_xlabel(style.axis_label("code length", unit="bit"))
        queries = results.scores(corpus, results.variants[corpus][0], task, protocol).shape[1]
        axis.set_ylabel(style.axis_label("mean average precision", n=queries))
        axis.set_title(f"{NAMES[corpus]}, {TASK_NAMES[task]}")
        fig.legend(*axis.get_legend_handles_labels(), loc="outside right center")
        style.save(fig, stem, source=results.sources[corpus])

    return draw


def fig_precision_recall(results: Results, stem: Path) -> None:
    """Precision at recall levels and within Hamming radii, for the longest codes."""
    corpora = list(results.variants)
    fig, axes = style.figure(
        "double", height=2.5 * max(1, len(corpora)) + 0.5, rows=max(1, len(corpora)), columns=3
    )
    looks = style.looks(MAIN)
    for row, corpus in enumerate(corpora):
        for family in MAIN:
            variant = results.longest(corpus, family)
            if variant is None:
                continue
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
        for column, task in enumerate(TASK_NAMES.values()):
            axes[row, column].set_title(f"{NAMES[corpus]}, {task}")
            axes[row, column].set_xlabel("recall")
            axes[row, column].set_ylabel("interpolated precision")
            axes[row, column].set_ylim(bottom=0)
        axes[row, 2].set_title("hash lookup, image → text")
        axes[row, 2].set_xlabel(style.axis_label("Hamming radius", unit="bit"))
        axes[row, 2].set_ylabel("precision within radius")
        axes[row, 2].set_ylim(bottom=0)
    fig.legend(loc="outside lower center", ncols=len(MAIN))
    style.save(fig, stem, source=results.source)


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
    corpus = next(iter(results.variants), None)
    fig, axes = style.figure(
        "double",
        height=4.6,
        columns=len(BRANCHES),
        width_ratios=[len(branches) for branches in BRANCHES.values()],
    )
    for axis, (family, branches) in zip(axes[0], BRANCHES.items(), strict=True):
        axis.set_axis_off()
        axis.set_title(results.settings.families[family].title)
        variant = results.longest(corpus, family) if corpus else None
        if corpus is None or variant is None:
            continue
        seed = next(
            record["seed"]
            for _, record in tables.run_records(results.folder)
            if (record["corpus"], record["variant"]) == (corpus, variant)
        )
        record = read_run(Run(corpus, variant, seed).folder(results.folder))
        for place, names in enumerate(branches):
            layers = [layer for name in names for layer in record["network"][name]]
            width = (
                record["config"][f"{names[0]}_width"]
                if names[0] != "label"
                else len(record["config"]["classes"])
            )
            _draw_branch(axis, place, names[0], width, layers)
        axis.set_xlim(-0.5, len(branches) - 0.5)
    style.save(fig, stem, source=results.sources.get(corpus or "", "missing"))


def _draw_branch(axis: Axes, place: int, name: str, width: int, layers: Sequence[dict]) -> None:
    """Draw a branch upwards: its input, then a box for every layer with parameters or a tanh."""
    shown = [f"{name}\n{width} features"]
    for layer in layers:
        if layer["parameters"]:
            shown.append(_layer_text(layer))
        elif layer["type"] in ("Tanh", "Sigmoid"):
            shown[-1] += f", {layer['type'].lower()}"
    axis.set_ylim(-0.6, max(axis.get_ylim()[1], len(shown) - 0.3))
    for level, text in enumerate(shown):
        box = FancyBboxPatch(
            (place - 0.42, level - 0.3),
            0.84,
            0.6,
            boxstyle="round,pad=0,rounding_size=0.06",
            facecolor="#e8eef4" if level else "#ffffff",
            edgecolor="#44546a",
            linewidth=0.8,
        )
        axis.add_patch(box)
        axis.text(place, level, text, ha="center", va="center", fontsize=6)
        if level:
            axis.annotate(
                "",
                (place, level - 0.3),
                (place, level - 0.7),
                arrowprops={"arrowstyle": "-|>", "color": "#44546a", "linewidth": 0.8},
            )


def _layer_text(layer: dict) -> str:
    parameters = layer["parameters"]
    count = f"{parameters / 1000:.1f} k" if parameters >= 1000 else str(parameters)
    kind = "linear" if layer["type"] == "Linear" else layer["type"]
    role = layer["name"].split(".")[0]
    label = role if role in ("feature", "hash", "label") else kind
    return f"{label} → {layer['shape'][0]}\n{count} parameters"


def _say_missing(axis: Axes, text: str) -> None:
    axis.set_axis_off()
    axis.text(0.5, 0.5, text, ha="center", va="center", transform=axis.transAxes)


ARTEFACTS: dict[str, Callable[[Results, Path], None]] = {
    "fig1_networks": fig1_networks,
    "table1_wikipedia_image_to_text": _method_table("wikipedia", "image_to_text"),
    "fig2_wikipedia_text_to_image": _method_figure("wikipedia", "text_to_image"),
    "table2_nuswide_image_to_text": _method_table("nuswide10k", "image_to_text"),
    "fig3_nuswide_text_to_image": _method_figure("nuswide10k", "text_to_image"),
    "table_protocols": table_protocols,
    "table_readings": table_readings,
    "fig_precision_recall": fig_precision_recall,
}
