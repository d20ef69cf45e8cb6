"""The report of an edition: which papers and corpora it holds, from settings and results."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crossmodal.config import Artefact, Edition, load_edition, read_yaml, resolve
from crossmodal.reporting.claims import join_claims
from crossmodal.reporting.report import EditionPage, PaperPage, write_report

BENCHMARK = "benchmark"
"""Folder of the comparison of all methods below the results; its settings are `<it>.yaml`."""


def write_edition_report(
    config: Path,
    edition_name: str,
    results: Path,
    papers: list[str],
    missing: Mapping[str, str],
    overrides: Mapping[str, Mapping[str, Any]],
    benchmarks: Path | None,
) -> None:
    """Join the claims of all papers and write `report.html`.

    Args:
        config: The settings folder.
        edition_name: Name of the edition.
        results: `results/<edition>`.
        papers: Papers in the order to be shown.
        missing: Corpora that are not at hand, and why.
        overrides: Settings laid over the papers'.
        benchmarks: `benchmarks/<edition>`, for the cost of the jobs.
    """
    edition = load_edition(edition_name, config)
    join_claims([results / paper / "claims.csv" for paper in papers], results / "claims.csv")
    page = EditionPage(
        title="Cross-modal audio-visual learning, reproduced",
        facts={"edition": edition_name, "data": edition.title},
        papers=[
            _page(paper, config, edition, overrides.get(paper, {}), missing) for paper in papers
        ],
        benchmark=_benchmark(config) if (results / BENCHMARK / "metrics.csv").is_file() else None,
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
) -> PaperPage:
    room = importlib.import_module(f"crossmodal.papers.{paper}")
    model = importlib.import_module(f"crossmodal.papers.{paper}.settings").PaperSettings
    settings = resolve(model, paper, edition, overrides, config)
    lacking = [
        f"The corpus {corpus}: {missing[corpus].rstrip('.')}."
        for corpus in settings.corpora
        if corpus in missing
    ]
    return PaperPage(
        id=paper,
        title=room.TITLE,
        citation=room.CITATION,
        artefacts=settings.artefacts,
        deviations=room.DEVIATIONS,
        missing=lacking,
        unserved=" ".join(lacking) if len(lacking) == len(settings.corpora) else "",
    )


def _benchmark(config: Path) -> PaperPage:
    entries = read_yaml(config / f"{BENCHMARK}.yaml").get("artefacts", {})
    return PaperPage(
        id=BENCHMARK,
        title="Benchmark: all methods on the same data",
        citation="",
        artefacts={name: Artefact.model_validate(entry) for name, entry in entries.items()},
    )
