"""What the workflow must know to plan the paper's jobs; nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from crossmodal.papers.cmcgan.settings import MODALITIES, Modality, Model, PaperSettings

INPUTS = ("manifest.csv", "pictures.npy", "log_mel.npy")
RUN_FILES = ("checkpoint.pt", "history.csv", "run.json")
SCORE_FILES = ("scores.npz", "metrics.csv", "samples.npz")


@dataclass(frozen=True)
class CorpusPlan:
    """The runs of one corpus.

    Attributes:
        settings: The paper's settings.
        corpus: Name of the corpus.
        seeds: The edition's seeds; a family may take the first few.
        corpus_results: `results/<edition>/corpora/<corpus>/cmcgan`.
        paper_results: `results/<edition>/cmcgan`.
    """

    settings: PaperSettings
    corpus: str
    seeds: list[int]
    corpus_results: str
    paper_results: str

    def families(self, *models: Model) -> list[str]:
        """Return the families of some models (none named: all)."""
        return [
            name
            for name, family in self.settings.families.items()
            if family.model in (models or self.settings.models) and self.settings.runs_variant(name)
        ]

    def jobs(self, added: Collection[str] = ()) -> list[list[str]]:
        """Deal the families to training jobs: first all classifiers, since they judge the others.

        The rest is dealt in turn to as many jobs as the settings say, at most one a family.

        Args:
            added: Families of a sweep; a job each, so that the others' jobs stay as they are.
        """
        classifiers = [name for name in self.families("classifier") if name not in added]
        others = self.families("fusion", "cmcgan", "translator")
        others = [name for name in others if name not in added]
        count = min(self.settings.jobs, len(others))
        dealt = [classifiers, *(others[place::count] for place in range(count))]
        return dealt + [[family] for family in self.settings.families if family in added]

    def folder(self, family: str, seed: int) -> str:
        """Return a run folder."""
        return f"{self.paper_results}/runs/{self.corpus}/{family}/seed{seed}"

    def runs(self, *families: str) -> list[str]:
        """Return the run folders of some families (none named: all), every seed of theirs."""
        return [
            self.folder(family, seed)
            for family, seed in self.settings.runs(self.seeds)
            if family in (families or self.settings.families)
        ]

    def inputs(self) -> list[str]:
        """Return manifest, pictures and log-mels."""
        return [f"{self.corpus_results}/{file}" for file in INPUTS]

    def judges(self, family: str) -> list[str]:
        """Return the checkpoints of the classifiers that judge a family; none for classifiers."""
        entry, resolved = self.settings.families[family], self.settings.model_settings(family)
        modalities: dict[Model, tuple[Modality, ...]] = {
            "cmcgan": MODALITIES,
            "translator": (resolved.modality,),
        }
        return [
            f"{self.folder(self.settings.judge(modality, resolved.split), seed)}/checkpoint.pt"
            for modality in modalities.get(entry.model, ())
            for seed in self.seeds[: entry.seeds]
        ]

    def evaluation_settings(self) -> dict[str, Any]:
        """Return everything but the runs themselves that decides the evaluation."""
        settings, families = self.settings, self.families()
        splits = sorted({settings.model_settings(name).split for name in families})
        return {
            "items": settings.items,
            "judges": {name: self.judges(name) for name in families},
            "references": [
                settings.reference(split, everything=everything)
                for split in splits
                for everything in (False, True)
            ],
        }

    def training_settings(self, family: str) -> dict[str, Any]:
        """Return everything that decides the training of a family."""
        entry = self.settings.families[family]
        return {
            "model": entry.model,
            "sizes": self.settings.sizes.model_dump(),
            "settings": self.settings.model_settings(family).model_dump(),
            "judges": self.judges(family),
        }
