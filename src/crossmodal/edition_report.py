"""The report of an edition: which papers and corpora it holds, from settings and results."""

from __future__ import annotations

import importlib
from pathlib import Path

from crossmodal import benchmark
from crossmodal.benchmark.results import BenchmarkResults
from crossmodal.config import BENCHMARK
from crossmodal.reporting.claims import join_claims
from crossmodal.reporting.report import EditionPage, PaperPage, write_report
from crossmodal.reporting.results import Results
from crossmodal.runs import read_json
from crossmodal.workspace import Workspace


def write_edition_report(workspace: Workspace, benchmarks: Path | None = None) -> None:
    """Join the claims of all papers and write `report.html`.

    Args:
        benchmarks: `benchmarks/<edition>`, for the cost of the jobs.

    Raises:
        InputError: A file of the results is damaged.
    """
    folder, edition = workspace.results.root, workspace.edition
    facts = {"edition": workspace.settings.edition, "data": edition.title}
    unserved: dict[str, str] = {}
    if workspace.own is not None:
        facts["corpus"] = workspace.own.name
        unserved = read_json(folder / "papers.json")["unserved"]
    papers = [paper for paper in workspace.papers if paper not in unserved]
    join_claims([folder / paper / "claims.csv" for paper in papers], folder / "claims.csv")
    page = EditionPage(
        title="Cross-modal audio-visual learning, reproduced",
        facts=facts,
        papers=[
            *(_page(workspace, paper) for paper in papers),
            *(_unserved_page(paper, reason) for paper, reason in unserved.items()),
        ],
        benchmark=_benchmark_page(workspace) if workspace.tasks else None,
        missing_corpora=sorted(workspace.missing.items()),
        incomplete_corpora=workspace.incomplete,
        corpus_sources={name: choice.source for name, choice in edition.corpora.items()},
    )
    records = {paper: _results(workspace, paper).records for paper in papers}
    if workspace.tasks:
        compared = workspace.results.paper(BENCHMARK)
        found = BenchmarkResults.read(workspace.benchmark, compared, workspace.tasks)
        records[BENCHMARK] = found.records()
    write_report(folder, folder / "report.html", page, records, benchmarks=benchmarks)


def _results(workspace: Workspace, paper: str) -> Results:
    plan = workspace.plan(paper)
    return Results.read(plan.settings, workspace.results.paper(paper), plan.corpora())


def _unserved_page(paper: str, reason: str) -> PaperPage:
    """Return the page of a paper that one's own videos are not enough for."""
    room = importlib.import_module(f"crossmodal.papers.{paper}")
    text = f"{reason[:1].upper()}{reason[1:].rstrip('.')}."
    return PaperPage(paper, room.TITLE, room.CITATION, {}, unserved=text)


def _page(workspace: Workspace, paper: str) -> PaperPage:
    room = importlib.import_module(f"crossmodal.papers.{paper}")
    settings, missing = workspace.plan(paper).settings, workspace.missing
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


def _benchmark_page(workspace: Workspace) -> PaperPage:
    return PaperPage(
        id=BENCHMARK,
        title=benchmark.TITLE,
        citation="",
        artefacts=workspace.benchmark.artefacts,
        deviations=benchmark.DEVIATIONS,
    )
