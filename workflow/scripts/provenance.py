"""Snakemake's records of what it made, as one file that travels with the results.

Snakemake keeps a record beside every file: the rule, its parameters (digests of source and settings
among them), its input files and their checksums. Without them it cannot tell that an edit concerns
a file. They lie in `.snakemake/metadata`, named by the file's path in base 64.
"""

from __future__ import annotations

import json
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from crossmodal.errors import InputError
from crossmodal.files import write_text

METADATA = Path(".snakemake/metadata")
INCOMPLETE = Path(".snakemake/incomplete")
# The longest name of a file on every usual file system, less one: so Snakemake cuts long names.
_PIECE = 254


def record_name(file: str) -> str:
    """Return the path of a file's record, relative to the folder of records."""
    name = urlsafe_b64encode(file.encode()).decode()
    pieces = [name[start : start + _PIECE] for start in range(0, len(name), _PIECE)]
    return "/".join([*(f"@{piece}" for piece in pieces[:-1]), pieces[-1]])


def pack(folders: Collection[str], out: Path) -> None:
    """Write the records of all files below some folders, one line of JSON a file, sorted by path.

    Records of files that are gone, such as parts that were joined, are among them.
    """
    lines = {}
    for path in METADATA.rglob("*"):
        if path.is_file():
            name = "".join(part.lstrip("@") for part in path.relative_to(METADATA).parts)
            file = urlsafe_b64decode(name).decode()
            if file.startswith(tuple(f"{folder}/" for folder in folders)):
                record = json.loads(path.read_text(encoding="utf-8"))
                lines[file] = json.dumps({"file": file, "record": record}, sort_keys=True)
    write_text(out, "".join(f"{lines[file]}\n" for file in sorted(lines)))


def read(packed: Path) -> dict[str, dict[str, Any]]:
    """Return file -> record of a file that `pack` wrote.

    Raises:
        InputError: A line is not what `pack` writes.
    """
    records = {}
    try:
        for line in packed.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            records[str(entry["file"])] = dict(entry["record"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"holds no record of Snakemake ({error})",
            file=packed,
            hint="Save the edition again where it was run",
        ) from error
    return records


def unpack(records: dict[str, dict[str, Any]], restored: Collection[str]) -> None:
    """Give Snakemake the records of files that were restored or are gone.

    Any other file was made here, and Snakemake has its own record of it.
    """
    INCOMPLETE.mkdir(parents=True, exist_ok=True)
    for file, record in records.items():
        if file in restored or not Path(file).exists():
            write_text(METADATA / record_name(file), json.dumps(record))
            # A run that was killed here may have left the mark that the file is half-written.
            (INCOMPLETE / record_name(file)).unlink(missing_ok=True)
