"""Tables: the paper's number, ours with its interval, and the difference, read from run folders."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from crossmodal.errors import InputError
from crossmodal.files import write_text
from crossmodal.metrics.uncertainty import bootstrap_mean
from crossmodal.runs import collected_runs, read_run

Scores = dict[str, npt.NDArray[np.float64]]

STAND_IN = "stand-in data"
OWN = "own videos"
LABELS = {"synthetic": STAND_IN, "own": OWN}
"""Source -> what titles and figures say of it."""
RUNS = "runs"
"""Column of a table's CSV that names the runs each row was read from, see `read_from`."""
_NUMBER = re.compile(r"[+-]?[\d.,]+( \[.+\])?")
_RERUN = "Delete the run folder and run the workflow again"


def labelled(title: str, source: str) -> str:
    """Return the title, with "(stand-in data)" or "(own videos)" behind it where that is so."""
    return f"{title} ({LABELS[source]})" if source in LABELS else title


def read_from(corpus: str, *variants: str) -> str:
    """Return a cell of the column `RUNS`: `<corpus>/<variant>` of every run group, by spaces."""
    return " ".join(f"{corpus}/{variant}" for variant in variants)


def run_records(paper_results: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Return (path, content) of the `run.json` of every collected run of a paper.

    Args:
        paper_results: `results/<edition>/<paper>`; a paper that never ran gives an empty list.

    Raises:
        InputError: A file is no JSON object or lacks one of corpus, source, variant and seed.
    """
    if not (paper_results / "metrics.csv").is_file():
        return []
    records = []
    for run in collected_runs(paper_results):
        path = run.folder(paper_results) / "run.json"
        record = read_run(path.parent)
        for key in ("corpus", "source", "variant", "seed"):
            if key not in record:
                raise InputError("missing", file=path, field=key, hint=_RERUN)
        records.append((path, record))
    return records


def run_scores(paper_results: Path, corpus: str, variant: str) -> Scores:
    """Return the per-query scores of all collected seeds of a variant.

    Args:
        paper_results: `results/<edition>/<paper>`.
        corpus: Name of the corpus folder below `runs`.
        variant: Name of the variant folder below the corpus.

    Returns:
        `task|protocol|metric` -> float64 [seeds, queries], seeds in rising order; empty when
        the variant never ran on this corpus.

    Raises:
        InputError: A file is damaged, holds a value that is not finite, or the seeds disagree
            about the keys or the number of queries.
    """
    runs = [
        run
        for run in collected_runs(paper_results)
        if (run.corpus, run.variant) == (corpus, variant)
    ]
    paths = [
        run.folder(paper_results) / "scores.npz" for run in sorted(runs, key=lambda run: run.seed)
    ]
    seeds = [_read_scores(path) for path in paths]
    if not seeds:
        return {}
    for path, scores in zip(paths, seeds, strict=True):
        if {key: len(row) for key, row in scores.items()} != {
            key: len(row) for key, row in seeds[0].items()
        }:
            raise InputError(
                f"other keys or another number of queries than in {paths[0]}",
                file=path,
                hint=_RERUN,
            )
    return {key: np.stack([scores[key] for scores in seeds]) for key in sorted(seeds[0])}


def comparison(paper_results: Path, corpus: str, key: str, cells: pd.DataFrame) -> pd.DataFrame:
    """Put the paper's numbers beside ours.

    Args:
        paper_results: `results/<edition>/<paper>`.
        corpus: The corpus whose runs are compared.
        key: `task|protocol|metric`, as in `scores.npz`.
        cells: One row a cell: any describing columns, then `variant` and `paper` (the reported
            value, NaN where the paper has none).

    Returns:
        The same rows with `ours`, `low`, `high` (mean and 95 % interval over seeds and queries),
        `difference` (ours - paper), `seeds`, `n` (queries) and `runs` (what the row was read
        from). A variant that never ran has empty cells and 0 seeds.

    Raises:
        InputError: A variant ran but holds no scores under `key`.
    """
    rows = [_measured(paper_results, corpus, variant, key) for variant in cells["variant"]]
    measured = pd.DataFrame(rows, index=cells.index)
    measured.insert(3, "difference", measured["ours"] - cells["paper"].astype(float))
    measured[RUNS] = [
        read_from(corpus, variant) if row["seeds"] else ""
        for variant, row in zip(cells["variant"], rows, strict=True)
    ]
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


def _read_scores(path: Path) -> Scores:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            scores = {key: np.asarray(arrays[key], dtype=np.float64) for key in arrays.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError("not readable as an npz archive", file=path, hint=_RERUN) from error
    for key, row in scores.items():
        if row.ndim != 1 or row.size == 0 or not np.isfinite(row).all():
            raise InputError(
                "not a row of finite numbers, one a query", file=path, field=key, hint=_RERUN
            )
    return scores


def _measured(paper_results: Path, corpus: str, variant: str, key: str) -> dict[str, Any]:
    scores = run_scores(paper_results, corpus, variant)
    if not scores:
        return {"ours": np.nan, "low": np.nan, "high": np.nan, "seeds": 0, "n": 0}
    if key not in scores:
        raise InputError(
            f"no scores for {key}",
            file=paper_results / "runs" / corpus / variant,
            hint=f"Ask for one of: {', '.join(scores)}",
        )
    values = scores[key]
    interval = bootstrap_mean(values)
    return {
        "ours": interval.mean,
        "low": interval.low,
        "high": interval.high,
        "seeds": values.shape[0],
        "n": values.shape[1],
    }


def _interval(mean: float, low: float, high: float) -> str:
    return "–" if pd.isna(mean) else f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def _text(value: Any, *, signed: bool) -> str:
    if pd.isna(value):
        return "–"
    if isinstance(value, float | np.floating):
        return f"{value:+.3f}" if signed else f"{value:.3f}"
    return str(value)


def _markdown(text: pd.DataFrame) -> str:
    columns = [
        [str(name), *(" ".join(cell.split()).replace("|", "\\|") for cell in text[name])]
        for name in text.columns
    ]
    widths = [max(3, *(len(cell) for cell in column)) for column in columns]
    right = [is_numeric(column[1:]) for column in columns]
    aligned = [
        [cell.rjust(width) if numeric else cell.ljust(width) for cell in column]
        for column, width, numeric in zip(columns, widths, right, strict=True)
    ]
    rule = [
        "-" * (width - 1) + (":" if numeric else "-")
        for width, numeric in zip(widths, right, strict=True)
    ]
    rows = list(zip(*aligned, strict=True))
    return "\n".join(f"| {' | '.join(row)} |" for row in (rows[0], rule, *rows[1:]))
