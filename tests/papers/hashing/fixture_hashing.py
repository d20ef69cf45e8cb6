"""Tiny settings, features and results of the hashing paper, made by its own stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from crossmodal.config import overlay, read_yaml
from crossmodal.corpora.manifest import COLUMNS, write_manifest
from crossmodal.features.store import write_feature
from crossmodal.papers import stages
from crossmodal.papers.hashing.data import Pairs
from crossmodal.papers.hashing.settings import MethodSettings, PaperSettings
from crossmodal.runs import PaperFolder
from crossmodal.workspace import Workspace

CONFIG = Path(__file__).parents[3] / "config"
CORPORA = ("wikipedia", "nuswide10k")
METHODS = ("cvh", "smfh", "ssah", "dssah", "ours", "semantic")
TASKS = ("image_to_text", "text_to_image")
BITS = (16, 32, 64)
# The tables of the paper: image query, text retrieved, by 16, 32 and 64 bits.
SHEET = {
    "wikipedia": {
        "cvh": (0.217, 0.246, 0.254),
        "smfh": (0.337, 0.390, 0.364),
        "ssah": (0.473, 0.502, 0.498),
        "dssah": (0.557, 0.561, 0.578),
        "ours": (0.595, 0.603, 0.619),
    },
    "nuswide10k": {
        "cvh": (0.354, 0.341, 0.337),
        "smfh": (0.432, 0.445, 0.447),
        "ssah": (0.623, 0.659, 0.661),
        "dssah": (0.714, 0.725, 0.730),
        "ours": (0.746, 0.758, 0.772),
    },
}
CLASSES = ("art", "biology", "history")
SPLITS = {
    "wikipedia": {"train": 36, "test": 15},
    "nuswide10k": {"train": 30, "validation": 9, "test": 12},
}
FEATURES = {
    "wikipedia": {"image_bow": 9, "text_lda": 4, "image_deep": 12},
    "nuswide10k": {"image_bow": 8, "text_tags": 14, "image_deep": 12},
}
TINY = {"hidden": 8, "epochs": 1, "iterations": 1, "batch": 16}
TINY_CHANGES: dict[str, Any] = {"methods": dict.fromkeys(METHODS, TINY)}


def paper_settings(**changes: Any) -> PaperSettings:
    """Return the paper's settings with tiny methods, a tiny search and further changes."""
    values = read_yaml(CONFIG / "papers" / "hashing.yaml")
    values["search"] = {"cvh": {"extra_bits": ["rotate", "repeat"]}}
    return PaperSettings.model_validate(overlay(values, TINY_CHANGES, changes))


def method_settings(method: str, **changes: Any) -> MethodSettings:
    """Return one method's settings as in the paper's file, with changes."""
    values = read_yaml(CONFIG / "papers" / "hashing.yaml")["methods"][method]
    return MethodSettings.model_validate({**values, **changes})


def class_features(
    labels: NDArray[np.int64], width: int, noise: float, seed: int
) -> NDArray[np.float32]:
    """Return one Gaussian cloud a class, [n, width]."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((int(labels.max()) + 1, width)) * 2
    clouds = centres[labels] + noise * rng.standard_normal((len(labels), width))
    return clouds.astype(np.float32)


def separable_pairs(rows: int = 90, classes: int = 3, noise: float = 0.1) -> tuple[Pairs, Pairs]:
    """Return training and test pairs whose classes lie far apart."""
    labels = np.arange(2 * rows) % classes
    image, text = (
        torch.from_numpy(class_features(labels, width, noise, seed=width)) for width in (12, 7)
    )
    pairs = Pairs(image, text, torch.from_numpy(labels), [f"class{i}" for i in range(classes)])
    return pairs.take(torch.arange(rows)), pairs.take(torch.arange(rows, 2 * rows))


def write_corpus(folder: Path, corpus: str) -> pd.DataFrame:
    """Write the manifest (returned) and features of a tiny corpus, its parts interleaved."""
    sizes = SPLITS[corpus]
    rng = np.random.default_rng(len(corpus))
    split = rng.permutation(np.repeat(list(sizes), list(sizes.values())))
    labels = np.empty(len(split), np.int64)
    for part in sizes:
        labels[split == part] = np.arange(sizes[part]) % len(CLASSES)
    frame = pd.DataFrame(dict.fromkeys(COLUMNS, ""), index=range(len(split)))
    frame["clip"] = [f"{corpus}{row}" for row in range(len(split))]
    frame["split"] = split
    frame["label"] = [CLASSES[label] for label in labels]
    write_manifest(folder / "manifest.csv", frame)
    for name, width in FEATURES[corpus].items():
        array = class_features(labels, width, noise=2.0, seed=width)
        write_feature(folder / f"{name}.npy", array, units="none", settings={})
    return frame


def workspace(root: Path, seeds: list[int], **changes: Any) -> Workspace:
    """Return the edition smoke with tiny methods, and results below `root`."""
    values = {"edition": "smoke", "results": str(root), "papers": ["hashing"], "seeds": seeds}
    overrides = {"hashing": overlay(TINY_CHANGES, changes)}
    return Workspace.of({**values, "overrides": overrides}, CONFIG)


def make_results(edition: Workspace) -> PaperFolder:
    """Search, train and evaluate everything on both tiny corpora; return the paper's folder."""
    plan = edition.plan("hashing")
    for corpus in plan.corpora():
        write_corpus(edition.results.corpus(corpus), corpus)
        for method in plan.searches(corpus):
            stages.tune(edition, "hashing", corpus, method, 1)
        for run in plan.runs(corpus):
            stages.train(edition, "hashing", corpus, run.variant, run.seed, 1)
        stages.evaluate(edition, "hashing", corpus, 1)
    return edition.results.paper("hashing")
