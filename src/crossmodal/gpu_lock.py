"""One GPU a job: a slot is a lock that the operating system holds for as long as the job lives.

Snakemake counts GPUs but hands out no numbers. So every job takes the lock of a device by itself,
one file a device in a folder that all checkouts of a user on this machine share. The kernel gives
the lock back when the process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from crossmodal.errors import InputError

POLL_S = 0.5
SAY_EVERY_S = 60.0
_LINE = re.compile(
    r"^\s*(?:GPU (?P<index>\d+): )?(?P<name>.*?)\s*\(UUID: (?P<uuid>(?:GPU|MIG)-[\w/-]+)\)\s*$"
)


@dataclass(frozen=True)
class Gpu:
    """A device that one job can have: a whole GPU, or an instance of one that is divided (MIG).

    Attributes:
        uuid: What `CUDA_VISIBLE_DEVICES` may name it by.
        number: What it may name a whole GPU by too; None of an instance.
        title: Number and product name, for people.
    """

    uuid: str
    number: int | None
    title: str


@dataclass(frozen=True)
class Slot:
    """A GPU that this process alone may use, for as long as it lives.

    Attributes:
        gpu: Which.
        descriptor: Of the open lock file; closing it gives the lock back.
    """

    gpu: Gpu
    descriptor: int

    def release(self) -> None:
        """Leave the GPU to the next job."""
        os.close(self.descriptor)


def list_gpus() -> list[Gpu]:
    """List this machine's GPUs in the order of their numbers, without starting CUDA.

    CUDA reads `CUDA_VISIBLE_DEVICES` once, when it starts, so the driver's own tool is asked.

    Returns:
        Empty where there is no `nvidia-smi`, or it sees none.
    """
    try:
        listing = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=60, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return read_listing(listing)


def read_listing(listing: str) -> list[Gpu]:
    """Read what `nvidia-smi -L` prints; a GPU that is divided gives its instances instead."""
    found: list[Gpu] = []
    whole: Gpu | None = None
    for line in filter(None, map(_LINE.match, listing.splitlines())):
        if line["index"] is not None:
            number = int(line["index"])
            whole = Gpu(line["uuid"], number, f"GPU {number}, {line['name']}")
            found.append(whole)
        elif whole is not None:
            if found[-1] is whole:
                found.pop()
            found.append(Gpu(line["uuid"], None, f"{whole.title}, {line['name']}"))
    return found


def lock_folder() -> Path:
    """Return the folder of the locks: one a user and machine, whatever TMPDIR says."""
    return Path(f"/tmp/crossmodal-gpu-{os.geteuid()}")


def take_slot(gpus: Sequence[Gpu], folder: Path | None = None) -> Slot:
    """Take the first free GPU, or wait until one is free; it is kept until the process ends.

    Args:
        gpus: The GPUs to choose from, at least one.
        folder: Of the lock files; none: `lock_folder()`.

    Raises:
        InputError: Others could write into the folder.
    """
    folder = lock_folder() if folder is None else folder
    _check_folder(folder)
    say_next = time.monotonic()
    while True:
        for gpu in gpus:
            descriptor = _lock(_lock_file(folder, gpu))
            if descriptor is not None:
                return Slot(gpu, descriptor)
        if time.monotonic() >= say_next:
            say_next += SAY_EVERY_S
            _say_who_holds(gpus, folder)
        time.sleep(POLL_S)


def _check_folder(folder: Path) -> None:
    """Make the folder; refuse one that is not this user's alone (`/tmp` belongs to everyone)."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    mine = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    if not mine or stat.S_IMODE(found.st_mode) & 0o022:
        raise InputError(
            "is no folder that belongs to you alone, so that jobs cannot share out GPUs in it",
            file=folder,
            hint="Remove it, or choose a device yourself: CUDA_VISIBLE_DEVICES=0",
        )


def _lock_file(folder: Path, gpu: Gpu) -> Path:
    # The instances of a divided GPU had slashes in their names once.
    return folder / f"{gpu.uuid.replace('/', '_')}.lock"


def _lock(path: Path) -> int | None:
    """Try to take a lock; a file that was replaced meanwhile does not count.

    Returns:
        The open file; None when another process has the lock.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not path.exists() or not os.path.samestat(os.fstat(descriptor), path.lstat()):
            raise BlockingIOError
    except BlockingIOError:
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()} {' '.join(sys.argv[1:])}\n".encode(), 0)
    return descriptor


def _say_who_holds(gpus: Sequence[Gpu], folder: Path) -> None:
    for gpu in gpus:
        holder = ""
        with suppress(OSError):
            holder = _lock_file(folder, gpu).read_text(encoding="utf-8", errors="replace")
        process, _, job = holder.strip().partition(" ")
        text = f"waiting: {gpu.title} is held by process {process or '?'} ({job[:100]})"
        logging.getLogger(__name__).info("%s", text)
        print(text, file=sys.stderr, flush=True)
