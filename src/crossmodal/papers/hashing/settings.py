"""Settings of the hashing paper: `config/papers/hashing.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from crossmodal.config import Artefact, Settings, overlay

Method = Literal["cvh", "smfh", "ssah", "dssah", "ours", "semantic"]


MEMORY_SETTING = "methods.<method>.batch"
"""What to lower when a training needs more memory than there is."""


class MethodSettings(Settings):
    """Everything a method may need; what it does not need it ignores."""

    # CVH
    regularisation: float = Field(1e-3, ge=0, description="Ridge, as a share of the variance.")
    extra_bits: Literal["rotate", "repeat"] = Field(
        "rotate", description="What bits beyond the number of CCA directions are."
    )
    # SMFH (Tang et al. 2016, Sec. IV)
    alpha: float = Field(0.5, gt=0, lt=1, description="Weight of the image against the text.")
    beta: float = Field(100.0, gt=0, description="Weight of the projections.")
    gamma: float = Field(1.0, ge=0, description="Weight of the neighbour graph.")
    ridge: float = Field(0.01, gt=0, description="Lambda, weight of the squared norms.")
    neighbours: int = Field(5, ge=1, description="Neighbours a row has in the graph.")
    iterations: int = Field(10, ge=1, description="Rounds of the alternation.")
    # networks
    layers: int = Field(1, ge=0, description="Hidden layers of each branch.")
    hidden: int = Field(512, ge=8, description="Width of the hidden layers.")
    dropout: float = Field(0.5, ge=0, lt=1, description="Share of hidden units dropped.")
    attention: bool = Field(False, description="Feature attention (DSSAH stand-in).")
    classifier: Literal["shared", "separate"] = Field(
        "shared", description="One softmax layer for both branches, or one each (as written)."
    )
    distance: Literal["cosine", "l1", "euclidean"] = Field(
        "cosine", description="Distance of Eq. 3 between posteriors (`semantic`)."
    )
    epochs: int = Field(30, ge=1, description="Passes over the training pairs.")
    batch: int = Field(64, ge=2, description="Pairs a step.")
    learning_rate: float = Field(1e-3, gt=0, description="Of Adam.")
    weight_decay: float = Field(0.0, ge=0, description="Of Adam, decoupled.")
    quantisation: float = Field(0.0, ge=0, description="Weight of the quantisation loss.")
    # SSAH (Li et al. 2018, Sec. 4.1)
    feature_weight: float = Field(1.0, ge=0, description="Of the pairwise loss on features.")
    hash_weight: float = Field(1.0, ge=0, description="Of the pairwise loss on codes.")
    balance: bool = Field(True, description="Similar and dissimilar pairs count half each.")
    label_weight: float = Field(1.0, ge=0, description="Of the label loss.")
    adversarial: float = Field(0.1, ge=0, description="Weight of the adversarial loss.")


class Family(Settings):
    """Runs that differ only in bits and seed: a method, or an ablation of one."""

    title: str = Field(description="Name in tables and figures.")
    method: Method
    bits: list[int] | None = Field(None, description="Code lengths; empty: those of the paper.")
    image_feature: str | None = Field(None, description="Another image feature than the default.")
    settings: MethodSettings = Field(
        MethodSettings.model_validate({}), description="Laid over the method's settings."
    )


class Features(Settings):
    """Which features of a corpus are used."""

    image: str
    text: str


class Protocol(Settings):
    """How retrieval is scored."""

    databases: list[Literal["test", "train"]] = Field(
        ["test", "train"], min_length=1, description="Part searched; queries are the test part."
    )
    cutoffs: list[int | None] = Field([None, 50], min_length=1, description="Ranks; null: all.")
    ties: Literal["average", "stable"] = Field(
        "average", description="Equal distances: mean over their orders, or by database order."
    )

    def label(self, database: str, cutoff: int | None) -> str:
        """Name a protocol as it stands in metrics.csv: database/cutoff/ties."""
        return f"{database}/{cutoff or 'all'}/{self.ties}"


class Tuning(Settings):
    """The hyper-parameter search, on training pairs alone."""

    validation_share: float = Field(0.2, gt=0, lt=1, description="Of the training pairs.")
    bits: int = Field(32, description="Code length searched with; the choice holds for all.")
    seed: int = Field(0, description="Of the split and of the trainings.")


class PaperSettings(Settings):
    """The paper as a whole."""

    corpora: list[str] = Field(min_length=1)
    bits: list[int] = Field([16, 32, 64], min_length=1)
    features: dict[str, Features]
    protocol: Protocol
    tuning: Tuning
    methods: dict[Method, MethodSettings] = Field(description="Settings by method.")
    search: dict[Method, dict[str, list[Any]]] = Field(
        {}, description="Values tried for a method's settings, all combinations."
    )
    families: dict[str, Family]
    artefacts: dict[str, Artefact]

    @field_validator("search")
    @classmethod
    def _can_be_tried(cls, search: dict[Method, dict[str, list[Any]]]) -> Any:
        for method, values in search.items():
            for name, tried in values.items():
                for value in tried:
                    try:
                        MethodSettings.model_validate({name: value})
                    except ValidationError as error:
                        raise ValueError(
                            f"{method}.{name}: {value!r}: {error.errors()[0]['msg']}"
                        ) from error
        return search

    def method_settings(self, family: str, **chosen: Any) -> MethodSettings:
        """Resolve one family: the method's settings, what was chosen by search, the ablation."""
        entry = self.families[family]
        # Only what the files set is laid over what is below, not the defaults of the model.
        layers = (
            self.methods[entry.method].model_dump(exclude_unset=True),
            chosen,
            entry.settings.model_dump(exclude_unset=True),
        )
        return MethodSettings.model_validate(overlay({}, *layers))

    def variants(self, family: str) -> Iterator[tuple[str, int | None]]:
        """Yield (variant, bits) of a family; `semantic` has no bits."""
        entry = self.families[family]
        if entry.method == "semantic":
            yield family, None
            return
        for bits in entry.bits or self.bits:
            yield f"{family}_{bits}", bits
