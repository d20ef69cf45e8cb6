"""The seal of a stand-in: the last file written, listing all others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from crossmodal.files import sha256_of, write_text


def write_contents(folder: Path, files: Iterable[Path]) -> None:
    """Write `contents.csv`: path within the folder, bytes and SHA-256 of each file, sorted.

    A folder with it is complete; one without was left unfinished.
    """
    rows = sorted(
        f"{path.relative_to(folder).as_posix()},{path.stat().st_size},{sha256_of(path)}"
        for path in files
    )
    write_text(folder / "contents.csv", "\n".join(["path,bytes,sha256", *rows]) + "\n")
