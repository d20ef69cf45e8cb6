"""Reader of the Flickr 8k Audio Caption Corpus: five spoken captions of every image.

A folder holds `wavs/*.wav` (16 kHz), `wav2capt.txt` (wav, image, `#` and the caption's number),
`wav2spk.txt` (wav, speaker), `Flicker8k_Dataset/*.jpg` and the published split of the images in
`Flickr_8k.{train,dev,test}Images.txt`. The captions as text, `Flickr8k.token.txt` (image, `#`,
number, tabulator, text), are optional.

Source: Harwath, Glass, Deep multimodal semantic embeddings for speech and images, ASRU 2015.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from crossmodal.corpora.layout import (
    arrange,
    fields,
    files_below,
    lines,
    need_folder,
    no_repeats,
    with_durations,
)
from crossmodal.corpora.quarantine import LIMIT_SHARE, Quarantine, too_many
from crossmodal.errors import InputError

SPLIT_LISTS = {
    "train": "Flickr_8k.trainImages.txt",
    "validation": "Flickr_8k.devImages.txt",
    "test": "Flickr_8k.testImages.txt",
}
IMAGE_FOLDERS = ("Flicker8k_Dataset", "Flickr8k_Dataset")
"""Where the images lie: the archive's own spelling first."""


def read(
    folder: Path,
    *,
    durations: bool = True,
    limit_share: float = LIMIT_SHARE,
    quarantine: Quarantine | None = None,
) -> pd.DataFrame:
    """Read the published lists into a manifest.

    Args:
        durations: Read the header of every sound file; False leaves the times empty and does not
            notice unreadable files.
        quarantine: Receives the captions set aside: without sound, image or split.

    Returns:
        One row a spoken caption, uncut, in the order of `wav2capt.txt`. `clip` is the sound
        file's name without suffix, `person` the speaker, `source` the image (so that the captions
        of an image count as one source), `start_s` 0 and `end_s` the duration; `audio` and
        `image` are paths relative to the folder, `text` is the caption in words, or empty.

    Raises:
        InputError: A list is missing, has a wrong line or repeats itself, an image is in two
            splits, or too many captions are set aside.
    """
    folder = need_folder(folder)
    quarantine = Quarantine() if quarantine is None else quarantine
    frame = _captions(folder)
    total = len(frame)
    images = _image_folder(folder)
    present = {f"wavs/{name}" for name in files_below(folder / "wavs", ".wav")}
    present |= {f"{images}/{name}" for name in files_below(folder / images, ".jpg")}
    frame["image"] = images + "/" + frame["source"]
    frame["split"] = frame["source"].map(_splits(folder))
    for missing, column, reason in (
        (~frame["audio"].isin(present), "audio", "there is no such sound file"),
        (~frame["image"].isin(present), "image", "there is no such image"),
        (frame["split"].isna(), "image", "the image is in no split"),
        (frame["person"] == "", "audio", "the speaker is unknown"),
    ):
        frame = quarantine.sift(frame, missing[frame.index], column, reason)
    too_many(quarantine, total, limit_share, folder=folder)
    if durations:
        frame = with_durations(folder, frame, quarantine)
        too_many(quarantine, total, limit_share, folder=folder)
    return arrange(frame, folder, ["audio", "image", "text"])


def _captions(folder: Path) -> pd.DataFrame:
    """Join the lists: clip, person, source, audio, text."""
    path = folder / "wav2capt.txt"
    rows = fields(path, 3, "sound file, image and # with the caption's number")
    frame = pd.DataFrame(rows, columns=["wav", "source", "number"], dtype=str)
    no_repeats(frame["wav"], path)
    path = folder / "wav2spk.txt"
    speakers = dict(fields(path, 2, "sound file and speaker"))
    texts = _texts(folder / "Flickr8k.token.txt")
    return frame.assign(
        clip=frame["wav"].str.removesuffix(".wav"),
        audio="wavs/" + frame["wav"],
        person=[speakers.get(wav, "") for wav in frame["wav"]],
        text=[texts.get(name, "") for name in frame["source"] + frame["number"]],
        start_s=np.nan,
        end_s=np.nan,
    )


def _texts(path: Path) -> dict[str, str]:
    """Map image and caption number, as in `image.jpg#0`, to the caption; none without the list."""
    if not path.is_file():
        return {}
    parts = [line.partition("\t") for line in lines(path)]
    return {name.strip(): text.strip() for name, _, text in parts}


def _splits(folder: Path) -> dict[str, str]:
    """Map every image to its split."""
    split_of: dict[str, str] = {}
    for split, name in SPLIT_LISTS.items():
        for line in lines(folder / name):
            image = line.strip()
            if split_of.setdefault(image, split) != split:
                raise InputError(
                    f"{image!r} is in {split} and in {split_of[image]}",
                    file=folder / name,
                    hint="Keep it in one of the lists",
                )
    return split_of


def _image_folder(folder: Path) -> str:
    for name in IMAGE_FOLDERS:
        if (folder / name).is_dir():
            return name
    raise InputError(
        "there is no such folder",
        file=folder / IMAGE_FOLDERS[0],
        hint="Unpack the images of Flickr8k there",
    )
