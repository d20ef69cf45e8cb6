"""Make a corpus of a folder of videos and a table of labels: look at every file, split, seal.

The videos stay where they are; the corpus folder has a link to them, and their checksums.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import yaml

from crossmodal.alignment.faces import detector
from crossmodal.alignment.survey import Survey, survey
from crossmodal.corpora.contents import write_contents
from crossmodal.corpora.folder import CONTENTS, LABELS, NEEDED, OPTIONAL, QUARANTINE, read_labels
from crossmodal.corpora.layout import choose, files_below, need_folder
from crossmodal.corpora.media import OWN_WINDOWS
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.corpora.registry import load_registry
from crossmodal.errors import ClipError, InputError
from crossmodal.files import atomic_path, write_text
from crossmodal.own_videos.eligibility import NOT_FROM_VIDEOS, Papers, expected
from crossmodal.own_videos.entry import ENTRY, VIDEOS, Entry, own_folder
from crossmodal.own_videos.parts import pieces, way_of
from crossmodal.progress import progress

SUFFIXES = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm")
"""What counts as a video that the table of labels does not name."""

OUTSIDE = "the segment lies outside the video"
FOUND = "videos.csv"


@dataclass(frozen=True)
class Found:
    """What was found in a folder of videos.

    Attributes:
        entry: What the workflow will read.
        folder: The corpus folder.
        videos: A row a named video: `file, fault` and what `Survey` says.
        rows: The usable pieces of the table of labels, `face_share` beside them.
        aside: What is set aside and why.
        expected: Paper -> about how many windows.
        unnamed: Videos of the folder that the table does not name.
    """

    entry: Entry
    folder: Path
    videos: pd.DataFrame
    rows: pd.DataFrame
    aside: Quarantine
    expected: dict[str, int]
    unnamed: int


def init_corpus(
    videos: Path, labels: Path | None, name: str | None, data: Path, split: str, config: Path
) -> Found:
    """Look at a folder of videos and write `data/<name>/own`.

    It gets `corpus.yaml` (the entry), `labels.csv` (the usable rows, cut and split), `videos`
    (a link), `videos.csv` (what was found in each), `quarantine.csv` and, last, the seal.

    Args:
        videos: The folder; only read.
        labels: The table; None: `labels.csv` in the folder.
        name: Of the corpus; None: that of the folder.
        split: "auto", "file" or "time"; a column `split` of the table goes before it.

    Raises:
        InputError: The folder, the name or the table is wrong, or no video can be used.
    """
    videos = need_folder(videos, hint="Give the folder of your videos").resolve()
    choose(split, ("auto", "file", "time"), "split")
    folder = own_folder(data, videos.name if name is None else name)
    _check_place(folder, videos, config)
    table = labels or videos / LABELS
    named = read_labels(videos, table)
    looked = _look(videos, named["file"].unique().tolist())
    aside = Quarantine()
    rows = _usable(named, looked, aside)
    if rows.empty:
        first = aside.rows[0]
        raise InputError(
            f"none of the {len(named)} rows can be used; the first: {first.file}: {first.reason}",
            file=table,
            hint="Name videos that have sound and picture",
        )
    way = way_of(rows, split)
    rows = pieces(rows, way)
    counts, settings, unserved = {}, {}, dict(NOT_FROM_VIDEOS)
    papers = Papers(config)
    for paper in OWN_WINDOWS:
        plan, windows = papers.plan(paper), expected(rows, paper, papers.step_s())
        counts[paper] = len(windows)
        if reason := plan.unmet(windows):
            unserved[paper] = reason
        elif suited := plan.defaults_for(windows):
            settings[paper] = suited
    entry = Entry(
        name=folder.parent.name,
        videos=str(videos),
        split=way,
        papers=[paper for paper in OWN_WINDOWS if paper not in unserved],
        unserved={paper: unserved[paper] for paper in sorted(unserved)},
        settings=settings,
    )
    unnamed = set(files_below(videos, *SUFFIXES)) - set(named["file"])
    found = Found(entry, folder, _table(looked), rows, aside, counts, len(unnamed))
    _write(found)
    return found


def _check_place(folder: Path, videos: Path, config: Path) -> None:
    """Refuse a corpus folder that is something else already, or lies among the videos."""
    name = folder.parent.name
    if name in load_registry(config / "corpora.yaml").corpora:
        raise InputError(f"{name!r} is a published corpus", field="name", hint="Choose another")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / ENTRY).is_file():
        raise InputError(
            "the folder holds something else", file=folder, hint="Choose another --name"
        )
    if folder.resolve().is_relative_to(videos):
        raise InputError(
            "the corpus folder would lie among the videos",
            file=videos,
            hint="Keep your videos in a folder of their own, outside data/",
        )


def _look(videos: Path, names: list[str]) -> dict[str, Survey | str]:
    """Return what each file holds, or why it cannot be used."""
    detect = detector()
    looked: dict[str, Survey | str] = {}
    for name in progress(names, title="looking", unit="video"):
        try:
            looked[name] = survey(videos / name, detect)
        except ClipError as error:
            looked[name] = error.reason
    return looked


def _usable(
    named: pd.DataFrame, looked: dict[str, Survey | str], aside: Quarantine
) -> pd.DataFrame:
    """Return the rows that can be used, with times filled in and `face_share`."""
    kept = []
    for row in named.to_dict("records"):
        video = looked[row["file"]]
        if isinstance(video, str):
            aside.add(row["clip"], f"{VIDEOS}/{row['file']}", video)
            continue
        start_s, end_s = (
            default if pd.isna(row[column]) else row[column]
            for column, default in (("start_s", video.start_s), ("end_s", video.end_s))
        )
        start_s, end_s = max(start_s, video.start_s, 0.0), min(end_s, video.end_s)
        if end_s <= start_s:
            aside.add(row["clip"], f"{VIDEOS}/{row['file']}", OUTSIDE)
            continue
        times = {"start_s": start_s, "end_s": end_s, "face_share": video.face_share}
        kept.append(dict(row) | times)
    return pd.DataFrame(kept, columns=[*named.columns, "face_share"])


def _table(looked: dict[str, Survey | str]) -> pd.DataFrame:
    """Return a row a video: its name, its fault or an empty string, and what it holds."""
    rows = [
        {"file": name, "fault": video}
        if isinstance(video, str)
        else {"file": name, "fault": "", **asdict(video)}
        for name, video in sorted(looked.items())
    ]
    columns = ["file", "fault", *Survey.__dataclass_fields__]
    return pd.DataFrame(rows, columns=columns)


def _write(found: Found) -> None:
    """Write the corpus folder; the seal goes first and comes back last."""
    folder = found.folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONTENTS).unlink(missing_ok=True)
    with atomic_path(folder / VIDEOS) as link:
        link.symlink_to(found.entry.videos, target_is_directory=True)
    labels = found.rows[[*NEEDED, *OPTIONAL]].assign(file=f"{VIDEOS}/" + found.rows["file"])
    for path, frame in ((folder / LABELS, labels), (folder / FOUND, found.videos)):
        write_text(path, frame.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    found.aside.write(folder / QUARANTINE)
    text = yaml.safe_dump(found.entry.model_dump(), sort_keys=False, allow_unicode=True)
    write_text(
        folder / ENTRY,
        f"# Written by crossmodal init-corpus; `overrides` go over these settings.\n{text}",
    )
    files = sorted({folder / file for file in labels["file"]})
    sealed = [folder / name for name in (LABELS, FOUND, QUARANTINE)]
    write_contents(folder, [*sealed, *files])
