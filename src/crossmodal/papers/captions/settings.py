"""Settings of the captions paper: `config/papers/captions.yaml`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from crossmodal.config import PaperBase, Settings, layered

BANDS = 40
"""Mel bands of a caption."""

TASKS = {"image_to_caption": "caption search", "caption_to_image": "image search"}
"""What is asked with and what is found, and the paper's words for it."""

MEMORY_SETTING = "training.batch"
"""What to lower when a training needs more memory than there is."""


class TcnSettings(Settings):
    """The branch for temporal order, beside a narrower baseline network."""

    filters: int = Field(
        64, ge=1, description="Maps of each set of the TCN branch's frequency filters."
    )
    temporal: int = Field(9, ge=1, description="Frames of the local temporal filters; odd.")
    pool: int = Field(4, ge=1, description="Frames that the horizontal max pool makes one.")
    channels: int = Field(256, ge=1, description="Maps of the two stacks.")
    levels: int = Field(6, ge=1, description="Residual blocks of a stack: dilation 1, 2, 4, ...")
    kernel: int = Field(3, ge=2, description="Steps of a causal convolution.")
    dropout: float = Field(0.2, ge=0, lt=1, description="Share of activations dropped.")
    maps: int = Field(512, ge=1, description="Maps of the last baseline layer beside the branch.")

    @property
    def receptive_field(self) -> int:
        """Pooled steps that the last step of the second stack sees: 1 + 4 (k - 1)(2^n - 1)."""
        return 1 + 4 * (self.kernel - 1) * ((1 << self.levels) - 1)


class RunSettings(Settings):
    """Everything that decides one training."""

    frames: int = Field(1024, ge=64, description="Frames of 10 ms; longer captions are cut.")
    widths: tuple[int, int] = Field((64, 512), description="Maps of the first two layers.")
    kernels: tuple[int, int, int] = Field((5, 25, 25), description="Frames of the filters; odd.")
    embedding: int = Field(1024, ge=2, description="Dimensions of the common space.")
    normalise: Literal["none", "audio", "both"] = Field(
        "audio", description="Which embeddings have length 1."
    )
    temporal_branch: bool = Field(
        False, description="Whether the TCN branch stands beside the baseline."
    )
    tcn: TcnSettings = Field(
        TcnSettings.model_validate({}), description="Settings of the TCN branch."
    )
    hinges: Literal["two", "six"] = Field(
        "two", description="Hinges a pair: two (baseline), or six."
    )
    average: bool = Field(False, description="Whether six hinges count a third each, as two.")
    margin: float = Field(1.0, gt=0, description="Margin of every hinge.")
    epochs: int = Field(90, ge=1, description="Passes over the training captions.")
    batch: int = Field(128, ge=2, description="Pairs a step, no two of one image.")
    learning_rate: float = Field(1e-3, gt=0, description="Learning rate of SGD at the start.")
    rate_factor: float = Field(1.0, gt=0, description="Factor of the learning rate, for a control.")
    momentum: float = Field(0.9, ge=0, lt=1, description="Momentum of SGD.")
    weight_decay: float = Field(5e-7, ge=0, description="Weight decay of SGD.")
    decay_every: int = Field(40, ge=1, description="Epochs after which the rate falls tenfold.")

    @model_validator(mode="after")
    def _tcn_sees_the_whole_caption(self) -> RunSettings:
        steps = -(-self.frames // self.tcn.pool)
        if self.temporal_branch and self.tcn.receptive_field < steps:
            raise ValueError(
                f"the TCN sees {self.tcn.receptive_field} pooled steps of {steps}: "
                "give it more levels, or pool more frames"
            )
        if any(kernel % 2 == 0 for kernel in (*self.kernels, self.tcn.temporal)):
            raise ValueError("filters have an odd number of frames")
        return self


class Variant(Settings):
    """One network and loss; every ablation is an overlay."""

    title: str = Field(description="Name in tables and figures.")
    settings: RunSettings = Field(
        RunSettings.model_validate({}), description="Settings laid over those of the paper."
    )


class Protocol(Settings):
    """How retrieval is scored."""

    gallery: int = Field(
        1024, ge=2, description="Pairs searched, an image once; fewer where there are fewer."
    )
    galleries: int = Field(
        5, ge=1, description="Galleries drawn, each with another caption of an image if it has one."
    )
    seed: int = Field(0, description="Seed of the drawing of galleries.")
    cutoffs: tuple[int, ...] = Field((1, 5, 10), description="Every k of recall at k.")


class Examples(Settings):
    """The searches that the report shows."""

    variant: str = Field(description="Variant whose first seed answers.")
    queries: int = Field(3, ge=1, description="Queries each way, evenly spaced over the gallery.")
    answers: int = Field(5, ge=1, description="Best answers shown of each query.")


class PaperSettings(PaperBase):
    """The paper as a whole."""

    variants: dict[str, Variant] = Field(description="Networks and losses, and controls of them.")
    training: RunSettings = Field(description="Settings of every variant, before its own.")
    protocol: Protocol = Field(description="How retrieval is scored.")
    examples: Examples = Field(description="Searches that the report shows.")

    @model_validator(mode="after")
    def _variants_fit(self) -> PaperSettings:
        for name in self.variants:
            self.run_settings(name)
        if self.examples.variant not in self.variants:
            raise ValueError(f"examples: there is no variant {self.examples.variant!r}")
        return self

    def run_settings(self, variant: str) -> RunSettings:
        """Resolve a variant: the settings of the paper, then its own."""
        return layered(RunSettings, self.training, self.variants[variant].settings)
