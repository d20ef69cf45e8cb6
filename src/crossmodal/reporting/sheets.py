"""Corpora on the report page: sizes, classes, pictures, sounds, and what was set aside."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.reporting.listening import read_sounds
from crossmodal.reporting.tables import is_numeric, readable
from crossmodal.runs import read_csv

SUMMARY_COLUMNS = {
    "split": "split",
    "clips": "clips",
    "labels": "classes",
    "persons": "people",
    "sources": "sources",
    "total_s": "duration (s)",
    "median_s": "median (s)",
}
WINDOW_COLUMNS = {**SUMMARY_COLUMNS, "clips": "windows"}
WINDOW_REASONS = 5
LEAKAGE_COLUMNS = {
    "kind": "kind",
    "left": "in",
    "right": "and in",
    "shared": "on both sides",
    "right_rows_shared": "rows affected",
    "examples": "for example",
}
_IMAGE_TYPES = {".svg": "image/svg+xml", ".jpg": "image/jpeg"}


def corpus_sheets(
    folder: Path, used: Mapping[str, set[str]], chosen: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Describe every corpus that has a manifest.

    Args:
        folder: `results/<edition>/corpora`.
        used: Corpus -> sources of the runs that used it: synthetic, download or own.
        chosen: Corpus -> source in the edition, for those that no run used yet.

    Raises:
        InputError: A file is damaged.
    """
    return [_sheet(path.parent, used, chosen) for path in sorted(folder.glob("[!.]*/manifest.csv"))]


def _sheet(folder: Path, used: Mapping[str, set[str]], chosen: Mapping[str, str]) -> dict[str, Any]:
    manifest = read_csv(folder / "manifest.csv", dtype=str, keep_default_na=False)
    corpus, picture = folder.name, folder / "contact_sheet.jpg"
    sources = used.get(corpus, set()) | ({chosen[corpus]} if corpus in chosen else set())
    aside = folder / "quarantine.csv"
    return {
        "name": corpus,
        "sources": sorted(sources),
        "rows": len(manifest),
        "splits": _counts(manifest["split"], ["train", "validation", "test"]),
        "classes": _counts(manifest["label"], []),
        "image": data_address(picture) if picture.is_file() else "",
        "sounds": read_sounds(folder / "audio.json", ("clip", "label", "text")),
        "set_aside": len(read_csv(aside)) if aside.is_file() else 0,
        "summary": _shown(folder / "summary.csv", SUMMARY_COLUMNS),
        "leakage": _shown(folder / "leakage.csv", LEAKAGE_COLUMNS),
        "windows": [_windows(kind.parent) for kind in sorted(folder.glob("[!.]*/manifest.csv"))],
    }


def data_address(path: Path) -> str:
    """Return a picture as an address that holds it."""
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:{_IMAGE_TYPES[path.suffix]};base64,{content}"


def _windows(folder: Path) -> dict[str, Any]:
    """Say what alignment made of a corpus: how many windows, and what gave none and why."""
    path = folder / "quarantine.csv"
    aside = (
        read_csv(path, dtype=str) if path.is_file() else pd.DataFrame(columns=["clip", "reason"])
    )
    return {
        "kind": folder.name,
        "set_aside": aside["clip"].nunique(),
        "reasons": Counter(aside["reason"]).most_common(WINDOW_REASONS),
        "summary": _shown(folder / "summary.csv", WINDOW_COLUMNS),
        "leakage": _shown(folder / "leakage.csv", LEAKAGE_COLUMNS),
    }


def table_for_page(frame: pd.DataFrame) -> dict[str, Any]:
    """Return a table as the page shows it: `columns` with name and alignment, `rows` of text."""
    text = readable(frame)
    columns = [{"name": name, "numeric": is_numeric(list(text[name]))} for name in text.columns]
    return {"columns": columns, "rows": text.to_numpy().tolist()}


def _shown(path: Path, columns: dict[str, str]) -> dict[str, Any]:
    """Return some columns of a table under the names a reader knows; empty when it is missing."""
    if not path.is_file():
        return {"columns": [], "rows": []}
    return table_for_page(read_csv(path)[list(columns)].rename(columns=columns))


def _counts(names: pd.Series, first: list[str]) -> dict[str, int]:
    """Count the names, those of `first` first, the others by alphabet."""
    found = Counter(names.tolist())
    order = [name for name in first if name in found]
    return {name: found[name] for name in order + sorted(found.keys() - set(order))}
