"""What runs: a search a method, a run a variant and seed, which trains all its code lengths."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from crossmodal.papers import plan
from crossmodal.papers.hashing.settings import Method, PaperSettings

LINEAR: tuple[Method, ...] = ("cvh", "smfh")
"""Methods without a network."""


class Plan(plan.Plan):
    """The runs of the paper in an edition."""

    settings: PaperSettings

    def variants(self, corpus: str) -> list[str]:
        """Return the variants that run on a corpus: those whose features it can give."""
        features = (None, *self.at_hand[corpus].features)
        found = super().variants(corpus)
        return [name for name in found if self.settings.variants[name].image_feature in features]

    def features(self, corpus: str, variant: str | None = None) -> list[str]:
        """Return the features that a variant, or any, reads."""
        names = self.variants(corpus) if variant is None else [variant]
        read = [self.settings.variant_features(corpus, name) for name in names]
        return sorted({name for chosen in read for name in (chosen.image, chosen.text)})

    def searches(self, corpus: str) -> dict[str, list[str]]:
        """Return the variants by method: a search each."""
        found: dict[str, list[str]] = {}
        for name in self.variants(corpus):
            found.setdefault(self.settings.variants[name].method, []).append(name)
        return found

    def uses_gpu(self, variant: str) -> bool:
        """Tell whether a variant has a network."""
        return self.settings.variants[variant].method not in LINEAR

    def decides_training(self, corpus: str, variant: str) -> dict[str, Any]:
        """Return settings, features, code lengths, and which settings the search chooses."""
        return {
            "method": self.settings.variants[variant].method,
            "searched": list(self.settings.searched(variant)),
            "bits": list(self.settings.codes(variant).values()),
            **self._layers(corpus, variant),
        }

    def decides_search(self, corpus: str, name: str) -> dict[str, Any]:
        """Return how a method is searched, and for each of its variants what is tried."""
        return {
            "method": name,
            "tuning": self.settings.tuning.model_dump(),
            "variants": {
                each: {"candidates": self.settings.searched(each), **self._layers(corpus, each)}
                for each in self.searches(corpus)[name]
            },
        }

    def _layers(self, corpus: str, variant: str) -> dict[str, Any]:
        return {
            "settings": self.settings.method_settings(variant).model_dump(),
            # These a search does not change.
            "ablation": self.settings.variants[variant].settings.model_dump(exclude_unset=True),
            "features": self.settings.variant_features(corpus, variant).model_dump(),
        }

    def decides_evaluation(self, corpus: str) -> dict[str, Any]:
        """Return how retrieval is scored."""
        return self.settings.protocol.model_dump()

    def examples_seen(
        self, corpus: str, variant: str, pairs: Mapping[str, int]
    ) -> dict[str, float]:
        """Return the pairs that a run takes, and its share of the search.

        A method without a network takes every pair once. Where the search decides about epochs,
        trainings have as many as it tries at most.
        """
        search = self.settings.searched(variant)
        epochs = search.get("epochs", [self.settings.method_settings(variant).epochs])
        if not self.uses_gpu(variant):
            epochs = [1]
        others = math.prod(len(values) for name, values in search.items() if name != "epochs")
        held = 0 if pairs["validation"] else self.settings.tuning.validation_share
        searched = sum(epochs) * others * round((1 - held) * pairs["train"])
        trained = max(epochs) * len(self.settings.codes(variant)) * pairs["train"]
        return {"train": trained + searched / len(self.seeds_of(variant))}
