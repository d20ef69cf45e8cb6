"""Settings of the msvae paper: `config/papers/msvae.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from crossmodal.config import Artefact, Settings, Variants, overlay

Split = Literal["published", "identity"]


MEMORY_SETTING = "method.batch"
"""What to lower when a training needs more memory than there is."""


class MethodSettings(Settings):
    """The network, its loss and its training."""

    voice: Literal["voice_as_written", "voice", "voice_whole_clip"] = Field(
        "voice", description="Which reading of the averaged spectrum the network hears."
    )
    latent: int = Field(100, ge=1, description="Dimensions of the latent space.")
    encoder: list[int] = Field([512, 256], description="Hidden layers of each encoder.")
    decoder: list[int] = Field(
        [512, 512, 512, 640, 640, 640], description="Hidden layers of the decoder."
    )
    decoders: Literal["shared", "separate"] = Field(
        "shared", description="One decoder for both latents, or one each (ablation)."
    )
    error: Literal["sum", "mean"] = Field(
        "sum", description="Squared error: sum or mean over the outputs; mean over clips."
    )
    wasserstein_weight: float = Field(1.0, ge=0, description="Of the distance of the latents.")
    kl_weight: float = Field(0.1, ge=0, description="Of the divergence, at first.")
    kl_weight_later: float = Field(0.01, ge=0, description="From `kl_switch` on.")
    kl_switch: int | None = Field(
        5, ge=0, description="Epochs before the weight changes; empty: it never does."
    )
    epochs: int = Field(8, ge=1, description="Epochs; with `keep: best` at most.")
    passes: int = Field(1, ge=1, description="Passes over the training clips in one epoch.")
    keep: Literal["last", "best"] = Field(
        "last",
        description="Weights of the last epoch, trained on validation clips too as in the paper, "
        "or of the epoch with the least loss on validation clips.",
    )
    batch: int = Field(64, ge=2, description="Clips a step.")
    learning_rate: float = Field(1e-5, gt=0, description="Of Adam.")

    def kl_weight_in(self, epoch: int) -> float:
        """Return the weight of the divergence in an epoch, counted from 0."""
        switched = self.kl_switch is not None and epoch >= self.kl_switch
        return self.kl_weight_later if switched else self.kl_weight


class Family(Settings):
    """Runs that differ only in their seed: a reading of the paper, or an ablation."""

    title: str = Field(description="Name in tables and figures.")
    split: Split = Field("published", description="The paper's, or people dealt anew.")
    settings: MethodSettings = Field(
        MethodSettings.model_validate({}), description="Laid over the method's settings."
    )


class IdentitySplit(Settings):
    """The split in which nobody stands on two sides; men and women are dealt apart."""

    validation: float = Field(0.1, gt=0, lt=1, description="Share of the people.")
    test: float = Field(0.2, gt=0, lt=1, description="Share of the people.")
    seed: int = Field(0, description="Decides who goes where.")


class Protocol(Settings):
    """How a trained network is scored."""

    distance: Literal["wasserstein", "means"] = Field(
        "wasserstein", description="Between latent Gaussians, or between their means only."
    )
    first: int = Field(5, ge=1, description="Neighbours whose gender is counted.")
    permutations: int = Field(2000, ge=1, description="Of each permutation test.")
    negatives: int = Field(10, ge=1, description="Unmatched voices a face is verified against.")
    core_points: int = Field(4, ge=2, description="Of DBSCAN, itself included.")
    query: str = Field("Aamir_Khan", description="Person of Figure 4; else the first by name.")
    people: int = Field(8, ge=1, le=8, description="People drawn in Figure 3.")
    samples: int = Field(4, ge=1, description="Clips drawn in the figure of generation.")
    seed: int = Field(0, description="Of pairs and permutations.")


class PaperSettings(Variants):
    """The paper as a whole."""

    corpora: list[str] = Field(min_length=1)
    method: MethodSettings
    identity: IdentitySplit
    protocol: Protocol
    families: dict[str, Family]
    artefacts: dict[str, Artefact]

    def method_settings(self, family: str) -> MethodSettings:
        """Resolve one family: the method's settings, and its own over them."""
        own = self.families[family].settings.model_dump(exclude_unset=True)
        base = self.method.model_dump(exclude_unset=True)
        return MethodSettings.model_validate(overlay({}, base, own))

    def families_of(self, split: Split) -> Iterator[str]:
        """Yield the families of a split that are to run."""
        for name, family in self.families.items():
            if family.split == split and self.runs_variant(name):
                yield name

    def training_settings(self, split: Split) -> dict[str, Any]:
        """Return everything that decides the training of a split's families."""
        methods = {
            name: self.method_settings(name).model_dump() for name in self.families_of(split)
        }
        return {"methods": methods, "identity": self.identity.model_dump()}
