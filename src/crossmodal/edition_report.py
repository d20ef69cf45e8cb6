"""The report of an edition: which papers and corpora it holds, from settings and results."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crossmodal import benchmark
from crossmodal.benchmark.settings import BenchmarkSettings
from crossmodal.config import BENCHMARK, Edition, load_edition, resolve
from crossmodal.reporting.claims import join_claims
from crossmodal.reporting.report import EditionPage, PaperPage, write_report


def write_edition_report(
    config: Path,
    edition_name: str,
    results: Path,
    papers: list[str],
    missing: Mapping[str, str],
    overrides: Mapping[str, Mapping[str, Any]],
    benchmarks: Path | None,
    serving: Path | None = None,
    incomplete: Mapping[str, Sequence[str]] | None = None,
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
        serving: Of one's own videos, which papers they serve, and why not the others.
        incomplete: Corpus -> what of it is not there; the rest was used.
    """
    edition = load_edition(edition_name, config)
    facts = {"edition": edition_name, "data": edition.title}
    unserved: dict[str, str] = {}
    if serving is not None:
        served = json.loads(serving.read_text(encoding="utf-8"))
        facts["corpus"], unserved = served["name"], served["unserved"]
    shown = [paper for paper in papers if paper not in unserved]
    join_claims([results / paper / "claims.csv" for paper in shown], results / "claims.csv")
    page = EditionPage(
        title="Cross-modal audio-visual learning, reproduced",
        facts=facts,
        papers=[
            *(_page(paper, config, edition, overrides.get(paper, {}), missing) for paper in shown),
            *(_unserved_page(paper, reason) for paper, reason in unserved.items()),
        ],
        benchmark=_benchmark(config, edition, overrides.get(BENCHMARK, {}))
        if (results / BENCHMARK / "metrics.csv").is_file()
        else None,
        missing_corpora=sorted(missing.items()),
        incomplete_corpora=incomplete or {},
        corpus_sources={name: choice.source for name, choice in edition.corpora.items()},
    )
    write_report(results, results / "report.html", page, benchmarks=benchmarks)


def _unserved_page(paper: str, reason: str) -> PaperPage:
    """Return the page of a paper that one's own videos cannot serve."""
    room = importlib.import_module(f"crossmodal.papers.{paper}")
    text = f"{reason[:1].upper()}{reason[1:].rstrip('.')}."
    return PaperPage(paper, room.TITLE, room.CITATION, {}, unserved=text)


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


def _benchmark(config: Path, edition: Edition, overrides: Mapping[str, Any]) -> PaperPage:
    settings = resolve(BenchmarkSettings, BENCHMARK, edition, overrides, config)
    return PaperPage(
        id=BENCHMARK,
        title=benchmark.TITLE,
        citation="",
        artefacts=settings.artefacts,
        deviations=benchmark.DEVIATIONS,
    )
