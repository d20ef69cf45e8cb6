"""Reader of a user's own recordings: any folder of videos with a table of labels.

The folder holds `labels.csv` and, at any depth, the videos (or sounds and pictures) it names:

    file,label,person,start_s,end_s,split
    interviews/Ana 1.mp4,happy,Ana,0.0,4.5,train

`file` (relative to the folder) and `label` are needed; `person`, `gender`, `start_s`, `end_s`
(seconds from the start of the file; empty: its start, its end) and `split` (train, validation or
test) may be left out. A file may have several rows, one a segment.
"""

from __future__ import annotations

import difflib
import unicodedata
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from crossmodal.corpora.layout import arrange, choose, files_below, need_folder
from crossmodal.corpora.manifest import read_table
from crossmodal.corpora.quarantine import Quarantine, read_quarantine
from crossmodal.corpora.splits import deal
from crossmodal.errors import InputError
from crossmodal.windows import SPLITS

LABELS = "labels.csv"
CONTENTS, QUARANTINE = "contents.csv", "quarantine.csv"
NEEDED = ("file", "label")
OPTIONAL = ("person", "gender", "start_s", "end_s", "split")
GROUPS = ("source", "person", "random")


def read(
    folder: Path,
    *,
    split: str = "source",
    validation: float = 0.1,
    test: float = 0.2,
    seed: int = 0,
    quarantine: Quarantine | None = None,
) -> pd.DataFrame:
    """Read a table of labels into a manifest.

    Args:
        split: What must not stand on two sides where the table has no column `split`: "source"
            (a file), "person", or "random" (rows are dealt one by one).
        quarantine: Receives the rows that `crossmodal init-corpus` set aside, if it did.

    Returns:
        One row a row of the table, in its order. `clip` is the file's path, followed by `#` and a
        number from 1 where the file has several rows; `source` and `file` are the path as it is
        on the disk; `start_s` and `end_s` are NaN where the table leaves them empty; `gender` is
        there where the table has it.

    Raises:
        InputError: As `read_labels`; or there are too few sources or people to split, or a file is
            not the one that the folder was sealed with.
    """
    folder = need_folder(folder, hint=f"Make a folder with your files and {LABELS}")
    choose(split, GROUPS, "split")
    path = folder / LABELS
    frame = read_labels(folder, path)
    if quarantine is not None and (folder / QUARANTINE).is_file():
        quarantine.rows += read_quarantine(folder / QUARANTINE).rows
    _check_sealed(folder, set(frame["file"]))
    if (frame["split"] == "").all():
        if split == "person":
            _check(frame["person"] != "", frame["person"], path, "is no person", "a name")
        column = {"source": "source", "person": "person", "random": "clip"}[split]
        groups = frame[column].tolist()
        frame["split"] = deal(groups, validation=validation, test=test, seed=seed)
    gender = ["gender"] if (frame["gender"] != "").any() else []
    return arrange(frame, folder, ["file", *gender])


def read_labels(folder: Path, path: Path) -> pd.DataFrame:
    """Read a table of labels and find its files.

    Returns:
        One row a row of the table with all of `NEEDED` and `OPTIONAL`, as strings, empty where
        there is none, the times as floats, and `source` and `clip`.

    Raises:
        InputError: There is no table, it has an unknown or lacks a needed column, an empty or
            wrong value, names a missing file or one outside the folder, or the same segment twice.
    """
    frame = _table(path)
    frame["source"] = _on_disk(folder, frame["file"], path)
    frame["file"] = frame["source"]
    frame["start_s"] = _seconds(frame["start_s"], path, "start_s")
    frame["end_s"] = _seconds(frame["end_s"], path, "end_s")
    _check_times(frame, path)
    frame["clip"] = _clip_names(frame, path)
    if (frame["split"] != "").any():
        _check(frame["split"].isin(SPLITS), frame["split"], path, "is no split", ", ".join(SPLITS))
    return frame


def _check_sealed(folder: Path, files: set[str]) -> None:
    """Refuse files of another size than in the list of contents, where there is one."""
    contents = folder / CONTENTS
    if not contents.is_file():
        return
    listed = read_table(contents, hint="Seal the folder again")
    sizes = dict(zip(listed["path"], listed["bytes"], strict=True))
    for name in sorted(files):
        if sizes.get(name) != str((folder / name).stat().st_size):
            raise InputError(
                "has changed since the folder was sealed",
                file=folder / name,
                hint="Run crossmodal init-corpus again, or seal the folder again",
            )


def _table(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(
            "there is no such file",
            file=path,
            hint=f"Write a table with the columns {', '.join(NEEDED)}",
        )
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8 text", file=path, hint="Save it as UTF-8") from error
    except ValueError as error:
        raise InputError(
            f"not a readable table ({error})", file=path, hint="Separate fields with commas"
        ) from error
    known = (*NEEDED, *OPTIONAL)
    for column in frame.columns:
        if column not in known:
            near = difflib.get_close_matches(column, known, n=1)
            hint = f"Did you mean `{near[0]}`?" if near else f"Known: {', '.join(known)}"
            raise InputError("unknown column", file=path, field=column, hint=hint)
    for column in NEEDED:
        if column not in frame:
            raise InputError(
                "the column is missing", file=path, field=column, hint="Add it to the first line"
            )
    if frame.empty:
        raise InputError("there are no rows", file=path, hint="Name your files")
    frame = frame.reindex(columns=list(known), fill_value="")
    for column in known:
        frame[column] = frame[column].str.strip()
    _check(frame["label"] != "", frame["file"], path, "has no label", "a label in every row")
    return frame


def _on_disk(folder: Path, names: pd.Series, path: Path) -> list[str]:
    """Return the files' paths as the disk spells them.

    Systems compose accented letters differently, so names are compared in one normal form.
    """
    _check(names != "", names, path, "is no file", "a path in every row")
    spelled = {_normal(name): name for name in files_below(folder)}
    wanted = [_normal(name.replace("\\", "/")) for name in names]
    for number, name in enumerate(wanted):
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts:
            raise InputError(
                f"{names.iloc[number]!r} is not a path inside the folder",
                file=path,
                field=f"row {number + 1}",
                hint="Place the file in the folder and name it from there",
            )
        if name not in spelled:
            near = difflib.get_close_matches(name, spelled, n=1)
            raise InputError(
                f"{names.iloc[number]!r} is missing",
                file=path,
                field=f"row {number + 1}",
                hint=f"Did you mean {spelled[near[0]]!r}?" if near else "Place it in the folder",
            )
    return [spelled[name] for name in wanted]


def _normal(name: str) -> str:
    """Return a path in composed letters, without `./` and repeated slashes."""
    return unicodedata.normalize("NFC", PurePosixPath(name).as_posix())


def _seconds(texts: pd.Series, path: Path, field: str) -> pd.Series:
    seconds = pd.to_numeric(texts.mask(texts == ""), errors="coerce").astype(float)
    fine = (texts == "") | (np.isfinite(seconds) & (seconds >= 0))
    _check(fine, texts, path, f"is no {field}", "seconds from the start of the file, such as 1.5")
    return seconds


def _check_times(frame: pd.DataFrame, path: Path) -> None:
    late = frame["start_s"].fillna(0) >= frame["end_s"]
    if late.any():
        row = int(np.argmax(late))
        raise InputError(
            f"end_s {frame['end_s'].iloc[row]:g} is not after start_s "
            f"{frame['start_s'].fillna(0).iloc[row]:g}",
            file=path,
            field=f"row {row + 1}",
            hint="Give an end that is after the start",
        )


def _clip_names(frame: pd.DataFrame, path: Path) -> list[str]:
    repeated = frame.duplicated(["source", "start_s", "end_s"])
    if repeated.any():
        row = int(np.argmax(repeated))
        raise InputError(
            f"the same part of {frame['source'].iloc[row]!r} stands there twice",
            file=path,
            field=f"row {row + 1}",
            hint="Keep one of the rows",
        )
    number = (frame.groupby("source").cumcount() + 1).astype(str)
    several = frame["source"].duplicated(keep=False)
    return frame["source"].where(~several, frame["source"] + "#" + number).tolist()


def _check(fine: pd.Series, shown: pd.Series, path: Path, problem: str, wanted: str) -> None:
    """Raise an InputError for the first row that is not fine; the first below the header is 1."""
    if not fine.all():
        row = int(np.argmin(fine))
        raise InputError(
            f"{shown.iloc[row]!r} {problem}",
            file=path,
            field=f"row {row + 1}",
            hint=f"Write {wanted}",
        )
