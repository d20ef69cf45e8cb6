"""Reader of VoxCeleb1: utterances of celebrities and faces from the same videos.

A folder holds `iden_split.txt` (phase 1, 2 or 3, and the sound file), `vox1_meta.csv` (separated
by tabulators: id, name, gender, nationality, set), `wav/<id>/<video>/<number>.wav` (16 kHz) and
`unzippedFaces/<name>/1.6/<video>/<track>/*.jpg`. The numbers of the face tracks are not those of
the utterances, so a voice is joined to the faces by video.

Source: Nagrani, Chung, Zisserman, VoxCeleb: a large-scale speaker identification dataset,
Interspeech 2017. In the published split every person is in training, validation and test set.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from crossmodal.corpora.layout import (
    arrange,
    choose,
    files_below,
    lines,
    need_folder,
    no_repeats,
    with_durations,
)
from crossmodal.corpora.manifest import read_table
from crossmodal.corpora.quarantine import LIMIT_SHARE, Quarantine, too_many
from crossmodal.corpora.splits import deal
from crossmodal.errors import InputError

LIST = "iden_split.txt"
META = "vox1_meta.csv"
META_COLUMNS = ("VoxCeleb1 ID", "VGGFace1 ID", "Gender", "Nationality")
FACES = "unzippedFaces"
FACE_SCALE = "1.6"
PHASES = {"1": "train", "2": "validation", "3": "test"}
GENDERS = {"m": "male", "f": "female"}
SPLITS = ("published", "identity")

_ENTRY = r"^(?P<phase>\S+)\s+(?P<path>(?P<person>id\d+)/(?P<video>[^/\s]+)/[^/\s]+\.wav)\s*$"


def read(
    folder: Path,
    *,
    split: str = "published",
    validation: float = 0.05,
    test: float = 0.1,
    seed: int = 0,
    durations: bool = False,
    limit_share: float = LIMIT_SHARE,
    quarantine: Quarantine | None = None,
) -> pd.DataFrame:
    """Read the published lists into a manifest.

    Args:
        split: "published": by `iden_split.txt`, the same people on all sides; "identity": people
            are dealt, men and women each by the shares, none stands on two sides.
        validation: Share of the people for validation, for "identity".
        test: Share of the people for the test set, for "identity".
        seed: Decides the split, for "identity".
        durations: Read the header of every sound file, which takes a minute for 150,000 of them;
            False leaves the times empty and does not notice unreadable files.
        quarantine: Receives the utterances set aside: of unknown people, without sound or faces.

    Returns:
        One row an utterance, uncut, in the order of `iden_split.txt`. `clip` is its path without
        suffix, `person` the id, `label` the name as in `vox1_meta.csv`, `source` id and video;
        `audio` is the sound file and `faces` the folder of the video's face tracks, relative to
        the corpus folder; `gender` is "male" or "female", `nationality` as in `vox1_meta.csv`.

    Raises:
        InputError: A list is missing, has a wrong line or header or repeats itself, or too many
            utterances are set aside.
    """
    folder = need_folder(folder)
    choose(split, SPLITS, "split")
    quarantine = Quarantine() if quarantine is None else quarantine
    frame = _utterances(folder / LIST)
    people = _people(folder / META)
    total = len(frame)
    unknown = ~frame["person"].isin(people.index)
    frame = quarantine.sift(frame, unknown, "audio", f"the person is not in {META}")
    frame = frame.join(people, on="person")
    present = {f"wav/{name}" for name in files_below(folder / "wav", ".wav")}
    no_sound = ~frame["audio"].isin(present)
    frame = quarantine.sift(frame, no_sound, "audio", "there is no such sound file")
    frame = _with_faces(folder, frame, quarantine)
    too_many(quarantine, total, limit_share, folder=folder)
    if durations:
        frame = with_durations(folder, frame, quarantine)
        too_many(quarantine, total, limit_share, folder=folder)
    if split == "identity":
        frame["split"] = deal(
            frame["person"].tolist(),
            validation=validation,
            test=test,
            seed=seed,
            strata=frame["gender"].tolist(),
        )
    return arrange(frame, folder, ["audio", "faces", "gender", "nationality"])


def _utterances(path: Path) -> pd.DataFrame:
    """Read the list of utterances: clip, split, person, source, video, audio."""
    entries = pd.Series(lines(path), dtype=str)
    frame = entries.str.extract(_ENTRY)
    wrong = frame["path"].isna() | ~frame["phase"].isin(list(PHASES))
    if wrong.any():
        number = int(np.argmax(wrong))
        raise InputError(
            f"{entries[number]!r} is no phase from 1 to 3 and a path id/video/number.wav",
            file=path,
            field=f"entry {number + 1}",
            hint="Download the file again",
        )
    no_repeats(frame["path"], path)
    return pd.DataFrame(
        {
            "clip": frame["path"].str.removesuffix(".wav"),
            "split": frame["phase"].map(PHASES),
            "person": frame["person"],
            "source": frame["person"] + "/" + frame["video"],
            "video": frame["video"],
            "audio": "wav/" + frame["path"],
        }
    )


def _people(path: Path) -> pd.DataFrame:
    """Read the people, indexed by id: label, gender, nationality."""
    lines(path)
    meta = read_table(path, hint="Download the file again", separator="\t")
    missing = [name for name in META_COLUMNS if name not in meta]
    if missing:
        raise InputError(
            f"the header lacks {missing[0]!r}",
            file=path,
            hint=f"Start with the columns {', '.join(META_COLUMNS)}, separated by tabulators",
        )
    no_repeats(meta["VoxCeleb1 ID"], path)
    gender = meta["Gender"].str.strip().str.lower()
    return pd.DataFrame(
        {
            "label": meta["VGGFace1 ID"].str.strip().tolist(),
            "gender": gender.map(GENDERS).fillna("").tolist(),
            "nationality": meta["Nationality"].str.strip().tolist(),
        },
        index=meta["VoxCeleb1 ID"].str.strip(),
        dtype=str,
    )


def _with_faces(folder: Path, frame: pd.DataFrame, quarantine: Quarantine) -> pd.DataFrame:
    """Add the folder of the video's faces; the utterances of videos without any are set aside."""
    top = folder / FACES
    if not top.is_dir():
        raise InputError("there is no such folder", file=top, hint="Unpack the cropped faces there")
    found = {
        (person.name, video.name)
        for person in top.iterdir()
        for video in _folders(person / FACE_SCALE)
    }
    # Some unpackers drop the full stop at the end of a folder's name ("Robert_Downey_Jr.").
    people = {person for person, _ in found}
    named = {
        label: label if label in people else label.rstrip(".") for label in set(frame["label"])
    }
    person = frame["label"].map(named)
    frame = frame.assign(faces=f"{FACES}/" + person + f"/{FACE_SCALE}/" + frame["video"])
    pairs = zip(person, frame["video"], strict=True)
    without = pd.Series([pair not in found for pair in pairs], index=frame.index, dtype=bool)
    return quarantine.sift(frame, without, "faces", "there are no faces of the video")


def _folders(path: Path) -> list[Path]:
    return [entry for entry in path.iterdir() if entry.is_dir()] if path.is_dir() else []
