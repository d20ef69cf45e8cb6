"""The scorecard of the report page: judged claims with their runs, and verdicts counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.errors import InputError
from crossmodal.reporting.claims import COLUMNS, JUDGED, VERDICTS
from crossmodal.reporting.provenance import Ledger

Claim = dict[str, Any]


def read_claims(path: Path, ledger: Ledger) -> list[Claim]:
    """Read judged claims as the page shows them, each with the runs of its two sides.

    Args:
        path: `results/<edition>/claims.csv`; no claims where it is missing.
        ledger: The runs of the edition.

    Raises:
        InputError: A column is missing.
    """
    if not path.exists():
        return []
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    for column in ("paper", *COLUMNS, *JUDGED):
        if column not in frame.columns:
            raise InputError(
                "missing column", file=path, field=column, hint="Join the claims again"
            )
    return [
        _claim({str(key): str(value) for key, value in record.items()}, ledger)
        for record in frame.to_dict("records")
    ]


def _claim(row: dict[str, str], ledger: Ledger) -> Claim:
    claim: Claim = dict(row)
    for name in ("ours_left", "ours_right", "paper_left", "paper_right"):
        claim[name] = f"{float(row[name]):.3f}" if row[name] else "–"
    for name in ("difference", "ci_low", "ci_high"):
        claim[name] = f"{float(row[name]):+.3f}" if row[name] else ""
    place = dict(part.split("=", 1) for part in row["where"].split(";") if part)
    claim["place"] = ", ".join(value.replace("_", " ") for value in place.values())
    claim["number"] = row["claim"].split(".")[0]
    sides = [row[side].partition("@")[0] for side in ("left", "right")]
    claim["runs"] = ledger.behind(row["paper"], [f"{row['corpus']}/{side}" for side in sides])
    return claim


def count_verdicts(claims: Sequence[Claim]) -> dict[str, Any]:
    """Count verdicts: `total`, `counts` by verdict, and `bar`, their shares in percent."""
    counts = Counter(claim["verdict"] for claim in claims)
    bar, start = [], 0.0
    for verdict in VERDICTS:
        width = 100 * counts[verdict] / max(len(claims), 1)
        bar.append({"verdict": verdict, "x": f"{start:.2f}", "width": f"{width:.2f}"})
        start += width
    return {"total": len(claims), "counts": counts, "bar": bar}


def by_number(claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """Count the verdicts of a paper's claims under each of its numbers."""
    numbers = sorted({claim["number"] for claim in claims}, key=int)
    return [
        {
            "name": f"Claim {number}",
            **count_verdicts([claim for claim in claims if claim["number"] == number]),
        }
        for number in numbers
    ]
