"""How long each job of a run is expected to take, for the time left on the screen."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from statistics import mean

from crossmodal.config import CONFIG

SECONDS = CONFIG / "seconds.csv"
"""`edition,job,seconds`: core-seconds, noted by measure/measure_seconds.py."""
UNKNOWN_S = 5.0
"""Expected of a job of whose kind nothing was measured."""
_EACH = re.compile(r"/(seed\d+|\d+-of-\d+)$")


def expected_seconds(measured: Iterable[str], below: str, edition: str) -> dict[str, float]:
    """Return the wall-clock seconds that jobs are expected to take.

    What this machine measured of a job counts first, then what `config/seconds.csv` has of the
    edition, then the mean of the rule.

    Args:
        measured: The file that Snakemake measures each job in.
        below: Their folder, `benchmarks/<edition>`.
    """
    known: dict[str, float] = {}
    with suppress(OSError), SECONDS.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["edition"] == edition]
        known = {row["job"]: float(row["seconds"]) for row in rows}
    rules = defaultdict(list)
    for job, seconds in known.items():
        rules[job.split("/")[0]].append(seconds)
    found = {}
    for path in measured:
        job = job_of(path, below)
        usual = mean(rules.get(job.split("/")[0], [UNKNOWN_S]))
        found[path] = seconds_in(Path(path)) or known.get(job, usual)
    return found


def job_of(path: str, below: str) -> str:
    """Return what is measured in a file, without seed and shard: `train/cmcgan/sub_urmp/ours`."""
    return _EACH.sub("", path.removeprefix(f"{below}/").removesuffix(".tsv"))


def seconds_in(path: Path) -> float | None:
    """Return the seconds that Snakemake measured of a job; None where it did not."""
    with suppress(OSError, KeyError, ValueError, IndexError), path.open(encoding="utf-8") as stream:
        return float(list(csv.DictReader(stream, delimiter="\t"))[-1]["s"])
    return None
