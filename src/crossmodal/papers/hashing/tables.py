"""The paper's tables, and those it lacks, from the files of its runs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.metrics.uncertainty import bootstrap_mean
from crossmodal.papers.hashing.settings import PaperSettings
from crossmodal.reporting import tables
from crossmodal.reporting.results import CorpusResults, NotRunError, Results

NAMES = {"wikipedia": "Wikipedia", "nuswide10k": "NUS-WIDE-10K"}
TASK_NAMES = {"image_to_text": "image → text", "text_to_image": "text → image"}
READINGS = (
    ("ours", "ours_separate", "one classifier after both codes / one each (as written)"),
    ("ours", "semantic", "codes / class posteriors"),
    ("cvh", "cvh_deep", "bag of visual words / deep image feature"),
    ("ours", "ours_deep", "bag of visual words / deep image feature"),
    ("semantic", "semantic_deep", "bag of visual words / deep image feature"),
)
MAIN = ("cvh", "smfh", "ssah", "dssah", "ours")


def at_hand(results: Results, corpus: str) -> CorpusResults:
    """Return the runs on a corpus.

    Raises:
        NotRunError: There is none.
    """
    if corpus not in results.corpora:
        raise NotRunError(f"{NAMES[corpus]} is not at hand.")
    return results.corpora[corpus]


def chance(one: CorpusResults, task: str, label: str) -> float:
    """Return the mean average precision of a random order, which is the same for every run."""
    variant = next(iter(one.seeds))
    code = next(iter(one.settings.codes(variant)))
    return one.scalar(variant, task, f"{code}/{label}", "map_chance")


def longest_code(settings: PaperSettings, variant: str, than: str | None = None) -> str | None:
    """Return the longest code of a variant; codes longer than all of another are passed over."""
    limit = None if than is None else list(settings.codes(than).values())[-1]
    codes = settings.codes(variant).items()
    short = [code for code, bits in codes if limit is None or bits is None or bits <= limit]
    return short[-1] if short else None


def table1_wikipedia_image_to_text(results: Results, stem: Path) -> None:
    """The methods by code length on Wikipedia, beside the paper's numbers."""
    _methods(results, stem, "wikipedia")


def table2_nuswide_image_to_text(results: Results, stem: Path) -> None:
    """The methods by code length on NUS-WIDE-10K, beside the paper's numbers."""
    _methods(results, stem, "nuswide10k")


def _methods(results: Results, stem: Path, corpus: str) -> None:
    one, task, settings = at_hand(results, corpus), "image_to_text", results.settings
    reported = pd.read_csv(
        Path(__file__).with_name("reported.csv"), index_col=["corpus", "variant"]
    )
    paper = reported.loc[corpus].to_dict()
    cells = [
        (code, variant, bits)
        for variant in (*MAIN, "semantic")
        for code, bits in settings.codes(variant).items()
    ]
    rows = [
        {
            "method": settings.variants[variant].title,
            "bits": bits or "–",
            "variant": variant,
            "paper": paper.get(code, {}).get(variant, math.nan),
        }
        for code, variant, bits in cells
    ]
    protocol = settings.protocol.main
    database, cutoff, ties = protocol.split("/")
    tables.write_table(
        tables.comparison(
            one, [f"{task}|{code}/{protocol}|map" for code, *_ in cells], pd.DataFrame(rows)
        ),
        stem,
        title=f"{NAMES[corpus]}, {TASK_NAMES[task]}, mean average precision",
        source=one.source,
        note=(
            f"Protocol `{protocol}`: test queries against the other modality's {database} part, "
            f"ranks: {cutoff}, equal distances: {ties}. Chance: {chance(one, task, protocol):.3f}. "
            "Interval: 95 %, over seeds and queries."
        ),
    )


def table_protocols(results: Results, stem: Path) -> None:
    """Every method at its longest code: mAP by task, database and cut-off, and chance."""
    protocol = results.settings.protocol
    labels = [protocol.label(d, c) for d in protocol.databases for c in protocol.cutoffs]
    columns = [(task, label) for task in TASK_NAMES for label in labels]
    rows = []
    for corpus, one in results.corpora.items():
        what: dict[str, Any] = {"corpus": NAMES[corpus], "method": "chance", "bits": ""}
        rows.append(what | {f"{task} {label}": chance(one, task, label) for task, label in columns})
        for variant in (*MAIN, "semantic"):
            if variant not in one.seeds:
                continue
            code = longest_code(results.settings, variant)
            what = {"corpus": NAMES[corpus], "method": one.title(variant), "bits": code}
            found = {
                f"{task} {label}": one.scores(variant, f"{task}|{code}/{label}|map").mean()
                for task, label in columns
            }
            rows.append({**what, **found, tables.RUNS: one.read_from(variant)})
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


def table_readings(results: Results, stem: Path) -> None:
    """The default reading beside the other one, with the interval of the difference.

    A variant that stands in no other row or table, as of a sweep, is set against its method's own.
    """
    protocol, variants = results.settings.protocol.main, results.settings.variants
    named = {name for *pair, _ in READINGS for name in pair}
    swept = [
        (variant.method, name, f"its own settings / {variant.title}")
        for name, variant in variants.items()
        if name not in named and name != variant.method
    ]
    rows = []
    for corpus, one in results.corpora.items():
        for first, second, what in [*READINGS, *swept]:
            left = longest_code(results.settings, first, than=second)
            right = longest_code(results.settings, second)
            if left is None or not {first, second} <= set(one.seeds):
                continue
            for task, task_name in TASK_NAMES.items():
                a = one.scores(first, f"{task}|{left}/{protocol}|map")
                b = one.scores(second, f"{task}|{right}/{protocol}|map")
                interval = bootstrap_mean(b - a)
                rows.append(
                    {
                        "corpus": NAMES[corpus],
                        "task": task_name,
                        "method": one.title(first),
                        "reading": what,
                        "first": float(a.mean()),
                        "second": float(b.mean()),
                        "second - first": interval.mean,
                        "from": interval.low,
                        "to": interval.high,
                        tables.RUNS: one.read_from(first, second),
                    }
                )
    tables.write_table(
        pd.DataFrame(rows),
        stem,
        title="Readings and features, mean average precision",
        source=results.source,
        note=f"Protocol `{protocol}`; the last two columns are the 95 % interval of the gain.",
    )
