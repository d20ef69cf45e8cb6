"""What the runs of my paper read, and what decides them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossmodal.papers import plan

FEATURES = ["image_bow", "text_lda"]


class Plan(plan.Plan):
    """The runs of my paper."""

    def features(self, corpus: str, variant: str | None = None) -> list[str]:
        """Return the arrays that a variant reads."""
        return FEATURES

    def uses_gpu(self, variant: str) -> bool:
        """Return no: two linear layers train faster than a GPU starts."""
        return False

    def decides_training(self, corpus: str, variant: str) -> dict[str, Any]:
        """Return the settings that decide a run."""
        settings: dict[str, Any] = self.settings.resolved(variant).model_dump()
        return settings

    def examples_seen(
        self, corpus: str, variant: str, pairs: Mapping[str, int]
    ) -> dict[str, float]:
        """Return how many pairs a run takes."""
        return {"train": self.settings.resolved(variant).epochs * pairs["train"]}
