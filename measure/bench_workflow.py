"""What share of a run's core-seconds is not rule work: start-up, imports, planning, polling.

    python -m measure.bench_workflow [EDITION | graph]

A copy of the project runs an edition from nothing. Every command writes into its log what it
spent on starting up and on its work; the system says what the whole run spent. `graph` times dry
runs alone: the paper edition with all its corpora, and the same with 10,000 trainings.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SPENT = re.compile(r"start-up ([\d.]+) core-seconds, work ([\d.]+) core-seconds")


def copy_project(target: Path) -> None:
    """Copy the files that git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def measure(edition: str, cores: int) -> dict[str, float]:
    """Run an edition from nothing in a copy of the project.

    Returns:
        Wall seconds, core-seconds in all, of rule work and of the rules' start-up, the number of
        jobs, and the share that is not rule work.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_project(folder)
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        command = [sys.executable, "workflow/scripts/run_once.py", "--cores", str(cores)]
        command += ["--config", f"edition={edition}", "--quiet", "all"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        total = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        logs = [path.read_text() for path in (folder / "logs").rglob("*.log")]
    spent = [match for log in logs if (match := _SPENT.search(log))]
    work = sum(float(match[2]) for match in spent)
    return {
        "wall_s": wall,
        "core_s": total,
        "work_core_s": work,
        "start_up_core_s": sum(float(match[1]) for match in spent),
        "jobs": len(spent),
        "share_not_work": 1 - work / total,
    }


GRAPHS = {"five seeds": 5, "60 seeds": 60}
"""The paper edition trains 168 runs a seed, those of the benchmark among them."""


def graph_seconds(seeds: int) -> tuple[float, int, int]:
    """Plan the paper edition from nothing, as if a mirror had all corpora.

    Returns:
        Core-seconds of Snakemake and everything it starts, trainings, jobs.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_project(folder)
        command = [str(Path(sys.executable).with_name("snakemake")), "-n", "--config"]
        command += ["edition=paper", "mirror=https://corpora.invalid"]
        command += [f"seeds={json.dumps(list(range(seeds)))}"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        planned = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    outputs = [line for line in planned.stdout.splitlines() if line.startswith("    output:")]
    runs = sum(line.count("/checkpoint.pt") for line in outputs)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, runs, len(outputs) + 1


def graphs() -> dict[str, tuple[float, int, int]]:
    """Print what planning takes."""
    found = {title: graph_seconds(seeds) for title, seeds in GRAPHS.items()}
    for title, (seconds, runs, jobs) in found.items():
        print(f"graph of edition paper, {title}: {runs} runs, {jobs} jobs, {seconds:.1f} core-s")
    return found


def main(edition: str = "demo") -> dict[str, float]:
    """Print the share for an edition."""
    found = measure(edition, os.cpu_count() or 1)
    print(
        f"edition {edition}: {found['jobs']:.0f} jobs in {found['wall_s']:.0f} s; "
        f"{found['core_s']:.0f} core-s in all, {found['work_core_s']:.0f} of them rule work, "
        f"{found['start_up_core_s']:.0f} start-up of rules; "
        f"not rule work: {found['share_not_work']:.1%}"
    )
    return found


if __name__ == "__main__":
    if sys.argv[1:] == ["graph"]:
        graphs()
    else:
        main(*sys.argv[1:2])
