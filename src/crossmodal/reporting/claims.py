"""Claims: what a paper states, the numbers that decide it, and our verdict with an interval."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from crossmodal.errors import InputError
from crossmodal.files import write_text
from crossmodal.metrics.uncertainty import Interval, paired_bootstrap
from crossmodal.reporting.tables import Scores, run_records, run_scores

COLUMNS = [
    *("claim", "artefact", "statement", "where", "metric", "left", "relation", "right"),
    *("margin", "paper_left", "paper_right", "status", "note"),
]
JUDGED = [
    *("corpus", "source", "ours_left", "ours_right", "difference", "ci_low", "ci_high"),
    *("seeds", "verdict"),
]
VERDICTS = ["supported", "contradicted", "inconclusive", "not testable"]

_RELATIONS = [">", "<", "~"]
_STATUSES = ["testable", "not testable"]
_PLACES = ["corpus", "task", "protocol"]
_FEWEST_SEEDS = 3
_SLIP = 0.7
"""Names as like as this (difflib's ratio) are taken for one misspelt."""


def judge_claims(
    claims_csv: Path, paper_results: Path, asked_of: str | None = None
) -> pd.DataFrame:
    """Judge every claim of a paper by its runs.

    `left > right` with a margin states that left - right is at least the margin; `~` states
    that it is at most the margin in size. A side is a variant, or `variant@protocol` where it is
    measured under another protocol than `where` names, or on the right a number, such as chance.
    A claim is supported when the whole 95 % interval of left - right (paired by query, over
    seeds) lies on the claim's side of the margin, contradicted when it lies on the other side,
    inconclusive when it touches or spans it. Fewer than three seeds of a variant settle nothing,
    unless its seeds are seen to be all alike. A variant that did not run makes its claims not
    testable.

    Args:
        claims_csv: `config/claims/<paper>.csv`.
        paper_results: `results/<edition>/<paper>`.
        asked_of: Ask all claims of this corpus, whichever they are about; what was not measured
            there is not testable. None: each of its own.

    Returns:
        The claims in the file's order with `COLUMNS` + `JUDGED`; numbers have the metric's unit,
        `seeds` is the smaller number of seeds of the two sides.

    Raises:
        InputError: The claims file names something unknown; it says file, row, column and hint.
    """
    claims = _read_claims(claims_csv)
    sources: dict[str, str] = {}
    variants: defaultdict[str, set[str]] = defaultdict(set)
    for _, record in run_records(paper_results):
        sources[record["corpus"]] = record["source"]
        variants[record["corpus"]].add(record["variant"])

    @cache
    def scores_of(corpus: str, variant: str) -> Scores:
        return run_scores(paper_results, corpus, variant)

    judged = []
    for number, claim in enumerate(claims.to_dict("records"), start=2):
        row = {str(column): str(value) for column, value in claim.items()}
        fault = _fault(claims_csv, number, row["claim"])
        place = _check_row(row, fault)
        if asked_of is not None and place.get("corpus", asked_of) != asked_of:
            row["note"] = _noted(row["note"], f"the paper speaks of {place['corpus']}")
            place["corpus"] = asked_of
        corpus = place.get("corpus", "")
        outcome: dict[str, object] = {"corpus": corpus, "source": sources.get(corpus, "")}
        if row["status"] == "not testable":
            outcome["verdict"] = "not testable"
        elif corpus not in sources:
            outcome["verdict"] = "not testable"
            row["note"] = _noted(row["note"], f"corpus {corpus} is not at hand")
        elif absent := _absent(row, sorted(variants[corpus])):
            outcome["verdict"] = "not testable"
            row["note"] = _noted(row["note"], f"{absent} did not run on {corpus}")
        elif asked_of is not None and (lacks := _unmeasured(row, place, scores_of)):
            outcome["verdict"] = "not testable"
            row["note"] = _noted(row["note"], lacks)
        else:
            known = sorted(variants[corpus])
            left = _side(row, "left", place, scores_of, known, fault)
            if _is_number(row["right"]):
                right = np.full_like(left, float(row["right"]))
            else:
                right = _side(row, "right", place, scores_of, known, fault)
            outcome |= _judge(row, left, right, fault)
        judged.append({**row, **outcome})
    return pd.DataFrame(judged, columns=[*COLUMNS, *JUDGED])


def write_claims(
    claims_csv: Path, paper_results: Path, out: Path, asked_of: str | None = None
) -> None:
    """Judge the claims of a paper and write them, numbers with six decimals.

    Args:
        claims_csv: `config/claims/<paper>.csv`.
        paper_results: `results/<edition>/<paper>`.
        out: Usually `<paper_results>/claims.csv`.
        asked_of: As `judge_claims`.

    Raises:
        InputError: As `judge_claims`.
    """
    judged = judge_claims(claims_csv, paper_results, asked_of)
    write_text(out, judged.to_csv(index=False, float_format="%.6f", lineterminator="\n"))


def join_claims(paper_csvs: list[Path], out: Path) -> None:
    """Write the judged claims of all papers into one file, `paper` as its first column.

    Args:
        paper_csvs: `results/<edition>/<paper>/claims.csv`; the folder names the paper.
        out: `results/<edition>/claims.csv`.

    Raises:
        InputError: A file does not have the columns of judged claims.
    """
    frames = []
    for path in paper_csvs:
        frame = _read_text(path)
        if list(frame.columns) != [*COLUMNS, *JUDGED]:
            raise InputError(
                "not a file of judged claims", file=path, hint="Make it again with `claims`"
            )
        frame.insert(0, "paper", path.parent.name)
        frames.append(frame)
    joined = pd.concat(frames) if frames else pd.DataFrame(columns=["paper", *COLUMNS, *JUDGED])
    write_text(out, joined.to_csv(index=False, lineterminator="\n"))


def verdict_of(interval: Interval, relation: str, margin: float) -> str:
    """Return the verdict on `left - right` by its interval alone; see `judge_claims`."""
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


Fault = Callable[[str, str, str], InputError]


def _fault(path: Path, number: int, claim: str) -> Fault:
    """Return a maker of errors that name this row; the header is row 1, as in a spreadsheet."""

    def fault(column: str, problem: str, hint: str) -> InputError:
        field = f"row {number} ({claim}), column {column}"
        return InputError(problem, file=path, field=field, hint=hint)

    return fault


def _read_text(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(
            "no such file", file=path, hint="Give the path of a claims file"
        ) from error
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError(
            "not readable as comma-separated UTF-8 text",
            file=path,
            hint="Give every row as many fields as the header, quoting those with commas",
        ) from error


def _read_claims(path: Path) -> pd.DataFrame:
    claims = _read_text(path)
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
    return claims[COLUMNS]


def _check_row(row: dict[str, str], fault: Fault) -> dict[str, str]:
    """Check one claim by itself and return what its `where` says."""
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
    place: dict[str, str] = {}
    for part in filter(None, row["where"].split(";")):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in _PLACES or not value or name in place:
            raise fault("where", f"cannot read {part!r}", f"Write {_where_form()}")
        place[name] = value
    if testable and len(place) < len(_PLACES):
        raise fault("where", "incomplete", f"Write {_where_form()}")
    return place


def _absent(row: dict[str, str], known: list[str]) -> str | None:
    """Return a side's variant that did not run, e.g. for want of pictures; None for a misspelt one.

    A name that is nearly one of those that ran is taken for a slip, which `_side` reports.
    """
    for side in ("left", "right"):
        variant = row[side].partition("@")[0]
        plain = re.fullmatch(r"\w[\w.+-]*", variant) and not _is_number(row[side])
        misspelt = difflib.get_close_matches(variant, known, n=1, cutoff=_SLIP)
        if plain and variant not in known and not misspelt:
            return variant
    return None


def _unmeasured(
    row: dict[str, str], place: dict[str, str], scores_of: Callable[[str, str], Scores]
) -> str:
    """Say which side has no scores of what a claim is about, such as a gender; empty: none."""
    for side in ("left", "right"):
        variant, _, protocol = row[side].partition("@")
        if _is_number(row[side]):
            continue
        scores = scores_of(place["corpus"], variant)
        if not scores:
            return f"{variant} did not run"
        if f"{place['task']}|{protocol or place['protocol']}|{row['metric']}" not in scores:
            return f"{variant} has no {row['metric']} here"
    return ""


def _side(
    row: dict[str, str],
    side: str,
    place: dict[str, str],
    scores_of: Callable[[str, str], Scores],
    known: list[str],
    fault: Fault,
) -> np.ndarray:
    """Return the scores [seeds, queries] of the claim's left or right variant."""
    variant, _, protocol = row[side].partition("@")
    scores = scores_of(place["corpus"], variant) if variant in known else {}
    if not scores:
        problem = f"variant {variant!r} never ran on {place['corpus']}"
        raise fault(side, problem, _nearest(variant, known))
    key = f"{place['task']}|{protocol or place['protocol']}|{row['metric']}"
    if key not in scores:
        column = side if protocol else "where"
        raise fault(column, f"{variant} has no scores {key}", _nearest(key, list(scores)))
    return scores[key]


def _judge(
    row: dict[str, str], left: np.ndarray, right: np.ndarray, fault: Fault
) -> dict[str, object]:
    """Return the judged columns of one claim; notes in `row` why a verdict was held back."""
    if left.shape[1] != right.shape[1]:
        problem = f"{left.shape[1]} queries on the left, {right.shape[1]} on the right"
        raise fault("right", problem, "Compare variants that answered the same queries")
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


def _too_few(scores: np.ndarray) -> bool:
    # One seed alone cannot show that a method does not depend on its seed; two alike can.
    alike = len(scores) > 1 and bool((scores == scores[0]).all())
    return len(scores) < _FEWEST_SEEDS and not alike


def _noted(note: str, addition: str) -> str:
    return f"{note}; {addition}" if note else addition


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _where_form() -> str:
    return "corpus=NAME;task=NAME;protocol=NAME"


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}?" if close else f"Use one of: {', '.join(known)}"
