"""What the workflow must know to plan the paper's jobs; nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from crossmodal.papers.captions.settings import PaperSettings

INPUTS = ("manifest.csv", "caption.npy", "image_deep.npy")
"""What training reads of a corpus's windows."""

ANSWERS = "answers.json"
"""Beside the scores of the run whose searches are shown."""


@dataclass(frozen=True)
class CorpusPlan:
    """The runs of one corpus.

    Attributes:
        settings: The paper's settings.
        corpus: Name of the corpus.
        seeds: One run each.
        corpus_results: `results/<edition>/corpora/<corpus>/captions`.
        paper_results: `results/<edition>/captions`.
    """

    settings: PaperSettings
    corpus: str
    seeds: list[int]
    corpus_results: str
    paper_results: str

    def jobs(self, added: Collection[str] = ()) -> list[list[str]]:
        """Return the families that each training job takes, dealt in turn.

        Args:
            added: Families of a sweep; a job each, so that the others' jobs stay as they are.
        """
        families = [family for family in self.settings.families if family not in added]
        count = min(self.settings.jobs, len(families))
        dealt = [families[job::count] for job in range(count)]
        return dealt + [[family] for family in self.settings.families if family in added]

    def runs(self, *families: str) -> list[str]:
        """Return the run folders of some families (none named: all), every seed."""
        return [
            f"{self.paper_results}/runs/{self.corpus}/{family}/seed{seed}"
            for family in (families or self.settings.families)
            for seed in self.seeds
        ]

    def inputs(self, *more: str) -> list[str]:
        """Return what every stage reads of the corpus, and `more` of its files."""
        return [f"{self.corpus_results}/{name}" for name in (*INPUTS, *more)]

    def answers(self) -> str:
        """Return the file with the searches that are shown."""
        return f"{self.runs(self.settings.examples.family)[0]}/{ANSWERS}"
