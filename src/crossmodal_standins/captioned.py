"""What the stand-ins of the corpora of spoken captions share: scenes, voices, files, splits."""

from __future__ import annotations

import wave
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.files import atomic_path
from crossmodal.progress import progress
from crossmodal_standins.caption_texts import SPEECH_HZ, draw_voices
from crossmodal_standins.captions_scenes import (
    Difficulty,
    Scene,
    draw_scene_picture,
    draw_scenes,
)
from crossmodal_standins.people import Voice
from crossmodal_standins.photographs import jpeg

HELD_OUT_SHARE = 1 / 8
"""Of the images for validation, and as many for the test set, as published of Flickr8k."""

Item = TypeVar("Item")


def begin(
    folder: Path, key: Sequence[int], *, images: int, speakers: int
) -> tuple[list[Scene], list[Voice]]:
    """Draw what is described and who speaks; the folder counts as unfinished from now on.

    Args:
        folder: Where the stand-in is written.
        key: Seed of all that is drawn.
        images: How many scenes, at least 8.
        speakers: How many voices, at least 1.

    Raises:
        InputError: The numbers are out of range.
    """
    if images < 8 or speakers < 1:
        raise InputError(
            f"{images} images and {speakers} speakers are too few",
            field="images, speakers",
            hint="Ask for at least 8 images and 1 speaker",
        )
    (folder / "contents.csv").unlink(missing_ok=True)
    generator = np.random.default_rng(key)
    return draw_scenes(generator, images), draw_voices(generator, speakers)


def one_by_one(
    scenes: Sequence[Scene], key: Sequence[int]
) -> Iterator[tuple[int, Scene, np.random.Generator]]:
    """Yield each scene with its number and a generator of its own, showing progress."""
    for index, scene in enumerate(progress(scenes, title="describing", unit="image")):
        yield index, scene, np.random.default_rng([*key, index])


def write_picture(
    path: Path,
    generator: np.random.Generator,
    scene: Scene,
    size: tuple[int, int],
    difficulty: Difficulty,
) -> Path:
    """Draw a scene and write it as JPEG; `size` is width and height in px."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(jpeg(draw_scene_picture(generator, scene, size, difficulty)))
    return path


def write_mono(path: Path, samples: NDArray[np.int16]) -> Path:
    """Write 16-bit samples, [samples] at 16,000 Hz, as mono WAV."""
    with atomic_path(path) as temporary, wave.open(str(temporary), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(SPEECH_HZ)
        stream.writeframes(samples.astype("<i2").tobytes())
    return path


def write_truth(folder: Path, names: list[str], scenes: list[Scene]) -> Path:
    """Write `truth.csv`, a row an image: its name and what it shows."""
    frame = pd.DataFrame([asdict(scene) for scene in scenes])
    frame.insert(0, "image", names)
    path = folder / "truth.csv"
    with atomic_path(path) as temporary:
        frame.to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8")
    return path


def in_splits(items: list[Item]) -> dict[str, list[Item]]:
    """Deal images to splits: the last are the test set, those before them validation."""
    held = max(1, round(HELD_OUT_SHARE * len(items)))
    return {
        "train": items[: -2 * held],
        "validation": items[-2 * held : -held],
        "test": items[-held:],
    }
