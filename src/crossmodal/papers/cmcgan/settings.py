"""Settings of the CMCGAN paper: `config/papers/cmcgan.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from crossmodal.config import PaperBase, Settings, layered

Model = Literal["classifier", "fusion", "cmcgan", "translator"]
Modality = Literal["image", "sound"]
MODALITIES: tuple[Modality, ...] = get_args(Modality)

MEMORY_SETTING = "models.<model>.batch"
"""What to lower when a training needs more memory than there is."""


class Sizes(Settings):
    """How large pictures, sounds and networks are; the same for all models of an edition."""

    picture_px: int = Field(128, ge=16, description="Side of the pictures; a power of two.")
    bands: int = Field(128, ge=16, description="Bands of the log-mels; a power of two.")
    steps: int = Field(32, ge=16, description="Time steps of the log-mels; a power of two.")
    width: int = Field(64, ge=4, description="Channels after the first layer of an encoder.")

    @field_validator("picture_px", "bands", "steps")
    @classmethod
    def _halves(cls, value: int) -> int:
        if value & (value - 1):
            raise ValueError(f"{value} is no power of two")
        return value


class ModelSettings(Settings):
    """Everything a model may need; what it does not need it ignores."""

    split: Literal["split", "split_random"] = Field(
        "split", description="Column of the manifest: by song, or windows at random (as written)."
    )
    train_on_all: bool = Field(
        False, description="Train the generator on validation and test rows too (Table 2)."
    )
    modality: Modality = Field("image", description="A classifier's input, a translator's output.")
    fusion: Literal["feature", "input"] = Field(
        "feature", description="Where the dynamic network joins picture and sound."
    )
    layers: int = Field(7, ge=5, le=7, description="Layers of each encoder and decoder.")
    noise: int = Field(100, ge=0, description="Length of the latent vector; 0: none.")
    paths: Literal["four", "cycles"] = Field(
        "four", description="All four two-step paths, or V-A-V and A-V-A alone (LCGAN)."
    )
    fakes: Literal["ends", "one_step"] = Field(
        "ends", description="Fakes of the discriminator: ends of two-step paths, or F_ and R_."
    )
    loss: Literal["joint", "realism", "no_wrong"] = Field(
        "joint", description="Eq. 1; realism of pictures and sounds apart; Eq. 1 without L_Dw."
    )
    adversarial: float = Field(1.0, ge=0, description="Weight of Eq. 2.")
    consistency: float = Field(1.0, ge=0, description="Weight of Eq. 3.")
    generator_steps: int = Field(1, ge=1, description="K of Algorithm 1.")
    batch: int = Field(64, ge=2, description="Pairs a step.")
    epochs: int = Field(200, ge=1, description="Passes over the training pairs.")
    learning_rate: float = Field(1e-3, gt=0, description="Learning rate of Adam and AdamW.")
    discriminator_rate: float = Field(1e-3, gt=0, description="Learning rate of SGD.")
    momentum: float = Field(0.9, ge=0, lt=1, description="Momentum of SGD.")
    decay: bool = Field(
        False, description="Learning rates fall to zero over the second half, as in CycleGAN."
    )
    augment: bool = Field(True, description="Shift and relight a classifier's pictures.")
    dropout: float = Field(0.5, ge=0, lt=1, description="Dropout before the classes (fusion).")
    weight_decay: float = Field(0.0, ge=0, description="Weight decay of AdamW (classifiers).")
    source_epochs: int = Field(
        50, ge=1, description="Passes of the classifier whose features a translator reads."
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32", description="Precision of convolutions and products; weights are float32."
    )
    channels_last: bool = Field(True, description="Memory layout of maps; changes no number much.")


class Variant(Settings):
    """Runs that differ in their seed only: a model, or an ablation of one."""

    title: str = Field(description="Name in tables and figures.")
    model: Model = Field(description="Whose settings the variant's own are laid over.")
    seeds: int | None = Field(None, ge=1, description="First seeds of the edition; empty: all.")
    settings: ModelSettings = Field(
        ModelSettings.model_validate({}), description="Settings laid over the model's."
    )


class PaperSettings(PaperBase):
    """The paper as a whole."""

    sizes: Sizes = Field(description="Sizes of pictures, sounds and networks.")
    items: int = Field(
        1000, ge=2, description="Test clips measured, evenly spread; all where there are fewer."
    )
    models: dict[Model, ModelSettings] = Field(description="Model -> its settings.")
    variants: Mapping[str, Variant] = Field(description="Models, baselines and ablations.")

    @model_validator(mode="after")
    def _have_evaluators(self) -> Self:
        for name, variant in self.variants.items():
            settings = self.resolved(name)
            if variant.model == "translator" and settings.layers != 7:
                raise ValueError(f"variants.{name}: a translator has 7 layers")
            for modality in self.generated(name) if self.runs_variant(name) else ():
                try:
                    found = self.evaluator(modality, settings.split)
                except KeyError as error:
                    raise ValueError(f"variants.{name}: {error.args[0]} runs") from error
                most = self.variants[found].seeds
                if most is not None and (variant.seeds is None or variant.seeds > most):
                    raise ValueError(f"variants.{name}: has more seeds than its evaluator {found}")
        return self

    def resolved(self, variant: str) -> ModelSettings:
        """Resolve the settings of a variant: its model's, and over them its own."""
        own = self.variants[variant]
        return layered(ModelSettings, self.models[own.model], own.settings)

    def generated(self, variant: str) -> tuple[Modality, ...]:
        """Return what a variant generates; nothing for classifiers."""
        model = self.variants[variant].model
        if model == "translator":
            return (self.resolved(variant).modality,)
        return MODALITIES if model == "cmcgan" else ()

    def evaluator(self, modality: Modality, split: str) -> str:
        """Return the classifier that evaluates generated pictures or sounds of a split.

        Raises:
            KeyError: The settings have none.
        """
        for name, variant in self.variants.items():
            settings = self.resolved(name)
            fits = (settings.modality, settings.split) == (modality, split)
            if variant.model == "classifier" and fits and self.runs_variant(name):
                return name
        raise KeyError(f"no classifier of {modality} on `{split}`")

    def reference(self, split: str, *, train_on_all: bool = False) -> str | None:
        """Return the CMCGAN of a split, which chooses what is shown and makes what is missing.

        It is the first variant with this `train_on_all`, None where the settings have none.
        """
        for name, variant in self.variants.items():
            settings = self.resolved(name)
            fits = (settings.split, settings.train_on_all) == (split, train_on_all)
            if variant.model == "cmcgan" and fits and self.runs_variant(name):
                return name
        return None
