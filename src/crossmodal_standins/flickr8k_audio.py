"""Stand-in of the Flickr 8k Audio Caption Corpus: drawn scenes, five spoken captions of each.

Differences from the published corpus: speakers are voices of a synthesizer, captions come from a
grammar, and what each scene shows is known (`truth.csv`).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from crossmodal.corpora.contents import write_contents
from crossmodal.corpora.flickr8k_audio import IMAGE_FOLDERS, SPLIT_LISTS
from crossmodal.progress import progress
from crossmodal_standins import captions
from crossmodal_standins.scenes import Difficulty, draw_scene_picture
from crossmodal_standins.writing import write_jpeg, write_lines, write_wav

CAPTIONS = 5


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

    `truth.csv` has a row an image: its name and the fields of its `scenes.Scene`.

    Args, beside those of all generators (`writing`):
        images: How many, at least 8; five captions each.
        speakers: How many voices; each caption is spoken by one drawn anew.
        size: Width and height of the pictures in px.
    """
    folder, difficulty = Path(folder), difficulty or Difficulty()
    scenes, voices = captions.begin(folder, [seed], images, speakers)
    names = _names(seed, images)
    files: list[Path] = []
    lines: dict[str, list[str]] = {"wav2capt.txt": [], "wav2spk.txt": [], "Flickr8k.token.txt": []}
    for index, scene in enumerate(progress(scenes, title="describing", unit="image")):
        own = np.random.default_rng([seed, index])
        picture = folder / IMAGE_FOLDERS[0] / f"{names[index]}.jpg"
        files.append(write_jpeg(picture, draw_scene_picture(own, scene, size, difficulty)))
        for number in range(CAPTIONS):
            text = captions.describe(own, scene, difficulty)
            speaker = int(own.integers(speakers))
            sound = folder / "wavs" / f"{names[index]}_{number}.wav"
            spoken = captions.speak(own, text, voices[speaker], difficulty)
            files.append(write_wav(sound, spoken, captions.SPEECH_HZ))
            lines["wav2capt.txt"].append(f"{sound.name} {picture.name} #{number}")
            lines["wav2spk.txt"].append(f"{sound.name} {speaker + 1}")
            lines["Flickr8k.token.txt"].append(f"{picture.name}#{number}\t{text} .")
    pictures = [f"{name}.jpg" for name in names]
    lines |= {SPLIT_LISTS[split]: part for split, part in captions.in_splits(pictures).items()}
    files += [write_lines(folder / name, rows) for name, rows in lines.items()]
    files.append(captions.write_truth(folder, pictures, scenes))
    write_contents(folder, files)


def _names(seed: int, count: int) -> list[str]:
    """Name images as Flickr's were: a number and a code."""
    texts = (f"{seed} {index}".encode() for index in range(count))
    codes = (hashlib.md5(text, usedforsecurity=False).hexdigest()[:10] for text in texts)
    return [f"{1_000_000_000 + 7919 * index}_{code}" for index, code in enumerate(codes)]
