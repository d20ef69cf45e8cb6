"""What runs: a search of the margin, and a run a variant and seed; nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crossmodal.papers import plan
from crossmodal.papers.facevoice.settings import PaperSettings
from crossmodal.runs import Run
from crossmodal.windows import SPLITS

if TYPE_CHECKING:
    import pandas as pd

MARGIN = "margin"
"""The setting that is searched; the name of its table."""
SEARCHED_WITH = "ours"
"""The variant that the margin is searched with."""
FEWEST = {"train": 20, "validation": 4, "test": 4}
"""Windows of each part that one's own videos must have. Five are what the 53 principal components
of faces need; below twenty nothing is learnt."""
PEOPLE = 2
"""Without a second one there is no mismatched pair."""


class Plan(plan.Plan):
    """The runs of the paper in an edition."""

    windows = "facevoice"
    settings: PaperSettings

    def variants(self, corpus: str) -> list[str]:
        """Return the variants that run on a corpus: those whose face feature it can give."""
        pictures = _has_pictures(self.at_hand[corpus])
        return [
            name
            for name in super().variants(corpus)
            if pictures or self.settings.resolved(name).face == "face"
        ]

    def features(self, corpus: str, variant: str | None = None) -> list[str]:
        """Return the arrays that a variant, or any, reads."""
        names = self.variants(corpus) if variant is None else [variant]
        return sorted({array for name in names for array in self.settings.resolved(name).arrays()})

    def before(self, run: Run) -> dict[str, Run]:
        """Return the run whose first phase a run starts from, where there is one that runs."""
        source = self.settings.variants[run.variant].first_phase
        if source is None or source not in self.variants(run.corpus):
            return {}
        return {"first_phase": replace(run, variant=source)}

    def searches(self, corpus: str) -> dict[str, list[str]]:
        """Return the search of the margin, and the variant that it is done with."""
        return {MARGIN: [SEARCHED_WITH]}

    def search_of(self, corpus: str, variant: str) -> str | None:
        """Return the search of the margin for every variant that sets none itself."""
        own = self.settings.variants[variant].settings.model_fields_set
        return None if MARGIN in own else MARGIN

    def decides_training(self, corpus: str, variant: str) -> dict[str, Any]:
        """Return the training pairs and the settings of both phases."""
        return {
            "pairs": self.settings.pairs.model_dump(exclude={"validation", "test"}),
            "model": self.settings.resolved(variant).model_dump(),
            "searched": self.search_of(corpus, variant),
        }

    def decides_search(self, corpus: str, name: str) -> dict[str, Any]:
        """Return the pairs, the margins, and the settings they are tried with."""
        return {
            "pairs": self.settings.pairs.model_dump(exclude={"test"}),
            "tuning": self.settings.tuning.model_dump(),
            "variant": SEARCHED_WITH,
            "model": self.settings.resolved(SEARCHED_WITH).model_dump(),
        }

    def decides_evaluation(self, corpus: str) -> dict[str, Any]:
        """Return the pairs."""
        return self.settings.pairs.model_dump()

    def examples_seen(
        self, corpus: str, variant: str, pairs: Mapping[str, int]
    ) -> dict[str, float]:
        """Return the triplets of a run by phase, with its share of the search.

        The settings say how many there are, however few windows.
        """
        settings, triplets = self.settings.resolved(variant), self.settings.pairs.train // 2
        first = settings.epochs * self.settings.pairs.first_phase(triplets)
        second = settings.matching_epochs * triplets
        times = {"first": 0.0 if self.before(Run(corpus, variant, 0)) else 1.0, "second": 1.0}
        if variant == SEARCHED_WITH:
            tuning = self.settings.tuning
            searched = len(tuning.seeds) / len(self.seeds_of(variant))
            times["first"] += searched
            times["second"] += searched * len(tuning.margins)
        return {"first": times["first"] * first, "second": times["second"] * second}

    def unmet(self, windows: pd.DataFrame) -> str:
        """Return why windows (`person, split`) are not enough for the paper; empty: they are."""
        windows = windows[windows["person"] != ""]
        learnt = set(windows.loc[windows["split"] == "train", "person"])
        for split in SPLITS:
            part = windows[(windows["split"] == split) & windows["person"].isin(learnt)]
            people = part["person"].nunique()
            if people < PEOPLE:
                return (
                    f"{people} of the people in training have windows of face and voice in "
                    f"{split}, {PEOPLE} are needed"
                )
            if len(part) < FEWEST[split]:
                return (
                    f"{len(part)} windows of face and voice in {split}, {FEWEST[split]} are needed"
                )
        return ""


def _has_pictures(corpus: plan.CorpusAtHand) -> bool:
    """Tell whether a corpus gives face crops: the makers' prepared arrays alone do not."""
    if corpus.choice.reader.get("layout") == "prepared":
        return False
    if any((corpus.folder / name).is_dir() for name in ("episodes", "face-images")):
        return True
    return not any(corpus.folder.glob("**/train_face/*.mat"))
