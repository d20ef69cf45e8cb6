"""Settings of the CMCGAN paper: `config/papers/cmcgan.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from crossmodal.config import Artefact, Settings, Variants, overlay

Model = Literal["classifier", "fusion", "cmcgan", "translator"]
Modality = Literal["image", "sound"]
MODALITIES: tuple[Modality, ...] = get_args(Modality)


MEMORY_SETTING = "models.<model>.batch"
"""What to lower when a training needs more memory than there is."""


class Sizes(Settings):
    """How large pictures, sounds and networks are; the same for all models of an edition."""

    picture_px: int = Field(128, ge=16, description="Side of the pictures; a power of two.")
    bands: int = Field(128, ge=16, description="Bands of the log-mel spectrograms; same.")
    steps: int = Field(32, ge=16, description="Steps of the log-mel spectrograms; same.")
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
    everything: bool = Field(
        False, description="Train the generator on validation and test rows too (Table 2)."
    )
    modality: Modality = Field("image", description="What a classifier sees, a translator makes.")
    fusion: Literal["feature", "input"] = Field(
        "feature", description="Where the dynamic network joins picture and sound."
    )
    layers: int = Field(7, ge=5, le=7, description="Of each encoder and decoder.")
    noise: int = Field(100, ge=0, description="Length of the latent vector; 0: none.")
    paths: Literal["four", "cycles"] = Field(
        "four", description="All four two-step paths, or V-A-V and A-V-A alone (LCGAN)."
    )
    fakes: Literal["ends", "one_step"] = Field(
        "ends", description="What the discriminator sees: ends of the two-step paths, or F_ and R_."
    )
    loss: Literal["joint", "realism", "no_wrong"] = Field(
        "joint", description="Eq. 1; pictures and sounds judged apart; Eq. 1 without L_Dw."
    )
    adversarial: float = Field(1.0, ge=0, description="Weight of Eq. 2.")
    consistency: float = Field(1.0, ge=0, description="Weight of Eq. 3.")
    generator_steps: int = Field(1, ge=1, description="K of Algorithm 1.")
    batch: int = Field(64, ge=2, description="Pairs a step.")
    epochs: int = Field(200, ge=1, description="Passes over the training pairs.")
    learning_rate: float = Field(1e-3, gt=0, description="Of Adam.")
    discriminator_rate: float = Field(1e-3, gt=0, description="Of SGD.")
    momentum: float = Field(0.9, ge=0, lt=1, description="Of SGD.")
    decay: bool = Field(
        False, description="Learning rates fall to zero over the second half, as in CycleGAN."
    )
    augment: bool = Field(True, description="Shift and relight a classifier's pictures.")
    dropout: float = Field(0.5, ge=0, lt=1, description="Before the classes (fusion).")
    weight_decay: float = Field(0.0, ge=0, description="Of AdamW (classifier and fusion).")
    source_epochs: int = Field(
        50, ge=1, description="Passes of the classifier whose features a translator reads."
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32", description="Of convolutions and products; weights are float32."
    )
    channels_last: bool = Field(True, description="Memory layout of maps; changes no number much.")


class Family(Settings):
    """Runs that differ in their seed only: a model, or an ablation of one."""

    title: str = Field(description="Name in tables and figures.")
    model: Model
    seeds: int | None = Field(None, ge=1, description="First seeds of the edition; empty: all.")
    settings: ModelSettings = Field(
        ModelSettings.model_validate({}), description="Laid over the model's settings."
    )


class PaperSettings(Variants):
    """The paper as a whole."""

    corpora: list[str] = Field(min_length=1)
    sizes: Sizes
    items: int = Field(
        1000, ge=2, description="Test clips measured, evenly spread; all where there are fewer."
    )
    jobs: int = Field(
        100, ge=1, description="Training jobs beside the classifiers'; at most one a family."
    )
    models: dict[Model, ModelSettings] = Field(description="Settings by model.")
    families: dict[str, Family]
    artefacts: dict[str, Artefact]

    @model_validator(mode="after")
    def _can_be_judged(self) -> Self:
        for name, family in self.families.items():
            settings = self.model_settings(name)
            if family.model in ("cmcgan", "translator") and self.runs_variant(name):
                made = [settings.modality] if family.model == "translator" else MODALITIES
                for modality in made:
                    self._check_judge(name, modality, settings.split, family.seeds)
            if family.model == "translator" and settings.layers != 7:
                raise ValueError(f"families.{name}: a translator has 7 layers")
        return self

    def _check_judge(self, name: str, modality: Modality, split: str, seeds: int | None) -> None:
        try:
            judge = self.judge(modality, split)
        except KeyError as error:
            raise ValueError(f"families.{name}: {error.args[0]} is among the families") from error
        most = self.families[judge].seeds
        if most is not None and (seeds is None or seeds > most):
            raise ValueError(f"families.{name}: has more seeds than its judge {judge}")

    def model_settings(self, family: str) -> ModelSettings:
        """Resolve one family: the model's settings, and over them the family's own."""
        entry = self.families[family]
        # Only what the files set is laid over what is below, not the defaults of the model.
        layers = (
            self.models[entry.model].model_dump(exclude_unset=True),
            entry.settings.model_dump(exclude_unset=True),
        )
        return ModelSettings.model_validate(overlay({}, *layers))

    def judge(self, modality: Modality, split: str) -> str:
        """Return the classifier that judges generated pictures or sounds of a split.

        Raises:
            KeyError: The settings have none.
        """
        for name, family in self.families.items():
            settings = self.model_settings(name)
            fits = (settings.modality, settings.split) == (modality, split)
            if family.model == "classifier" and fits and self.runs_variant(name):
                return name
        raise KeyError(f"no classifier of {modality} on `{split}`")

    def reference(self, split: str, *, everything: bool = False) -> str | None:
        """Return the CMCGAN of a split: it chooses what is shown and fills what is missing.

        Args:
            split: "split" or "split_random".
            everything: Return the one trained on all rows instead.

        Returns:
            The first family that fits, None where the settings have none.
        """
        for name, family in self.families.items():
            settings = self.model_settings(name)
            fits = (settings.split, settings.everything) == (split, everything)
            if family.model == "cmcgan" and fits and self.runs_variant(name):
                return name
        return None

    def runs(self, seeds: list[int], *models: Model) -> Iterator[tuple[str, int]]:
        """Yield (family, seed) of some models, none named: of all."""
        for name, family in self.families.items():
            if family.model in (models or self.models) and self.runs_variant(name):
                for seed in seeds[: family.seeds]:
                    yield name, seed
