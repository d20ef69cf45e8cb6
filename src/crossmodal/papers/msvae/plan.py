"""What the workflow must know of the paper before anything runs; nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import TYPE_CHECKING, Any

from crossmodal.papers import plan

if TYPE_CHECKING:
    import pandas as pd

    from crossmodal.papers.msvae.settings import PaperSettings

FACE = "face_grey"
"""The feature that stands for the face."""
PEOPLE = 2
"""Among one's own test clips: of one person alone every answer would be right."""
STEPS = 45
"""Updates in an epoch at least, as in the edition demo; few utterances make short epochs."""
STEPS_TO_VALIDATION = 9
"""The same for variants that train until validation says stop."""


class Plan(plan.Plan):
    """The runs of the paper in an edition."""

    settings: PaperSettings
    windows = "msvae"

    def features(self, corpus: str, variant: str | None = None) -> list[str]:
        """Return the face and the voice that a variant reads, or those of all."""
        variants = self.variants(corpus) if variant is None else [variant]
        return [FACE, *sorted({self.settings.method_settings(name).voice for name in variants})]

    def evaluation_features(self, corpus: str) -> list[str]:
        """Return what evaluation reads: Figure 1 shows a clip as it is."""
        return [*self.features(corpus), "pictures", "waves"]

    def decides_training(self, corpus: str, variant: str) -> dict[str, Any]:
        """Return the resolved settings, and how people are dealt."""
        split = self.settings.variants[variant].split
        return {
            "settings": self.settings.method_settings(variant).model_dump(),
            "split": split,
            "identity": self.settings.identity.model_dump() if split == "identity" else None,
        }

    def decides_evaluation(self, corpus: str) -> dict[str, Any]:
        """Return how retrieval, verification and clusters are scored, and what is shown."""
        return self.settings.protocol.model_dump()

    def examples_seen(
        self, corpus: str, variant: str, pairs: Mapping[str, int]
    ) -> dict[str, float]:
        """Return the clips that a run takes; with `keep: last` validation is learnt from too."""
        method, identity = self.settings.method_settings(variant), self.settings.identity
        train, validation = pairs["train"], pairs["validation"]
        if self.settings.variants[variant].split == "identity":
            validation = round(identity.validation * sum(pairs.values()))
            train = round((1 - identity.test) * sum(pairs.values())) - validation
        clips = train + (validation if method.keep == "last" else 0)
        return {"train": method.epochs * method.passes * clips}

    def unmet(self, windows: pd.DataFrame) -> str:
        """Return why utterances (`person, split`) are not enough; empty: they are.

        Clusters need `core_points` test clips.
        """
        windows = windows[windows["person"] != ""]
        people = windows.loc[windows["split"] == "test", "person"].nunique()
        core_points = self.settings.protocol.core_points
        fewest = {"train": 4, "validation": 2, "test": max(2, core_points)}
        for split, needed in fewest.items():
            count = int((windows["split"] == split).sum())
            if count < needed:
                return f"{count} utterances with a face in {split}, {needed} are needed"
        return f"{people} person in test, {PEOPLE} are needed" if people < PEOPLE else ""

    def defaults_for(self, windows: pd.DataFrame) -> dict[str, Any]:
        """Return passes that suit the number of utterances."""
        training = int((windows["split"] == "train").sum())
        steps = ceil(training / self.settings.method.batch)
        names = self.settings.variants
        validated = [name for name in names if self.settings.method_settings(name).keep == "best"]
        passes = {"passes": ceil(STEPS_TO_VALIDATION / steps)}
        return {
            "method": {"passes": ceil(STEPS / steps)},
            "variants": {name: {"settings": passes} for name in validated},
        }
