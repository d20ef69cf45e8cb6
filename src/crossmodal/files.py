"""Writing files so that nobody ever sees half of one, and fingerprinting them."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from crossmodal.errors import InputError


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
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if is_full(error):
            raise no_room(path.parent) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


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

    Args:
        stream: An open file.
        count: Its bytes.

    Raises:
        OSError: There is no room.
    """
    os.posix_fallocate(stream.fileno(), 0, max(1, count))


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
