"""Run Snakemake so that a killed run can simply be started again.

Snakemake's own lock outlives a process that was killed and then has to be taken away by hand.
Here the operating system holds a lock for as long as the run lives: when it can be had, no other
run is at work in this folder, and a lock that Snakemake left behind is stale.
"""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, NoReturn

NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)


def take_lock() -> IO[str] | None:
    """Return the lock of this folder, held until it is closed; exit with 1 when a run holds it.

    None where the file system knows no locks (some NFS and Lustre).
    """
    lock = Path(".snakemake/run.lock")
    lock.parent.mkdir(exist_ok=True)
    stream = lock.open("w")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("error: another run is at work in this folder. Wait for it", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        return None
    return stream


def ensure_cache() -> None:
    """Give programs a cache in this folder where the home folder is missing or read-only."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
        (cache / "snakemake").mkdir(parents=True, exist_ok=True)
        writable = os.access(cache / "snakemake", os.W_OK)
    except (OSError, RuntimeError):  # a user without a home folder
        writable = False
    if not writable:
        os.environ["XDG_CACHE_HOME"] = str(Path(".snakemake/cache").absolute())
        os.environ.setdefault("MPLCONFIGDIR", str(Path(".snakemake/matplotlib").absolute()))


def main(words: list[str]) -> NoReturn:
    """Become `snakemake` with the given words; exit with 1 when another run is at work."""
    snakemake = [str(Path(sys.executable).with_name("snakemake")), *words]
    ensure_cache()
    stream = take_lock()
    if stream is not None:
        if any(Path(".snakemake/locks").glob("*.lock")):
            unlock = [*snakemake, "--unlock", "--quiet", "all"]
            subprocess.run(unlock, check=False, capture_output=True)
        os.set_inheritable(stream.fileno(), True)
    # In the place of this process, so that the lock lives exactly as long as Snakemake, and signals
    # and the exit code need no passing on.
    os.execv(snakemake[0], snakemake)


if __name__ == "__main__":
    main(sys.argv[1:])
