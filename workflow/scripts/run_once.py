"""Run Snakemake so that a killed run can simply be started again.

Snakemake's own lock outlives a process that was killed and then has to be taken away by hand.
Here the operating system holds a lock for as long as the run lives: when it can be had, no other
run is at work in this folder, and a lock that Snakemake left behind is stale.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path


def main(words: list[str]) -> int:
    """Run `snakemake` with the given words; return its exit code."""
    snakemake = [str(Path(sys.executable).with_name("snakemake"))]
    lock = Path(".snakemake/run.lock")
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("error: another run is at work in this folder. Wait for it", file=sys.stderr)
            return 1
        if any(Path(".snakemake/locks").glob("*.lock")):
            unlock = [*snakemake, *words, "--unlock", "--quiet", "all"]
            subprocess.run(unlock, check=False, capture_output=True)
        try:
            return subprocess.run([*snakemake, *words], check=False).returncode
        except KeyboardInterrupt:
            return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
