"""Tiny settings, windows and results of the msvae paper, made by its own stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from crossmodal import stages
from crossmodal.config import overlay, read_yaml
from crossmodal.corpora.manifest import COLUMNS, write_manifest
from crossmodal.features.store import write_feature
from crossmodal.papers.msvae.data import Clips, Split
from crossmodal.papers.msvae.settings import MethodSettings, PaperSettings
from crossmodal.workspace import Workspace

CONFIG = Path(__file__).parents[3] / "config"
CORPUS = "voxceleb1"
FACE, VOICE = 25, 12
PEOPLE = 8
SHORT = {"epochs": 2, "kl_switch": 1}
TINY: dict[str, Any] = {
    "method": {
        "encoder": [8],
        "decoder": [8, 8],
        "latent": 4,
        "batch": 8,
        "learning_rate": 1e-3,
        "epochs": 3,
        "kl_switch": 2,
    },
    "protocol": {"core_points": 2, "permutations": 20, "negatives": 3, "samples": 2},
    "variants": {
        name: {"settings": SHORT}
        for name in (
            *("written_validated", "validated", "no_wasserstein", "separate_decoders"),
            "validated_identity",
        )
    },
}


def paper_settings(**changes: Any) -> PaperSettings:
    """Return the paper's settings with tiny networks and further changes."""
    values = read_yaml(CONFIG / "papers" / "msvae.yaml")
    return PaperSettings.model_validate(overlay(values, TINY, changes))


def method_settings(**changes: Any) -> MethodSettings:
    """Return tiny network settings with changes."""
    return MethodSettings.model_validate({**TINY["method"], **changes})


def features(seed: int = 0) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Return manifest and features of people whose face and voice have the same cause."""
    generator = np.random.default_rng(seed)
    rows, causes = [], []
    for person in range(PEOPLE):
        cause = generator.standard_normal(3)
        for video, split in enumerate(["train", "train", "validation", "test"]):
            for clip in range(2):
                rows.append(
                    {
                        **dict.fromkeys(COLUMNS, ""),
                        "clip": f"id{person}/{video}/{clip}",
                        "split": split,
                        "label": f"Person_{person}",
                        "person": f"id{person}",
                        "gender": ["male", "female"][person % 2],
                    }
                )
                causes.append(cause)
    cause = np.array(causes)

    def seen(width: int, scale: float) -> np.ndarray:
        mixed = cause @ generator.standard_normal((3, width))
        noisy = mixed + 0.3 * generator.standard_normal(mixed.shape)
        return (scale * noisy).astype(np.float32)

    voice = seen(VOICE, 1.0)
    arrays = {
        "face_grey": 0.5 + seen(FACE, 0.1),
        "voice": voice,
        "voice_whole_clip": 0.3 * voice,
        "voice_as_written": seen(VOICE, 1e-8),
    }
    return pd.DataFrame(rows), arrays


def write_windows(folder: Path) -> pd.DataFrame:
    """Write the windows of a tiny corpus; returns the manifest."""
    manifest, arrays = features()
    write_manifest(folder / "manifest.csv", manifest)
    generator = np.random.default_rng(1)
    arrays["waves"] = generator.integers(-999, 999, (len(manifest), 1600), dtype=np.int16)
    arrays["pictures"] = generator.integers(0, 255, (len(manifest), 4, 8, 8, 3), dtype=np.uint8)
    for name, array in arrays.items():
        write_feature(folder / f"{name}.npy", array, units="none", settings={})
    return manifest


def tiny_split() -> Split:
    """Return a split without going through files."""
    manifest, arrays = features()
    split = manifest["split"].to_numpy()

    def part(name: str) -> Clips:
        rows = np.flatnonzero(split == name)
        face, voice = (torch.from_numpy(arrays[key][rows]) for key in ("face_grey", "voice"))
        table = manifest.iloc[rows][["clip", "person", "label", "gender"]].reset_index(drop=True)
        return Clips((face - 0.5) / 0.2, voice, table)

    return Split(part("train"), part("validation"), part("test"), 0.5, 0.2)


def workspace(root: Path, seeds: list[int], **changes: Any) -> Workspace:
    """Return the edition smoke with tiny networks, and results below `root`."""
    values = {"edition": "smoke", "results": str(root), "papers": ["msvae"], "seeds": seeds}
    # Over the edition's own overlay, which is smaller than the paper but not tiny.
    overrides = {"msvae": overlay(TINY, changes)}
    return Workspace.of({**values, "overrides": overrides}, CONFIG)


def windows_of(edition: Workspace) -> Path:
    """Return the folder of the windows in an edition."""
    return edition.results.corpus(CORPUS, "msvae")


def make_results(edition: Workspace) -> Path:
    """Train and evaluate everything on the tiny corpus; return the paper's folder."""
    write_windows(windows_of(edition))
    for run in edition.plan("msvae").runs(CORPUS):
        stages.train(edition, "msvae", CORPUS, run.variant, run.seed, 1)
    stages.evaluate(edition, "msvae", CORPUS, 1)
    return edition.results.paper("msvae").root
