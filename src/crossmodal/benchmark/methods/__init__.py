"""The methods: thin adapters of the papers' own modules, and the baselines.

An adapter maps pairs of a task to what a paper's training takes, and what it leaves to embeddings.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from crossmodal.config import Settings

if TYPE_CHECKING:
    from crossmodal.benchmark.data import Items
    from crossmodal.benchmark.methods.base import Fitted

BASELINES = ("chance", "cca", "linear")


def entry_of(method: str) -> str:
    """Return `module:function` of what fits a method; jobs of one do not depend on another."""
    if method in BASELINES:
        return f"{__name__}.baselines:fit_{method}"
    return f"{__name__}.{method}:fit"


def fit(
    method: str, train: Items, settings: Settings, passes: int, seed: int, *, unique: bool
) -> Fitted:
    """Fit a method.

    Args:
        settings: Of the method: of the type that `benchmark.settings.SETTINGS` names.
        passes: Over the training pairs; methods solved in closed form ignore them.
        unique: An answer is a pair, not a class.

    Returns:
        The method; one whose training diverged finds all items alike, which scores as chance.
    """
    import torch

    module, _, function = entry_of(method).partition(":")
    torch.manual_seed(seed)
    fitted: Fitted = getattr(importlib.import_module(module), function)(
        train, settings, passes, seed, unique=unique
    )
    return fitted.silenced() if fitted.diverged else fitted
