"""The scorecard of the report page: assessed claims with their runs, and verdicts counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crossmodal.reporting.claims import VERDICTS, read_assessed, side_of
from crossmodal.reporting.provenance import RunIndex

Claim = dict[str, Any]


def read_claims(path: Path, index: RunIndex) -> list[Claim]:
    """Read assessed claims as the page shows them, each with the runs of its two sides.

    Args:
        path: `results/<edition>/claims.csv`; no claims where it is missing.

    Raises:
        InputError: The file is damaged.
    """
    if not path.exists():
        return []
    return [_claim(row, index) for row in read_assessed(path, "paper").to_dict("records")]


def _claim(row: Mapping[Any, str], index: RunIndex) -> Claim:
    claim: Claim = dict(row)
    for name in ("ours_left", "ours_right", "paper_left", "paper_right"):
        claim[name] = f"{float(row[name]):.3f}" if row[name] else "–"
    for name in ("difference", "ci_low", "ci_high"):
        claim[name] = f"{float(row[name]):+.3f}" if row[name] else ""
    place = filter(None, (row["corpus"], row["task"], row["protocol"]))
    claim["place"] = ", ".join(value.replace("_", " ") for value in place)
    claim["number"] = row["claim"].split(".")[0]
    groups = [f"{row['corpus']}/{side_of(row, side)[0]}" for side in ("left", "right")]
    claim["runs"] = index.behind(row["paper"], groups)
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
