"""A corpus of three classes in which a blob's place and a tone's pitch say which it is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd

from crossmodal.benchmark.settings import BenchmarkSettings, Budget, Task
from crossmodal.corpora.manifest import write_manifest
from crossmodal.features.store import write_feature
from crossmodal.workspace import ResultsFolder, Workspace

RATE_HZ = 8000
SAMPLES = 2000
CLASSES = 3
PER_CLASS = {"train": 12, "validation": 4, "test": 5}
TASK = "things"

SMALL: dict[str, dict[str, Any]] = {
    "captions": {
        "widths": [8, 8],
        "kernels": [5, 5, 5],
        "embedding": 8,
        "hinges": "six",
        "learning_rate": 0.03,
        "normalise": "both",
        "margin": 0.5,
    },
    "cmcgan": {
        "width": 4,
        "batch": 12,
        "adversarial": 0.1,
        "consistency": 10,
        "learning_rate": 0.005,
    },
    "facevoice": {
        "steps": 1,
        "width": 16,
        "discriminator_width": 8,
        "matching_width": 8,
        "batch": 16,
        "learning_rate": 0.003,
    },
    "hashing": {"bits": 16, "hidden": 16, "batch": 16, "learning_rate": 0.01, "dropout": 0.0},
    "msvae": {
        "latent": 4,
        "encoder": [16],
        "decoder": [16],
        "batch": 16,
        "learning_rate": 0.01,
        "kl_weight": 0.01,
    },
    "infonce": {"width": 4, "embedding": 8, "batch": 16, "learning_rate": 0.01, "dropout": 0.0},
    "linear": {},
    "cca": {},
    "chance": {},
}
"""Settings of every method that a test can wait for."""


def write_things(folder: Path, seed: int = 0) -> Path:
    """Write manifest, pictures and waves; the pairs are numbered in the column `pair`."""
    random = np.random.default_rng(seed)
    rows, pictures, waves = [], [], []
    for split, count in PER_CLASS.items():
        for place in range(count * CLASSES):
            label = place % CLASSES
            picture = random.integers(0, 60, (16, 16))
            top = 5 * label + random.integers(0, 2)
            picture[top : top + 4, 4:12] += 180
            samples = int(random.integers(SAMPLES // 2, SAMPLES))
            pitch_hz = 500 * (label + 1) * random.uniform(0.95, 1.05)
            tone = np.sin(2 * np.pi * pitch_hz * np.arange(samples) / RATE_HZ)
            tone *= np.linspace(1, 0.1, samples)
            wave = np.zeros(SAMPLES)
            wave[:samples] = 8000 * tone + 50 * random.standard_normal(samples)
            rows.append(
                {
                    "clip": f"{split}{place}",
                    "split": split,
                    "label": "abc"[label],
                    "person": "",
                    "source": f"{split}{place}",
                    "start_s": 0.0,
                    "end_s": samples / RATE_HZ,
                    "samples": samples,
                    "pair": f"{split}{place:02d}",
                }
            )
            pictures.append(picture)
            waves.append(wave)
    write_manifest(folder / "manifest.csv", pd.DataFrame(rows))
    for name, values, dtype in (("pictures", pictures, np.uint8), ("waves", waves, np.int16)):
        settings = {"rate_hz": RATE_HZ}
        write_feature(
            folder / f"{name}.npy", np.stack(values).astype(dtype), units="-", settings=settings
        )
    return folder


def task(**changes: Any) -> Task:
    """Return the task of these things."""
    values = {
        "title": "Things",
        "corpus": "things",
        "windows": "things",
        "picture_px": (16, 16),
        "steps": 16,
    }
    return Task.model_validate(values | changes)


def budget(**changes: int) -> Budget:
    """Return a budget."""
    return Budget.model_validate(changes)


def benchmark_settings(
    methods: dict[str, dict[str, Any]] | None = None, **of_budget: Any
) -> BenchmarkSettings:
    """Return settings with one task and small methods."""
    chosen = {name: {} for name in SMALL} if methods is None else methods
    artefacts = {
        "benchmark": "table",
        "benchmark_ranks": "table",
        "benchmark_cost": "table",
        "quality_against_cost": "figure",
    }
    return BenchmarkSettings.model_validate(
        {
            "tasks": [TASK],
            "budget": {"trials": 2, "trial_share": 1, "seen": 720, "vectors": 12} | of_budget,
            "definitions": {
                TASK: task().model_dump(),
                "pairs": task(answer="pair", unique=True, title="Pairs").model_dump(),
            },
            "methods": {
                name: {
                    "title": name.capitalize(),
                    "paper": name not in ("infonce", "linear", "cca", "chance"),
                    "settings": SMALL[name],
                    **entry,
                }
                for name, entry in chosen.items()
            },
            "artefacts": {
                name: {"kind": kind, "title": f"Title of {name}", "caption": f"About {name}."}
                for name, kind in artefacts.items()
            },
        }
    )


def workspace(settings: BenchmarkSettings, root: Path) -> Workspace:
    """Return as much of an edition as the benchmark reads; the things lie in `root`."""
    return cast(
        Workspace,
        SimpleNamespace(
            benchmark=settings,
            results=ResultsFolder(root),
            seeds=[0, 1],
            tasks=list(settings.tasks),
            source=lambda corpus: "synthetic",
            config=Path("config"),
        ),
    )
