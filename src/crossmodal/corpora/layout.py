"""What the readers share: listing a published folder, reading its lists, arranging a manifest."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crossmodal.corpora.manifest import COLUMNS, check_manifest
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import ClipError, InputError


def need_folder(folder: Path, *, hint: str = "Point at a folder in the published layout") -> Path:
    """Return the folder as a path.

    Raises:
        InputError: There is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError("there is no such folder", file=folder, hint=hint)
    return folder


def choose(value: str, known: Sequence[str], field: str) -> str:
    """Return a value of a setting that allows only some.

    Raises:
        InputError: The value is not one of those known.
    """
    if value not in known:
        raise InputError(
            f"{value!r} is unknown", field=field, hint=f"Choose one of: {', '.join(known)}"
        )
    return value


def files_below(folder: Path, *suffixes: str) -> list[str]:
    """List the files of some kinds below a folder, at any depth; hidden ones are left out.

    Args:
        folder: Where to look; a missing folder has no files.
        suffixes: Endings in lower case with the dot, those of the files may be in capitals;
            none: all files.

    Returns:
        Paths relative to the folder, with slashes, sorted.
    """
    names = _walk(Path(folder), "")
    return sorted(name for name in names if not suffixes or name.lower().endswith(suffixes))


def _walk(folder: Path, prefix: str) -> Iterator[str]:
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from _walk(Path(entry.path), f"{prefix}{entry.name}/")
            else:
                yield prefix + entry.name


def lines(path: Path) -> list[str]:
    """Read the lines of a list that are not blank.

    Raises:
        InputError: There is no such file, or it is not UTF-8 text.
    """
    if not path.is_file():
        raise InputError(
            "there is no such file", file=path, hint="Point at a folder in the published layout"
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"not UTF-8 text ({error.reason} at byte {error.start})",
            file=path,
            hint="Download the file again",
        ) from error
    return [line for line in text.splitlines() if line.strip()]


def fields(path: Path, count: int, wanted: str) -> list[list[str]]:
    """Read a list of fields separated by blanks.

    Args:
        count: Fields a line has.
        wanted: What they are, for the error message.

    Raises:
        InputError: The file is missing, or a line has another number of fields.
    """
    rows = [line.split() for line in lines(path)]
    for number, row in enumerate(rows, start=1):
        if len(row) != count:
            raise InputError(
                f"{len(row)} fields instead of {count}",
                file=path,
                field=f"entry {number}",
                hint=f"Write {wanted}",
            )
    return rows


def no_repeats(names: pd.Series, file: Path) -> None:
    """Refuse a list that names something twice.

    Raises:
        InputError: A name stands twice.
    """
    repeated = names[names.duplicated()]
    if len(repeated):
        raise InputError(
            f"{repeated.iloc[0]!r} stands there more than once", file=file, hint="Keep one of them"
        )


def wav_seconds(path: Path) -> float:
    """Return the duration of a sound file in seconds, from its header.

    Raises:
        ClipError: The file is missing, empty or not a sound file.
    """
    import soundfile

    try:
        info = soundfile.info(str(path))
    except (soundfile.LibsndfileError, OSError) as error:
        raise ClipError("not a readable sound file") from error
    if not info.frames:
        raise ClipError("the sound is empty")
    return float(info.frames / info.samplerate)


def with_durations(folder: Path, frame: pd.DataFrame, quarantine: Quarantine) -> pd.DataFrame:
    """Give every row the whole of its sound file as `start_s` and `end_s`.

    Args:
        frame: A table with `clip` and `audio`, a path relative to the folder.
        quarantine: Receives the rows whose sound file cannot be read; they are left out.
    """
    seconds: list[float] = []
    for clip, audio in zip(frame["clip"], frame["audio"], strict=True):
        try:
            seconds.append(wav_seconds(folder / audio))
        except ClipError as error:
            quarantine.add(clip, audio, error.reason)
            seconds.append(np.nan)
    frame = frame.assign(start_s=0.0, end_s=seconds)
    return frame[frame["end_s"].notna()]


def arrange(frame: pd.DataFrame, folder: Path, extra: Collection[str]) -> pd.DataFrame:
    """Order the columns as a manifest has them and check it.

    Args:
        frame: A table with some of the manifest's columns, and the corpus's own; a column of the
            manifest that is missing is filled with empty strings, times with NaN.
        extra: The corpus's own columns, in order.

    Raises:
        InputError: There are no rows, or the table breaks a rule of `check_manifest`.
    """
    if frame.empty:
        raise InputError(
            "no clips are found", file=folder, hint="Point at a folder in the published layout"
        )
    empty: Mapping[str, Any] = dict.fromkeys(COLUMNS, "") | {"start_s": np.nan, "end_s": np.nan}
    frame = frame.assign(**{name: value for name, value in empty.items() if name not in frame})
    frame = frame[[*COLUMNS, *extra]].reset_index(drop=True)
    check_manifest(frame, folder)
    return frame
