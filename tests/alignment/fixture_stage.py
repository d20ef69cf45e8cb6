"""Run the alignment stage on a small corpus, and write the clips such corpora are made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fixture_media as media
import numpy as np
import pandas as pd
import soundfile
from numpy.typing import NDArray
from PIL import Image

from crossmodal.alignment.merge import merge_shards
from crossmodal.alignment.stage import align
from crossmodal.corpora.manifest import COLUMNS, read_manifest, write_manifest
from crossmodal.corpora.quarantine import read_quarantine

RATE_HZ = 44_100


@dataclass(frozen=True)
class Result:
    """What the stage left."""

    folder: Path
    rows: pd.DataFrame
    waves: NDArray[np.int16]
    pictures: NDArray[np.uint8]
    aside: dict[str, str]


def run_stage(
    corpus: str,
    kind: str,
    folder: Path,
    manifest: pd.DataFrame,
    *,
    shards: int = 1,
    limit_share: float = 0.05,
    **settings: Any,
) -> Result:
    """Align a corpus in some shards and join them, in a folder beside it."""
    work = folder.with_name(f"{folder.name}-{kind}-{shards}")
    table = work / "manifest.csv"
    write_manifest(table, manifest)
    parts = [work / "shards" / str(shard) for shard in range(shards)]
    for shard, part in enumerate(parts):
        align(corpus, kind, folder, table, settings, shard, shards, part)
    out = work / "windows"
    merge_shards(parts, out, limit_share)
    rows = read_manifest(out / "manifest.csv")
    waves, pictures = (np.load(out / f"{name}.npy") for name in ("waves", "pictures"))
    assert len(rows) == len(waves) == len(pictures)
    aside = {row.clip: row.reason for row in read_quarantine(out / "quarantine.csv").rows}
    return Result(out, rows, waves, pictures, aside)


def manifest_of(clips: list[dict[str, Any]]) -> pd.DataFrame:
    """Make a manifest: columns that a clip does not name are empty."""
    frame = pd.DataFrame(clips)
    empty: dict[str, Any] = dict.fromkeys(COLUMNS, "") | {"split": "train"}
    empty |= {"start_s": np.nan, "end_s": np.nan}
    missing = {name: value for name, value in empty.items() if name not in frame}
    own = [name for name in frame if name not in COLUMNS]
    return frame.assign(**missing)[[*COLUMNS, *own]]


def own_videos(names: list[str]) -> pd.DataFrame:
    """Make the manifest of a folder of one's own videos, each one row."""
    return manifest_of([{"clip": name, "source": name, "file": name} for name in names])


def tone(seconds: float, rate_hz: int = RATE_HZ, hz: float = 440.0) -> NDArray[np.float32]:
    """Return a tone [samples]."""
    wave = 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)
    return wave.astype(np.float32)


def write_video(path: Path, seconds: float = 1.2, **settings: Any) -> Path:
    """Write a video at 25 frames a second, numbered, with a click every 0.25 s."""
    sound = media.Sound(
        media.clicks(np.arange(0.1, seconds - 0.1, 0.25).tolist(), seconds, RATE_HZ)
    )
    times_ms = range(0, round(seconds * 1000), 40)
    return media.write_media(path, times_ms, settings.pop("sounds", [sound]), **settings)


def write_wav(path: Path, samples: NDArray[np.float32], rate_hz: int = RATE_HZ) -> Path:
    """Write a wav file of 16 bits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(str(path), samples, rate_hz, subtype="PCM_16")
    return path


def write_jpeg(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (96, 72)) -> Path:
    """Write a picture of one colour with a white dot in its upper left corner."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size, colour)
    image.paste((255, 255, 255), (0, 0, 4, 4))
    image.save(path, quality=95)
    return path


def cut_off(path: Path, share: float = 0.5) -> Path:
    """Drop the end of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: round(len(content) * share)])
    return path
