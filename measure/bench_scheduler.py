"""How much of a core Snakemake itself takes while a job waits, after many short ones.

    python -m measure.bench_scheduler

Once as the command line has it (100 jobs a second at most), once as `profiles/default` has it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

JOBS, WAIT_S = 100, 60
SNAKEFILE = f"""
rule all:
    input: "out/slow", "out/later"
rule short:
    output: r"out/{{n,\\d+}}"
    shell: "touch {{output}}"
rule slow:
    input: expand("out/{{n}}", n=range({JOBS}))
    output: "out/slow"
    threads: 2
    priority: 1
    shell: "echo $$ > began; sleep {WAIT_S}; touch {{output}}"
rule later:
    input: expand("out/{{n}}", n=range({JOBS}))
    output: "out/later"
    shell: "touch {{output}}"
"""
WAYS = {
    "Snakemake's own limit": ["--max-jobs-per-timespan", "100/1s"],
    "profiles/default": ["--max-jobs-per-timespan", "100000/2m", "--logger", "crossmodal"],
}


def main() -> None:
    """Print the share of a core and the threads of each way."""
    for name, words in WAYS.items():
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "Snakefile").write_text(SNAKEFILE)
            command = [str(Path(sys.executable).with_name("snakemake")), "--cores", "2", *words]
            process = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
            while not Path(folder, "began").exists():
                time.sleep(0.5)
            before = cpu_s(process.pid)
            time.sleep(WAIT_S - 10)
            share = (cpu_s(process.pid) - before) / (WAIT_S - 10)
            threads = len(list(Path(f"/proc/{process.pid}/task").iterdir()))
            started = time.monotonic()
            process.wait()
            print(
                f"{name}: {share:.3f} of a core, {threads} threads,"
                f" {time.monotonic() - started:.0f} s to its end",
                flush=True,
            )


def cpu_s(pid: int) -> float:
    """Return the processor seconds of a process (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    main()
