"""Corpora on the report page: sizes, classes, pictures, sounds, and what was set aside."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.errors import InputError
from crossmodal.reporting.listening import read_sounds
from crossmodal.reporting.tables import is_numeric, readable

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
    sheets = []
    for path in sorted(folder.glob("*/manifest.csv")):
        manifest = pd.read_csv(path, dtype=str, keep_default_na=False)
        for column in ("split", "label"):
            if column not in manifest.columns:
                raise InputError("missing column", file=path, field=column, hint="Make it again")
        corpus = path.parent.name
        sheet = next(
            filter(Path.exists, (path.with_name(f"contact_sheet{s}") for s in _IMAGE_TYPES)), None
        )
        sheets.append(
            {
                "name": corpus,
                "sources": sorted(
                    used.get(corpus, set()) | ({chosen[corpus]} if corpus in chosen else set())
                ),
                "rows": len(manifest),
                "splits": _counts(manifest["split"], ["train", "validation", "test"]),
                "classes": _counts(manifest["label"], []),
                "image": data_address(sheet) if sheet else "",
                "sounds": read_sounds(path.with_name("listening.json"), ("clip", "label", "text")),
                "set_aside": _length(path.with_name("quarantine.csv")),
                "sheet": _shown(path.with_name("sheet.csv"), SHEET_COLUMNS),
                "leakage": _shown(path.with_name("leakage.csv"), LEAKAGE_COLUMNS),
                "windows": [
                    _windows(kind.parent) for kind in sorted(path.parent.glob("*/manifest.csv"))
                ],
            }
        )
    return sheets


def data_address(path: Path) -> str:
    """Return a picture as an address that holds it."""
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:{_IMAGE_TYPES[path.suffix]};base64,{content}"


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
