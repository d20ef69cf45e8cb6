"""What the paper needs of windows, and what suits their number, for one's own videos."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crossmodal.corpora.manifest import SPLITS
from crossmodal.papers.facevoice.settings import PaperSettings

FEWEST = {"train": 20, "validation": 4, "test": 4}
"""Windows of each part. Five are what the 53 principal components of faces need; below twenty
nothing is learnt."""
PEOPLE = 2
"""Without a second one there is no mismatched pair."""


def lacking(windows: pd.DataFrame, settings: PaperSettings) -> str:
    """Return why windows are not enough for the paper, empty where they are.

    Args:
        windows: One row a window of a known face and voice: `person, split`.
        settings: The paper's settings.
    """
    windows = windows[windows["person"] != ""]
    learnt = set(windows.loc[windows["split"] == "train", "person"])
    for split in SPLITS:
        part = windows[(windows["split"] == split) & windows["person"].isin(learnt)]
        people = part["person"].nunique()
        if people < PEOPLE:
            return (
                f"{people} of the people in training have windows of face and voice in {split}, "
                f"{PEOPLE} are needed"
            )
        if len(part) < FEWEST[split]:
            return f"{len(part)} windows of face and voice in {split}, {FEWEST[split]} are needed"
    return ""


def suited(windows: pd.DataFrame, settings: PaperSettings) -> dict[str, Any]:
    """Return no settings: it learns from as many pairs as the edition says, however few windows.

    Args:
        windows: As for `lacking`.
        settings: The paper's settings.
    """
    return {}
