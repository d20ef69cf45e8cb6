"""Clips that are set aside: which, because of which file, and why.

One bad clip never stops a corpus. It is entered here, the others go on, and the list is written
as `quarantine.csv`. A corpus of which too much is set aside is not the corpus any more: then the
run stops with the commonest reasons.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from crossmodal.corpora.manifest import read_table
from crossmodal.errors import InputError
from crossmodal.files import atomic_path

COLUMNS = ("clip", "file", "reason")
"""Columns of `quarantine.csv`, in order."""

LIMIT_SHARE = 0.05
"""Share of a published corpus that may be set aside before it counts as incomplete."""

_REASONS_SHOWN = 3


class SetAside(NamedTuple):
    """One clip that is left out.

    Args:
        reason: A plain phrase that is the same for the same fault, so that faults can be counted.
    """

    clip: str
    file: str
    reason: str


@dataclass
class Quarantine:
    """The clips set aside so far."""

    rows: list[SetAside] = field(default_factory=list)

    def __len__(self) -> int:
        """Count the entries."""
        return len(self.rows)

    def add(self, clip: str, file: str | Path, reason: str) -> None:
        """Enter one clip."""
        self.rows.append(SetAside(clip, Path(file).as_posix(), reason))

    def sift(self, frame: pd.DataFrame, bad: pd.Series, column: str, reason: str) -> pd.DataFrame:
        """Set the bad rows of a table aside and return the others.

        Args:
            bad: Boolean [rows]; True where a row is to be set aside.
        """
        aside = frame.loc[bad]
        for clip, file in zip(aside["clip"], aside[column], strict=True):
            self.add(clip, file, reason)
        return frame.loc[~bad]

    def frame(self) -> pd.DataFrame:
        """Return the entries as a table, each once, sorted by clip, file and reason."""
        return pd.DataFrame(sorted(set(self.rows)), columns=list(COLUMNS), dtype=str)

    def write(self, path: Path) -> None:
        """Write the entries atomically as UTF-8 CSV; without entries, the header alone."""
        with atomic_path(Path(path)) as temporary:
            self.frame().to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8")


def read_quarantine(path: Path) -> Quarantine:
    """Read a `quarantine.csv`, so that the lists of shards can be joined.

    Raises:
        InputError: The file is missing or has other columns.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("there is no such file", file=path, hint="Run the stage again")
    frame = read_table(path, hint="Run the stage again")
    if tuple(frame.columns) != COLUMNS:
        raise InputError(
            f"the columns are {', '.join(frame.columns)}",
            file=path,
            hint=f"Use {', '.join(COLUMNS)}, in this order",
        )
    return Quarantine([SetAside(*row) for row in frame.itertuples(index=False)])


def too_many(
    set_aside: Quarantine,
    total: int,
    limit_share: float,
    *,
    folder: Path | None = None,
    hint: str = "Complete the folder, or raise `limit_share` in the reader's settings",
) -> None:
    """Stop when more than a share of all clips is set aside, or all of them.

    A single clip never stops a corpus that has others, however small the corpus is.

    Args:
        set_aside: The clips set aside; a clip with several faults counts once.
        total: Clips there are, those set aside included.
        limit_share: Largest share of them that may be set aside, from 0 to 1.

    Raises:
        InputError: Too many are set aside; the message names the commonest reasons.
    """
    count = len({row.clip for row in set_aside.rows})
    if count < total and (count <= 1 or count <= limit_share * total):
        return
    if not count:
        return
    first = set_aside.rows[0]
    reasons = Counter(row.reason for row in set_aside.rows).most_common(_REASONS_SHOWN)
    raise InputError(
        f"{count} of {total} clips are set aside: "
        + ", ".join(f"{reason} ({times})" for reason, times in reasons)
        + f"; the first is {first.clip!r}, file {first.file!r}",
        file=folder,
        hint=hint,
    )
