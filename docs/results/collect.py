"""Keep the tables and verdicts of an edition as pages of the documentation.

    python docs/results/collect.py EDITION

Reads results/<edition> and writes docs/results/<edition>/<paper>.md: where the numbers come from,
how many claims hold, every table, every claim with its numbers.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parents[1] / "results"
CLAIM = ["claim", "statement", "corpus", "source", "ours_left", "relation", "ours_right"]
CLAIM += ["ci_low", "ci_high", "seeds", "verdict"]


def origin(paper: Path) -> str:
    """Return in a sentence which commits and sources of data the runs of a paper name."""
    records = [json.loads(file.read_text()) for file in sorted(paper.rglob("run.json"))]
    commits = sorted({str(record["commit"])[:10] for record in records})
    sources = sorted({f"{record['corpus']} ({record['source']})" for record in records})
    devices = sorted({record["device"] for record in records})
    return (
        f"{len(records)} runs on {', '.join(sources)}; device: {', '.join(devices)};"
        f" commit {', '.join(commits)}.\n"
    )


def verdicts(paper: Path) -> str:
    """Return the number of claims by verdict and all of them as a table."""
    file = paper / "claims.csv"
    if not file.is_file():
        return ""
    claims = pd.read_csv(file, dtype=str, keep_default_na=False)
    counts = claims["verdict"].value_counts()
    words = ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
    rows = [" | ".join(["", *CLAIM, ""]).strip(), "|" + "---|" * len(CLAIM)]
    rows += ["| " + " | ".join(row) + " |" for row in claims[CLAIM].itertuples(index=False)]
    return f"## Claims\n\n{len(claims)}: {words}.\n\n" + "\n".join(rows) + "\n"


def page(paper: Path) -> str:
    """Return the page of one paper."""
    tables = [
        file.read_text().replace("### ", "## ", 1) for file in sorted(paper.glob("tables/*.md"))
    ]
    title = f"# {paper.name}, edition `{paper.parent.name}`\n"
    return "\n".join([title, origin(paper), *tables, verdicts(paper)])


def main(edition: str) -> None:
    """Write the pages of an edition."""
    folder = HERE / edition
    folder.mkdir(exist_ok=True)
    for paper in sorted((RESULTS / edition).iterdir()):
        if (paper / "tables").is_dir() and any(paper.rglob("run.json")):
            (folder / f"{paper.name}.md").write_text(page(paper), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not (RESULTS / sys.argv[1]).is_dir():
        sys.exit("error: docs/results/collect.py: name an edition that has run, e.g. public")
    main(sys.argv[1])
