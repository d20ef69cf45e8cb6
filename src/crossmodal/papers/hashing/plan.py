"""What the workflow must know to plan the paper's jobs; nothing heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crossmodal.papers.hashing.settings import Method, PaperSettings

# Methods without a network do not ask for a GPU.
LINEAR: tuple[Method, ...] = ("cvh", "smfh")


@dataclass(frozen=True)
class CorpusPlan:
    """The runs of one corpus.

    Attributes:
        settings: The paper's settings.
        corpus: Name of the corpus.
        features: The features it can give.
        seeds: One run each.
        corpus_results: `results/<edition>/corpora/<corpus>`.
        paper_results: `results/<edition>/hashing`.
    """

    settings: PaperSettings
    corpus: str
    features: list[str]
    seeds: list[int]
    corpus_results: str
    paper_results: str

    def families(self, *methods: Method) -> list[str]:
        """Return the families of some methods (none named: all) whose features are at hand."""
        return [
            name
            for name, family in self.settings.families.items()
            if family.method in (methods or self.settings.methods)
            and family.image_feature in (None, *self.features)
        ]

    def runs(self, *methods: Method) -> list[str]:
        """Return the run folders of some methods, every code length and seed."""
        return [
            f"{self.paper_results}/runs/{self.corpus}/{variant}/seed{seed}"
            for family in self.families(*methods)
            for variant, _ in self.settings.variants(family)
            for seed in self.seeds
        ]

    def inputs(self, *methods: Method) -> list[str]:
        """Return manifest and features that the families of some methods read."""
        default = self.settings.features[self.corpus]
        others = {self.settings.families[name].image_feature for name in self.families(*methods)}
        names = {default.image, default.text, *(name for name in others if name is not None)}
        files = ["manifest.csv", *(f"{name}.npy" for name in sorted(names))]
        return [f"{self.corpus_results}/{file}" for file in files]

    def training_settings(self, method: Method) -> dict[str, Any]:
        """Return everything that decides the search and the training of a method."""
        families = [self.settings.families[name] for name in self.families(method)]
        return {
            "method": self.settings.methods.get(method),
            "search": self.settings.search.get(method),
            "families": [family.model_dump(exclude={"title"}) for family in families],
            "tuning": self.settings.tuning.model_dump(),
            "bits": self.settings.bits,
            "features": self.settings.features[self.corpus].model_dump(),
        }
