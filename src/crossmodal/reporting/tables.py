"""Tables: the paper's number, ours with its interval, and the difference, read from results."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crossmodal.files import write_text

if TYPE_CHECKING:
    from crossmodal.reporting.results import CorpusResults

STAND_IN = "stand-in data"
OWN = "own videos"
LABELS = {"synthetic": STAND_IN, "own": OWN}
"""Source -> what titles and figures say of it."""
RUNS = "runs"
"""Column of a table's CSV: the runs each row was read from, as `CorpusResults.read_from` says."""
_NUMBER = re.compile(r"[+-]?[\d.,]+( \[.+\])?")


def labelled(title: str, source: str) -> str:
    """Return the title, with "(stand-in data)" or "(own videos)" behind it where that is so."""
    return f"{title} ({LABELS[source]})" if source in LABELS else title


def comparison(
    results: CorpusResults, key: str | Sequence[str], cells: pd.DataFrame
) -> pd.DataFrame:
    """Put the paper's numbers beside ours.

    Args:
        key: `task|protocol|metric` of the scores, or one for every row.
        cells: One row a cell: any describing columns, then `variant` and `paper` (the reported
            value, NaN where the paper has none).

    Returns:
        The same rows with `ours`, `low`, `high` (mean and 95 % interval over seeds and items),
        `difference` (ours - paper), `seeds`, `n` (items) and `runs` (what the row was read from).
        A variant that did not run has empty cells and 0 seeds.

    Raises:
        InputError: A variant ran but holds no scores under its key.
    """
    keys = [key] * len(cells) if isinstance(key, str) else key
    pairs = zip(cells["variant"], keys, strict=True)
    measured = pd.DataFrame([_measured(results, *pair) for pair in pairs], index=cells.index)
    measured.insert(3, "difference", measured["ours"] - cells["paper"].astype(float))
    return pd.concat([cells, measured], axis=1)


def write_table(
    frame: pd.DataFrame, stem: Path, *, title: str, source: str, note: str = ""
) -> None:
    """Write `<stem>.csv` (the numbers) and `<stem>.md` (to be read).

    Args:
        frame: The table; its columns `ours`, `low` and `high` share one column in the Markdown,
            `runs` stands in the CSV alone.
        stem: Path without suffix, e.g. `results/demo/hashing/tables/table1`.
        title: Heading of the Markdown table.
        source: `synthetic`, `download` or `own`; labelled in the title. With one's own data no
            difference to the paper's numbers is taken: they are about another corpus.
        note: What a reader must know to read the table, e.g. the protocol.
    """
    stem = Path(stem)
    if frame.columns.empty:  # nothing that is compared ran
        frame = pd.DataFrame({"result": pd.Series(dtype=str)})
    if source == "own" and {"paper", "difference"} <= set(frame.columns):
        if frame["paper"].notna().any():
            note = f"{note} The paper's numbers are those of another corpus.".strip()
        frame = frame.assign(difference=np.nan)
    text = frame.to_csv(index=False, float_format="%.9g", lineterminator="\n")
    write_text(stem.with_name(stem.name + ".csv"), text)
    parts = [f"### {labelled(title, source)}", _markdown(readable(frame)), note]
    markdown = "\n\n".join(part for part in parts if part) + "\n"
    write_text(stem.with_name(stem.name + ".md"), markdown)


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table as text: three decimals, signed differences, intervals in one column.

    The column `RUNS` is left out: it is provenance, no result.
    """
    shown: dict[str, list[str]] = {}
    intervals = {"ours", "low", "high"} <= set(frame.columns)
    for name in frame.columns:
        if name == RUNS or (intervals and name in ("low", "high")):
            continue
        if intervals and name == "ours":
            columns = (frame["ours"], frame["low"], frame["high"])
            shown["ours [95 % interval]"] = [
                _interval(*cell) for cell in zip(*columns, strict=True)
            ]
        else:
            shown[str(name)] = [_text(value, signed=name == "difference") for value in frame[name]]
    return pd.DataFrame(shown, dtype=str)


def is_numeric(cells: list[str]) -> bool:
    """Whether a column of `readable` text holds numbers, so that it is aligned to the right."""
    filled = [cell for cell in cells if cell != "–"]
    return bool(filled) and all(_NUMBER.fullmatch(cell) for cell in filled)


def _measured(results: CorpusResults, variant: str, key: str) -> dict[str, Any]:
    if variant not in results.seeds:
        return {"ours": np.nan, "low": np.nan, "high": np.nan, "seeds": 0, "n": 0, RUNS: ""}
    seeds, n = results.scores(variant, key).shape
    found = results.interval(variant, key)
    ours = {"ours": found.mean, "low": found.low, "high": found.high}
    return {**ours, "seeds": seeds, "n": n, RUNS: results.read_from(variant)}


def _interval(mean: float, low: float, high: float) -> str:
    return "–" if pd.isna(mean) else f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def _text(value: Any, *, signed: bool) -> str:
    if pd.isna(value):
        return "–"
    if isinstance(value, float | np.floating):
        return f"{value:+.3f}" if signed else f"{value:.3f}"
    return str(value)


def _markdown(text: pd.DataFrame) -> str:
    cells = text.map(lambda cell: " ".join(cell.split()).replace("|", "\\|"))
    aligned = ["right" if is_numeric(list(cells[name])) else "left" for name in cells]
    return str(cells.to_markdown(index=False, colalign=aligned, disable_numparse=True))
