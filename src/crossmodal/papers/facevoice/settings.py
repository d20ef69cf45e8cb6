"""Settings of the face-voice paper: `config/papers/facevoice.yaml`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from crossmodal.config import PaperBase, Settings, layered

SECOND_PHASE = frozenset(
    {"matching", "margin", "matching_width", "matching_epochs", "matching_learning_rate"}
)
"""What decides the second phase alone."""
FEATURES = ("voice", "face", "concatenated")
"""Representations that a person is identified from."""
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
    width: int = Field(1024, ge=4, description="Width of the encoders' and decoders' layers.")
    discriminator_width: int = Field(512, ge=4, description="Width of the discriminators' layer.")
    common_layer: bool = Field(True, description="Both encoders end in one and the same layer.")
    adversarial: Literal["bce", "wasserstein"] = Field(
        "bce", description="Adversarial loss: cross-entropies, or Eq. 2 as printed."
    )
    clip: float = Field(
        0.01, gt=0, description="Bound of the discriminators' weights with `wasserstein`."
    )
    mismatched_condition: Literal["own", "mismatched"] = Field(
        "own",
        description="Original feature beside a mismatched representation: the pair's or its own.",
    )
    class_weight: float = Field(1.0, ge=0, description="Weight of the class head's cross-entropy.")
    generator_steps: int = Field(5, ge=1, description="Generator updates a batch.")
    epochs: int = Field(300, ge=1, description="Passes over the pairs of the first phase.")
    batch: int = Field(64, ge=4, description="Matched pairs a step, in both phases.")
    learning_rate: float = Field(1e-3, gt=0, description="Learning rate of Adam, first phase.")
    beta1: float = Field(0.5, ge=0, lt=1, description="First momentum of Adam, first phase.")
    halve_every: int = Field(100, ge=1, description="Epochs after which the rate is halved.")
    # phase 2
    matching: bool = Field(True, description="Matching network; without, the common layer counts.")
    margin: float = Field(0.2, gt=0, description="Margin of the cosine triplet loss.")
    matching_width: int = Field(512, ge=4, description="Width of the matching network's layers.")
    matching_epochs: int = Field(50, ge=1, description="Passes over all training triplets.")
    matching_learning_rate: float = Field(
        1e-3, gt=0, description="Learning rate of Adam, second phase."
    )

    def arrays(self) -> tuple[str, str]:
        """Return the names of the arrays that faces and voices are read from."""
        suffix = "" if self.split == "episode" else "_random"
        return f"face{suffix}" if self.face == "face" else "pictures", f"mfcc{suffix}"

    def first_phase(self) -> dict[str, Any]:
        """Return what decides the first phase."""
        return self.model_dump(exclude=set(SECOND_PHASE))


class Variant(Settings):
    """The model with some settings changed."""

    title: str = Field(description="Name in tables and figures.")
    first_phase: str | None = Field(
        None, description="Variant whose first phase this one starts from; empty: its own."
    )
    settings: ModelSettings = Field(
        ModelSettings.model_validate({}), description="Settings laid over the model's."
    )


class PairSettings(Settings):
    """How many pairs, half of them matched."""

    train: int = Field(40_000, ge=8, description="Training pairs of the second phase.")
    first_phase_share: float = Field(
        0.75, gt=0, le=1, description="Share of the training pairs that the first phase takes."
    )
    validation: int = Field(
        10_000, ge=4, description="Pairs, at most, that margin and threshold are chosen with."
    )
    test: int = Field(10_000, ge=4, description="Pairs, at most, that are reported.")
    seed: int = Field(0, ge=0, description="Decides the pairs, the same in every run.")

    def first_phase(self, triplets: int) -> int:
        """Return how many of the training triplets the first phase takes."""
        return max(2, round(self.first_phase_share * triplets))


class Tuning(Settings):
    """The choice of the margin, on validation pairs."""

    margins: list[float] = Field(
        [0.1, 0.2, 0.3, 0.4, 0.5], min_length=1, description="Margins to try."
    )
    seeds: list[int] = Field(
        [0], min_length=1, description="Seeds of the trainings, one each; areas are averaged."
    )


class PaperSettings(PaperBase):
    """The paper as a whole."""

    variants: dict[str, Variant] = Field(description="The paper's model and every ablation.")
    pairs: PairSettings = Field(description="How many pairs.")
    tuning: Tuning = Field(description="How the margin is chosen.")
    thresholds: list[float] = Field(min_length=1, description="Similarities that the sweep tries.")
    model: ModelSettings = Field(description="Settings of every variant that sets no others.")

    @model_validator(mode="after")
    def _share_first_phases(self) -> PaperSettings:
        above: set[str] = set()
        for name, variant in self.variants.items():
            if (source := variant.first_phase) is not None:
                if source not in above:
                    raise ValueError(
                        f"variants.{name}.first_phase: {source!r} is no variant above it"
                    )
                own, shared = (self.resolved(each).first_phase() for each in (name, source))
                differing = [key for key, value in own.items() if value != shared[key]]
                if differing:
                    raise ValueError(
                        f"variants.{name}.first_phase: the first phase of {source!r} is another "
                        f"one, by {', '.join(differing)}"
                    )
            above.add(name)
        return self

    def resolved(self, variant: str, **chosen: Any) -> ModelSettings:
        """Resolve a variant: the model's settings, what was chosen by search, its own."""
        return layered(ModelSettings, self.model, chosen, self.variants[variant].settings)
