"""The methods: thin adapters of the papers' own modules, and the baselines.

An adapter maps pairs of a task to what a paper's training takes, and what it leaves to embeddings.
"""

from __future__ import annotations

from typing import Any

import torch

from crossmodal.benchmark.data import Items
from crossmodal.benchmark.methods.base import Fitted
from crossmodal.config import Settings


def fit(
    method: str, train: Items, settings: Settings, passes: int, seed: int, *, unique: bool
) -> Fitted:
    """Fit a method.

    Args:
        method: Name of the method.
        train: Training pairs, on the device to train on.
        settings: Of the method: of the type that `benchmark.settings.SETTINGS` names.
        passes: Over the training pairs; methods solved in closed form ignore them.
        seed: Of weights and order.
        unique: An answer is a pair, not a class.

    Returns:
        The method; one whose training diverged finds all items alike, which scores as chance.
    """
    # Each is slow to import for itself; a job needs some of them.
    from crossmodal.benchmark.methods import (
        baselines,
        captions,
        cmcgan,
        facevoice,
        hashing,
        infonce,
        msvae,
    )

    fits: dict[str, Any] = {
        "chance": baselines.fit_chance,
        "cca": baselines.fit_cca,
        "linear": baselines.fit_linear,
        "infonce": infonce.fit,
        "captions": captions.fit,
        "cmcgan": cmcgan.fit,
        "facevoice": facevoice.fit,
        "hashing": hashing.fit,
        "msvae": msvae.fit,
    }
    torch.manual_seed(seed)
    fitted: Fitted = fits[method](train, settings, passes, seed, unique=unique)
    return fitted.silenced() if fitted.diverged else fitted
