"""Settings that a search chose, read back from its table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crossmodal.errors import InputError
from crossmodal.files import AGAIN
from crossmodal.runs import read_csv


def read_chosen(path: Path, variant: str, names: Sequence[str]) -> dict[str, Any]:
    """Read the values that a search chose for a variant.

    Args:
        path: Table that `tune` wrote, with `variant`, a column a setting, and `chosen`: 1 in the
            chosen row of each variant.

    Returns:
        Setting -> value; plain Python values, because checkpoints hold nothing else.

    Raises:
        InputError: The table cannot be read, lacks a setting, or holds no or several choices.
    """
    frame = read_csv(path)
    missing = sorted({"variant", "chosen", *names} - set(frame.columns))
    rows = frame[:0]
    if not missing:
        rows = frame[(frame["variant"] == variant) & (frame["chosen"] == 1)]
    if len(rows) != 1:
        raise InputError(
            f"holds {'no choice' if rows.empty else f'{len(rows)} choices'} for this variant",
            file=path,
            field=missing[0] if missing else variant,
            hint=AGAIN,
        )
    return {name: rows[name].tolist()[0] for name in names}
