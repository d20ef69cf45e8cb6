"""Stand-in of the Places Audio Captions: drawn scenes, a spoken caption of each, JSON lists.

Differences from the published corpus: as of the Flickr8k stand-in; what the recogniser heard
(`asr_text`) is the caption with words left out, as a share of words fixed beforehand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crossmodal.corpora.contents import write_contents
from crossmodal.files import write_json
from crossmodal_standins.caption_texts import describe, speak
from crossmodal_standins.captioned import (
    begin,
    in_splits,
    one_by_one,
    write_mono,
    write_picture,
    write_truth,
)
from crossmodal_standins.captions_scenes import Difficulty

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

    Args:
        folder: Where to write; files of the same names are replaced.
        images: How many, at least 8; one caption each.
        seed: The same seed gives the same bytes.
        speakers: How many voices.
        size: Width and height of the pictures in px.
        difficulty: None takes the default one.

    Raises:
        InputError: The numbers are out of range.
    """
    folder, difficulty = Path(folder), difficulty or Difficulty()
    key = [seed, 1]
    scenes, voices = begin(folder, key, images=images, speakers=speakers)
    files: list[Path] = []
    entries: list[dict[str, Any]] = []
    for index, scene, own in one_by_one(scenes, key):
        speaker = int(own.integers(speakers))
        text = describe(own, scene, difficulty)
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
        files.append(write_picture(picture, own, scene, size, difficulty))
        files.append(write_mono(sound, speak(own, text, voices[speaker], difficulty)))
    for split, part in in_splits(entries).items():
        files.append(folder / "metadata" / f"{_LISTS[split]}.json")
        bases = {"image_base_path": "images", "audio_base_path": "wavs"}
        write_json(files[-1], {**bases, "data": part})
    files.append(write_truth(folder, [entry["image"] for entry in entries], scenes))
    write_contents(folder, files)
