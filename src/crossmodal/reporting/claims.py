"""Claims: what a paper states, the numbers that decide it, and our verdict with an interval."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.files import AGAIN, check_recorded, write_text
from crossmodal.metrics.uncertainty import Interval, paired_bootstrap
from crossmodal.reporting.results import CorpusResults, Results

PLACE = ["corpus", "task", "protocol", "metric"]
COLUMNS = [
    *("claim", "artefact", "statement", *PLACE, "left", "relation", "right", "margin"),
    *("paper_left", "paper_right", "status", "note"),
]
ASSESSED = [
    *("source", "ours_left", "ours_right", "difference", "ci_low", "ci_high", "seeds", "verdict")
]
VERDICTS = ["supported", "contradicted", "inconclusive", "not testable"]

_RELATIONS = [">", "<", "~"]
_STATUSES = ["testable", "not testable"]
_FEWEST_SEEDS = 3
_SLIP = 0.7
"""Names as like as this (difflib's ratio) are taken for one misspelt."""

Claim = dict[str, str]
Fault = Callable[[str, str, str], InputError]


def assess_claims(claims_csv: Path, results: Results, asked_of: str | None = None) -> pd.DataFrame:
    """Assess every claim of a paper by its runs.

    `left > right` with a margin states that left - right is at least the margin; `~` states
    that it is at most the margin in size. A side is a variant, or `variant@protocol` where it is
    measured under another protocol than the claim's, or on the right a number, such as chance.
    A claim is supported when the whole 95 % interval of left - right (paired by item, over
    seeds) lies on the claim's side of the margin, contradicted when it lies on the other side,
    inconclusive when it touches or spans it. Fewer than three seeds of a variant settle nothing,
    unless its seeds are seen to be all alike. A variant that did not run makes its claims not
    testable.

    Args:
        claims_csv: `config/claims/<paper>.csv`.
        results: The paper's runs.
        asked_of: Ask all claims of this corpus, whichever they are about; what was not measured
            there is not testable. None: each of its own.

    Returns:
        The claims in the file's order with `COLUMNS` + `ASSESSED`; `corpus` is the one asked,
        numbers have the metric's unit, `seeds` is the smaller number of seeds of the two sides.

    Raises:
        InputError: The claims file names something unknown, or two sides that scored different
            items; it says file, row, column and hint.
    """
    assessed = []
    for number, row in enumerate(_read_claims(claims_csv), start=2):
        fault = _fault(claims_csv, number, row["claim"])
        _check_row(row, fault)
        if asked_of is not None and row["corpus"] not in ("", asked_of):
            row["note"] = _noted(row["note"], f"the paper speaks of {row['corpus']}")
            row["corpus"] = asked_of
        found = results.corpora.get(row["corpus"])
        found = found if found is not None and found.runs else None
        outcome: dict[str, object] = {"source": found.source if found else ""}
        reason = _not_testable(row, found, anywhere=asked_of is not None)
        if found is None or reason is not None:
            outcome["verdict"] = "not testable"
            row["note"] = _noted(row["note"], reason or "")
        else:
            outcome |= _assess(row, found, fault)
        assessed.append({**row, **outcome})
    return pd.DataFrame(assessed, columns=[*COLUMNS, *ASSESSED])


def write_claims(
    claims_csv: Path, results: Results, out: Path, asked_of: str | None = None
) -> None:
    """Write what `assess_claims` returns, numbers with six decimals."""
    assessed = assess_claims(claims_csv, results, asked_of)
    write_text(out, assessed.to_csv(index=False, float_format="%.6f", lineterminator="\n"))


def read_assessed(path: Path, *more: str) -> pd.DataFrame:
    """Read assessed claims as text.

    Args:
        path: `claims.csv` of a paper or an edition.
        more: Columns it has before `COLUMNS` and `ASSESSED`.

    Raises:
        InputError: It is missing or damaged.
    """
    check_recorded(path, AGAIN)
    frame = _read_text(path, AGAIN)
    if list(frame.columns) != [*more, *COLUMNS, *ASSESSED]:
        raise InputError("not a file of assessed claims", file=path, hint=AGAIN)
    return frame


def join_claims(paper_csvs: list[Path], out: Path) -> None:
    """Write the assessed claims of all papers into one file, `paper` as its first column.

    Args:
        paper_csvs: `results/<edition>/<paper>/claims.csv`; the folder names the paper.
        out: `results/<edition>/claims.csv`.

    Raises:
        InputError: As `read_assessed`.
    """
    frames = [read_assessed(path).assign(paper=path.parent.name) for path in paper_csvs]
    columns = ["paper", *COLUMNS, *ASSESSED]
    joined = pd.concat(frames)[columns] if frames else pd.DataFrame(columns=columns)
    write_text(out, joined.to_csv(index=False, lineterminator="\n"))


def side_of(claim: Mapping[Any, str], side: str) -> tuple[str, str]:
    """Return variant and `task|protocol|metric` of a side; a number stands as its own variant."""
    variant, _, protocol = claim[side].partition("@")
    return variant, f"{claim['task']}|{protocol or claim['protocol']}|{claim['metric']}"


def verdict_of(interval: Interval, relation: str, margin: float) -> str:
    """Return the verdict on `left - right` by its interval alone; see `assess_claims`."""
    if relation == "~":
        if -margin <= interval.low and interval.high <= margin:
            return "supported"
        apart = interval.low > margin or interval.high < -margin
        return "contradicted" if apart else "inconclusive"
    low, high = interval.low, interval.high
    if relation == "<":
        low, high = -high, -low
    if low > margin:
        return "supported"
    return "contradicted" if high < margin else "inconclusive"


def _fault(path: Path, number: int, claim: str) -> Fault:
    """Return a maker of errors that name this row; the header is row 1, as in a spreadsheet."""

    def fault(column: str, problem: str, hint: str) -> InputError:
        field = f"row {number} ({claim}), column {column}"
        return InputError(problem, file=path, field=field, hint=hint)

    return fault


def _read_text(path: Path, hint: str) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError("no such file", file=path, hint=hint) from error
    except (ValueError, pd.errors.ParserError) as error:
        problem = "not readable as comma-separated UTF-8 text"
        raise InputError(problem, file=path, hint=hint) from error


def _read_claims(path: Path) -> list[Claim]:
    hint = "Give every row as many fields as the header, quoting those with commas"
    claims = _read_text(path, hint)
    for column in claims.columns:
        if column not in COLUMNS:
            raise InputError(
                "unknown column", file=path, field=column, hint=_nearest(column, COLUMNS)
            )
    for column in COLUMNS:
        if column not in claims.columns:
            raise InputError("missing column", file=path, field=column, hint="Add it")
    repeated = claims["claim"][claims["claim"].duplicated()]
    if not repeated.empty:
        raise InputError(
            "two claims have this id", file=path, field=repeated.iloc[0], hint="Rename one"
        )
    return [dict(zip(COLUMNS, row, strict=True)) for row in claims[COLUMNS].to_numpy().tolist()]


def _check_row(row: Claim, fault: Fault) -> None:
    """Check one claim by itself."""
    if row["status"] not in _STATUSES:
        raise fault(
            "status", f"unknown status {row['status']!r}", _nearest(row["status"], _STATUSES)
        )
    testable = row["status"] == "testable"
    if not row["claim"].split(".")[0].isdecimal():
        raise fault("claim", "no number before the first dot", "Name it like 1.wikipedia.ours-cvh")
    if (testable or row["relation"]) and row["relation"] not in _RELATIONS:
        raise fault("relation", f"unknown relation {row['relation']!r}", "Write one of >, <, ~")
    for column in ("margin", "paper_left", "paper_right"):
        needed = testable and column == "margin"
        if (needed or row[column]) and not _is_number(row[column]):
            raise fault(column, f"{row[column]!r} is not a number", "Write a number, e.g. 0.04")
    if row["margin"] and float(row["margin"]) < 0:
        raise fault("margin", "negative", "Write 0 or more; turn the relation round instead")
    for column in PLACE:
        if testable and not row[column]:
            raise fault(column, "empty", "Name what decides the claim, or say `not testable`")


def _not_testable(row: Claim, found: CorpusResults | None, *, anywhere: bool) -> str | None:
    """Say why a claim cannot be tested (nothing where it says so itself); None: it can."""
    if row["status"] == "not testable":
        return ""
    if found is None:
        return f"corpus {row['corpus']} is not at hand"
    sides = [side_of(row, side) for side in ("left", "right") if not _is_number(row[side])]
    for variant, _ in sides:
        # An unknown name that is nearly one of those that ran is a slip, which `_scores` reports.
        slip = difflib.get_close_matches(variant, found.seeds, n=1, cutoff=_SLIP)
        slip = [] if variant in getattr(found.settings, "variants", ()) else slip
        if variant not in found.seeds and not slip and re.fullmatch(r"\w[\w.+-]*", variant):
            return f"{variant} did not run on {row['corpus']}"
    for variant, key in sides if anywhere else []:
        if variant not in found.seeds:
            return f"{variant} did not run"
        if key not in found.keys(variant):
            return f"{variant} has no {row['metric']} here"
    return None


def _scores(
    row: Claim, side: str, found: CorpusResults, fault: Fault
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Return the scores [seeds, items] of a claim's side and the items' names [items]."""
    variant, key = side_of(row, side)
    if variant not in found.seeds:
        problem = f"variant {variant!r} never ran on {row['corpus']}"
        raise fault(side, problem, _nearest(variant, list(found.seeds)))
    known = found.keys(variant)
    if key not in known:
        column = side if "@" in row[side] else "protocol"
        raise fault(column, f"{variant} has no scores {key}", _nearest(key, known))
    task, protocol, _ = key.split("|")
    return found.scores(variant, key), found.items(variant, task, protocol)


def _assess(row: Claim, found: CorpusResults, fault: Fault) -> dict[str, object]:
    """Return the assessed columns of a claim; notes in `row` why a verdict was held back."""
    left, left_items = _scores(row, "left", found, fault)
    if _is_number(row["right"]):
        right = np.full_like(left, float(row["right"]))
    else:
        right, right_items = _scores(row, "right", found, fault)
        if not np.array_equal(left_items, right_items):
            problem = f"{row['left']} and {row['right']} scored different items"
            raise fault("right", problem, "Compare variants that scored the same items")
    interval = paired_bootstrap(left, right)
    verdict = verdict_of(interval, row["relation"], float(row["margin"]))
    if verdict != "inconclusive" and (_too_few(left) or _too_few(right)):
        verdict = "inconclusive"
        row["note"] = _noted(row["note"], f"fewer than {_FEWEST_SEEDS} seeds settle nothing")
    return {
        "ours_left": float(left.mean()),
        "ours_right": float(right.mean()),
        "difference": interval.mean,
        "ci_low": interval.low,
        "ci_high": interval.high,
        "seeds": str(min(len(left), len(right))),
        "verdict": verdict,
    }


def _too_few(scores: NDArray[np.float64]) -> bool:
    # One seed alone cannot show that a method does not depend on its seed; two alike can.
    alike = len(scores) > 1 and bool((scores == scores[0]).all())
    return len(scores) < _FEWEST_SEEDS and not alike


def _noted(note: str, addition: str) -> str:
    return "; ".join(filter(None, (note, addition)))


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}?" if close else f"Use one of: {', '.join(known)}"
