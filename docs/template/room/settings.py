"""Settings of my paper: `config/papers/mypaper.yaml`."""

from __future__ import annotations

from pydantic import Field

from crossmodal.config import PaperBase, Settings, layered

MEMORY_SETTING = "model.batch"
"""What to lower when a training needs more memory than there is."""


class ModelSettings(Settings):
    """Everything that decides a training."""

    width: int = Field(32, ge=1, description="Dimensions of the common space.")
    temperature: float = Field(0.1, gt=0, description="Cosines are divided by it.")
    epochs: int = Field(10, ge=1, description="Passes over the training pairs.")
    batch: int = Field(32, ge=2, description="Pairs a step.")
    learning_rate: float = Field(1e-3, gt=0, description="Learning rate of Adam.")


class Variant(Settings):
    """The model with an overlay of settings."""

    title: str = Field(description="Name in tables and figures.")
    settings: ModelSettings = Field(
        ModelSettings.model_validate({}), description="Laid over the model's settings."
    )


class PaperSettings(PaperBase):
    """The paper as a whole."""

    model: ModelSettings = Field(description="Settings of every variant, before its own.")
    variants: dict[str, Variant]

    def resolved(self, variant: str) -> ModelSettings:
        """Return the settings of a variant."""
        return layered(ModelSettings, self.model, self.variants[variant].settings)
