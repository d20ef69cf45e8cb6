"""Stand-in of the Places Audio Captions: drawn scenes, a spoken caption of each, JSON lists.

Differences from the published corpus: as of the Flickr8k stand-in; what the recogniser heard
(`asr_text`) is the caption with words left out, as a share of words fixed beforehand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from crossmodal.corpora.synthetic.caption_texts import describe, draw_voices, speak
from crossmodal.corpora.synthetic.captions_scenes import (
    Difficulty,
    draw_scene_picture,
    draw_scenes,
)
from crossmodal.corpora.synthetic.contents import write_contents
from crossmodal.corpora.synthetic.flickr8k_audio import write_mono, write_truth
from crossmodal.corpora.synthetic.painting import jpeg
from crossmodal.errors import InputError
from crossmodal.files import atomic_path, write_json
from crossmodal.progress import progress

HELD_OUT_SHARE = 1 / 8
"""Of the images for validation, and as many for the test set."""

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
    if images < 8 or speakers < 1:
        raise InputError(
            f"{images} images and {speakers} speakers are too few",
            field="images, speakers",
            mend="Ask for at least 8 images and 1 speaker",
        )
    folder, difficulty = Path(folder), difficulty or Difficulty()
    (folder / "contents.csv").unlink(missing_ok=True)
    generator = np.random.default_rng([seed, 1])
    scenes = draw_scenes(generator, images)
    voices = draw_voices(generator, speakers)
    files: list[Path] = []
    entries: list[dict[str, Any]] = []
    for index, scene in enumerate(progress(scenes, title="describing", unit="image")):
        own = np.random.default_rng([seed, 1, index])
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
        picture = folder / "images" / entry["image"]
        with atomic_path(picture) as temporary:
            temporary.write_bytes(jpeg(draw_scene_picture(own, scene, size, difficulty)))
        sound = folder / "wavs" / entry["wav"]
        write_mono(sound, speak(own, text, voices[speaker], difficulty))
        entries.append(entry)
        files += [picture, sound]
    held = max(1, round(HELD_OUT_SHARE * images))
    parts = {
        "train": entries[: -2 * held],
        "dev": entries[-2 * held : -held],
        "test": entries[-held:],
    }
    for name, part in parts.items():
        files.append(folder / "metadata" / f"{name}.json")
        bases = {"image_base_path": "images", "audio_base_path": "wavs"}
        write_json(files[-1], {**bases, "data": part})
    files.append(write_truth(folder, [entry["image"] for entry in entries], scenes))
    write_contents(folder, files)
