"""What the workflow must know of a paper before anything runs: its runs, and what each reads.

Nothing heavy is imported. A paper's `plan.Plan` says what differs from this one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from crossmodal.config import CorpusChoice, Resources
from crossmodal.digest import source_digest
from crossmodal.runs import Run

if TYPE_CHECKING:
    import pandas as pd

FUNCTIONS = {
    "tune": ("tune:tune", "settings:PaperSettings"),
    "train": ("train:train", "settings:PaperSettings"),
    "evaluate": ("evaluate:evaluate", "settings:PaperSettings"),
    "artefacts": ("figures", "tables", "settings:PaperSettings"),
}
"""Stage -> what of a paper's folder it calls."""


@dataclass(frozen=True)
class CorpusAtHand:
    """A corpus that can be had.

    Attributes:
        name: Of the corpus.
        folder: Where it lies.
        choice: Where it comes from and what is cut from it.
        windows: Kinds of windows cut from it.
        features: Features of a corpus of images and texts that it can give.
    """

    name: str
    folder: Path
    choice: CorpusChoice
    windows: Sequence[str] = ()
    features: Sequence[str] = ()


class Plan:
    """The runs of a paper in an edition.

    Args:
        settings: Its settings.
        seeds: The edition's.
    """

    windows: ClassVar[str | None] = None
    """Kind of window the paper learns from; None: it learns from a corpus of images and texts."""

    def __init__(
        self, paper: str, settings: Any, seeds: list[int], at_hand: Mapping[str, CorpusAtHand]
    ) -> None:
        self.paper, self.settings, self.seeds, self.at_hand = paper, settings, seeds, at_hand

    def corpora(self) -> list[str]:
        """Return the corpora of the paper that are at hand and give what it learns from."""
        return [
            name
            for name in self.settings.corpora
            if name in self.at_hand and self.windows in (None, *self.at_hand[name].windows)
        ]

    def variants(self, corpus: str) -> list[str]:
        """Return the variants that run on a corpus."""
        return [name for name in self.settings.variants if self.settings.runs_variant(name)]

    def seeds_of(self, variant: str) -> list[int]:
        """Return the seeds of a variant, a run each."""
        return self.seeds

    def runs(self, corpus: str) -> list[Run]:
        """Return the runs on a corpus, those that others build on first."""
        return [
            Run(corpus, variant, seed)
            for variant in self.variants(corpus)
            for seed in self.seeds_of(variant)
        ]

    def features(self, corpus: str, variant: str | None = None) -> list[str]:
        """Return the arrays that a variant reads (None: any), by name, without the manifest."""
        raise NotImplementedError

    def evaluation_features(self, corpus: str) -> list[str]:
        """Return the arrays that evaluation reads."""
        return self.features(corpus)

    def before(self, run: Run) -> dict[str, Run]:
        """Return the runs that a run builds on, by role."""
        return {}

    def searches(self, corpus: str) -> dict[str, list[str]]:
        """Return the searches of settings: name -> the variants whose settings are searched."""
        return {}

    def search_of(self, corpus: str, variant: str) -> str | None:
        """Return the search that chooses settings of a variant, or None."""
        found = [name for name, names in self.searches(corpus).items() if variant in names]
        return found[0] if found else None

    def uses_gpu(self, variant: str) -> bool:
        """Tell whether a variant, or a search with it, gains from a GPU."""
        return True

    def decides_training(self, corpus: str, variant: str) -> dict[str, Any]:
        """Return the settings that decide a run, plain values."""
        raise NotImplementedError

    def decides_search(self, corpus: str, name: str) -> dict[str, Any]:
        """Return the settings that decide a search, plain values."""
        raise NotImplementedError

    def decides_evaluation(self, corpus: str) -> dict[str, Any]:
        """Return the settings that decide the evaluation but the runs themselves."""
        return {}

    def examples_seen(
        self, corpus: str, variant: str, pairs: Mapping[str, int]
    ) -> dict[str, float]:
        """Return how many examples a run takes, by phase of its training, for `make plan`."""
        raise NotImplementedError

    def unmet(self, windows: pd.DataFrame) -> str:
        """Return why windows of one's own videos are not enough for the paper; empty: they are."""
        return ""

    def defaults_for(self, windows: pd.DataFrame) -> dict[str, Any]:
        """Return settings that suit the number of windows of one's own videos."""
        return {}

    def resources(self, stage: str) -> Resources:
        """Return the memory and time that a job of a stage is given."""
        found: Resources = self.settings.resources.get(stage, Resources())
        return found

    def code(self, stage: str) -> str:
        """Digest the source that decides what a stage of this paper writes."""
        room = f"crossmodal.papers.{self.paper}"
        entries = [f"{room}.{function}" for function in FUNCTIONS[stage]]
        shared = f"crossmodal.stages:{stage}", "crossmodal.config:resolve"
        return source_digest(*shared, *entries)
