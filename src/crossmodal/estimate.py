"""What an edition takes before it is run: jobs, hours and disk by paper.

Runs and jobs are counted from the papers' plans. Hours are the number of training examples times
what one was measured to take (`config/costs.csv`); all but search and training is left out.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from crossmodal.config import BENCHMARK
from crossmodal.corpora.registry import Corpus
from crossmodal.errors import InputError
from crossmodal.files import atomic_path
from crossmodal.reporting.costs import read_jobs
from crossmodal.windows import bytes_per_window
from crossmodal.workspace import Workspace

TABLE = "costs.csv"
"""File in the settings folder, written by `python -m measure.measure_costs`."""
KEY_COLUMNS = ("edition", "paper", "corpus", "variant", "phase")
MEASURED = ("seconds_per_example", "gflop_per_example", "parameters", "batch", "device")

_SPLITS = ("train", "validation", "test")
_HOUR_S = 3600.0
_FLOAT_BYTES = 4

Key = tuple[str, str, str, str]
"""Paper, corpus, variant, phase of the training."""


@dataclass(frozen=True)
class Cost:
    """What one training example takes, measured.

    Attributes:
        seconds: Core-seconds on a CPU, seconds on a GPU.
        gflop: Arithmetic of a training step, by example, in 10^9 operations; 0: not counted.
        parameters: Of what a checkpoint holds.
        device: "cpu", or the GPU's product name.
    """

    seconds: float
    gflop: float
    parameters: int
    device: str


@dataclass
class Line:
    """What one paper, or what all share, takes.

    Attributes:
        name: The paper; "corpora" (downloads, windows, features) or "report".
        jobs: Of the workflow, when nothing has run yet.
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

    def is_unknown(self, why: str) -> None:
        """Note what is not known: then neither is the sum."""
        self.core_hours = self.gpu_hours = self.disk_gb = None
        if why not in self.notes:
            self.notes.append(why)


def read_costs(path: Path, edition: str) -> dict[Key, Cost]:
    """Read what was measured at the sizes of an edition.

    Raises:
        InputError: The file cannot be read, or a column or a value does not fit.
    """
    costs: dict[Key, Cost] = {}
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                if row["edition"] == edition:
                    seconds, gflop, parameters, _, device = (row[name] for name in MEASURED)
                    key = (row["paper"], row["corpus"], row["variant"], row["phase"])
                    costs[key] = Cost(float(seconds), float(gflop), int(parameters), device)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"cannot be read ({type(error).__name__}: {error})",
            file=path,
            hint="Measure again: python -m measure.measure_costs",
        ) from error
    return costs


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


def count_pairs(workspace: Workspace, corpus: str, windows: str | None) -> dict[str, int]:
    """Count the rows of a manifest by split; before there is one, as published.

    Args:
        windows: Kind of its windows; None: its pairs of images and texts.

    Returns:
        Empty when neither is known.
    """
    path = workspace.results.corpus(corpus, windows) / "manifest.csv"
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as stream:
            found = Counter(row["split"] for row in csv.DictReader(stream))
        return {split: found[split] for split in _SPLITS}
    if workspace.source(corpus) != "download":
        return {}
    published = workspace.registry.corpus(corpus).examples
    return {} if published is None else dict.fromkeys(_SPLITS, 0) | published


def estimate(workspace: Workspace, benchmarks: Path, gpu_tflops: float) -> list[Line]:
    """Estimate an edition, with all its corpora, those that are not at hand too.

    Args:
        benchmarks: `benchmarks/<edition>`, what Snakemake measured of the jobs that ran.
        gpu_tflops: What a GPU is assumed to sustain where none was measured, 10^12 operations a
            second.

    Returns:
        A line for the corpora, one a paper, one for the benchmark where it runs, one for the
        report, and the sum.
    """
    costs = read_costs(workspace.config / TABLE, workspace.settings.edition)
    absent = [name for name in workspace.missing if name in workspace.edition.corpora]
    without = {name: why for name, why in workspace.missing.items() if name not in absent}
    workspace = replace(workspace, missing=without)
    lines = {
        "corpora": _corpora(workspace),
        **{paper: _paper(workspace, paper, costs, gpu_tflops) for paper in workspace.papers},
        **({BENCHMARK: _benchmark(workspace)} if workspace.tasks else {}),
        "report": Line("report", jobs=2 + (workspace.own is not None)),
    }
    notes = [f"{name}: not at hand, and counted as if it were" for name in absent]
    lines["corpora"].notes += notes
    for job in read_jobs(benchmarks)[0]:
        shared = "report" if job.stage == "report" else "corpora"
        line = lines.get(job.part or shared)
        if line is not None:
            line.ran_core_hours = (line.ran_core_hours or 0.0) + job.core_seconds / _HOUR_S
    return [*lines.values(), _sum(list(lines.values()))]


def _paper(workspace: Workspace, paper: str, costs: Mapping[Key, Cost], gpu_tflops: float) -> Line:
    plan, line = workspace.plan(paper), Line(paper, jobs=2)
    for corpus in plan.corpora():
        counts = Counter(run.variant for run in plan.runs(corpus))
        line.runs += counts.total()
        line.jobs += counts.total() + len(plan.searches(corpus)) + 1
        pairs = count_pairs(workspace, corpus, plan.windows)
        for variant, runs in counts.items():
            try:
                seen = plan.examples_seen(corpus, variant, pairs)
            except KeyError:  # a paper whose settings say how many pairs it draws needs no count
                line.is_unknown(f"{corpus}: number of examples not known before it is read")
                continue
            parameters = 0
            for phase, examples in seen.items():
                cost = costs.get((paper, corpus, variant, phase))
                if cost is None:
                    line.is_unknown("not measured at these sizes: python -m measure.measure_costs")
                    continue
                _add_hours(line, runs * examples, cost, gpu_tflops)
                parameters = cost.parameters
            if line.disk_gb is not None:
                line.disk_gb += 1e-9 * _FLOAT_BYTES * parameters * runs
    return line


def _add_hours(line: Line, examples: float, cost: Cost, gpu_tflops: float) -> None:
    if line.core_hours is None or line.gpu_hours is None:
        return
    hours = examples * cost.seconds / _HOUR_S
    if cost.device == "cpu":
        line.core_hours += hours
        line.gpu_hours += examples * cost.gflop / (1000 * gpu_tflops) / _HOUR_S
    else:
        line.gpu_hours += hours


def _corpora(workspace: Workspace) -> Line:
    line = Line("corpora")
    for corpus in workspace.corpora:
        choice, kinds = workspace.choice(corpus), workspace.windows(corpus)
        # Its files, manifest and preview; then shards, their union and features of each kind.
        line.jobs += 2 + (choice.source != "own") + len(workspace.features(corpus))
        line.jobs += sum(choice.shards + 1 + len(workspace.features(corpus, k)) for k in kinds)
        if choice.source == "download":
            most = download_bytes(workspace.registry.corpus(corpus), choice.parts)
            size = "not known" if most is None else f"at most {most / 1e9:.1f} GB unpacked"
            line.notes.append(f"{corpus}: size of the download {size}")
        for kind in kinds:
            pairs = count_pairs(workspace, corpus, kind)
            if not pairs:
                line.notes.append(f"{corpus}/{kind}: windows, of a number not known yet")
            elif line.disk_gb is not None:
                line.disk_gb += 1e-9 * sum(pairs.values()) * bytes_per_window(kind)
    return line


def _benchmark(workspace: Workspace) -> Line:
    """Count its jobs; its hours are known only where it ran."""
    methods = sum(len(workspace.benchmark.methods_for(task)) for task in workspace.tasks)
    return Line(BENCHMARK, jobs=methods + 1, runs=methods * len(workspace.seeds))


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


def show_estimate(
    workspace: Workspace, benchmarks: Path, gpu_tflops: float, out: Path | None = None
) -> None:
    """Estimate an edition and print the table with what stands behind its numbers.

    Args:
        gpu_tflops: As `estimate`.
        out: CSV to write as well; what is not known is empty.
    """
    costs = read_costs(workspace.config / TABLE, workspace.settings.edition)
    lines = estimate(workspace, benchmarks / workspace.place, gpu_tflops)
    form = "{:<10} {:>6} {:>6} {:>12} {:>12} {:>10} {:>9}".format
    print(form("", "jobs", "runs", "core hours", "GPU hours", "ran here", "disk, GB"))
    for line in lines:
        known = (line.core_hours, line.gpu_hours, line.ran_core_hours, line.disk_gb)
        print(form(line.name, line.jobs, line.runs, *map(_number, known)))
    measured = any(cost.device != "cpu" for cost in costs.values())
    assumed = f"NOT measured: counted arithmetic at an assumed {gpu_tflops:g} TFLOP/s"
    print(
        "\ncore hours: search and training alone, steps measured on one core of a CPU "
        f"(config/{TABLE}) times their number\n"
        f"GPU hours:  {'measured on a GPU' if measured else assumed}\n"
        "ran here:   core hours of all jobs when this edition last ran here (benchmarks/)\n"
        "disk:       windows and features of the corpora, checkpoints of the papers"
    )
    for line in lines:
        for note in line.notes:
            print(f"{line.name}: {note}")
    if out is not None:
        rows = [{k: v for k, v in asdict(line).items() if k != "notes"} for line in lines]
        with atomic_path(out) as temporary, temporary.open("w", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:,.1f}" if value >= 1 or value == 0 else f"{value:.2g}"
