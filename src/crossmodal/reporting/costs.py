"""What an edition cost: Snakemake's benchmark of every job, added up by part and step."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Job(NamedTuple):
    """One execution of a job.

    Attributes:
        step: Name of the job's family of rules, e.g. "hashing_train".
        seconds: Wall-clock time.
        core_seconds: Processor time of the job and everything it started.
        memory_mb: Largest resident memory, in megabytes.
    """

    step: str
    seconds: float
    core_seconds: float
    memory_mb: float


def read_jobs(folder: Path) -> tuple[list[Job], int]:
    """Read the benchmarks of an edition.

    Args:
        folder: `benchmarks/<edition>`; the first part of a path below it names the step.

    Returns:
        The jobs, and how many files could not be read: a cost is no result, so that a damaged
        file shall not stop the report.
    """
    jobs, unreadable = [], 0
    for path in sorted(folder.rglob("*.tsv")):
        step = path.relative_to(folder).parts[0].removesuffix(".tsv")
        try:
            with path.open(encoding="utf-8", newline="") as stream:
                rows = list(csv.DictReader(stream, delimiter="\t"))
            if not rows:
                raise ValueError("no row")
            jobs += [
                Job(step, *(_number(row[name]) for name in ("s", "cpu_time", "max_rss")))
                for row in rows
            ]
        except (OSError, UnicodeDecodeError, KeyError, ValueError, TypeError):
            unreadable += 1
    return jobs, unreadable


def costs_by_part(jobs: Iterable[Job], parts: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Add up jobs by part of the edition and by step.

    Args:
        jobs: Jobs in any order.
        parts: (id, title) of every part whose steps are named `<id>_<step>`, or `<id>` for its
            training; all other steps belong to the part "Corpora and report".

    Returns:
        One mapping a part that has jobs: `title`, the totals `jobs`, `seconds`, `core_seconds`
        and `memory_mb` (the largest), and `steps`, the same for each of them under `name`.
    """
    steps: dict[str, dict[str, list[Job]]] = {}
    for job in jobs:
        part, name = _place(job.step, [part for part, _ in parts])
        steps.setdefault(part, {}).setdefault(name, []).append(job)
    return [
        {
            "title": title,
            "steps": [
                {"name": name.replace("_", " "), **_total(own)}
                for name, own in sorted(steps[part].items(), key=_dearest_first)
            ],
            **_total([job for own in steps[part].values() for job in own]),
        }
        for part, title in [("", "Corpora and report"), *parts]
        if part in steps
    ]


def _number(text: str) -> float:
    """Return a number; a job too short to be measured has "NA" or "-" in its place."""
    value = 0.0 if text in ("NA", "-") else float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _place(step: str, parts: list[str]) -> tuple[str, str]:
    for part in parts:
        if step == part:
            return part, "train"
        if step.startswith(f"{part}_"):
            return part, step.removeprefix(f"{part}_")
    return "", step


def _dearest_first(entry: tuple[str, list[Job]]) -> tuple[float, str]:
    name, jobs = entry
    return -sum(job.core_seconds for job in jobs), name


def _total(jobs: Sequence[Job]) -> dict[str, Any]:
    return {
        "jobs": len(jobs),
        "seconds": sum(job.seconds for job in jobs),
        "core_seconds": sum(job.core_seconds for job in jobs),
        "memory_mb": max((job.memory_mb for job in jobs), default=0.0),
    }
