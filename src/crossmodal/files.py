"""Writing files so that nobody ever sees half of one, and fingerprinting them."""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from crossmodal.errors import InputError

AGAIN = "Delete it and run the workflow again"
"""What mends a file of the results."""
SUMS = ".sums"
"""Hidden folder of the records of the files beside it."""
SMALL_BYTES = 1 << 24
"""Files up to this size are compared by content whenever they are read."""
ABANDONED_S = 3600.0
"""Half-written files of this age are nobody's."""
_recorded: set[Path] = set()
_ZEROS = bytes(1 << 20)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` when the block succeeds.

    The temporary name ends with the suffix of `path`, because many writers choose their format
    by it. When the block raises, the temporary file is removed and `path` stays as it was.

    Raises:
        InputError: There is no room for the file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    name = f".{path.stem}.{socket.gethostname()}-{os.getpid()}.partial{path.suffix}"
    temporary = path.with_name(name)
    try:
        yield temporary
        # A kill between the two leaves a file without a record, never one with that of another.
        (path.parent / SUMS / path.name).unlink(missing_ok=True)
        temporary.replace(path)
        _record(path)
    except OSError as error:
        if is_full(error):
            raise no_room(path.parent) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _remove_abandoned(path: Path) -> None:
    """Remove what killed writers of a file left beside it."""
    for left in path.parent.glob(f".{glob.escape(path.stem)}.*.partial{path.suffix}"):
        host, _, number = left.name.removeprefix(f".{path.stem}.").partition(".")[0].rpartition("-")
        with suppress(OSError):
            here = host == socket.gethostname() and Path("/proc/self").exists()
            dead = here and not Path(f"/proc/{number}").exists()
            if dead or time.time() - left.stat().st_mtime > ABANDONED_S:
                left.unlink()


# Records: what was written, so that a file that was cut later is noticed.


def record_below(folder: Path) -> None:
    """Note size and SHA-256 of every file that this process writes below a results folder.

    They stand beside the file, in `.sums/<name>`; hidden folders and shards, which do not stay, are
    left out.
    """
    _recorded.add(folder.resolve())


def _record(path: Path) -> None:
    if not _recorded:
        return
    whole = path.resolve()
    for folder in _recorded:
        if whole.is_relative_to(folder):
            parts = whole.relative_to(folder).parts[:-1]
            if not any(part.startswith(".") or part == "shards" for part in parts):
                note = path.parent / SUMS / path.name
                note.parent.mkdir(exist_ok=True)
                text = f"{path.stat().st_size} {sha256_of(path)}\n"
                temporary = note.with_name(f".{note.name}.{os.getpid()}")
                temporary.write_text(text, encoding="utf-8")
                temporary.replace(note)


def check_recorded(path: Path, hint: str = AGAIN) -> None:
    """Compare a file with its record; without one there is nothing to compare.

    The size counts, and of files under 16 MiB the content.

    Raises:
        InputError: It was cut or changed since it was made.
    """
    fault = _fault(Path(path), SMALL_BYTES)
    if fault and Path(path).is_file():
        raise InputError(f"was cut or changed since it was made ({fault})", file=path, hint=hint)


def verify_folder(folder: Path) -> list[str]:
    """Compare every recorded file below a folder with its record.

    Returns:
        A line for each that is missing, was cut or was changed.
    """
    notes = sorted(note for note in folder.rglob(f"{SUMS}/*") if not note.name.startswith("."))
    files = [note.parents[1] / note.name for note in notes]
    return [f"{path}: {fault}" for path in files if (fault := _fault(path, None))]


def _fault(path: Path, most_bytes: int | None) -> str:
    """Say what a file has other than its record; empty: nothing."""
    try:
        size, digest = (path.parent / SUMS / path.name).read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return ""
    if not path.is_file():
        return "is missing"
    found = path.stat().st_size
    if found != int(size):
        return f"{found:,} bytes, {int(size):,} were written"
    if (most_bytes is None or found <= most_bytes) and sha256_of(path) != digest:
        return "another content than was written"
    return ""


def is_full(error: BaseException) -> bool:
    """Tell whether an error says that a disk or a quota is full."""
    if not isinstance(error, OSError):
        return False
    # NumPy's own writer says how much it wrote, not why it could write no more.
    cut_short = error.errno is None and "requested and" in str(error)
    return cut_short or error.errno in (errno.ENOSPC, errno.EDQUOT)


def no_room(folder: Path) -> InputError:
    """Return what to tell when a folder's disk or quota is full."""
    return InputError(
        "the disk or the quota is full; what was complete before is kept",
        file=folder,
        hint="Make room there and start again",
    )


def reserve(stream: IO[bytes], count: int) -> None:
    """Give a file its disk space now: a full disk would kill who writes to its memory map.

    Raises:
        OSError: There is no room.
    """
    try:
        os.posix_fallocate(stream.fileno(), 0, max(1, count))
        return
    except AttributeError:  # macOS
        pass
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL):
            raise
    stream.seek(0)  # zeros take the space
    for start in range(0, count, len(_ZEROS)):
        stream.write(_ZEROS[: count - start])


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically, with Unix line ends."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, indented, keys in the order given; NaN is refused."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits, read in bounded memory."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
