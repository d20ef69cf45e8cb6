"""Run Snakemake so that a killed run can simply be started again.

Snakemake's own lock outlives a process that was killed and then has to be taken away by hand.
Here the operating system holds a lock for as long as the run lives: when it can be had, no other
run is at work in this folder, and a lock that Snakemake left behind is stale.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, NoReturn


def take_lock() -> IO[str]:
    """Return the lock of this folder, held until it is closed; exit with 1 when a run holds it."""
    lock = Path(".snakemake/run.lock")
    lock.parent.mkdir(exist_ok=True)
    stream = lock.open("w")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("error: another run is at work in this folder. Wait for it", file=sys.stderr)
        sys.exit(1)
    return stream


def main(words: list[str]) -> NoReturn:
    """Become `snakemake` with the given words; exit with 1 when another run is at work."""
    snakemake = [str(Path(sys.executable).with_name("snakemake")), *words]
    with take_lock() as stream:
        if any(Path(".snakemake/locks").glob("*.lock")):
            unlock = [*snakemake, "--unlock", "--quiet", "all"]
            subprocess.run(unlock, check=False, capture_output=True)
        # In the place of this process, so that the lock lives exactly as long as Snakemake, and
        # signals and the exit code need no passing on.
        os.set_inheritable(stream.fileno(), True)
        os.execv(snakemake[0], snakemake)


if __name__ == "__main__":
    main(sys.argv[1:])
