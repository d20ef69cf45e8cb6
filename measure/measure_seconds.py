"""Write `config/seconds.csv` from the core-seconds that jobs of finished runs noted in their logs.

    python -m measure.measure_seconds demo smoke

Core-seconds hardly depend on what else a machine does meanwhile, and jobs have a thread each.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean

import pandas as pd

from crossmodal.expected import SECONDS, job_of

SPENT = re.compile(r"([\d.]+) core-seconds in all")


def measured(edition: str) -> pd.DataFrame:
    """Return the mean core-seconds of every kind of job of an edition."""
    below, found = f"logs/{edition}", defaultdict(list)
    for path in sorted(Path(below).rglob("*.log")):
        if spent := SPENT.findall(path.read_text(encoding="utf-8", errors="replace")):
            found[job_of(str(path.with_suffix("")), below)].append(float(spent[-1]))
    rows = [(edition, job, round(mean(seconds), 1)) for job, seconds in sorted(found.items())]
    return pd.DataFrame(rows, columns=["edition", "job", "seconds"])


def main(editions: list[str]) -> None:
    """Measure some editions and keep what the file has of others."""
    kept = pd.read_csv(SECONDS) if SECONDS.exists() else measured("none")
    parts = [kept[~kept["edition"].isin(editions)], *map(measured, editions)]
    pd.concat([part for part in parts if len(part)]).to_csv(SECONDS, index=False)


if __name__ == "__main__":
    main(sys.argv[1:])
