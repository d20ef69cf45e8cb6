"""What the workflow must know to plan the paper's jobs; nothing heavy is imported."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crossmodal.config import CorpusChoice
from crossmodal.papers.facevoice.settings import PaperSettings

KIND = "facevoice"
"""The windows of a corpus that the paper learns from."""

TUNED = "ours"
"""The variant that the margin is searched with."""

FILES = {"episode": ("face", "mfcc"), "random": ("face_random", "mfcc_random")}
"""Feature files by split."""


@dataclass(frozen=True)
class CorpusPlan:
    """The runs of one corpus.

    Attributes:
        settings: The paper's settings.
        corpus: Name of the corpus.
        pictures: Whether the face crops are at hand, which our own readings need.
        seeds: One run each.
        windows: `results/<edition>/corpora/<corpus>/facevoice`.
        paper_results: `results/<edition>/facevoice`.
    """

    settings: PaperSettings
    corpus: str
    pictures: bool
    seeds: list[int]
    windows: str
    paper_results: str

    def families(self) -> list[str]:
        """Return the variants that the corpus can give."""
        return [
            name
            for name in self.settings.families
            if self.settings.runs_variant(name)
            and (self.pictures or self.settings.resolved(name).face == "face")
        ]

    def jobs(self, added: Collection[str] = ()) -> list[list[str]]:
        """Deal the variants to training jobs; those that share a first phase stay together.

        Args:
            added: Variants of a sweep; a job each, so that the others' jobs stay as they are.
        """
        groups: dict[str, list[str]] = {}
        for name in (name for name in self.families() if name not in added):
            key = json.dumps(self.settings.resolved(name).first_phase(), sort_keys=True)
            groups.setdefault(key, []).append(name)
        dealt = list(groups.values())
        count = min(self.settings.jobs, len(dealt))
        jobs = [[name for group in dealt[place::count] for name in group] for place in range(count)]
        return jobs + [[name] for name in self.families() if name in added]

    def runs(self, families: list[str]) -> list[str]:
        """Return the run folders of some variants, every seed."""
        return [
            f"{self.paper_results}/runs/{self.corpus}/{family}/seed{seed}"
            for family in families
            for seed in self.seeds
        ]

    def inputs(self) -> list[str]:
        """Return the manifest, the features and, where there are some, the face crops."""
        features = [name for names in FILES.values() for name in names]
        pictures = ["pictures"] if self.pictures else []
        return [
            f"{self.windows}/{file}" for file in ("manifest.csv", *map(_npy, features + pictures))
        ]

    def tuning_settings(self) -> dict[str, Any]:
        """Return everything that decides the search."""
        return {
            "pairs": self.settings.pairs.model_dump(),
            "tuning": self.settings.tuning.model_dump(),
            "model": self.settings.resolved(TUNED).model_dump(),
        }

    def training_settings(self, families: list[str]) -> dict[str, Any]:
        """Return everything that decides the trainings of some variants, but the search."""
        return {
            "pairs": self.settings.pairs.model_dump(),
            "models": {name: self.settings.resolved(name).model_dump() for name in families},
        }


def has_pictures(folder: Path, choice: CorpusChoice) -> bool:
    """Tell whether a corpus gives face crops: the makers' prepared arrays alone do not."""
    if choice.reader.get("layout") == "prepared":
        return False
    if (folder / "episodes").is_dir() or (folder / "face-images").is_dir():
        return True
    return not any(folder.glob("**/train_face/*.mat"))


def _npy(name: str) -> str:
    return f"{name}.npy"
