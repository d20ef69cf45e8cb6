"""Stand-in of the Flickr 8k Audio Caption Corpus: drawn scenes, five spoken captions of each.

Differences from the published corpus: speakers are voices of a synthesizer, captions come from a
grammar, and what each scene shows is known (`truth.csv`).
"""

from __future__ import annotations

import hashlib
import wave
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.corpora.flickr8k_audio import IMAGE_FOLDERS, SPLIT_LISTS
from crossmodal.corpora.synthetic.caption_texts import SPEECH_HZ, describe, draw_voices, speak
from crossmodal.corpora.synthetic.captions_scenes import (
    Difficulty,
    Scene,
    draw_scene_picture,
    draw_scenes,
)
from crossmodal.corpora.synthetic.contents import write_contents
from crossmodal.corpora.synthetic.painting import jpeg
from crossmodal.errors import InputError
from crossmodal.files import atomic_path, write_text
from crossmodal.progress import progress

CAPTIONS = 5
HELD_OUT_SHARE = 1 / 8
"""Of the images for validation, and as many for the test set, as published."""


def synthesize(
    folder: Path,
    *,
    images: int,
    seed: int,
    speakers: int = 60,
    size: tuple[int, int] = (256, 192),
    difficulty: Difficulty | None = None,
) -> None:
    """Write the published layout, `truth.csv`, last `contents.csv`.

    `truth.csv` has a row an image: its name and the fields of its `captions_scenes.Scene`.

    Args:
        folder: Where to write; files of the same names are replaced.
        images: How many, at least 8; five captions each.
        seed: The same seed gives the same bytes.
        speakers: How many voices; each caption is spoken by one drawn anew.
        size: Width and height of the pictures in px.
        difficulty: None takes the default one.

    Raises:
        InputError: The numbers are out of range.
    """
    if images < 8 or speakers < 1:
        raise InputError(
            f"{images} images and {speakers} speakers are too few",
            field="images, speakers",
            mend="Ask for at least 8 images and 1 speaker",
        )
    folder, difficulty = Path(folder), difficulty or Difficulty()
    (folder / "contents.csv").unlink(missing_ok=True)
    generator = np.random.default_rng(seed)
    scenes = draw_scenes(generator, images)
    voices = draw_voices(generator, speakers)
    names = _names(seed, images)
    files: list[Path] = []
    lines: dict[str, list[str]] = {"wav2capt.txt": [], "wav2spk.txt": [], "Flickr8k.token.txt": []}
    for index, scene in enumerate(progress(scenes, title="describing", unit="image")):
        own = np.random.default_rng([seed, index])
        picture = folder / IMAGE_FOLDERS[0] / f"{names[index]}.jpg"
        with atomic_path(picture) as temporary:
            temporary.write_bytes(jpeg(draw_scene_picture(own, scene, size, difficulty)))
        files.append(picture)
        for number in range(CAPTIONS):
            text = describe(own, scene, difficulty)
            speaker = int(own.integers(speakers))
            sound = folder / "wavs" / f"{names[index]}_{number}.wav"
            write_mono(sound, speak(own, text, voices[speaker], difficulty))
            files.append(sound)
            lines["wav2capt.txt"].append(f"{sound.name} {picture.name} #{number}")
            lines["wav2spk.txt"].append(f"{sound.name} {speaker + 1}")
            lines["Flickr8k.token.txt"].append(f"{picture.name}#{number}\t{text} .")
    lines |= _split(names)
    for name, rows in lines.items():
        files.append(folder / name)
        write_text(files[-1], "\n".join(rows) + "\n")
    files.append(write_truth(folder, [f"{name}.jpg" for name in names], scenes))
    write_contents(folder, files)


def write_mono(path: Path, samples: NDArray[np.int16]) -> None:
    """Write 16-bit samples, [samples] at 16,000 Hz, as mono WAV."""
    with atomic_path(path) as temporary, wave.open(str(temporary), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(SPEECH_HZ)
        stream.writeframes(samples.astype("<i2").tobytes())


def write_truth(folder: Path, names: list[str], scenes: list[Scene]) -> Path:
    """Write `truth.csv`, a row an image: its name and what it shows."""
    frame = pd.DataFrame([asdict(scene) for scene in scenes])
    frame.insert(0, "image", names)
    path = folder / "truth.csv"
    with atomic_path(path) as temporary:
        frame.to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8")
    return path


def _names(seed: int, count: int) -> list[str]:
    """Name images as Flickr's were: a number and a code."""
    codes = [
        hashlib.md5(f"{seed} {index}".encode(), usedforsecurity=False).hexdigest()
        for index in range(count)
    ]
    return [f"{1_000_000_000 + 7919 * index}_{code[:10]}" for index, code in enumerate(codes)]


def _split(names: list[str]) -> dict[str, list[str]]:
    """Return the published lists: the last images are the test set, those before validation."""
    held = max(1, round(HELD_OUT_SHARE * len(names)))
    pictures = [f"{name}.jpg" for name in names]
    parts = {
        "train": pictures[: -2 * held],
        "validation": pictures[-2 * held : -held],
        "test": pictures[-held:],
    }
    return {SPLIT_LISTS[split]: part for split, part in parts.items()}
