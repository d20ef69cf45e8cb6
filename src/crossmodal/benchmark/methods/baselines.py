"""Baselines without a network: chance, canonical correlations, logistic regressions."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from crossmodal.benchmark.data import Items
from crossmodal.benchmark.methods.base import Fitted
from crossmodal.benchmark.settings import CcaSettings, ChanceSettings, LinearSettings
from crossmodal.papers.hashing.linear import canonical_correlations

_MOST_STEPS = 200


def fit_chance(
    train: Items, settings: ChanceSettings, passes: int, seed: int, *, unique: bool
) -> Fitted:
    """Embed everything alike: with ties averaged, every measure is what a random order gives."""

    def nothing(items: Items) -> Tensor:
        return torch.zeros(len(items), 1)

    return Fitted(nothing, nothing, "inner product", {}, pd.DataFrame({"epoch": []}), {})


def fit_cca(train: Items, settings: CcaSettings, passes: int, seed: int, *, unique: bool) -> Fitted:
    """Canonical correlation analysis of the vectors, each direction weighted by its correlation.

    Source: Rasiwasia et al., A new approach to cross-modal multimedia retrieval, ACM MM 2010.
    """
    sides = [train.picture_vector, train.sound_vector]
    means = [side.mean(dim=0) for side in sides]
    centred = [
        (side - mean).double().cpu().numpy() for side, mean in zip(sides, means, strict=True)
    ]
    picture, sound, correlations = canonical_correlations(
        centred[0], centred[1], settings.regularisation
    )
    device = train.answer.device
    maps = [
        torch.from_numpy(np.ascontiguousarray(side * correlations)).float().to(device)
        for side in (picture, sound)
    ]
    return Fitted(
        lambda items: (items.picture_vector - means[0]) @ maps[0],
        lambda items: (items.sound_vector - means[1]) @ maps[1],
        "cosine",
        {
            "picture_mean": means[0].cpu(),
            "sound_mean": means[1].cpu(),
            "picture_map": maps[0].cpu(),
            "sound_map": maps[1].cpu(),
        },
        pd.DataFrame({"direction": range(1, len(correlations) + 1), "correlation": correlations}),
        {},
    )


def fit_linear(
    train: Items, settings: LinearSettings, passes: int, seed: int, *, unique: bool
) -> Fitted:
    """Logistic regression of each modality's vectors; the posteriors are the common space.

    Semantic matching; what is made of a query is the mean training vector of its likeliest class.

    Source: Rasiwasia et al., ACM MM 2010.
    """
    answer = train.answer.cpu().numpy()
    device = train.answer.device
    weights: dict[str, Tensor] = {}
    steps = []
    for name, side in (("picture", train.picture_vector), ("sound", train.sound_vector)):
        model = LogisticRegression(C=settings.strength, max_iter=_MOST_STEPS)
        model.fit(side.double().cpu().numpy(), answer)
        steps.append(int(model.n_iter_[0]))
        weights[f"{name}_weight"] = torch.from_numpy(_every_class(model.coef_)).float().to(device)
        weights[f"{name}_bias"] = (
            torch.from_numpy(_every_class(model.intercept_)).float().to(device)
        )
        means = [side[train.answer == number].mean(dim=0) for number in np.unique(answer).tolist()]
        weights[f"{name}_means"] = torch.stack(means)

    def posteriors(name: str, items: Items) -> Tensor:
        vectors = items.picture_vector if name == "picture" else items.sound_vector
        return (vectors @ weights[f"{name}_weight"].T + weights[f"{name}_bias"]).softmax(dim=1)

    def made(source: str, target: str, items: Items) -> Tensor:
        return weights[f"{target}_means"][posteriors(source, items).argmax(dim=1)]

    return Fitted(
        partial(posteriors, "picture"),
        partial(posteriors, "sound"),
        "inner product",
        {name: value.cpu() for name, value in weights.items()},
        pd.DataFrame({"side": ["picture", "sound"], "steps": steps}),
        {},
        partial(made, "sound", "picture"),
        partial(made, "picture", "sound"),
    )


def _every_class(values: np.ndarray) -> np.ndarray:
    """Return one row a class; of two classes scikit-learn has one row for both."""
    return values if len(values) > 1 else np.concatenate([-values, values]) / 2
