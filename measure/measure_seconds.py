"""Write `config/seconds.csv` from what Snakemake measured of finished runs on two free cores.

python -m measure.measure_seconds demo smoke
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean

import pandas as pd

from crossmodal.expected import SECONDS, job_of, seconds_in


def measured(edition: str) -> pd.DataFrame:
    """Return the mean seconds of every kind of job of an edition."""
    below, found = f"benchmarks/{edition}", defaultdict(list)
    for path in sorted(Path(below).rglob("*.tsv")):
        found[job_of(str(path), below)].append(seconds_in(path) or 0.0)
    rows = [(edition, job, round(mean(seconds), 1)) for job, seconds in sorted(found.items())]
    return pd.DataFrame(rows, columns=["edition", "job", "seconds"])


def main(editions: list[str]) -> None:
    """Measure some editions and keep what the file has of others."""
    kept = pd.read_csv(SECONDS) if SECONDS.exists() else measured("none")
    parts = [kept[~kept["edition"].isin(editions)], *map(measured, editions)]
    pd.concat([part for part in parts if len(part)]).to_csv(SECONDS, index=False)


if __name__ == "__main__":
    main(sys.argv[1:])
