"""The seal of a corpus: `contents.csv`, written last, lists every file with its checksum."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from crossmodal.files import sha256_of, write_text

CONTENTS = "contents.csv"


def write_contents(
    folder: Path, files: Iterable[Path], known: Mapping[Path, str] | None = None
) -> None:
    """Write `contents.csv`: path within the folder, bytes and SHA-256 of each file, sorted.

    A folder with it is complete; one without was left unfinished.
    """
    digests = known or {}
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["path", "bytes", "sha256"])
    for name, path in sorted((path.relative_to(folder).as_posix(), path) for path in set(files)):
        writer.writerow([name, path.stat().st_size, digests.get(path) or sha256_of(path)])
    write_text(folder / CONTENTS, table.getvalue())
