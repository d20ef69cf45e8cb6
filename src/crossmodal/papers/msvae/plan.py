"""What the workflow must know to plan the paper's jobs; nothing heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from crossmodal.papers.msvae.settings import PaperSettings, Split

KIND = "msvae"
"""The window kind the paper learns from."""

FACE = "face_grey"
DIRECTIONS = {"face_to_voice": ("face", "voice"), "voice_to_face": ("voice", "face")}
"""Task -> the modality of the query and that of the database."""

SPACES = {"audio": ("voice",), "video": ("face",), "joint": ("face", "voice")}
"""Space -> the modalities whose points it holds, as in Figure 3."""

SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True)
class CorpusPlan:
    """The runs of one corpus.

    Attributes:
        settings: The paper's settings.
        corpus: Name of the corpus.
        seeds: One run each.
        windows: `results/<edition>/corpora/<corpus>/msvae`.
        paper_results: `results/<edition>/msvae`.
    """

    settings: PaperSettings
    corpus: str
    seeds: list[int]
    windows: str
    paper_results: str

    def splits(self) -> list[Split]:
        """Return the splits that any family learns from."""
        return [split for split in SPLITS if self.families(split)]

    def families(self, split: Split | None = None) -> list[str]:
        """Return the families of one split, or all of them in the order of their splits."""
        splits = SPLITS if split is None else (split,)
        return [name for each in splits for name in self.settings.families_of(each)]

    def runs(self, split: Split | None = None) -> list[str]:
        """Return the run folders of the families of one split, or all of them."""
        return [
            f"{self.paper_results}/runs/{self.corpus}/{family}/seed{seed}"
            for family in self.families(split)
            for seed in self.seeds
        ]

    def inputs(self, split: Split | None = None) -> list[str]:
        """Return manifest and features that the families read."""
        voices = {self.settings.method_settings(name).voice for name in self.families(split)}
        files = ["manifest.csv", f"{FACE}.npy", *(f"{name}.npy" for name in sorted(voices))]
        return [f"{self.windows}/{file}" for file in files]

    def sample(self) -> str:
        """Return the file of the clip that Figure 1 shows."""
        return f"{self.paper_results}/samples/{self.corpus}.npz"
