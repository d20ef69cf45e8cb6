"""Tiny windows, settings and results of the face-voice paper, made by its own stages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal import stages
from crossmodal.config import overlay, read_yaml
from crossmodal.corpora.manifest import COLUMNS, write_manifest
from crossmodal.corpora.splits import deal
from crossmodal.features.store import write_feature
from crossmodal.papers.facevoice.settings import ModelSettings, PairSettings, PaperSettings
from crossmodal.runs import PaperFolder
from crossmodal.workspace import Workspace

ROOT = Path(__file__).parents[3]
CORPUS = "the_big_bang_theory"
PEOPLE = ("Howard", "Leonard", "Penny", "Raj", "Sheldon")
EPISODES = 5
EACH = 3  # windows of a person in an episode
TINY = {
    "steps": 4,
    "width": 8,
    "discriminator_width": 8,
    "matching_width": 8,
    "epochs": 1,
    "batch": 16,
    "matching_epochs": 1,
}
TINY_CHANGES = {"model": TINY, "pairs": {"train": 64}, "tuning": {"margins": [0.2, 0.5]}}


def paper_settings(**changes: Any) -> PaperSettings:
    """Return the paper's settings with a tiny model, few pairs and further changes."""
    values = read_yaml(ROOT / "config" / "papers" / "facevoice.yaml")
    return PaperSettings.model_validate(overlay(values, TINY_CHANGES, changes))


def model_settings(**changes: Any) -> ModelSettings:
    """Return a tiny model's settings."""
    return ModelSettings.model_validate({**TINY, **changes})


def pair_settings(train: int) -> PairSettings:
    """Return so many training pairs, and the usual rest."""
    return PairSettings.model_validate({"train": train})


def write_windows(folder: Path, *, noise: float = 1.0, seed: int = 0) -> pd.DataFrame:
    """Write manifest, features and crops of five people in five episodes; returns the manifest.

    A person's face and voice features lie about a point of their own.
    """
    random = np.random.default_rng(seed)
    rows = [
        (f"{episode}-{person}-{number}", person, f"e{episode}", number / 2)
        for episode in range(EPISODES)
        for person in PEOPLE
        for number in range(EACH)
    ]
    frame = pd.DataFrame(rows, columns=["clip", "person", "source", "start_s"])
    frame["label"] = frame["person"]
    frame["end_s"] = frame["start_s"] + 0.5
    episode_split = ["train", "train", "train", "validation", "test"]
    frame["split"] = frame["source"].str[1:].astype(int).map(lambda number: episode_split[number])
    clips, labels = frame["clip"].tolist(), frame["label"].tolist()
    frame["split_random"] = deal(clips, validation=0.2, test=0.2, seed=0, strata=labels)
    frame = frame[[*COLUMNS, "split_random"]]
    person = np.array([PEOPLE.index(name) for name in frame["person"]])
    write_manifest(folder / "manifest.csv", frame)
    for name, shape in (("face", (53, 13)), ("mfcc", (25, 49))):
        points = random.normal(size=(len(PEOPLE), shape[0], 1)) * 2
        values = points[person] + noise * random.normal(size=(len(frame), *shape))
        for file in (name, f"{name}_random"):
            write_feature(
                folder / f"{file}.npy", values.astype(np.float32), units="test", settings={}
            )
    write_feature(folder / "pictures.npy", pictures(person, random), units="test", settings={})
    return frame


def pictures(person: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.uint8]:
    """Draw crops [n, 13, 64, 64, 3]: a disc of the person's colour on a noisy ground."""
    y, x = np.mgrid[:64, :64]
    disc = ((x - 32) / 22) ** 2 + ((y - 32) / 28) ** 2 < 1
    colours = random.integers(60, 255, size=(len(PEOPLE), 3))
    drawn = random.integers(0, 60, size=(len(person), 13, 64, 64, 3)).astype(np.uint8)
    for row, number in enumerate(person):
        drawn[row][:, disc] = (colours[number] - random.integers(0, 20, 3)).clip(0, 255)
    return drawn


def workspace(root: Path, seeds: Sequence[int] = (0,), **changes: Any) -> Workspace:
    """Return the edition smoke with results below `root`, tiny settings and further changes."""
    values = {"edition": "smoke", "results": str(root), "papers": ["facevoice"], "seeds": [*seeds]}
    overrides = {"facevoice": overlay(TINY_CHANGES, changes)}
    return Workspace.of({**values, "overrides": overrides}, ROOT / "config")


def windows_folder(root: Path) -> Path:
    """Return the folder of the corpus's windows below `root`."""
    return root / "smoke" / "corpora" / CORPUS / "facevoice"


def train_all(edition: Workspace) -> PaperFolder:
    """Search the margin and train every run; returns the paper's folder."""
    stages.tune(edition, "facevoice", CORPUS, "margin", 1)
    for run in edition.plan("facevoice").runs(CORPUS):
        stages.train(edition, "facevoice", CORPUS, run.variant, run.seed, 1)
    return edition.results.paper("facevoice")
