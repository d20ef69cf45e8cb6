"""Bringing a corpus into its folder: by download, from a mirror, or by checking what lies there.

Nothing half-written ever stands under a final name: downloads grow in `.downloads/*.partial`,
are checked, and are renamed or unpacked then. `contents.csv` is written last of all, so it
exists only beside a complete, checked corpus.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Collection
from pathlib import Path

from crossmodal.corpora.archives import unpack
from crossmodal.corpora.contents import write_contents
from crossmodal.corpora.fetch import GoneError, Retry, ask_for_room, check_file, fetch
from crossmodal.corpora.registry import (
    Corpus,
    Download,
    FileSpec,
    Part,
    Registry,
    availability,
    is_url,
)
from crossmodal.errors import InputError
from crossmodal.files import atomic_path
from crossmodal.progress import progress

_STAGING = ".downloads"


def download_corpus(
    name: str,
    folder: Path,
    registry: Registry,
    mirror: str | None = None,
    *,
    also: Collection[str] = (),
    retry: Retry | None = None,
) -> None:
    """Bring a corpus into `folder`, check every file and write `contents.csv` there.

    Parts that lie there already are only checked. Run again after an interruption, a download
    goes on where it stopped; run again on a complete folder, `contents.csv` comes out the same.

    Args:
        mirror: Folder or http(s) address that holds a folder for each corpus, with either the
            files themselves (folder only) or the archives; None for the original sources. A
            mirror folder is only read: files are copied, never linked.
        also: Optional parts that are wanted as well.

    Raises:
        InputError: The corpus has to be asked for, a server refuses, a file differs from its
            registered checksum, the disk is too small; the message says what to do.
    """
    corpus = registry.corpus(name)
    reason = availability(corpus, folder, mirror, also=also)
    if reason is not None:
        raise InputError(reason)
    wanted = corpus.chosen_parts(also)
    for part in wanted.values():
        lies_there = part.missing_in(folder) is None
        if mirror is not None and not is_url(mirror):
            source = Path(mirror) / corpus.mirror_folder
            if lies_there:
                _copy_files(part, part.further_on(source, folder), source, folder)
            else:
                _copy_part(part, source, folder)
        elif not lies_there:
            _fetch_part(corpus, part, folder, mirror, retry or Retry())
        if (lack := part.missing_in(folder)) is not None:
            raise InputError(
                f"{corpus.title} was fetched but lacks {lack}",
                file=folder,
                hint=f"Compare the folder with {corpus.homepage} and config/corpora.yaml",
            )
    complete = [part for part in corpus.parts.values() if part.missing_in(folder) is None]
    _seal(corpus, complete, folder)


def _fetch_part(corpus: Corpus, part: Part, folder: Path, mirror: str | None, retry: Retry) -> None:
    """Download what a part needs, into `folder`; archives placed there by hand are used."""
    if not part.downloads:
        raise InputError(
            f"{corpus.title} has no archives to take from {mirror}",
            hint="Use a mirror that is a folder, or place the files by hand",
        )
    staging = folder / _STAGING
    for download in part.downloads:
        placed = folder / download.file
        if placed.is_file():
            check_file(placed, download)
            if download.unpack is not None:
                _unpack_into(placed, download, folder)
            continue
        url = (
            download.url
            if mirror is None
            else f"{mirror.rstrip('/')}/{corpus.mirror_folder}/{download.file}"
        )
        if url is None:  # availability() has asked for this file already
            raise InputError(f"{download.file} has no address", hint=corpus.ask)
        fetched = staging / download.file
        room = download.unpack.max_bytes if download.unpack else 0
        try:
            if not fetched.is_file():
                fetch(url, fetched, download, retry=retry, room_bytes=room)
        except GoneError as error:
            if mirror is None or not download.optional:
                raise
            logging.getLogger(__name__).warning("%s: done without it", error.problem)
            continue
        if download.unpack is None:
            placed.parent.mkdir(parents=True, exist_ok=True)
            fetched.replace(placed)
            continue
        try:
            _unpack_into(fetched, download, folder)
        except InputError:
            fetched.unlink()
            raise
        fetched.unlink()
    for emptied in sorted((path for path in staging.rglob("*") if path.is_dir()), reverse=True):
        _remove_empty(emptied)
    _remove_empty(staging)


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _copy_part(part: Part, source: Path, folder: Path) -> None:
    """Copy a part from a mirror's folder, or unpack the archives that lie there."""
    if part.missing_in(source) is None:
        _copy_files(part, list(_registered_files([part], source)), source, folder)
        return
    for download in part.downloads:
        archive = source / download.file
        if download.unpack is None:
            _copy_checked(archive, folder / download.file, download)
        else:
            check_file(archive, download)
            _unpack_into(archive, download, folder)


def _copy_files(part: Part, files: list[Path], source: Path, folder: Path) -> None:
    """Copy some files of a part from a mirror's folder."""
    specs = _registered_files([part], source)
    ask_for_room(folder, sum(path.stat().st_size for path in files))
    for path in progress(files, title=f"copy from {source.name}", unit="file"):
        _copy_checked(path, folder / path.relative_to(source), specs[path])


def _copy_checked(source: Path, target: Path, expected: Download | FileSpec) -> None:
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)
        check_file(temporary, expected, source=str(source))


def _unpack_into(archive: Path, download: Download, folder: Path) -> None:
    if download.unpack is None:
        return
    ask_for_room(folder, download.unpack.max_bytes)
    unpack(
        archive,
        folder / (download.unpack.folder or ""),
        strip_prefix=download.unpack.strip_prefix,
        max_bytes=download.unpack.max_bytes,
    )


def _registered_files(parts: list[Part], folder: Path) -> dict[Path, FileSpec]:
    """Return every file of some parts under `folder` with what it must be."""
    # A file may match a pattern as well: its own entry, with the checksum, comes last and counts.
    patterns_first = sorted(
        (spec for part in parts for spec in part.files), key=lambda spec: not spec.is_pattern
    )
    return {path: spec for spec in patterns_first for path in spec.matches(folder)}


def _seal(corpus: Corpus, parts: list[Part], folder: Path) -> None:
    """Check all files and write contents.csv."""
    specs = _registered_files(parts, folder)
    checked = progress(sorted(specs), title=f"check {corpus.name}", unit="file")
    write_contents(folder, specs, {path: check_file(path, specs[path]) for path in checked})
