"""Tiny settings and pairs of the CMCGAN paper: stripes that sound by their distance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from crossmodal.config import overlay, read_yaml
from crossmodal.corpora.manifest import COLUMNS
from crossmodal.papers.cmcgan.data import Pairs
from crossmodal.papers.cmcgan.layers import Shape
from crossmodal.papers.cmcgan.settings import PaperSettings

CONFIG = Path(__file__).parents[3] / "config"
TINY = Shape((16, 16), (16, 16), 4)
CLASSES = ["cello", "flute", "horn"]


_SHORT = {"epochs": 1, "batch": 8}
TINY_CHANGES: dict[str, Any] = {
    "sizes": {"picture_px": 16, "bands": 16, "steps": 16, "width": 4},
    "models": {
        "classifier": _SHORT,
        "fusion": _SHORT,
        "cmcgan": _SHORT | {"decay": True},
        "translator": _SHORT | {"source_epochs": 1},
    },
}


def paper_settings(**changes: Any) -> PaperSettings:
    """Return the paper's settings with tiny networks, one epoch, and further changes."""
    values = read_yaml(CONFIG / "papers" / "cmcgan.yaml")
    return PaperSettings.model_validate(overlay(values, TINY_CHANGES, changes))


def make_pairs(count: int, seed: int = 0, side: int = 16) -> Pairs:
    """Return pairs whose picture and sound are decided by the class, but for a little noise."""
    source = torch.Generator().manual_seed(seed)
    label = torch.arange(count) % len(CLASSES)
    wave = torch.sin(torch.arange(side) * (label[:, None] + 1) * 0.7)
    noise = 0.05 * torch.randn(count, 3, side, side, generator=source)
    colours = torch.tensor([[0.9, -0.6, 0.3], [-0.6, 0.3, 0.9], [0.3, 0.9, -0.6]])
    colour = colours[label][:, :, None, None]
    picture = (wave[:, None, None, :] * colour + noise).clamp(-1, 1)
    sound = (0.8 * wave[:, None, :, None].expand(-1, -1, -1, side)).contiguous()
    pixels = ((picture + 1) * 127.5).round().to(torch.uint8)
    return Pairs(pixels, sound, label, [f"clip{i}" for i in range(count)], CLASSES)


def write_corpus(folder: Path, per_split: int = 12) -> None:
    """Write a corpus folder as the alignment leaves it: manifest, pictures and log-mels."""
    splits = ["train"] * 2 * per_split + ["validation"] * per_split + ["test"] * per_split
    pairs = make_pairs(len(splits))
    frame = pd.DataFrame({"clip": pairs.clips, "split": splits})
    frame["label"] = [CLASSES[label] for label in pairs.label.tolist()]
    frame["source"] = [f"{label}{i % 4}" for i, label in enumerate(frame["label"])]
    frame = frame.reindex(columns=list(COLUMNS))
    frame["split_random"] = splits[::-1]
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / "manifest.csv", index=False)
    pictures = pairs.picture.permute(0, 2, 3, 1).repeat_interleave(8, 1).repeat_interleave(8, 2)
    np.save(folder / "pictures.npy", pictures.numpy())
    levels = 65 * (pairs.sound[:, 0] + 1) - 90
    np.save(folder / "log_mel.npy", levels.repeat_interleave(8, 1).repeat_interleave(2, 2).numpy())
