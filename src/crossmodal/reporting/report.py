"""The report page of an edition: one file without a network, the scorecard of claims first."""

from __future__ import annotations

import base64
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jinja2
import pandas as pd
from markupsafe import Markup

from crossmodal.errors import InputError
from crossmodal.files import write_text
from crossmodal.reporting.claims import COLUMNS, JUDGED, VERDICTS
from crossmodal.reporting.listening import listening_table, read_sounds
from crossmodal.reporting.tables import OWN, is_numeric, readable, run_records

_HERE = Path(__file__).parent
SHEET_COLUMNS = {
    "split": "split",
    "clips": "clips",
    "labels": "classes",
    "persons": "people",
    "sources": "sources",
    "total_s": "duration (s)",
    "median_s": "median (s)",
}
WINDOW_COLUMNS = {**SHEET_COLUMNS, "clips": "windows"}
WINDOW_REASONS = 5
LEAKAGE_COLUMNS = {
    "kind": "kind",
    "left": "in",
    "right": "and in",
    "shared": "on both sides",
    "right_rows_shared": "rows affected",
    "examples": "for example",
}
_IMAGE_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}


class Artefact(NamedTuple):
    """A figure or table of a paper; `id` is its file name without suffix."""

    id: str
    kind: Literal["figure", "table"]
    title: str
    caption: str


@dataclass(frozen=True)
class PaperPage:
    """What the report says of a paper beyond the files of its results.

    Attributes:
        id: Name of the paper's folder below the results of an edition.
        title: Title of the paper.
        citation: Full reference in one line.
        artefacts: Figures and tables in the order to be shown; none where the data cannot serve
            the paper.
        deviations: Where the reproduction departs from the paper, one sentence each.
        missing: What could not be made and why, one sentence each.
    """

    id: str
    title: str
    citation: str
    artefacts: list[Artefact]
    deviations: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def write_report(
    edition_results: Path,
    out: Path,
    *,
    title: str,
    edition: dict[str, str],
    papers: list[PaperPage],
    missing_corpora: list[tuple[str, str]] | None = None,
    corpus_sources: Mapping[str, str] | None = None,
) -> None:
    """Write the report as one HTML file that loads nothing from anywhere.

    Args:
        edition_results: `results/<edition>`, with `claims.csv`, `corpora/` and a folder a paper.
        out: The HTML file; links to `run.json` files are relative to its folder.
        title: Heading of the page.
        edition: What to say of the edition, e.g. {"name": "demo", "seeds": "0, 1, 2"}.
        papers: The papers in the order to be shown.
        missing_corpora: (corpus, reason) of corpora that are not at hand.
        corpus_sources: synthetic, download or own by corpus, for those that no run used yet.

    Raises:
        InputError: A file of the results is damaged; a missing one is named on the page instead.
    """
    records = {paper.id: run_records(edition_results / paper.id) for paper in papers}
    runs = [_run(paper, path, record, out) for paper in records for path, record in records[paper]]
    claims = _claims(edition_results / "claims.csv")
    context = {
        "title": title,
        "edition": edition,
        "verdicts": VERDICTS,
        "sources": _sources(runs),
        "claims": claims,
        "scores": [_score(paper, claims) for paper in papers if paper.artefacts],
        "papers": [_paper(paper, edition_results / paper.id, runs) for paper in papers],
        "corpora": _corpora(edition_results / "corpora", runs, corpus_sources or {}),
        "missing_corpora": missing_corpora or [],
        "runs": runs,
        "versions": _versions(records),
        "costs": _costs(papers, runs),
        "css": Markup((_HERE / "report.css").read_text(encoding="utf-8")),
        "js": Markup((_HERE / "report.js").read_text(encoding="utf-8")),
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["duration"] = duration
    write_text(out, environment.get_template("report.html.j2").render(context))


def duration(seconds: float) -> str:
    """Return a time for reading, e.g. "3.4 s", "12 min 5 s" or "2 h 3 min"."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60:,} h {minutes % 60} min"


def _claims(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    for column in ("paper", *COLUMNS, *JUDGED):
        if column not in frame.columns:
            raise InputError(
                "missing column", file=path, field=column, mend="Join the claims again"
            )
    claims = []
    for record in frame.to_dict("records"):
        claim = {str(key): str(value) for key, value in record.items()}
        for name in ("ours_left", "ours_right", "paper_left", "paper_right"):
            claim[name] = f"{float(claim[name]):.3f}" if claim[name] else "–"
        for name in ("difference", "ci_low", "ci_high"):
            claim[name] = f"{float(claim[name]):+.3f}" if claim[name] else ""
        place = dict(part.split("=", 1) for part in claim["where"].split(";") if part)
        claim["place"] = ", ".join(value.replace("_", " ") for value in place.values())
        claim["number"] = claim["claim"].split(".")[0]
        claims.append(claim)
    return claims


def _score(paper: PaperPage, claims: list[dict[str, str]]) -> dict[str, Any]:
    """Count the verdicts of a paper: all its claims, then those under each number."""
    own = [claim for claim in claims if claim["paper"] == paper.id]
    numbers = sorted({claim["number"] for claim in own}, key=int)
    groups = [("All claims", own)]
    groups += [
        (f"Claim {number}", [claim for claim in own if claim["number"] == number])
        for number in numbers
    ]
    rows = []
    for name, group in groups:
        counts = Counter(claim["verdict"] for claim in group)
        bar, start = [], 0.0
        for verdict in VERDICTS:
            width = 100 * counts[verdict] / max(len(group), 1)
            bar.append({"verdict": verdict, "x": f"{start:.2f}", "width": f"{width:.2f}"})
            start += width
        rows.append({"name": name, "total": len(group), "counts": counts, "bar": bar})
    return {"id": paper.id, "title": paper.title, "rows": rows}


def _paper(paper: PaperPage, results: Path, runs: list[dict[str, Any]]) -> dict[str, Any]:
    own = _sources([run for run in runs if run["paper"] == paper.id])
    label = OWN if own["own"] else ""
    if own["stand_in"]:
        label = "partly stand-in data" if own["real"] else "stand-in data"
    shown = [_artefact(artefact, results) for artefact in paper.artefacts]
    return {
        "page": paper,
        "label": label,
        "artefacts": shown,
        "absent": [artefact["id"] for artefact in shown if artefact["absent"]],
        "ran": any(run["paper"] == paper.id for run in runs),
    }


def _artefact(artefact: Artefact, results: Path) -> dict[str, Any]:
    figure = artefact.kind == "figure"
    path = results / ("figures" if figure else "tables") / artefact.id
    path = path.with_name(path.name + (".svg" if figure else ".csv"))
    shown: dict[str, Any] = {
        **artefact._asdict(),
        "absent": "",
        "image": "",
        "table": None,
        "sounds": listening_table(path.with_suffix(".listening.json")),
    }
    if not path.exists():
        shown["absent"] = f"{path.parent.name}/{path.name}"
    elif figure:
        shown["image"] = _data_uri(path)
    else:
        shown["table"] = _table(path)
    return shown


def _table(path: Path) -> dict[str, Any]:
    try:
        text = readable(pd.read_csv(path))
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError("not readable as a table", file=path, mend="Make it again") from error
    columns = [{"name": name, "numeric": is_numeric(list(text[name]))} for name in text.columns]
    return {"columns": columns, "rows": text.to_numpy().tolist()}


def _data_uri(path: Path) -> str:
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:{_IMAGE_TYPES[path.suffix]};base64,{content}"


def _corpora(
    folder: Path, runs: list[dict[str, Any]], sources: Mapping[str, str]
) -> list[dict[str, Any]]:
    sheets = []
    for path in sorted(folder.glob("*/manifest.csv")):
        manifest = pd.read_csv(path, dtype=str, keep_default_na=False)
        for column in ("split", "label"):
            if column not in manifest.columns:
                raise InputError("missing column", file=path, field=column, mend="Make it again")
        corpus = path.parent.name
        sheet = next(
            filter(Path.exists, (path.with_name(f"contact_sheet{s}") for s in _IMAGE_TYPES)), None
        )
        sheets.append(
            {
                "name": corpus,
                "sources": sorted(
                    {run["source"] for run in runs if run["corpus"] == corpus}
                    | ({sources[corpus]} if corpus in sources else set())
                ),
                "rows": len(manifest),
                "splits": _counts(manifest["split"], ["train", "validation", "test"]),
                "classes": _counts(manifest["label"], []),
                "image": _data_uri(sheet) if sheet else "",
                "sounds": read_sounds(path.with_name("listening.json"), ("clip", "label", "text")),
                "set_aside": _length(path.with_name("quarantine.csv")),
                "sheet": _shown(path.with_name("sheet.csv"), SHEET_COLUMNS),
                "leakage": _shown(path.with_name("leakage.csv"), LEAKAGE_COLUMNS),
                "windows": [_windows(kind.parent) for kind in _kinds(path.parent)],
            }
        )
    return sheets


def _kinds(corpus: Path) -> list[Path]:
    return sorted(corpus.glob("*/manifest.csv"))


def _windows(folder: Path) -> dict[str, Any]:
    """Say what alignment made of a corpus: how many windows, and what gave none and why."""
    path = folder / "quarantine.csv"
    aside = pd.read_csv(path, dtype=str, keep_default_na=False) if path.is_file() else None
    reasons = Counter() if aside is None else Counter(aside["reason"])
    return {
        "kind": folder.name,
        "set_aside": 0 if aside is None else aside["clip"].nunique(),
        "reasons": reasons.most_common(WINDOW_REASONS),
        "sheet": _shown(folder / "sheet.csv", WINDOW_COLUMNS),
        "leakage": _shown(folder / "leakage.csv", LEAKAGE_COLUMNS),
    }


def _length(path: Path) -> int:
    return len(pd.read_csv(path)) if path.is_file() else 0


def _shown(path: Path, columns: dict[str, str]) -> dict[str, Any]:
    """Return some columns of a table under the names a reader knows; empty when it is missing."""
    if not path.is_file():
        return {"columns": [], "rows": []}
    frame = pd.read_csv(path)
    text = readable(frame[list(columns)].rename(columns=columns))
    heads = [{"name": name, "numeric": is_numeric(list(text[name]))} for name in text.columns]
    return {"columns": heads, "rows": text.to_numpy().tolist()}


def _counts(names: pd.Series, first: list[str]) -> dict[str, int]:
    """Count the names, those of `first` first, the others by alphabet."""
    found = Counter(names.tolist())
    order = [name for name in first if name in found]
    return {name: found[name] for name in order + sorted(found.keys() - set(order))}


def _run(paper: str, path: Path, record: dict[str, Any], out: Path) -> dict[str, Any]:
    commit = str(record.get("commit") or "unknown")[:10]
    link = os.path.relpath(path.resolve(), out.parent.resolve())
    return {
        **{key: record[key] for key in ("corpus", "source", "variant", "seed")},
        "paper": paper,
        "commit": f"{commit} with changes" if record.get("dirty") else commit,
        "device": record.get("device", ""),
        "threads": record.get("threads", ""),
        "seconds": float(record.get("seconds", 0)),
        "core_seconds": float(record.get("core_seconds", 0)),
        "link": Path(link).as_posix(),
    }


def _sources(runs: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Name the corpora whose runs used stand-in data, the published corpus, or one's own."""
    kinds = {"stand_in": "synthetic", "real": "download", "own": "own"}
    return {
        kind: sorted({run["corpus"] for run in runs if run["source"] == source})
        for kind, source in kinds.items()
    }


def _versions(records: dict[str, list[tuple[Path, dict[str, Any]]]]) -> list[tuple[str, str]]:
    found: dict[str, set[str]] = {}
    for own in records.values():
        for _, record in own:
            for name, version in record.get("versions", {}).items():
                found.setdefault(str(name), set()).add(str(version))
    return [(name, ", ".join(sorted(found[name]))) for name in sorted(found)]


def _costs(papers: list[PaperPage], runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    costs = []
    for paper in papers:
        own = [run for run in runs if run["paper"] == paper.id]
        costs.append(
            {
                "title": paper.title,
                "runs": len(own),
                "seconds": sum(run["seconds"] for run in own),
                "core_seconds": sum(run["core_seconds"] for run in own),
            }
        )
    return costs
