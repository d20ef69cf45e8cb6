"""What the paper needs of windows, so that one's own videos can be judged before a training."""

from __future__ import annotations

import pandas as pd

from crossmodal.papers.msvae.settings import PaperSettings

PEOPLE = 2
"""Among the test clips: of one person alone every answer would be right."""


def lacking(windows: pd.DataFrame, settings: PaperSettings) -> str:
    """Return why windows are not enough for the paper, empty where they are.

    Args:
        windows: One row an utterance of a known face and voice: `person, split`.
        settings: The paper's settings: clusters need `core_points` test clips.
    """
    test = windows[windows["split"] == "test"]
    fewest = {"train": 4, "validation": 2, "test": max(2, settings.protocol.core_points)}
    for split, needed in fewest.items():
        count = int((windows["split"] == split).sum())
        if count < needed:
            return f"{count} utterances with a face in {split}, {needed} are needed"
    if test["person"].nunique() < PEOPLE:
        return f"{test['person'].nunique()} person in test, {PEOPLE} are needed"
    return ""
