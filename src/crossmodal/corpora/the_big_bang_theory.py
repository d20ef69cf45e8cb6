"""Reader of The Big Bang Theory: faces and voices of five characters, in three layouts.

- `episodes`: episodes a user owns, `episodes/sXXeYY.mp4`, each with a speaker track
  `episodes/sXXeYY.csv` (`start_s,end_s,person`: who speaks when). One row a turn.
- `released`: `face-images/sXXeYY/<person>/*.jpg` and `speaking-audio/sXXeYY/*.wav`, where all
  that a person says in an episode is merged into one file. A file's name holds the person's name,
  or a label that `labels.txt` (name and label a line) explains. Voices are released for more
  episodes than faces; an episode without faces makes no rows. One row a sound file, joined to the
  folder of the same person's faces in the same episode: matched by person, not by time.
- `prepared`: the makers' feature arrays, see `prepared_arrays`. One row a window of 0.5 s.

Source: Ren, Hu, Tai, Wang, Xu, Sun, Yan, Look, listen and learn: a multimodal LSTM for speaker
identification, AAAI 2016.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from crossmodal.corpora import prepared_arrays
from crossmodal.corpora.layout import (
    arrange,
    choose,
    files_below,
    lines,
    need_folder,
    with_durations,
)
from crossmodal.corpora.manifest import read_table
from crossmodal.corpora.prepared_arrays import PEOPLE
from crossmodal.corpora.quarantine import LIMIT_SHARE, Quarantine, too_many
from crossmodal.corpora.splits import deal
from crossmodal.errors import InputError

OTHERS = "other"
"""Everyone who is none of the five; their faces and turns make no rows."""

LAYOUTS = ("episodes", "released", "prepared")
SPLITS = ("episode", "random", "published")
TRACK = ("start_s", "end_s", "person")
FACES = "face-images"
VOICES = "speaking-audio"
EXTRA = {"episodes": ["video"], "released": ["audio", "faces", "face_images"]}
"""Columns of the manifest beside those of every manifest, by layout."""

_EPISODE = re.compile(r"s\d\de\d\d")


def read(
    folder: Path,
    *,
    layout: str | None = None,
    split: str | None = None,
    validation: float | Sequence[str] = 0.1,
    test: float | Sequence[str] = 0.2,
    seed: int = 0,
    limit_share: float = LIMIT_SHARE,
    quarantine: Quarantine | None = None,
) -> pd.DataFrame:
    """Read what lies in a folder into a manifest.

    Args:
        layout: "episodes", "released" or "prepared"; None: the first of them that is there.
        split: "episode" (default): an episode stands on one side; "random": rows are dealt one
            by one (as the paper does with windows, which a later stage has to deal again);
            "published" (default and only choice for prepared arrays): the makers' training and
            test files, some training rows being dealt for validation.
        validation: Share of the episodes or rows for validation, or the episodes themselves.
        test: Share of the episodes or rows for the test set, or the episodes themselves.
        quarantine: Receives the files set aside: without speaker track, name or faces.

    Returns:
        A manifest, sorted by episode. `label` and `person` are the character. `source` is the
        episode, empty for prepared arrays, whose episodes are not published. Further columns:

        - episodes: `video`, its path relative to the folder; `start_s` and `end_s` span the turn;
        - released: `audio` and the folder `faces`, relative to the folder, and `face_images`,
          how many there are; `start_s` and `end_s` span the sound file;
        - prepared: `audio`, `audio_row`, `faces`, `face_row`: file and place in its array.

    Raises:
        InputError: There is no such folder or layout, an unknown argument or episode, a wrong
            speaker track or array, or too many files are set aside.
    """
    folder = need_folder(folder)
    layout = _layout(folder) if layout is None else choose(layout, LAYOUTS, "layout")
    usual = "published" if layout == "prepared" else "episode"
    split = usual if split is None else choose(split, SPLITS, "split")
    if (split == "published") != (layout == "prepared"):
        raise InputError(
            f"layout {layout} cannot be split by {split}", field="split", hint=f"Use split: {usual}"
        )
    if layout == "prepared":
        if not isinstance(validation, (int, float)):
            raise InputError(
                "the episodes of the arrays are unknown", field="validation", hint="Use a share"
            )
        frame = prepared_arrays.pairs(folder, validation=validation, seed=seed)
        return arrange(frame, folder, prepared_arrays.COLUMNS)
    quarantine = Quarantine() if quarantine is None else quarantine
    reader = _turns if layout == "episodes" else _recordings
    frame, total = reader(folder, quarantine)
    too_many(quarantine, total, limit_share, folder=folder)
    if frame.empty:
        return arrange(frame, folder, [])
    groups = frame["source" if split == "episode" else "clip"].tolist()
    frame["split"] = _split(groups, validation, test, seed)
    return arrange(frame.assign(label=frame["person"]), folder, EXTRA[layout])


def _layout(folder: Path) -> str:
    """Return the first layout that the folder has."""
    if any(_EPISODE.match(name) for name in files_below(folder / "episodes", ".mp4")):
        return "episodes"
    if (folder / VOICES).is_dir() or (folder / FACES).is_dir():
        return "released"
    if prepared_arrays.present(folder):
        return "prepared"
    raise InputError(
        f"there are no episodes/, {VOICES}/ and {FACES}/, or prepared arrays",
        file=folder,
        hint="Point at a folder in one of these layouts",
    )


def _turns(folder: Path, quarantine: Quarantine) -> tuple[pd.DataFrame, int]:
    """Read the speaker tracks; returns the turns and the number of episodes."""
    videos = [
        f"episodes/{name}"
        for name in files_below(folder / "episodes", ".mp4")
        if _EPISODE.match(name)
    ]
    parts = []
    for video in videos:
        episode = Path(video).stem
        track = folder / "episodes" / f"{episode}.csv"
        if not track.is_file():
            quarantine.add(episode, video, "there is no speaker track")
            continue
        turns = read_track(track)
        number = pd.Series(range(1, len(turns) + 1), index=turns.index, dtype=int)
        clip = f"{episode}_" + number.astype(str).str.zfill(4)
        turns = turns.assign(clip=clip, source=episode, video=video)
        parts.append(turns[turns["person"] != OTHERS])
    return (pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()), len(videos)


def read_track(path: Path) -> pd.DataFrame:
    """Read a speaker track.

    Returns:
        One row a turn: `start_s`, `end_s` (float, seconds from the start of the video) and
        `person` (one of `PEOPLE`, or "other").

    Raises:
        InputError: Another header, a time that is no number, an end that is not after its start,
            or an unknown person.
    """
    lines(path)
    frame = read_table(path, hint="Separate fields with commas")
    if tuple(frame.columns) != TRACK:
        raise InputError(
            f"the header is {','.join(frame.columns)}", file=path, hint=f"Write {','.join(TRACK)}"
        )
    known = (*PEOPLE, OTHERS)
    for row, person in enumerate(frame["person"], start=1):
        if person not in known:
            near = difflib.get_close_matches(person, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}"
            raise InputError(f"{person!r} is unknown", file=path, field=f"row {row}", hint=hint)
    for column in ("start_s", "end_s"):
        frame[column] = pd.to_numeric(frame[column], errors="coerce").astype(float)
    fine = np.isfinite(frame["end_s"]) & (frame["start_s"] >= 0)
    fine &= frame["end_s"] > frame["start_s"]
    if not fine.all():
        raise InputError(
            "start and end are no seconds from 0 in this order",
            file=path,
            field=f"row {int(np.argmin(fine)) + 1}",
            hint="Give an end that is after the start",
        )
    return frame


def _recordings(folder: Path, quarantine: Quarantine) -> tuple[pd.DataFrame, int]:
    """List the released sound files with their faces; returns them and how many were looked at."""
    faces = _face_counts(folder)
    episodes = {name.split("/")[0] for name in faces}
    labels = _labels(folder)
    rows = []
    total = 0
    for name in files_below(folder / VOICES, ".wav"):
        episode = name.split("/")[0]
        if episode not in episodes:
            continue
        total += 1
        clip, audio = name.removesuffix(".wav"), f"{VOICES}/{name}"
        person = _person(Path(name).stem, labels)
        images = faces.get(f"{episode}/{person}", 0)
        if not person:
            quarantine.add(clip, audio, "the name of the file says no person")
        elif not images:
            quarantine.add(clip, audio, "there are no faces of the person in the episode")
        else:
            rows.append((clip, person, episode, audio, f"{FACES}/{episode}/{person}", str(images)))
    columns = ["clip", "person", "source", *EXTRA["released"]]
    frame = pd.DataFrame(rows, columns=columns, dtype=str)
    return with_durations(folder, frame, quarantine), total


def _face_counts(folder: Path) -> dict[str, int]:
    """Map `<episode>/<person>` to the number of face images."""
    top = folder / FACES
    return {
        f"{episode.name}/{person}": len(files_below(episode / person, ".jpg"))
        for episode in (sorted(top.iterdir()) if top.is_dir() else [])
        for person in PEOPLE
        if (episode / person).is_dir()
    }


def _labels(folder: Path) -> dict[str, str]:
    """Map what may stand in a file's name, in lower case, to the person."""
    labels = {person.lower(): person for person in PEOPLE}
    for path in (folder / "labels.txt", folder / VOICES / "labels.txt"):
        for line in lines(path) if path.is_file() else []:
            words = re.findall(r"\w+", line)
            people = [word for word in words if word in PEOPLE]
            if len(people) == 1:
                labels |= {word.lower(): people[0] for word in words}
    return labels


def _person(stem: str, labels: dict[str, str]) -> str:
    """Return the person that the name of a sound file says, or an empty string."""
    words = re.findall(r"[^\W_]+", stem.lower())
    people = {labels[word] for word in words if word in labels}
    return people.pop() if len(people) == 1 else ""


def _split(
    groups: list[str], validation: float | Sequence[str], test: float | Sequence[str], seed: int
) -> list[str]:
    """Deal the groups by shares, or take the episodes that are named."""
    named = {
        split: [] if isinstance(wanted, (int, float)) else list(wanted)
        for split, wanted in (("validation", validation), ("test", test))
    }
    side_of = {group: split for split, wanted in named.items() for group in wanted}
    unknown = sorted(set(side_of) - set(groups))
    if unknown:
        raise InputError(
            f"there is no episode {unknown[0]!r}",
            field="validation, test",
            hint=f"Name some of: {', '.join(sorted(set(groups))[:12])}",
        )
    both = set(named["validation"]) & set(named["test"])
    if both:
        raise InputError(
            f"{sorted(both)[0]!r} is in both", field="validation, test", hint="Name it once"
        )
    free = [group for group in groups if group not in side_of]
    dealt = deal(
        free,
        validation=validation if isinstance(validation, (int, float)) else 0.0,
        test=test if isinstance(test, (int, float)) else 0.0,
        seed=seed,
    )
    side_of |= dict(zip(free, dealt, strict=True))
    return [side_of[group] for group in groups]
