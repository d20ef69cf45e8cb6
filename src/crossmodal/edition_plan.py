"""What an edition takes before it is run: jobs, hours and disk by paper.

Jobs are counted in Snakemake's own plan. Hours are the settings' number of training examples times
what one was measured to take (`config/costs.csv`); everything but search and training is left out.
"""

from __future__ import annotations

import csv
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crossmodal.config import BENCHMARK, Edition, load_edition, resolve
from crossmodal.corpora.media import chosen_windows
from crossmodal.corpora.registry import Corpus, Registry, load_registry
from crossmodal.costs import TABLE, Cost, Work, read_costs
from crossmodal.files import atomic_path
from crossmodal.job_counts import jobs_of, ran_hours, read_jobs

GPU_TFLOPS = 10.0
"""Assumed, not measured: what a GPU sustains in training, in 10^12 operations a second."""

WINDOW_BYTES = {
    # waves + pictures, then features, of one row
    "facevoice": 2 * 8000 + 13 * 64 * 64 * 3 + 4 * 2 * (53 * 13 + 25 * 49),
    "cmcgan": 2 * 22050 + 128 * 128 * 3 + 4 * 128 * 32,
    "msvae": 2 * 48000 + 4 * 64 * 64 * 3 + 4 * (529 + 3 * 512),
    "captions": 2 * 163840 + 2 * 40 * 1024 + 4 * 4096,
}
"""Bytes of a window with its features, by kind (docs/architecture.md)."""

COLUMNS = ("name", "jobs", "runs", "core_hours", "gpu_hours", "ran_core_hours", "disk_gb")
_HOUR_S = 3600.0


@dataclass
class Line:
    """What one paper, or what all share, takes.

    Attributes:
        name: The paper; "corpora" (downloads, windows, features) or "report".
        jobs: Of the workflow.
        runs: Trainings, each with a seed.
        core_hours: Of search and training, one core; None where a cost was not measured.
        gpu_hours: As measured or assumed; None likewise.
        ran_core_hours: Of all its jobs, when the edition last ran here; None where it did not.
        disk_gb: Checkpoints, or windows and features, in 10^9 bytes; None where not known.
        notes: What is missing or assumed.
    """

    name: str
    jobs: int = 0
    runs: int = 0
    core_hours: float | None = 0.0
    gpu_hours: float | None = 0.0
    ran_core_hours: float | None = None
    disk_gb: float | None = 0.0
    notes: list[str] = field(default_factory=list)


def download_bytes(corpus: Corpus, parts: list[str]) -> int | None:
    """Return the most that the wanted parts of a download take, None where a size is not known."""
    total = 0
    for part in corpus.chosen_parts(parts).values():
        sizes = [
            download.unpack.max_bytes if download.unpack else download.bytes
            for download in part.downloads
        ]
        if None in sizes or not sizes:
            return None
        total += sum(size for size in sizes if size is not None)
    return total


def examples_of(name: str, edition: Edition, corpus: Corpus, results: Path) -> dict[str, int]:
    """Count the rows of a corpus's manifest by split; without one, as published.

    Returns:
        Empty when neither is known.
    """
    kinds = chosen_windows(name, edition.corpora[name].windows)
    folder = results / "corpora" / name
    for path in [*(folder / kind / "manifest.csv" for kind in kinds), folder / "manifest.csv"]:
        if path.is_file():
            counted = dict.fromkeys(("train", "validation", "test"), 0)
            with path.open(encoding="utf-8", newline="") as stream:
                for row in csv.DictReader(stream):
                    counted[row["split"]] += 1
            return counted
    if edition.corpora[name].source == "synthetic" or corpus.examples is None:
        return {}
    return {split: corpus.examples.get(split, 0) for split in ("train", "validation", "test")}


def plan(
    config: Path,
    edition_name: str,
    jobs: Mapping[str, int],
    results: Path,
    benchmarks: Path,
    seeds: list[int] | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    gpu_tflops: float = GPU_TFLOPS,
) -> list[Line]:
    """Estimate an edition.

    Args:
        config: The settings folder.
        edition_name: Name of the edition.
        jobs: Rule -> jobs, of `read_jobs`.
        results: `results/<edition>`; manifests that are there are counted.
        benchmarks: `benchmarks/<edition>`, what Snakemake measured of the jobs that ran.
        seeds: Instead of the edition's.
        overrides: Paper -> settings laid over its file.
        gpu_tflops: What a GPU is assumed to sustain where none was measured, 10^12 operations a
            second.

    Returns:
        A line for the corpora, one a paper, one for the report, and the sum.
    """
    edition = load_edition(edition_name, config)
    registry = load_registry(config / "corpora.yaml")
    papers = sorted({name for rule in jobs if (name := rule.partition("_")[0]) in _known(config)})
    # Compares the papers; its hours are known only where it ran.
    parts = [*papers, *({BENCHMARK} & {rule.partition("_")[0] for rule in jobs})]
    lines = {name: Line(name) for name in ("corpora", *parts, "report")}
    for rule, count in jobs.items():
        lines[jobs_of(rule, parts)].jobs += count
    examples = {
        name: examples_of(name, edition, registry.corpus(name), results) for name in edition.corpora
    }
    _add_corpora(lines["corpora"], edition, registry, examples)
    for rule, hours in ran_hours(benchmarks).items():
        line = lines[jobs_of(rule, parts)]
        line.ran_core_hours = (line.ran_core_hours or 0.0) + hours
    costs = read_costs(config / TABLE, edition_name)
    for paper in papers:
        room = f"crossmodal.papers.{paper}"
        model = importlib.import_module(f"{room}.settings").PaperSettings
        settings = resolve(model, paper, edition, (overrides or {}).get(paper, {}), config)
        work = importlib.import_module(f"{room}.work").work
        for corpus in settings.corpora:
            if corpus not in edition.corpora:
                continue
            try:
                items = work(settings, corpus, seeds or edition.seeds, examples[corpus])
            except KeyError:  # a paper whose settings say how many pairs it draws needs no count
                _unknown(lines[paper], f"{corpus}: number of examples not known before it is read")
                continue
            for item in items:
                key = (paper, corpus, item.family, item.stage)
                _add(lines[paper], item, costs.get(key), gpu_tflops)
    return [*lines.values(), _sum(list(lines.values()))]


def _known(config: Path) -> set[str]:
    return {path.stem for path in (config / "papers").glob("*.yaml")}


def _unknown(line: Line, why: str) -> None:
    line.core_hours = line.gpu_hours = line.disk_gb = None
    if why not in line.notes:
        line.notes.append(why)


def _add(line: Line, work: Work, cost: Cost | None, gpu_tflops: float) -> None:
    """Add the work of a variant; once something is not known, so is the sum."""
    line.runs += work.checkpoints
    if cost is None:
        _unknown(line, "not measured at these sizes: python -m measure.measure_costs")
        return
    hours = work.examples * cost.seconds / _HOUR_S
    if cost.device == "cpu":
        assumed = work.examples * cost.gflop / (1000 * gpu_tflops) / _HOUR_S
        core, gpu = hours, assumed if cost.gflop else 0.0
    else:
        core, gpu = 0.0, hours
    if line.core_hours is not None and line.gpu_hours is not None and line.disk_gb is not None:
        line.core_hours += core
        line.gpu_hours += gpu
        line.disk_gb += 4e-9 * cost.parameters * work.checkpoints


def _add_corpora(
    line: Line, edition: Edition, registry: Registry, examples: Mapping[str, Mapping[str, int]]
) -> None:
    for name, choice in edition.corpora.items():
        if choice.source == "download":
            most = download_bytes(registry.corpus(name), choice.parts)
            size = "not known" if most is None else f"at most {most / 1e9:.1f} GB unpacked"
            line.notes.append(f"{name}: size of the download {size}")
        for kind in chosen_windows(name, choice.windows):
            if not examples[name]:
                line.notes.append(f"{name}: windows, of a number not known yet, not counted")
            elif line.disk_gb is not None:
                line.disk_gb += 1e-9 * sum(examples[name].values()) * WINDOW_BYTES[kind]


def _sum(lines: list[Line]) -> Line:
    def total(values: list[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return sum(known) if len(known) == len(values) else None

    return Line(
        "all",
        sum(line.jobs for line in lines),
        sum(line.runs for line in lines),
        total([line.core_hours for line in lines]),
        total([line.gpu_hours for line in lines]),
        total([line.ran_core_hours for line in lines]),
        total([line.disk_gb for line in lines]),
    )


HEADINGS = ("", "jobs", "runs", "core hours", "GPU hours", "ran here", "disk, GB")


def print_plan(lines: list[Line], gpu_tflops: float, measured: bool) -> None:
    """Print the table and what stands behind its numbers.

    Args:
        lines: Of `plan`.
        gpu_tflops: What was assumed of a GPU.
        measured: Whether a GPU was measured instead.
    """
    print("{:<10} {:>6} {:>6} {:>12} {:>12} {:>10} {:>9}".format(*HEADINGS))
    for line in lines:
        hours = [_number(value) for value in (line.core_hours, line.gpu_hours, line.ran_core_hours)]
        numbers = [str(line.jobs), str(line.runs), *hours, _number(line.disk_gb)]
        print("{:<10} {:>6} {:>6} {:>12} {:>12} {:>10} {:>9}".format(line.name, *numbers))
    print(
        "\ncore hours: search and training alone, steps measured on one core of a CPU "
        f"(config/{TABLE}) times their number\nGPU hours:  "
        + (
            "measured on a GPU"
            if measured
            else f"NOT measured: counted arithmetic at an assumed {gpu_tflops:g} TFLOP/s"
        )
        + "\nran here:   core hours of all jobs when this edition last ran here (benchmarks/)"
        "\ndisk:       windows and features of the corpora, checkpoints of the papers"
    )
    for line in lines:
        for note in line.notes:
            print(f"{line.name}: {note}")


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:,.1f}" if value >= 1 or value == 0 else f"{value:.2g}"


def write_plan(path: Path, lines: list[Line]) -> None:
    """Write the table as CSV; what is not known is empty."""
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for line in lines:
            writer.writerow(["" if (v := getattr(line, name)) is None else v for name in COLUMNS])


def show_plan(
    config: Path,
    edition: str,
    jobs: Path,
    results: Path,
    benchmarks: Path,
    seeds: list[int] | None,
    overrides: Mapping[str, Mapping[str, Any]],
    gpu_tflops: float,
    out: Path | None,
) -> None:
    """Estimate an edition (see `plan`), print the table, and write it where that is wanted."""
    counted = read_jobs(jobs)
    lines = plan(config, edition, counted, results, benchmarks, seeds, overrides, gpu_tflops)
    measured = any(cost.device != "cpu" for cost in read_costs(config / TABLE, edition).values())
    print_plan(lines, gpu_tflops, measured)
    if out is not None:
        write_plan(out, lines)
