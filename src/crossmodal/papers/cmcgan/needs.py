"""What the paper needs of windows, and what suits their number, for one's own videos."""

from __future__ import annotations

from math import ceil
from typing import Any

import pandas as pd

from crossmodal.corpora.manifest import SPLITS
from crossmodal.papers.cmcgan.settings import PaperSettings

FEWEST = {"train": 20, "validation": 2, "test": 2}
"""Windows of each part; below twenty nothing is learnt."""
LABELS = 2
"""With one label there is nothing to tell apart."""


def lacking(windows: pd.DataFrame, settings: PaperSettings) -> str:
    """Return why windows are not enough for the paper, empty where they are.

    Args:
        windows: One row half a second: `label, split`.
        settings: The paper's settings.
    """
    for split in SPLITS:
        part = windows[windows["split"] == split]
        labels = part["label"].nunique()
        if labels < LABELS:
            return f"windows of {labels} labels in {split}, {LABELS} are needed"
        if len(part) < FEWEST[split]:
            return f"{len(part)} windows in {split}, {FEWEST[split]} are needed"
    learnt = set(windows.loc[windows["split"] == "train", "label"])
    for label in sorted(set(windows["label"])):
        if label not in learnt:
            return f"label {label!r} never occurs in training"
    return ""


STEPS = 900
"""Updates that a generator gets at least, about those of the edition demo; few windows make short
epochs."""
EPOCHS = 10
"""Passes over the windows at least; many windows make long epochs."""


def suited(windows: pd.DataFrame, settings: PaperSettings) -> dict[str, Any]:
    """Return settings that suit the number of windows, to be laid over the edition's.

    Args:
        windows: As for `lacking`.
        settings: The paper's settings.
    """
    training = int((windows["split"] == "train").sum())
    epochs = {
        model: max(EPOCHS, ceil(STEPS / ceil(training / settings.models[model].batch)))
        for model in ("cmcgan", "translator")
    }
    return {"models": {model: {"epochs": count} for model, count in epochs.items()}}
