"""Stand-in of the Places Audio Captions: drawn scenes, a spoken caption of each, JSON lists.

Differences from the published corpus: as of the Flickr8k stand-in; what the recogniser heard
(`asr_text`) is the caption with words left out, as a share of words fixed beforehand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from crossmodal.corpora.contents import write_contents
from crossmodal.files import write_json
from crossmodal.progress import progress
from crossmodal_standins import captions
from crossmodal_standins.scenes import Difficulty, draw_scene_picture
from crossmodal_standins.writing import write_jpeg, write_wav

_LISTS = {"train": "train", "validation": "dev", "test": "test"}
_UNHEARD = 0.08
"""Share of words missing in `asr_text`."""


def synthesize(
    folder: Path,
    *,
    images: int,
    seed: int,
    speakers: int = 60,
    size: tuple[int, int] = (256, 192),
    difficulty: Difficulty | None = None,
) -> None:
    """Write `metadata/{train,dev,test}.json`, `images/`, `wavs/`, `truth.csv`, `contents.csv`.

    Args, beside those of all generators (`writing`):
        images: How many, at least 8; one caption each.
        speakers: How many voices.
        size: Width and height of the pictures in px.
    """
    folder, difficulty = Path(folder), difficulty or Difficulty()
    scenes, voices = captions.begin(folder, [seed, 1], images, speakers)
    files: list[Path] = []
    entries: list[dict[str, Any]] = []
    for index, scene in enumerate(progress(scenes, title="describing", unit="image")):
        own = np.random.default_rng([seed, 1, index])
        speaker = int(own.integers(speakers))
        text = captions.describe(own, scene, difficulty)
        heard = [word for word in text.split() if own.random() >= _UNHEARD]
        entry = {
            "uttid": f"S{speaker + 1:04d}-{scene.place}_{index:08d}",
            "speaker": f"S{speaker + 1:04d}",
            "image": f"{scene.place[0]}/{scene.place}/{index:08d}.jpg",
            "wav": f"{speaker + 1}/utterance_{index:08d}.wav",
            "asr_text": " ".join(heard),
        }
        entries.append(entry)
        picture, sound = folder / "images" / entry["image"], folder / "wavs" / entry["wav"]
        files.append(write_jpeg(picture, draw_scene_picture(own, scene, size, difficulty)))
        spoken = captions.speak(own, text, voices[speaker], difficulty)
        files.append(write_wav(sound, spoken, captions.SPEECH_HZ))
    for split, part in captions.in_splits(entries).items():
        files.append(folder / "metadata" / f"{_LISTS[split]}.json")
        bases = {"image_base_path": "images", "audio_base_path": "wavs"}
        write_json(files[-1], bases | {"data": part})
    files.append(captions.write_truth(folder, [entry["image"] for entry in entries], scenes))
    write_contents(folder, files)
