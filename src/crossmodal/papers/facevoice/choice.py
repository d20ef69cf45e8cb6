"""The margin that the search chose, read back from its table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crossmodal.errors import InputError


def chosen_margin(path: Path) -> float:
    """Read the margin that `tune` chose.

    Raises:
        InputError: The table cannot be read or holds no choice.
    """
    hint = "Delete the file and run the workflow again"
    try:
        frame = pd.read_csv(path, usecols=["margin", "chosen"])
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read ({error})", file=path, hint=hint) from error
    chosen = frame.loc[frame["chosen"] == 1, "margin"]
    if len(chosen) != 1:
        raise InputError(f"holds {len(chosen)} choices", file=path, field="chosen", hint=hint)
    return float(chosen.iloc[0])
