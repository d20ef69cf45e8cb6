"""Settings of the msvae paper: `config/papers/msvae.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from crossmodal.config import PaperBase, Settings, layered

MEMORY_SETTING = "method.batch"
"""What to lower when a training needs more memory than there is."""


class MethodSettings(Settings):
    """The network, its loss and its training."""

    voice: Literal["voice_as_written", "voice", "voice_whole_clip"] = Field(
        "voice", description="Which reading of the averaged spectrum stands for the voice."
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
    wasserstein_weight: float = Field(
        1.0, ge=0, description="Weight of the distance of the latents."
    )
    kl_weight: float = Field(0.1, ge=0, description="Weight of the divergence at first.")
    kl_weight_later: float = Field(
        0.01, ge=0, description="Weight of the divergence from `kl_switch` on."
    )
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
    learning_rate: float = Field(1e-5, gt=0, description="Learning rate of Adam.")

    def kl_weight_in(self, epoch: int) -> float:
        """Return the weight of the divergence in an epoch, counted from 0."""
        switched = self.kl_switch is not None and epoch >= self.kl_switch
        return self.kl_weight_later if switched else self.kl_weight


class Variant(Settings):
    """Runs that differ only in their seed: a reading of the paper, or an ablation."""

    title: str = Field(description="Name in tables and figures.")
    split: Literal["published", "identity"] = Field(
        "published", description="The paper's split, or people dealt anew."
    )
    settings: MethodSettings = Field(
        MethodSettings.model_validate({}), description="Settings laid over the method's."
    )


class IdentitySplit(Settings):
    """The split in which nobody stands on two sides; men and women are dealt apart."""

    validation: float = Field(0.1, gt=0, lt=1, description="Share of the people who validate.")
    test: float = Field(0.2, gt=0, lt=1, description="Share of the people who test.")
    seed: int = Field(0, description="Seed that decides who goes where.")


class Protocol(Settings):
    """How a trained network is scored."""

    distance: Literal["wasserstein", "means"] = Field(
        "wasserstein", description="Distance between latent Gaussians, or between their means only."
    )
    first: int = Field(5, ge=1, description="Neighbours whose gender is counted.")
    permutations: int = Field(2000, ge=1, description="Permutations of each test.")
    negatives: int = Field(10, ge=1, description="Unmatched voices a face is verified against.")
    core_points: int = Field(4, ge=2, description="Core points of DBSCAN, itself included.")
    query: str = Field("Aamir_Khan", description="Person of Figure 4; else the first by name.")
    people: int = Field(8, ge=1, le=8, description="People drawn in Figure 3.")
    samples: int = Field(4, ge=1, description="Clips drawn in the figure of generation.")
    seed: int = Field(0, description="Seed of pairs and permutations.")


class PaperSettings(PaperBase):
    """The paper as a whole."""

    method: MethodSettings = Field(description="Settings that variants are laid over.")
    identity: IdentitySplit = Field(description="How people are dealt anew.")
    protocol: Protocol = Field(description="How a trained network is scored.")
    variants: Mapping[str, Variant] = Field(description="Readings and ablations.")

    def method_settings(self, variant: str) -> MethodSettings:
        """Resolve one variant: the method's settings, and its own over them."""
        return layered(MethodSettings, self.method, self.variants[variant].settings)
