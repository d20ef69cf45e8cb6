"""What the paper needs of windows, and what suits their number, for one's own videos."""

from __future__ import annotations

from math import ceil
from typing import Any

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
    windows = windows[windows["person"] != ""]
    test = windows[windows["split"] == "test"]
    fewest = {"train": 4, "validation": 2, "test": max(2, settings.protocol.core_points)}
    for split, needed in fewest.items():
        count = int((windows["split"] == split).sum())
        if count < needed:
            return f"{count} utterances with a face in {split}, {needed} are needed"
    if test["person"].nunique() < PEOPLE:
        return f"{test['person'].nunique()} person in test, {PEOPLE} are needed"
    return ""


STEPS = 45
"""Updates in an epoch at least, as in the edition demo; few utterances make short epochs."""
STEPS_TO_VALIDATION = 9
"""The same for variants that train until validation says stop."""


def suited(windows: pd.DataFrame, settings: PaperSettings) -> dict[str, Any]:
    """Return settings that suit the number of utterances, to be laid over the edition's.

    Args:
        windows: As for `lacking`.
        settings: The paper's settings.
    """
    training = int((windows["split"] == "train").sum())
    steps = ceil(training / settings.method.batch)
    validated = [
        name for name in settings.families if settings.method_settings(name).keep == "best"
    ]
    passes = {"passes": ceil(STEPS_TO_VALIDATION / steps)}
    return {
        "method": {"passes": ceil(STEPS / steps)},
        "families": {name: {"settings": passes} for name in validated},
    }
