"""Settings of the hashing paper: `config/papers/hashing.yaml`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from crossmodal.config import PaperBase, Settings, layered
from crossmodal.errors import InputError

Method = Literal["cvh", "smfh", "ssah", "dssah", "ours", "semantic"]
Distance = Literal["cosine", "l1", "euclidean"]
Ties = Literal["average", "stable"]

MEMORY_SETTING = "methods.<method>.batch"
"""What to lower when a training needs more memory than there is."""


class MethodSettings(Settings):
    """Everything a method may need; what it does not need it ignores."""

    # CVH
    regularisation: float = Field(
        1e-3, ge=0, description="Ridge of CVH, as a share of the variance."
    )
    extra_bits: Literal["rotate", "repeat"] = Field(
        "rotate", description="What CVH's bits beyond its directions are."
    )
    # SMFH (Tang et al. 2016, Sec. IV)
    alpha: float = Field(0.5, gt=0, lt=1, description="Weight of the image in SMFH.")
    beta: float = Field(100.0, gt=0, description="Weight of SMFH's projections.")
    gamma: float = Field(1.0, ge=0, description="Weight of SMFH's neighbour graph.")
    ridge: float = Field(0.01, gt=0, description="Weight of SMFH's squared norms, its lambda.")
    neighbours: int = Field(5, ge=1, description="Neighbours a row has in SMFH's graph.")
    iterations: int = Field(10, ge=1, description="Rounds of SMFH's alternation.")
    # networks
    layers: int = Field(1, ge=0, description="Hidden layers of each branch.")
    hidden: int = Field(512, ge=8, description="Width of the hidden layers.")
    dropout: float = Field(0.5, ge=0, lt=1, description="Share of hidden units dropped.")
    attention: bool = Field(False, description="Feature attention (DSSAH stand-in).")
    classifier: Literal["shared", "separate"] = Field(
        "shared", description="One softmax layer for both branches, or one each (as written)."
    )
    distance: Distance = Field("cosine", description="Distance between posteriors (Eq. 3).")
    epochs: int = Field(30, ge=1, description="Passes over the training pairs.")
    batch: int = Field(64, ge=2, description="Training pairs a step.")
    learning_rate: float = Field(1e-3, gt=0, description="Learning rate of Adam.")
    weight_decay: float = Field(0.0, ge=0, description="Decoupled weight decay of Adam.")
    quantisation: float = Field(0.0, ge=0, description="Weight of the quantisation loss.")
    # SSAH (Li et al. 2018, Sec. 4.1)
    feature_weight: float = Field(1.0, ge=0, description="Weight of SSAH's loss on features.")
    hash_weight: float = Field(1.0, ge=0, description="Weight of SSAH's loss on codes.")
    balance: bool = Field(True, description="Whether similar and dissimilar pairs count half each.")
    label_weight: float = Field(1.0, ge=0, description="Weight of SSAH's label loss.")
    adversarial: float = Field(0.1, ge=0, description="Weight of SSAH's adversarial loss.")


class Variant(Settings):
    """A method, or an ablation of one; one run trains all its code lengths."""

    title: str = Field(description="Name in tables and figures.")
    method: Method = Field(description="Method that it is, or is an ablation of.")
    bits: list[int] | None = Field(None, description="Code lengths; empty: those of the paper.")
    image_feature: str | None = Field(None, description="Another image feature than the default.")
    settings: MethodSettings = Field(
        MethodSettings.model_validate({}), description="Settings laid over the method's."
    )


class Features(Settings):
    """Which features of a corpus are used."""

    image: str = Field(description="Name of the image feature.")
    text: str = Field(description="Name of the text feature.")


class Protocol(Settings):
    """How retrieval is scored."""

    databases: list[Literal["test", "train"]] = Field(
        ["test", "train"], min_length=1, description="Part searched; queries are the test part."
    )
    cutoffs: list[int | None] = Field([None, 50], min_length=1, description="Ranks; null: all.")
    ties: Ties = Field(
        "average", description="Equal distances: mean over their orders, or by database order."
    )

    def label(self, database: str, cutoff: int | None) -> str:
        """Name a protocol, database/cutoff/ties; in metrics the code length stands before it."""
        return f"{database}/{cutoff or 'all'}/{self.ties}"

    @property
    def main(self) -> str:
        """The protocol of the main tables: the first database and cut-off."""
        return self.label(self.databases[0], self.cutoffs[0])


class Tuning(Settings):
    """The hyper-parameter search, on training pairs alone."""

    validation_share: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="Share of the training pairs held out without a published part.",
    )
    bits: int = Field(32, description="Code length searched with; the choice holds for all.")
    seed: int = Field(0, description="Seed of the held-out share and of the search's trainings.")


class PaperSettings(PaperBase):
    """The paper as a whole."""

    variants: dict[str, Variant] = Field(description="Methods, and ablations of them.")
    bits: list[int] = Field([16, 32, 64], min_length=1, description="Code lengths.")
    features: dict[str, Features] = Field(description="Features learned from, by corpus.")
    protocol: Protocol = Field(description="How retrieval is scored.")
    tuning: Tuning = Field(description="How settings are searched.")
    methods: dict[Method, MethodSettings] = Field(description="Settings by method.")
    search: dict[Method, dict[str, list[Any]]] = Field(
        {}, description="Values tried for a method's settings, all combinations."
    )

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

    def method_settings(self, variant: str, **chosen: Any) -> MethodSettings:
        """Resolve a variant: the method's settings, what was chosen by search, the ablation."""
        entry = self.variants[variant]
        return layered(MethodSettings, self.methods[entry.method], chosen, entry.settings)

    def searched(self, variant: str) -> dict[str, list[Any]]:
        """Return the values tried for a variant's settings; empty: none are searched."""
        return self.search.get(self.variants[variant].method, {})

    def codes(self, variant: str) -> dict[str, int | None]:
        """Return the code lengths of a variant by what its protocols begin with.

        `semantic` has none: it compares posteriors.
        """
        entry = self.variants[variant]
        if entry.method == "semantic":
            return {"posterior": None}
        return {str(bits): bits for bits in entry.bits or self.bits}

    def variant_features(self, corpus: str, variant: str) -> Features:
        """Return the features that a variant learns from.

        Raises:
            InputError: None are set for the corpus.
        """
        if corpus not in self.features:
            raise InputError(
                f"no features are set for corpus {corpus!r}",
                file="config/papers/hashing.yaml",
                field="features",
                hint=f"Add `{corpus}: {{image: ..., text: ...}}`",
            )
        default = self.features[corpus]
        return Features(
            image=self.variants[variant].image_feature or default.image, text=default.text
        )
