"""Settings of the benchmark: `config/benchmark.yaml`, and `benchmark` of the edition over it."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from crossmodal.config import Artefact, Settings
from crossmodal.papers.captions import settings as captions
from crossmodal.papers.cmcgan import settings as cmcgan
from crossmodal.papers.facevoice import settings as facevoice
from crossmodal.papers.hashing import settings as hashing
from crossmodal.papers.msvae import settings as msvae

Needs = Literal["classes", "picture_maps", "sound_maps"]


class Task(Settings):
    """Which pictures, which sounds, and which of them belong together."""

    title: str = Field(description="Name in tables and figures.")
    corpus: str = Field(description="Name of the corpus.")
    windows: str | None = Field(None, description="Kind of windows; empty: the corpus itself.")
    split: str = Field("split", description="Column of the manifest: train, validation, test.")
    answer: str = Field("label", description="Column: rows that are equal in it belong together.")
    unique: bool = Field(
        False, description="An answer is one picture (searched once), not a class of them."
    )
    picture: str = Field("pictures", description="Feature; only `pictures` are pixels.")
    sound: str = Field("waves", description="Feature; only `waves` are samples.")
    picture_px: tuple[int, int] = Field((32, 32), description="Height and width; powers of two.")
    steps: int = Field(32, ge=8, description="Time steps a sound is brought to; a power of two.")

    @model_validator(mode="after")
    def _halves(self) -> Self:
        for value in (*self.picture_px, self.steps):
            if value < 8 or value & (value - 1):
                raise ValueError(f"{value} is no power of two from 8 on")
        return self

    def gives(self) -> set[Needs]:
        """Return what a method may ask of the task beyond vectors and pairs."""
        given: set[Needs] = set()
        if not self.unique:
            given.add("classes")
        if self.picture == "pictures":
            given.add("picture_maps")
        if self.sound == "waves":
            given.add("sound_maps")
        return given


class ChanceSettings(Settings):
    """Nothing is learned."""


class CcaSettings(Settings):
    """Canonical correlations of the vectors."""

    regularisation: float = Field(0.01, ge=0, description="Ridge, as a share of the variance.")


class LinearSettings(Settings):
    """A logistic regression a modality."""

    strength: float = Field(0.1, gt=0, description="C of scikit-learn: inverse of the ridge.")


class InfonceSettings(Settings):
    """Two convolutional branches and the InfoNCE loss."""

    width: int = Field(16, ge=4, description="Channels of the first of three layers.")
    embedding: int = Field(128, ge=2, description="Dimensions of the common space.")
    temperature: float = Field(0.1, gt=0, description="Cosines are divided by it.")
    dropout: float = Field(0.3, ge=0, lt=1, description="Before the last layer.")
    batch: int = Field(64, ge=2, description="Pairs a step.")
    learning_rate: float = Field(1e-3, gt=0, description="Of AdamW, falling to 0.")
    weight_decay: float = Field(1e-2, ge=0, description="Of AdamW.")


class HashingSettings(hashing.MethodSettings):
    """The paper's model, and how long its codes are."""

    bits: int = Field(64, ge=8, description="Length of the codes.")


class CmcganSettings(cmcgan.ModelSettings):
    """CMCGAN, and how wide it is."""

    width: int = Field(8, ge=4, description="Channels after the first layer of an encoder.")


SETTINGS: dict[str, type[Settings]] = {
    "captions": captions.RunSettings,
    "cmcgan": CmcganSettings,
    "facevoice": facevoice.ModelSettings,
    "hashing": HashingSettings,
    "msvae": msvae.MethodSettings,
    "infonce": InfonceSettings,
    "linear": LinearSettings,
    "cca": CcaSettings,
    "chance": ChanceSettings,
}
"""Method -> model of its settings; the papers' own models where there is one."""

NEEDS: dict[str, set[Needs]] = {
    "hashing": {"classes"},
    "linear": {"classes"},
    "captions": {"sound_maps"},
    "cmcgan": {"picture_maps", "sound_maps"},
}
"""What a method cannot do without."""


class Method(Settings):
    """One method: its settings, and what is tried."""

    title: str = Field(description="Name in tables and figures.")
    paper: bool = Field(description="A paper's model, or a baseline.")
    settings: dict[str, Any] = Field({}, description="Laid over the method's own defaults.")
    trials: list[dict[str, Any]] = Field(
        [{}], min_length=1, description="Laid over the settings, one after the other."
    )


class Budget(Settings):
    """What every method gets."""

    trials: int = Field(4, ge=1, description="Settings tried on validation rows, the first ones.")
    trial_share: float = Field(
        0.25, gt=0, le=1, description="Of the training pairs, evenly from all answers, in a trial."
    )
    seen: int = Field(
        24_000,
        ge=4,
        description="Training pairs a network sees, in whole passes; of more rows, an even share.",
    )
    copies: int = Field(2, ge=1, description="Of each training row, all but the first changed.")
    vectors: int = Field(64, ge=2, description="Principal components of a modality.")
    most: int = Field(1000, ge=2, description="Test rows, evenly spread; all where there are fewer")

    @property
    def rows(self) -> int:
        """Return how many training rows are used at most: with their copies, one pass."""
        return max(2, self.seen // self.copies)

    def passes(self, pairs: int) -> int:
        """Return how often a network goes through training pairs: at least once."""
        return max(1, round(self.seen / pairs))


class BenchmarkSettings(Settings):
    """The benchmark as a whole."""

    tasks: list[str] = Field([], description="Tasks to run; the edition says which.")
    seed: int = Field(0, description="Of the copies, the pairs to verify and the evaluators.")
    budget: Budget
    definitions: dict[str, Task] = Field(description="Every task there is.")
    methods: dict[str, Method]
    artefacts: dict[str, Artefact]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name in self.tasks:
            if name not in self.definitions:
                raise ValueError(f"tasks: {name!r} is not among the definitions")
        for name in self.methods:
            if name not in SETTINGS:
                raise ValueError(f"methods: unknown method {name!r}; known: {', '.join(SETTINGS)}")
            self.candidates(name)
        return self

    def candidates(self, method: str) -> list[Settings]:
        """Return the settings of a method to be tried, as many as the budget allows.

        Raises:
            ValueError: The method's own model refuses them.
        """
        entry = self.methods[method]
        try:
            return [
                SETTINGS[method].model_validate({**entry.settings, **trial})
                for trial in entry.trials[: self.budget.trials]
            ]
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise ValueError(f"methods.{method}: {field}: {first['msg']}") from error

    def methods_for(self, task: str) -> list[str]:
        """Return the methods that can do a task."""
        given = self.definitions[task].gives()
        return [name for name in self.methods if NEEDS.get(name, set()) <= given]

    def training_settings(self, task: str, method: str) -> dict[str, Any]:
        """Return everything that decides what a method does on a task."""
        return {
            "task": self.definitions[task].model_dump(exclude={"title"}),
            "budget": self.budget.model_dump(),
            "basis": self.seed,
            "method": method,
            "candidates": [item.model_dump(mode="json") for item in self.candidates(method)],
        }
