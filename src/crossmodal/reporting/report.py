"""The report page of an edition: one file without a network, the scorecard of claims first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from crossmodal.config import Artefact
from crossmodal.files import write_text
from crossmodal.reporting.claims import VERDICTS
from crossmodal.reporting.costs import costs_by_part, read_jobs
from crossmodal.reporting.listening import listening_table
from crossmodal.reporting.provenance import Record, RunIndex
from crossmodal.reporting.scorecard import Claim, by_number, count_verdicts, read_claims
from crossmodal.reporting.sheets import corpus_sheets, data_address, table_for_page
from crossmodal.reporting.tables import OWN, RUNS
from crossmodal.runs import read_csv

_PAGE = Path(__file__).with_name("page")
_SVG_SOURCE = re.compile(rb"<dc:source>([^<]*)</dc:source>")


@dataclass(frozen=True)
class PaperPage:
    """What the report says of a paper beyond the files of its results.

    Attributes:
        id: Name of the paper's folder below the results of an edition.
        title: Title of the paper.
        citation: Full reference in one line.
        artefacts: Figures and tables in the order to be shown, by file name without suffix.
        deviations: Where the reproduction departs from the paper, one sentence each.
        missing: What could not be made and why, one sentence each.
        unserved: Why no data of the edition can serve this paper; empty where some do.
    """

    id: str
    title: str
    citation: str
    artefacts: Mapping[str, Artefact]
    deviations: Sequence[str] = ()
    missing: Sequence[str] = ()
    unserved: str = ""


@dataclass(frozen=True)
class EditionPage:
    """What the report says of an edition beyond the files of its results.

    Attributes:
        title: Heading of the page.
        facts: What to say of the edition, e.g. {"edition": "demo", "seeds": "0, 1, 2"}.
        papers: The papers in the order to be shown.
        benchmark: The comparison of all methods, laid out like a paper, where there is one.
        missing_corpora: (corpus, reason) of corpora that are not at hand.
        incomplete_corpora: Corpus -> what of it is not there; the rest was used.
        corpus_sources: synthetic, download or own by corpus, for those that no run used yet.
    """

    title: str
    facts: Mapping[str, str]
    papers: Sequence[PaperPage]
    benchmark: PaperPage | None = None
    missing_corpora: Sequence[tuple[str, str]] = ()
    incomplete_corpora: Mapping[str, Sequence[str]] = field(default_factory=dict)
    corpus_sources: Mapping[str, str] = field(default_factory=dict)


def write_report(
    edition_results: Path,
    out: Path,
    page: EditionPage,
    records: Mapping[str, Sequence[Record]],
    *,
    benchmarks: Path | None = None,
) -> None:
    """Write the report as one HTML file that loads nothing from anywhere.

    Args:
        edition_results: `results/<edition>`, with `claims.csv`, `corpora/` and a folder a paper.
        out: The HTML file; links to `run.json` files are relative to its folder.
        benchmarks: `benchmarks/<edition>`, what Snakemake measured of every job.

    Raises:
        InputError: A file of the results is damaged; a missing one is named on the page instead.
    """
    sections = [*page.papers, *([page.benchmark] if page.benchmark else [])]
    index = RunIndex(records, out)
    claims = read_claims(edition_results / "claims.csv", index)
    used: dict[str, set[str]] = {}
    for run in index.runs:
        used.setdefault(run["data_of"], set()).add(run["source"])
    jobs, unreadable = read_jobs(benchmarks) if benchmarks else ([], 0)
    context = {
        "page": page,
        "verdicts": VERDICTS,
        "sources": index.sources(),
        "claims": claims,
        "total": count_verdicts(claims),
        "scores": [_score(paper, claims) for paper in page.papers],
        "sections": [
            _section(section, edition_results / section.id, index, claims) for section in sections
        ],
        "titles": {
            section.id: {name: artefact.title for name, artefact in section.artefacts.items()}
            for section in sections
        },
        "corpora": corpus_sheets(edition_results / "corpora", used, page.corpus_sources),
        "runs": index.runs,
        "versions": index.versions(),
        "training": [_training(section, index) for section in sections],
        "costs": costs_by_part(jobs, {section.id: section.title for section in sections}),
        "unreadable": unreadable,
    }
    write_text(out, _environment().get_template("page.html.j2").render(context))


def duration(seconds: float) -> str:
    """Return a time for reading, e.g. "3.4 s", "12 min 5 s" or "2 h 3 min"."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60:,} h {minutes % 60} min"


def with_code(text: str) -> Markup:
    """Return text as markup in which words between backticks are code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one backtick too many stands for itself
        return Markup.escape(text)
    marked = [
        Markup("<code>{}</code>").format(part) if place % 2 else Markup.escape(part)
        for place, part in enumerate(parts)
    ]
    return Markup("").join(marked)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PAGE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"duration": duration, "with_code": with_code}
    for name in ("css", "js"):
        text = (_PAGE / f"page.{name}").read_text(encoding="utf-8")
        environment.globals[name] = Markup(text)
    return environment


def _score(paper: PaperPage, claims: list[Claim]) -> dict[str, Any]:
    own = [claim for claim in claims if claim["paper"] == paper.id]
    return {"paper": paper, **count_verdicts(own), "numbers": by_number(own)}


def _section(
    section: PaperPage, results: Path, index: RunIndex, claims: list[Claim]
) -> dict[str, Any]:
    sources = index.sources(section.id)
    label = OWN if sources["own"] else ""
    if sources["stand_in"]:
        label = "partly stand-in data" if sources["real"] else "stand-in data"
    own = [claim for claim in claims if claim["paper"] == section.id]
    shown = [
        {
            **_artefact(name, artefact, results, section.id, index),
            "claims": count_verdicts([claim for claim in own if claim["artefact"] == name]),
        }
        for name, artefact in section.artefacts.items()
    ]
    return {
        "page": section,
        "label": label,
        "artefacts": shown,
        "absent": [artefact["id"] for artefact in shown if artefact["absent"]],
        "ran": bool(index.of(section.id)),
    }


def _artefact(
    name: str, artefact: Artefact, results: Path, paper: str, index: RunIndex
) -> dict[str, Any]:
    path = results / f"{artefact.kind}s" / f"{name}.{_SUFFIXES[artefact.kind]}"
    all_runs = [f"{run['corpus']}/{run['variant']}" for run in index.of(paper)]
    shown: dict[str, Any] = {
        "id": name,
        "kind": artefact.kind,
        "title": artefact.title,
        "caption": artefact.caption,
        "absent": "" if path.exists() else f"{path.parent.name}/{path.name}",
        "image": "",
        "table": None,
        "runs": index.behind(paper, all_runs),
        "sounds": listening_table(path.with_suffix(".audio.json")),
    }
    if path.exists() and artefact.kind == "figure":
        shown["image"] = data_address(path)
        if found := _SVG_SOURCE.search(path.read_bytes()):
            shown["runs"] = index.behind(paper, found[1].decode().split())
    elif path.exists():
        shown["table"] = _table(path, paper, index)
    return shown


_SUFFIXES = {"figure": "svg", "table": "csv"}


def _table(path: Path, paper: str, index: RunIndex) -> dict[str, Any]:
    frame = read_csv(path)
    behind = frame[RUNS].fillna("").astype(str) if RUNS in frame else [""] * len(frame)
    shown = table_for_page(frame)
    shown["rows"] = [
        {"cells": cells, "runs": index.behind(paper, groups.split())}
        for cells, groups in zip(shown["rows"], behind, strict=True)
    ]
    return {**shown, "traced": RUNS in frame}


def _training(section: PaperPage, index: RunIndex) -> dict[str, Any]:
    own = index.of(section.id)
    return {
        "title": section.title,
        "runs": len(own),
        "seconds": sum(run["seconds"] for run in own),
        "core_seconds": sum(run["core_seconds"] for run in own),
    }
