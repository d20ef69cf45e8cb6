"""The manifest: one row an aligned pair, the table every later stage is row-aligned with."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crossmodal.errors import InputError
from crossmodal.files import AGAIN, atomic_path, check_recorded
from crossmodal.windows import SPLITS

COLUMNS = ("clip", "split", "label", "person", "source", "start_s", "end_s")
"""Columns of every manifest, in order; a corpus appends its own after them."""

JOINT = " + "
"""Stands between the names in a field that names several recordings or pictures."""
TIMES = ("start_s", "end_s")


def read_manifest(path: Path) -> pd.DataFrame:
    """Read a manifest and check it.

    Returns:
        One row an aligned pair. Columns are strings, empty where a corpus has no such thing,
        except `start_s` and `end_s`: seconds from the start of the source, NaN where empty.

    Raises:
        InputError: The file is missing, unreadable or breaks a rule of `check_manifest`.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("there is no manifest", file=path, hint="Run the corpus stage first")
    frame = read_table(path, hint=AGAIN)
    for column in frame.columns.intersection(list(TIMES)):
        empty = frame[column] == ""
        try:
            seconds = pd.to_numeric(frame[column].mask(empty))
        except ValueError as error:
            raise InputError(
                f"a value is not a number of seconds ({error})",
                file=path,
                field=column,
                hint="Write seconds with a decimal point, or leave the field empty",
            ) from error
        frame[column] = seconds.astype(float)
    check_manifest(frame, path)
    return frame


def read_table(path: Path, *, hint: str, separator: str = ",") -> pd.DataFrame:
    """Read a table in UTF-8, with or without a byte order mark, as strings.

    Raises:
        InputError: The file is no such table.
    """
    check_recorded(path, hint)
    try:
        return pd.read_csv(
            path, sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig"
        )
    except ValueError as error:
        raise InputError(f"not a readable table ({error})", file=path, hint=hint) from error


def write_manifest(path: Path, frame: pd.DataFrame, *, may_be_empty: bool = False) -> None:
    """Check a manifest and write it atomically as UTF-8 CSV; NaN seconds become empty fields.

    Args:
        may_be_empty: Whether there may be no rows.

    Raises:
        InputError: The table breaks a rule of `check_manifest`.
    """
    if len(frame) or not may_be_empty:
        check_manifest(frame, path)
    with atomic_path(Path(path)) as temporary:
        frame.to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8")


def check_manifest(frame: pd.DataFrame, path: Path) -> None:
    """Check column order, splits, and that `clip` is filled and unique.

    Raises:
        InputError: One rule is broken.
    """
    found = tuple(frame.columns[: len(COLUMNS)])
    if found != COLUMNS:
        raise InputError(
            f"the columns start with {', '.join(found) or 'nothing'}",
            file=path,
            hint=f"Start with {', '.join(COLUMNS)}, in this order",
        )
    if frame.empty:
        raise InputError("there are no rows", file=path, hint="Check the corpus folder")
    if (frame["clip"] == "").any():
        raise InputError("a row has no name", file=path, field="clip", hint="Name every row")
    repeated = frame["clip"][frame["clip"].duplicated()]
    if len(repeated):
        raise InputError(
            f"{repeated.iloc[0]!r} names {int((frame['clip'] == repeated.iloc[0]).sum())} rows",
            file=path,
            field="clip",
            hint="Give every row its own name",
        )
    strange = frame["split"][~frame["split"].isin(SPLITS)]
    if len(strange):
        raise InputError(
            f"{strange.iloc[0]!r} is no split",
            file=path,
            field="split",
            hint=f"Use one of {', '.join(SPLITS)}",
        )
