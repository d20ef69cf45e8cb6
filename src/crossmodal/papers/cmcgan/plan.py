"""What the workflow must know of the paper before anything runs; nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any

from crossmodal.papers import plan
from crossmodal.runs import Run

if TYPE_CHECKING:
    import pandas as pd

FEWEST = {"train": 20, "validation": 2, "test": 2}
"""Windows of each part that one's own videos must have; below twenty nothing is learnt."""
FEWEST_LABELS = 2
"""With one label there is nothing to tell apart."""
STEPS = 900
"""Updates that a generator gets at least of one's own videos, about those of the edition demo."""
EPOCHS = 10
"""Passes over the windows at least; many windows make long epochs."""


class Plan(plan.Plan):
    """The runs of the paper in an edition."""

    windows = "cmcgan"

    def seeds_of(self, variant: str) -> list[int]:
        """Return the seeds of a variant: the edition's first ones."""
        return self.seeds[: self.settings.variants[variant].seeds]

    def features(self, corpus: str, variant: str | None = None) -> list[str]:
        """Return the arrays that every variant reads."""
        return ["pictures", "log_mel"]

    def evaluation_features(self, corpus: str) -> list[str]:
        """Return the arrays that evaluation reads: the waves are played."""
        return [*self.features(corpus), "waves"]

    def before(self, run: Run) -> dict[str, Run]:
        """Return modality -> the classifier of the same seed that evaluates what a run makes."""
        split = self.settings.resolved(run.variant).split
        return {
            modality: replace(run, variant=self.settings.evaluator(modality, split))
            for modality in self.settings.generated(run.variant)
        }

    def decides_training(self, corpus: str, variant: str) -> dict[str, Any]:
        """Return the settings that decide a run, plain values."""
        return {
            "model": self.settings.variants[variant].model,
            "sizes": self.settings.sizes.model_dump(),
            "settings": self.settings.resolved(variant).model_dump(),
        }

    def decides_evaluation(self, corpus: str) -> dict[str, Any]:
        """Return the settings that decide the evaluation but the runs themselves."""
        variants = self.variants(corpus)
        return {
            "items": self.settings.items,
            "evaluators": {
                name: [one.variant for one in self.before(Run(corpus, name, 0)).values()]
                for name in variants
            },
            "references": {
                split: [self.settings.reference(split, train_on_all=all_) for all_ in (False, True)]
                for split in sorted({self.settings.resolved(name).split for name in variants})
            },
        }

    def examples_seen(
        self, corpus: str, variant: str, pairs: Mapping[str, int]
    ) -> dict[str, float]:
        """Return the examples of a run by phase; a translator's classifier learns first."""
        settings = self.settings.resolved(variant)
        count = sum(pairs.values()) if settings.train_on_all else pairs["train"]
        found: dict[str, float] = {}
        if self.settings.variants[variant].model == "translator":
            found["source"] = settings.source_epochs * count
        return found | {"train": settings.epochs * count}

    def unmet(self, windows: pd.DataFrame) -> str:
        """Return why windows (`label, split`) are not enough for the paper; empty: they are."""
        for split in FEWEST:
            part = windows[windows["split"] == split]
            labels = part["label"].nunique()
            if labels < FEWEST_LABELS:
                return f"windows of {labels} labels in {split}, {FEWEST_LABELS} are needed"
            if len(part) < FEWEST[split]:
                return f"{len(part)} windows in {split}, {FEWEST[split]} are needed"
        learnt = set(windows.loc[windows["split"] == "train", "label"])
        for label in sorted(set(windows["label"]) - learnt):
            return f"label {label!r} never occurs in training"
        return ""

    def defaults_for(self, windows: pd.DataFrame) -> dict[str, Any]:
        """Return epochs that suit the number of windows: few windows make short epochs."""
        training = int((windows["split"] == "train").sum())
        models = self.settings.models
        return {
            "models": {
                name: {"epochs": max(EPOCHS, ceil(STEPS / ceil(training / models[name].batch)))}
                for name in ("cmcgan", "translator")
            }
        }
