"""Tiny settings, features and results of the captions paper, made by its own stages."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from crossmodal import stages
from crossmodal.config import overlay, read_yaml
from crossmodal.corpora.manifest import COLUMNS, write_manifest
from crossmodal.features.deep import small_network
from crossmodal.features.store import write_feature
from crossmodal.papers.captions.data import Pairs
from crossmodal.papers.captions.settings import PaperSettings, RunSettings
from crossmodal.workspace import Workspace

CONFIG = Path(__file__).parents[3] / "config"
CORPUS = "flickr8k_audio"
CAPTIONS = 3
SPLITS = {"train": 12, "validation": 4, "test": 5}
TINY: dict[str, Any] = {
    "frames": 96,
    "widths": [6, 8],
    "kernels": [5, 5, 3],
    "embedding": 10,
    "tcn": {"filters": 3, "temporal": 3, "pool": 4, "channels": 5, "levels": 3, "maps": 6},
    "epochs": 2,
    "batch": 6,
    "learning_rate": 0.01,
}


def paper_settings(**changes: Any) -> PaperSettings:
    """Return the paper's settings with tiny networks and further changes."""
    values = read_yaml(CONFIG / "papers" / "captions.yaml")
    tiny = {"training": TINY, "examples": {"queries": 2}, "protocol": {"galleries": 2}}
    return PaperSettings.model_validate(overlay(values, tiny, changes))


def run_settings(**changes: Any) -> RunSettings:
    """Return the settings of one tiny training, with changes."""
    return RunSettings.model_validate(overlay(TINY, changes))


def tone(number: int, seconds: float) -> NDArray[np.int16]:
    """Return a sound that tells its number by its pitch, 16 kHz."""
    times_s = np.arange(round(16_000 * seconds)) / 16_000
    return (8000 * np.sin(2 * np.pi * (200 + 90 * number) * times_s)).astype(np.int16)


def colour(number: int) -> NDArray[np.uint8]:
    """Return a picture that tells its number by its colour, [24, 32, 3]."""
    shade = [(37 * number) % 256, (91 * number) % 256, (151 * number) % 256]
    return np.full((24, 32, 3), shade, dtype=np.uint8)


def write_wav(path: Path, samples: NDArray[np.int16]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(samples.tobytes())


def write_corpus(folder: Path, corpus_folder: Path) -> pd.DataFrame:
    """Write pictures, and the manifest (returned) and features of a tiny corpus's windows."""
    rng = np.random.default_rng(0)
    split = rng.permutation(np.repeat(list(SPLITS), list(SPLITS.values())))
    rows = []
    for number, part in enumerate(split):
        name = f"images/{number}.png"
        (corpus_folder / "images").mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(corpus_folder / name), colour(number)[:, :, ::-1])
        rows += [
            {
                **dict.fromkeys(COLUMNS, ""),
                "clip": f"{number}_{caption}",
                "split": part,
                "source": name,
                "image": name,
                "text": f"picture {number}, said {caption}",
                "samples": str(4000 + 700 * caption + 100 * number),
            }
            for caption in range(CAPTIONS)
        ]
    frame = pd.DataFrame(rows)
    write_manifest(folder / "manifest.csv", frame)
    samples = frame["samples"].astype(int).to_numpy()
    waves = np.zeros((len(frame), 163_840), np.int16)
    for row, count in enumerate(samples):
        waves[row, :count] = tone(row // CAPTIONS, 1.0)[:count]
    bands = np.zeros((len(frame), 40, 1024), np.float16)
    for row, count in enumerate(samples):
        true = 1 + count // 160
        level = -40 + 10 * rng.standard_normal((40, true))
        level[row // CAPTIONS % 40] = 0
        bands[row, :, :true] = level
    images = [corpus_folder / name for name in dict.fromkeys(frame["image"])]
    words = np.eye(len(images), dtype=np.float32)
    train = split == "train"
    deep = small_network(images, train, words[train], 0, folder / "image_deep.pt")
    for name, array in (
        ("caption", bands),
        ("image_deep", deep[np.arange(len(frame)) // CAPTIONS]),
        ("waves", waves),
    ):
        write_feature(folder / f"{name}.npy", array, units="none", settings={})
    return frame


def workspace(root: Path, settings: PaperSettings, seeds: list[int]) -> Workspace:
    """Return the edition smoke with these settings, results and data below `root`."""
    folders = {"results": str(root), "data": str(root / "data")}
    changes = {"captions": settings.model_dump(mode="json", exclude_unset=True)}
    values = {"edition": "smoke", "papers": ["captions"], "seeds": seeds, "overrides": changes}
    return Workspace.of({**values, **folders}, CONFIG)


def make_results(root: Path, settings: PaperSettings, seeds: list[int]) -> Path:
    """Train and evaluate everything on the tiny corpus; return the paper's folder."""
    edition = workspace(root, settings, seeds)
    write_corpus(edition.results.corpus(CORPUS, "captions"), edition.corpus_folder(CORPUS))
    for run in edition.plan("captions").runs(CORPUS):
        stages.train(edition, "captions", CORPUS, run.variant, run.seed, 1)
    stages.evaluate(edition, "captions", CORPUS, 1)
    return edition.results.paper("captions").root


def learnable_pairs(images: int = 12, captions: int = 3, frames: int = 96) -> Pairs:
    """Return pairs in which a band and a dimension of the feature tell the image."""
    rng = np.random.default_rng(1)
    image = torch.arange(images).repeat_interleave(captions)
    lengths = torch.from_numpy(rng.integers(40, frames, len(image)))
    bands = torch.from_numpy(rng.standard_normal((len(image), 40, frames)).astype(np.float16))
    bands[torch.arange(len(image)), image] += 8
    features = torch.eye(images) + 0.1 * torch.from_numpy(
        rng.standard_normal((images, images)).astype(np.float32)
    )
    return Pairs(bands, lengths, image, features, pd.DataFrame({"clip": image.tolist()}))
