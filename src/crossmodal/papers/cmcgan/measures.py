"""How good generated pictures and sounds are, item by item, and as a set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from crossmodal.metrics.classification import chance, correct, majority_share
from crossmodal.metrics.generation import absolute_error, frechet, psnr, ssim
from crossmodal.papers.cmcgan.data import HIGH_DB, LOW_DB, Pairs, to_bytes, to_db
from crossmodal.papers.cmcgan.model import Classifier
from crossmodal.papers.cmcgan.networks import classify, features_of

Scores = dict[str, NDArray[np.float64]]
Scalars = list[dict[str, Any]]

PROTOCOLS = {"fr": "two_step", "f": "one_step", "rf": "recovered", "r": "reconstructed"}
"""Prefix of an output's name -> protocol."""

DATA_RANGE = {"image": 255.0, "sound": HIGH_DB - LOW_DB}
"""Largest less smallest value: grey levels of pictures, dB of sounds."""


def true_items(pairs: Pairs) -> dict[str, Tensor]:
    """Return all pictures and sounds of pairs, -1 to 1, by modality."""
    image, sound = pairs.batch(torch.arange(len(pairs)))
    return {"image": image, "sound": sound}


def measurable(modality: str, values: Tensor) -> NDArray[Any]:
    """Turn values from -1 to 1 into what is measured and shown.

    Returns:
        Pictures uint8 [n, h, w, 3]; sounds float32 [n, bands, steps], dB.
    """
    if modality == "image":
        return to_bytes(values.cpu()).permute(0, 2, 3, 1).contiguous().numpy()
    return to_db(values.cpu())[:, 0].float().numpy()


def generated(made: Mapping[str, Tensor]) -> Iterator[tuple[str, str, Tensor]]:
    """Yield (modality, protocol, values) of what `networks.outputs` returns.

    What a translator makes is its only output of a modality: it stands for both the one-step and
    the two-step protocol, so that "the generated image" of all models can be compared.
    """
    for name, values in made.items():
        prefix, modality = name.split("_")
        yield modality, PROTOCOLS[prefix], values
        if prefix == "f" and f"fr_{modality}" not in made:
            yield modality, "two_step", values


def quality(
    made: Mapping[str, Tensor], pairs: Pairs, judges: Mapping[str, Classifier]
) -> tuple[Scores, Scalars]:
    """Measure generated items against the true ones of the same clips.

    Args:
        made: What `networks.outputs` returns for the pairs.
        pairs: n pairs.
        judges: Modality -> classifier of real data.

    Returns:
        By `modality|protocol|metric`, n values each: `accuracy` (1 where the judge sees the right
        instrument), `l1` (grey levels or dB), `ssim`, `psnr` (dB); and rows of the Fréchet
        distances in the judge's features.
    """
    truth = true_items(pairs)
    scores, scalars = recognised(made, pairs, judges), []
    for modality, protocol, values in generated(made):
        found, true = measurable(modality, values), measurable(modality, truth[modality])
        span, key = DATA_RANGE[modality], f"{modality}|{protocol}"
        scores[f"{key}|l1"] = absolute_error(found, true)
        scores[f"{key}|ssim"] = ssim(found, true, span)
        scores[f"{key}|psnr"] = psnr(found, true, span)
        distance = frechet_distance(judges[modality], values, truth[modality])
        scalars.append(_row(modality, protocol, "frechet", distance, len(pairs)))
    return scores, scalars


def recognised(
    made: Mapping[str, Tensor],
    pairs: Pairs,
    judges: Mapping[str, Classifier],
    suffix: str = "",
) -> Scores:
    """Return `modality<suffix>|protocol|accuracy` alone, as `quality` does."""
    return {
        f"{modality}{suffix}|{protocol}|accuracy": correct(
            classify(judges[modality], values).numpy(), pairs.label.numpy()
        )
        for modality, protocol, values in generated(made)
    }


def real(modality: str, judge: Classifier, test: Pairs, train: Pairs) -> tuple[Scores, Scalars]:
    """Measure what the judge makes of real items: the ceiling and the floor of all the others.

    Args:
        modality: "image" or "sound".
        judge: Its classifier.
        test: n test pairs.
        train: Training pairs.

    Returns:
        `modality|real|accuracy` and `modality_train|real|accuracy`; rows of the chance and the
        majority class among the test pairs, and of the Fréchet distance of as many real training
        items as there are test items, which no generator can be expected to go below.
    """
    seen, learned = true_items(test)[modality], true_items(train)[modality]
    labels = test.label.numpy()
    scores = {
        f"{modality}|real|accuracy": correct(classify(judge, seen).numpy(), labels),
        f"{modality}_train|real|accuracy": correct(
            classify(judge, learned).numpy(), train.label.numpy()
        ),
    }
    floors = {
        "accuracy_chance": chance(len(test.classes)),
        "accuracy_majority": majority_share(labels),
        "frechet": frechet_distance(judge, learned, seen),
    }
    return scores, [_row(modality, "real", *entry, len(test)) for entry in floors.items()]


def frechet_distance(judge: Classifier, found: Tensor, true: Tensor) -> float:
    """Return the squared Fréchet distance of two sets in a judge's features."""
    return frechet(features_of(judge, found).numpy(), features_of(judge, true).numpy())


def _row(task: str, protocol: str, metric: str, value: float, n: int) -> dict[str, Any]:
    return {"task": task, "protocol": protocol, "metric": metric, "value": value, "n": n}
