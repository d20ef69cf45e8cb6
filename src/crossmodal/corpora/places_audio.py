"""Reader of the Places Audio Captions: spoken captions of images of Places205.

A folder holds JSON files with `image_base_path`, `audio_base_path` and `data`, a list of entries
`image`, `wav`, `speaker`, `uttid` and `asr_text` (what a recogniser heard). The name of a file
says its split: `train*`, `dev*` or `val*`, `test*`; the release of 2020 has `dev_seen`,
`dev_unseen`, `test_seen` and `test_unseen`, of speakers that are in the training set and of
others. The base paths are those of its makers' machines, so files are looked for under the base
path, under the last part of it, beside the JSON file and in the corpus folder itself, images also
under `images/`.

Source: Harwath, Torralba, Glass, Unsupervised learning of spoken language with visual context,
NIPS 2016.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from crossmodal.corpora.layout import (
    arrange,
    choose,
    files_below,
    need_folder,
    no_repeats,
    with_durations,
)
from crossmodal.corpora.quarantine import LIMIT_SHARE, Quarantine, too_many
from crossmodal.errors import InputError

PREFIXES = {"train": "train", "dev": "validation", "val": "validation", "test": "test"}
"""Start of a JSON file's name -> split."""

SPEAKERS = ("both", "seen", "unseen")
ENTRY = ("image", "wav", "speaker", "uttid")
"""Fields that every entry has; `asr_text` may be missing."""

_TRIED = 100


def read(
    folder: Path,
    *,
    speakers: str = "both",
    durations: bool = False,
    limit_share: float = LIMIT_SHARE,
    quarantine: Quarantine | None = None,
) -> pd.DataFrame:
    """Read the published lists into a manifest.

    Args:
        speakers: Which validation and test files of the release of 2020 to read: "both", those of
            "seen" or those of "unseen" speakers; files that do not say are always read.
        durations: Read the header of every sound file, which takes minutes for 400,000 of them;
            False leaves the times empty and does not notice unreadable files.

    Returns:
        One row a spoken caption, uncut, in the order of the files (train, validation, test, by
        name within each). `clip` is the utterance's id, `person` the speaker, `source` the image;
        `audio` and `image` are paths relative to the folder, `text` is what the recogniser heard,
        `subset` the name of the JSON file without suffix.

    Raises:
        InputError: There is no list, one is not JSON or lacks a field, an utterance stands there
            twice, or too many captions are set aside.
    """
    folder = need_folder(folder)
    choose(speakers, SPEAKERS, "speakers")
    quarantine = Quarantine() if quarantine is None else quarantine
    present = frozenset(files_below(folder, ".wav", ".jpg"))
    frame = pd.concat(
        [_entries(folder, name, split, present) for name, split in _lists(folder, speakers)],
        ignore_index=True,
    )
    no_repeats(frame["clip"], folder)
    total = len(frame)
    no_sound = ~frame["audio"].isin(present)
    frame = quarantine.sift(frame, no_sound, "audio", "there is no such sound file")
    no_image = ~frame["image"].isin(present)
    frame = quarantine.sift(frame, no_image, "image", "there is no such image")
    too_many(quarantine, total, limit_share, folder=folder)
    if durations:
        frame = with_durations(folder, frame, quarantine)
        too_many(quarantine, total, limit_share, folder=folder)
    return arrange(frame, folder, ["audio", "image", "text", "subset"])


def _lists(folder: Path, speakers: str) -> list[tuple[str, str]]:
    """Return path and split of the JSON files to read, in the order of the splits."""
    found = []
    for name in files_below(folder, ".json"):
        stem = PurePosixPath(name).stem
        subset = stem.split("_")
        splits = [split for prefix, split in PREFIXES.items() if stem.startswith(prefix)]
        wanted = speakers == "both" or not {"seen", "unseen"} & set(subset) or speakers in subset
        if splits and wanted:
            found.append((name, splits[0]))
    if not found:
        raise InputError(
            "there is no train*.json, dev*.json, val*.json or test*.json",
            file=folder,
            hint="Point at a folder in the published layout",
        )
    order = list(dict.fromkeys(PREFIXES.values()))
    return sorted(found, key=lambda entry: (order.index(entry[1]), entry[0]))


def _entries(folder: Path, name: str, split: str, present: frozenset[str]) -> pd.DataFrame:
    path = folder / name
    content = _load(path)
    entries = content.get("data") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries:
        raise InputError(
            "there is no list of entries", file=path, field="data", hint="Download the file again"
        )
    for number, entry in enumerate(entries):
        missing = [key for key in ENTRY if not isinstance(entry, dict) or not entry.get(key)]
        if missing:
            raise InputError(
                f"{missing[0]!r} is missing",
                file=path,
                field=f"data[{number}]",
                hint="Download the file again",
            )
    wavs = [entry["wav"] for entry in entries]
    images = [entry["image"] for entry in entries]
    beside = PurePosixPath(name).parent.as_posix()
    sound = _base(content.get("audio_base_path"), [beside, "."], wavs, present)
    picture = _base(content.get("image_base_path"), ["images", beside, "."], images, present)
    return pd.DataFrame(
        {
            "clip": [entry["uttid"] for entry in entries],
            "split": split,
            "person": [entry["speaker"] for entry in entries],
            "source": images,
            "audio": [(sound / wav).as_posix() for wav in wavs],
            "image": [(picture / image).as_posix() for image in images],
            "text": [entry.get("asr_text", "") for entry in entries],
            "subset": PurePosixPath(name).stem,
        },
        dtype=str,
    )


def _load(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            f"not readable JSON ({error})", file=path, hint="Download the file again"
        ) from error


def _base(
    given: object, others: Sequence[str], names: Sequence[str], present: frozenset[str]
) -> PurePosixPath:
    """Return the folder under which the most of the first names lie."""
    base = PurePosixPath(given if isinstance(given, str) else ".")
    own = [] if base.is_absolute() else [base]
    tried = [*own, PurePosixPath(base.name), *(PurePosixPath(other) for other in others)]
    some = names[:_TRIED]
    return max(tried, key=lambda path: sum((path / name).as_posix() in present for name in some))
