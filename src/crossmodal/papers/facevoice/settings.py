"""Settings of the face-voice paper: `config/papers/facevoice.yaml`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from crossmodal.config import Artefact, Settings, Variants, overlay

SECOND_PHASE = frozenset(
    {"matching", "margin", "matching_width", "matching_epochs", "matching_learning_rate"}
)
"""What decides the second phase alone: variants that differ in nothing else share the first."""


FEATURES = ("voice", "face", "concatenated")
"""What identification looks at."""

REGIONS, REGION_SIZE = 16, 11
"""Regions of a face (a grid of 4 x 4) and how many values describe one."""


MEMORY_SETTING = "model.batch"
"""What to lower when a training needs more memory than there is."""


class ModelSettings(Settings):
    """Everything that decides a training."""

    # which windows, and what of them goes in
    split: Literal["episode", "random"] = Field(
        "episode", description="No episode on two sides, or windows at random (as written)."
    )
    matched: Literal["window", "person"] = Field(
        "person", description="A matched training pair: any two windows of a person, or one."
    )
    unseen_people: int = Field(0, ge=0, description="People, last by name, kept for the test.")
    face: Literal["face", "graph_cut", "regions"] = Field(
        "face", description="Face feature; the two others are our readings of the abstract."
    )
    attention: bool = Field(False, description="Attention over the regions of `face: regions`.")
    steps: int = Field(
        49, ge=1, le=49, description="Time steps; fewer are means over parts of the 49."
    )
    # phase 1 (CM-GANs)
    width: int = Field(1024, ge=4, description="Of the encoders' and decoders' layers.")
    judge_width: int = Field(512, ge=4, description="Of the discriminators' layer.")
    common_layer: bool = Field(True, description="Both encoders end in one and the same layer.")
    adversarial: Literal["bce", "wasserstein"] = Field(
        "bce", description="Cross-entropy, or Eq. 2 as printed."
    )
    clip: float = Field(0.01, gt=0, description="Bound of the judges' weights (`wasserstein`).")
    mismatched_condition: Literal["own", "mismatched"] = Field(
        "own",
        description="Original feature beside a mismatched representation: the pair's or its own.",
    )
    class_weight: float = Field(1.0, ge=0, description="Of the class head's cross-entropy.")
    generator_steps: int = Field(5, ge=1, description="Generator updates a batch.")
    epochs: int = Field(300, ge=1, description="Passes over the pairs of the first phase.")
    batch: int = Field(64, ge=4, description="Matched pairs a step, in both phases.")
    learning_rate: float = Field(1e-3, gt=0, description="Of Adam.")
    beta1: float = Field(0.5, ge=0, lt=1, description="Of Adam.")
    halve_every: int = Field(100, ge=1, description="Epochs after which the rate is halved.")
    # phase 2
    matching: bool = Field(True, description="Matching network; without, the common layer counts.")
    margin: float = Field(0.2, gt=0, description="Of the cosine triplet loss.")
    matching_width: int = Field(512, ge=4, description="Of the matching network's layers.")
    matching_epochs: int = Field(50, ge=1, description="Passes over all training triplets.")
    matching_learning_rate: float = Field(1e-3, gt=0, description="Of Adam.")

    def first_phase(self) -> dict[str, Any]:
        """Return what decides the first phase."""
        return self.model_dump(exclude=set(SECOND_PHASE))


class Family(Settings):
    """A variant: the model with an overlay of settings."""

    title: str = Field(description="Name in tables and figures.")
    settings: ModelSettings = Field(
        ModelSettings.model_validate({}), description="Laid over the model's settings."
    )


class PairSettings(Settings):
    """How many pairs, half of them matched."""

    train: int = Field(40_000, ge=8, description="Of the second phase.")
    first_phase_share: float = Field(0.75, gt=0, le=1, description="Of them, in the first phase.")
    validation: int = Field(
        10_000, ge=4, description="At most; to choose margin and threshold with."
    )
    test: int = Field(10_000, ge=4, description="At most; to report.")
    seed: int = Field(0, ge=0, description="Decides the pairs, the same in every run.")


class Tuning(Settings):
    """The choice of the margin, on validation pairs."""

    margins: list[float] = Field([0.1, 0.2, 0.3, 0.4, 0.5], min_length=1)
    seeds: list[int] = Field(
        [0], min_length=1, description="One training each; areas are averaged."
    )


class PaperSettings(Variants):
    """The paper as a whole."""

    corpora: list[str] = Field(min_length=1)
    jobs: int = Field(2, ge=1, description="Training jobs a corpus; a job holds whole variants.")
    pairs: PairSettings
    tuning: Tuning
    thresholds: list[float] = Field(min_length=1, description="Of the sweep, similarities.")
    model: ModelSettings
    families: dict[str, Family]
    artefacts: dict[str, Artefact]

    def resolved(self, family: str, **chosen: Any) -> ModelSettings:
        """Resolve one variant: the model's settings, what was chosen by search, the overlay."""
        layers = (
            self.model.model_dump(exclude_unset=True),
            chosen,
            # Only what the file sets is laid over what is below, not the defaults.
            self.families[family].settings.model_dump(exclude_unset=True),
        )
        return ModelSettings.model_validate(overlay({}, *layers))
