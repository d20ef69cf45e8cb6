"""The report of an edition: which papers and corpora it holds, from settings and results."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crossmodal.config import Artefact, Edition, load_edition, resolve
from crossmodal.reporting.claims import join_claims
from crossmodal.reporting.report import EditionPage, PaperPage, write_report

BENCHMARK = PaperPage(
    id="benchmark",
    title="Benchmark: all methods on the same data",
    citation="",
    artefacts={
        "benchmark": Artefact(
            kind="table",
            title="Every method on every task",
            caption="The same splits, features and search for each method; simple baselines beside "
            "them. Brackets are 95 % intervals over queries and seeds.",
        ),
        "quality_against_cost": Artefact(
            kind="figure",
            title="Quality against cost",
            caption="What a method retrieves against what its training takes.",
        ),
    },
)


def write_edition_report(
    config: Path,
    edition_name: str,
    results: Path,
    papers: list[str],
    missing: Mapping[str, str],
    overrides: Mapping[str, Mapping[str, Any]],
    *,
    unserved: Mapping[str, str],
    benchmarks: Path | None,
) -> None:
    """Join the claims of all papers and write `report.html`.

    Args:
        config: The settings folder.
        edition_name: Name of the edition.
        results: `results/<edition>`.
        papers: Papers that ran, in the order to be shown.
        missing: Corpora that are not at hand, and why.
        overrides: Settings laid over the papers'.
        unserved: Papers that did not run because the edition's data cannot serve them, and why.
        benchmarks: `benchmarks/<edition>`, for the cost of the jobs.
    """
    edition = load_edition(edition_name, config)
    join_claims([results / paper / "claims.csv" for paper in papers], results / "claims.csv")
    names = [*papers, *(paper for paper in unserved if paper not in papers)]
    page = EditionPage(
        title="Cross-modal audio-visual learning, reproduced",
        facts={"edition": edition_name, "data": edition.title},
        papers=[
            _page(paper, config, edition, overrides.get(paper, {}), missing, unserved)
            for paper in names
        ],
        benchmark=BENCHMARK if (results / BENCHMARK.id / "metrics.csv").is_file() else None,
        missing_corpora=sorted(missing.items()),
        corpus_sources={name: choice.source for name, choice in edition.corpora.items()},
    )
    write_report(results, results / "report.html", page, benchmarks=benchmarks)


def _page(
    paper: str,
    config: Path,
    edition: Edition,
    overrides: Mapping[str, Any],
    missing: Mapping[str, str],
    unserved: Mapping[str, str],
) -> PaperPage:
    room = importlib.import_module(f"crossmodal.papers.{paper}")
    model = importlib.import_module(f"crossmodal.papers.{paper}.settings").PaperSettings
    settings = resolve(model, paper, edition, overrides, config)
    return PaperPage(
        id=paper,
        title=room.TITLE,
        citation=room.CITATION,
        artefacts=settings.artefacts,
        deviations=room.DEVIATIONS,
        missing=[
            f"The corpus {corpus}: {missing[corpus].rstrip('.')}."
            for corpus in settings.corpora
            if corpus in missing
        ],
        unserved=unserved.get(paper, ""),
    )
