"""What an edition cost: Snakemake's benchmark of every job, added up by part and stage."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from crossmodal.config import BENCHMARK

_OF_PAPERS = ("tune", "train", "evaluate", "artefacts", "claims")
"""Stages whose benchmarks lie in a folder a paper."""


class Job(NamedTuple):
    """One execution of a job.

    Attributes:
        part: The paper it belongs to, or the benchmark; "" where it serves all.
        stage: Of the workflow, e.g. "train".
        seconds: Wall-clock time.
        core_seconds: Processor time of the job and everything it started.
        memory_mb: Largest resident memory, in megabytes.
    """

    part: str
    stage: str
    seconds: float
    core_seconds: float
    memory_mb: float


def read_jobs(folder: Path) -> tuple[list[Job], int]:
    """Read what Snakemake measured of the jobs of an edition.

    Args:
        folder: `benchmarks/<edition>`, with `<stage>/<paper>/...tsv`, `benchmark/...` and
            `<stage>/...` or `<stage>.tsv` of what serves all.

    Returns:
        The jobs, and how many files could not be read: a cost is no result, so that a damaged
        file shall not stop the report.
    """
    jobs, unreadable = [], 0
    for path in sorted(folder.rglob("*.tsv")):
        stage, *inner = path.relative_to(folder).with_suffix("").parts
        part = inner[0] if stage in _OF_PAPERS else BENCHMARK if stage == BENCHMARK else ""
        try:
            with path.open(encoding="utf-8", newline="") as stream:
                rows = list(csv.DictReader(stream, delimiter="\t"))
            if not rows:
                raise ValueError("no row")
            jobs += [
                Job(part, stage, *(_number(row[name]) for name in ("s", "cpu_time", "max_rss")))
                for row in rows
            ]
        except (OSError, UnicodeDecodeError, KeyError, ValueError, TypeError):
            unreadable += 1
    return jobs, unreadable


def costs_by_part(jobs: Iterable[Job], parts: Mapping[str, str]) -> list[dict[str, Any]]:
    """Add up jobs by part of the edition and by stage.

    Args:
        parts: Id -> title of the papers and the benchmark; a job of another part, left from
            another run, is counted with what serves all.

    Returns:
        One mapping a part that has jobs: `title`, the totals `jobs`, `seconds`, `core_seconds`
        and `memory_mb` (the largest), and `steps`, the same for each stage under `name`.
    """
    found: dict[str, dict[str, list[Job]]] = {}
    for job in jobs:
        stages = found.setdefault(job.part if job.part in parts else "", {})
        stages.setdefault(job.stage, []).append(job)
    return [
        {
            "title": title,
            "steps": [
                {"name": name.replace("_", " "), **_total(own)}
                for name, own in sorted(found[part].items(), key=_dearest_first)
            ],
            **_total([job for own in found[part].values() for job in own]),
        }
        for part, title in [("", "Corpora and report"), *parts.items()]
        if part in found
    ]


def _number(text: str) -> float:
    """Return a number; a job too short to be measured has "NA" or "-" in its place."""
    value = 0.0 if text in ("NA", "-") else float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


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
