"""What the paper needs of windows, so that one's own videos can be judged before a training."""

from __future__ import annotations

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
