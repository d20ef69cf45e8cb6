"""Unpacking archives that nobody here made.

An archive is data from outside: its member names, sizes and kinds are claims. Everything is
unpacked into a hidden folder first and moved to its final names when the whole archive was
good, so a bad archive leaves nothing behind.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Literal, cast

from crossmodal.errors import InputError

_CHUNK_BYTES = 1 << 20
# Deflate reaches 1,032 : 1 on zeros; data sets of media, text and features stay far below 200 : 1.
_MAX_RATIO = 200
_RATIO_MATTERS_ABOVE_BYTES = 64 << 20
_TAR_END = 512  # bytes of zeros that close a tar file
_MAC_RESOURCES = "__MACOSX"


def _open_gzip(archive: Path, mode: Literal["rb"] = "rb") -> IO[bytes]:
    return cast(IO[bytes], gzip.open(archive, mode))


_OPENERS: dict[str, Callable[..., IO[bytes]]] = {
    ".tar": open,
    ".tar.gz": _open_gzip,
    ".tgz": _open_gzip,
    ".tar.bz2": bz2.open,
    ".tbz2": bz2.open,
    ".tar.xz": lzma.open,
    ".txz": lzma.open,
}
_DAMAGE = (
    EOFError,
    NotImplementedError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


def unpack(
    archive: Path,
    folder: Path,
    *,
    strip_prefix: str | None,
    max_bytes: int,
    max_files: int = 2_000_000,
) -> None:
    """Unpack a zip, tar (plain, gz, bz2, xz) or gz file into `folder`, all of it or nothing.

    Files of the same name in `folder` are replaced, others stay. Access rights and times of the
    archive are ignored.

    Args:
        strip_prefix: Folder inside the archive whose contents are taken, the folder itself
            dropped; "auto" for the one folder everything lies in; None for everything.
        max_bytes: Most bytes it may unpack to, declared and actual.

    Raises:
        InputError: Of a kind that cannot be unpacked, truncated, damaged, encrypted, too large,
            or with a member that is a link, a device, twice there or outside the folder.
    """
    name = archive.name.lower()
    budget = _Budget(archive, max_bytes, max_files)
    staging = folder / ".unpacking"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        with _damage_named(archive):
            if not archive.stat().st_size:
                raise EOFError("it is empty")
            if name.endswith(".zip"):
                _unpack_zip(archive, staging, budget)
            elif suffix := next((s for s in _OPENERS if name.endswith(s)), None):
                _unpack_tar(archive, suffix, staging, budget)
            elif name.endswith(".gz"):
                _unpack_gzip(archive, staging, budget)
            else:
                raise InputError(
                    f"archives of the kind {archive.suffix!r} cannot be unpacked here",
                    file=archive,
                    hint=f"Unpack it by hand into {folder} and run again",
                )
        shutil.rmtree(staging / _MAC_RESOURCES, ignore_errors=True)
        _move_in(archive, _stripped(archive, staging, strip_prefix), folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@dataclass
class _Budget:
    """Counts what an archive unpacks to and refuses what is too much or not a plain file."""

    archive: Path
    max_bytes: int
    max_files: int
    unpacked_bytes: int = 0
    members: int = 0
    # Case and Unicode form folded: two such names are one file on many file systems.
    seen: set[str] = field(default_factory=set)

    def refuse(self, problem: str) -> InputError:
        return InputError(
            problem,
            file=self.archive,
            hint="Do not use this archive unless you trust it; if so, unpack it by hand",
        )

    def admit(self, name: str, size: int, *, folder: bool, plain: bool) -> None:
        """Refuse a member for its name, its kind, its size or its second appearance."""
        self.members += 1
        if self.members > self.max_files:
            raise self.refuse(f"has more than {self.max_files} members")
        path = PurePosixPath(name)
        unsafe = path.is_absolute() or ".." in path.parts or "\\" in name
        if unsafe or name[1:2] == ":" or any(ord(sign) < 32 for sign in name):
            raise self.refuse(f"has a member with the unsafe name {name!r}")
        if not plain:
            raise self.refuse(f"has the member {name!r}, a link or a device")
        if folder:
            return
        key = unicodedata.normalize("NFC", path.as_posix()).casefold()
        if key in self.seen or not path.name:
            raise self.refuse(f"has the member {name!r} twice, or differing in case only")
        self.seen.add(key)
        self.add(size)

    def add(self, count: int) -> None:
        """Refuse a size beyond the limit or beyond what honest compression reaches."""
        self.unpacked_bytes += count
        if self.unpacked_bytes > self.max_bytes:
            raise self.refuse(f"unpacks to more than the {self.max_bytes} bytes allowed for it")
        beyond = self.unpacked_bytes > _MAX_RATIO * self.archive.stat().st_size
        if beyond and self.unpacked_bytes > _RATIO_MATTERS_ABOVE_BYTES:
            raise self.refuse(f"unpacks to more than {_MAX_RATIO} times its size")


def _unpack_zip(archive: Path, staging: Path, budget: _Budget) -> None:
    # No member gives more than the bytes it declares: zipfile stops there.
    with zipfile.ZipFile(archive) as bundle:
        for member in bundle.infolist():
            kind = stat.S_IFMT(member.external_attr >> 16)
            plain = kind in (0, stat.S_IFREG, stat.S_IFDIR)
            name = member.orig_filename.rstrip("/")
            budget.admit(name, member.file_size, folder=member.is_dir(), plain=plain)
            if member.flag_bits & 0x1:
                raise budget.refuse(f"is encrypted (member {member.filename!r})")
        bundle.extractall(staging)


def _unpack_tar(archive: Path, suffix: str, staging: Path, budget: _Budget) -> None:
    """Unpack in one pass: these archives reach 85 GB, and listing one means decompressing it."""
    if suffix == ".tar" and not _ends_with_zeros(archive):
        raise EOFError("the closing block of zeros is missing")
    with _OPENERS[suffix](archive, "rb") as stream:
        with tarfile.open(fileobj=stream, mode="r|") as bundle:
            for member in bundle:
                plain = member.isdir() or member.isreg()
                budget.admit(member.name, member.size, folder=member.isdir(), plain=plain)
                _write(bundle.extractfile(member), staging / member.name)
        while rest := stream.read(_CHUNK_BYTES):  # to the end: there the checksum is compared
            budget.add(len(rest))


def _write(content: IO[bytes] | None, target: Path) -> None:
    """Write a member that was admitted; without content it is a folder."""
    folder = target if content is None else target.parent
    folder.mkdir(parents=True, exist_ok=True)
    if content is not None:
        with target.open("xb") as file:
            shutil.copyfileobj(content, file)


def _unpack_gzip(archive: Path, staging: Path, budget: _Budget) -> None:
    with _open_gzip(archive) as stream, (staging / archive.name[:-3]).open("xb") as target:
        while chunk := stream.read(_CHUNK_BYTES):
            budget.add(len(chunk))
            target.write(chunk)


def _ends_with_zeros(archive: Path) -> bool:
    if archive.stat().st_size < _TAR_END:
        return False
    with archive.open("rb") as stream:
        stream.seek(-_TAR_END, os.SEEK_END)
        return not any(stream.read())


@contextmanager
def _damage_named(archive: Path) -> Iterator[None]:
    try:
        yield
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise InputError(
            "has a name both as a file and as a folder", file=archive, hint="Unpack it by hand"
        ) from error
    except (*_DAMAGE, OSError) as error:
        # bz2 reports damage as an OSError without a number; a full disk has one.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(
            f"is truncated, damaged or not an archive ({error})",
            file=archive,
            hint="Remove it and fetch it again",
        ) from error


def _stripped(archive: Path, staging: Path, strip_prefix: str | None) -> Path:
    """Return the folder whose contents are wanted."""
    if strip_prefix is None:
        return staging
    if strip_prefix == "auto":
        top = list(staging.iterdir())
        return top[0] if len(top) == 1 and top[0].is_dir() else staging
    root = staging / strip_prefix
    if not root.is_dir():
        raise InputError(
            f"has no folder {strip_prefix!r}",
            file=archive,
            hint="Correct strip_prefix in config/corpora.yaml",
        )
    return root


def _move_in(archive: Path, root: Path, folder: Path) -> None:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    targets = [folder / path.relative_to(root) for path in files]
    for target in targets:
        blocked = next((p for p in target.parents if p.exists() and not p.is_dir()), None)
        if target.is_dir() or blocked is not None:
            raise InputError(
                f"stands where a file or folder of {archive.name} must go",
                file=blocked or target,
                hint="Move it away and run again",
            )
    for path, target in zip(files, targets, strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
