"""What runs: every variant with every seed, on windows of spoken captions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossmodal.papers import plan
from crossmodal.papers.captions.settings import PaperSettings


class Plan(plan.Plan):
    """The runs of the paper in an edition."""

    settings: PaperSettings
    windows = "captions"

    def features(self, corpus: str, variant: str | None = None) -> list[str]:
        """Return the bands of the captions and the features of the images."""
        return ["caption", "image_deep"]

    def evaluation_features(self, corpus: str) -> list[str]:
        """Return these, and the sounds of the searches that are shown."""
        return [*self.features(corpus), "waves"]

    def decides_training(self, corpus: str, variant: str) -> dict[str, Any]:
        """Return the settings of a variant."""
        return self.settings.run_settings(variant).model_dump()

    def decides_evaluation(self, corpus: str) -> dict[str, Any]:
        """Return how retrieval is scored, and which searches are shown."""
        return self.settings.model_dump(include={"protocol", "examples"})

    def examples_seen(
        self, corpus: str, variant: str, pairs: Mapping[str, int]
    ) -> dict[str, float]:
        """Return the captions that a run takes."""
        return {"train": self.settings.run_settings(variant).epochs * pairs["train"]}
