"""The settings a search chose, read back from its table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.errors import InputError


def chosen_settings(path: Path, family: str, names: list[str]) -> dict[str, Any]:
    """Read the values a search chose for a family.

    Raises:
        InputError: The table lacks the family or a setting that is searched now.
    """
    frame = pd.read_csv(path)
    missing = sorted({"family", "chosen", *names} - set(frame.columns))
    rows = frame[(frame["family"] == family) & (frame["chosen"] == 1)] if not missing else frame[:0]
    if rows.empty:
        raise InputError(
            "holds no choice for this family",
            file=path,
            field=missing[0] if missing else family,
            hint="Delete the file and run the workflow again",
        )
    chosen = rows.iloc[0]
    # Plain Python values, because they go into checkpoints, which hold nothing else.
    return {name: _plain(chosen[name]) for name in names}


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
