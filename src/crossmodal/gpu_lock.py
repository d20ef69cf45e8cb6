"""One GPU a job: a slot is a lock that the operating system holds for as long as the job lives.

Snakemake counts GPUs but hands out no numbers. So every job takes the lock of a device by itself,
one file a device in a folder that all checkouts of a user on this machine share. The kernel gives
the lock back when the process ends, however it ends.
"""

from __future__ import annotations

import logging
import os
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossmodal.errors import InputError

if TYPE_CHECKING:
    from filelock import BaseFileLock

POLL_S = 0.5
SAY_EVERY_S = 60.0
_held: list[BaseFileLock] = []
"""A lock that nothing refers to would be given back."""


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
    """A GPU that this process alone may use, for as long as it lives."""

    gpu: Gpu
    lock: BaseFileLock

    def release(self) -> None:
        """Leave the GPU to the next job."""
        self.lock.release()
        _held.remove(self.lock)


def list_gpus() -> list[Gpu]:
    """List this machine's GPUs in the order of their numbers; of a divided one its instances.

    The driver is asked without starting CUDA, which reads `CUDA_VISIBLE_DEVICES` only once. Empty
    where there is no driver, or it sees no GPU.
    """
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        return [gpu for number in range(pynvml.nvmlDeviceGetCount()) for gpu in _devices(number)]
    except pynvml.NVMLError:
        return []
    finally:
        pynvml.nvmlShutdown()


def _devices(number: int) -> Iterator[Gpu]:
    """Yield a GPU, or its instances."""
    import pynvml

    handle = pynvml.nvmlDeviceGetHandleByIndex(number)
    instances = list(_instances(handle))
    for device in instances or [handle]:
        title = f"GPU {number}, {pynvml.nvmlDeviceGetName(device)}"
        yield Gpu(pynvml.nvmlDeviceGetUUID(device), None if instances else number, title)


def _instances(handle: Any) -> Iterator[Any]:
    """Yield the handles of a GPU's instances; none where it is whole or cannot be divided."""
    import pynvml

    try:
        mode, _ = pynvml.nvmlDeviceGetMigMode(handle)
    except pynvml.NVMLError:
        return
    places = pynvml.nvmlDeviceGetMaxMigDeviceCount(handle) if mode else 0
    for place in range(places):
        with suppress(pynvml.NVMLError_NotFound):
            yield pynvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, place)


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
    from filelock import FileLock, Timeout

    folder = lock_folder() if folder is None else folder
    _check_folder(folder)
    locks = [FileLock(_file(folder, gpu, "lock"), mode=0o600) for gpu in gpus]
    say_next = time.monotonic()
    while True:
        for gpu, lock in zip(gpus, locks, strict=True):
            with suppress(Timeout):
                lock.acquire(blocking=False)
                _file(folder, gpu, "holder").write_text(f"{os.getpid()} {' '.join(sys.argv[1:])}")
                _held.append(lock)
                return Slot(gpu, lock)
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


def _file(folder: Path, gpu: Gpu, suffix: str) -> Path:
    # The instances of a divided GPU had slashes in their names once.
    return folder / f"{gpu.uuid.replace('/', '_')}.{suffix}"


def _say_who_holds(gpus: Sequence[Gpu], folder: Path) -> None:
    for gpu in gpus:
        holder = ""
        with suppress(OSError):
            holder = _file(folder, gpu, "holder").read_text(encoding="utf-8", errors="replace")
        process, _, job = holder.strip().partition(" ")
        text = f"waiting: {gpu.title} is held by process {process or '?'} ({job[:100]})"
        logging.getLogger(__name__).info("%s", text)
        print(text, file=sys.stderr, flush=True)
