"""The report of an edition: which papers and corpora it holds, from settings and results."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crossmodal.config import load_edition, resolve
from crossmodal.reporting.claims import join_claims
from crossmodal.reporting.report import Artefact, PaperPage, write_report


def write_edition_report(
    config: Path,
    edition_name: str,
    results: Path,
    papers: list[str],
    missing: Mapping[str, str],
    overrides: Mapping[str, Mapping[str, Any]],
    serving: Path | None = None,
) -> None:
    """Join the claims of all papers and write `report.html`.

    Args:
        config: The settings folder.
        edition_name: Name of the edition.
        results: `results/<edition>`.
        papers: Papers in the order to be shown.
        missing: Corpora that are not at hand, and why.
        overrides: Settings laid over the papers'.
        serving: Of one's own videos, which papers they serve, and why not the others, whose pages
            hold this reason alone.
    """
    edition = load_edition(edition_name, config)
    about = {"edition": edition_name, "data": edition.title}
    unserved: dict[str, str] = {}
    if serving is not None:
        served = json.loads(serving.read_text(encoding="utf-8"))
        about["corpus"], unserved = served["name"], served["unserved"]
    shown = [paper for paper in papers if paper not in unserved]
    join_claims([results / paper / "claims.csv" for paper in shown], results / "claims.csv")
    write_report(
        results,
        results / "report.html",
        title="Cross-modal audio-visual learning, reproduced",
        edition=about,
        papers=[
            *(_page(paper, config, edition, overrides.get(paper, {})) for paper in shown),
            *(_unserved_page(paper, reason) for paper, reason in unserved.items()),
        ],
        missing_corpora=sorted(missing.items()),
        corpus_sources={name: choice.source for name, choice in edition.corpora.items()},
    )


def _unserved_page(paper: str, reason: str) -> PaperPage:
    """Return the page of a paper that one's own videos cannot serve."""
    room = importlib.import_module(f"crossmodal.papers.{paper}")
    text = f"The videos cannot serve this paper: {reason}."
    return PaperPage(paper, room.TITLE, room.CITATION, [], missing=[text])


def _page(paper: str, config: Path, edition: Any, overrides: Mapping[str, Any]) -> PaperPage:
    room = importlib.import_module(f"crossmodal.papers.{paper}")
    model = importlib.import_module(f"crossmodal.papers.{paper}.settings").PaperSettings
    settings = resolve(model, paper, edition, overrides, config)
    artefacts = [
        Artefact(name, entry.kind, entry.title, entry.caption)
        for name, entry in settings.artefacts.items()
    ]
    return PaperPage(paper, room.TITLE, room.CITATION, artefacts, room.DEVIATIONS)
