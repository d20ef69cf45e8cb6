"""Jobs of the workflow: as a dry run counts them, and as Snakemake measured them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from crossmodal.errors import InputError

_JOB = re.compile(r"^(?P<rule>\w+)\s+(?P<count>\d+)$")
_HOUR_S = 3600.0


def read_jobs(path: Path) -> dict[str, int]:
    """Read the last table of jobs that `snakemake -n --quiet rules` printed: rule -> jobs.

    Raises:
        InputError: There is no such table.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({error})", file=path, hint="Run: make plan") from error
    table = text.rpartition("Job stats:")[2].splitlines()
    jobs = {match["rule"]: int(match["count"]) for match in map(_JOB.match, table) if match}
    if jobs.pop("total", None) != sum(jobs.values()) or not jobs:
        raise InputError("holds no table of jobs", file=path, hint="Run: make plan")
    return jobs


def jobs_of(rule: str, parts: list[str]) -> str:
    """Return whose job a rule's is: a part's (a paper, the benchmark), "report" or "corpora"."""
    owner = rule.partition("_")[0]
    if owner in parts:
        return owner
    return "report" if rule in ("report", "all") else "corpora"


def ran_hours(benchmarks: Path) -> dict[str, float]:
    """Return the core-hours of the jobs that ran, by rule, as Snakemake measured them."""
    found: dict[str, float] = {}
    for path in sorted(benchmarks.rglob("*.tsv")):
        rule = path.relative_to(benchmarks).with_suffix("").parts[0]
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream, delimiter="\t"):
                seconds = float(row["cpu_time"]) if row["cpu_time"] != "NA" else 0.0
                found[rule] = found.get(rule, 0.0) + seconds / _HOUR_S
    return found
