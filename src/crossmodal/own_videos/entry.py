"""What `init-corpus` wrote of a folder of videos, as the workflow reads it; nothing heavy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from crossmodal.config import Settings, WorkflowSettings, read_yaml, validate
from crossmodal.errors import InputError

CORPUS = "folder"
"""Name of the reader of one's own videos, and of the corpus in the edition's results."""

ENTRY = "corpus.yaml"
VIDEOS = "videos"
"""Link in the corpus folder to the folder of the videos, which are read where they are."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_COMMAND = "crossmodal init-corpus FOLDER --name NAME"


class Entry(Settings):
    """One's own corpus: `data/<name>/own/corpus.yaml`."""

    name: str = Field(description="What `corpus=` names.")
    videos: str = Field(description="The folder of the videos.")
    split: Literal["given", "file", "time"] = Field(
        description="Given in the table, whole files, or stretches of every file."
    )
    papers: list[str] = Field(description="Papers that the videos seem enough for.")
    unserved: dict[str, str] = Field(description="Every other paper, and why not.")
    settings: dict[str, dict[str, Any]] = Field(
        {}, description="Paper -> settings that suit the amount of video, over the edition's."
    )


def own_folder(data: Path, name: str) -> Path:
    """Return the folder of a corpus of one's own.

    Raises:
        InputError: The name is none.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is no name of a corpus",
            field="name",
            hint="Start with a letter; then letters, digits, - and _",
        )
    return Path(data) / name / "own"


def load_entry(settings: WorkflowSettings) -> Entry:
    """Load the entry that the workflow's settings name.

    Raises:
        InputError: There is no such corpus, or its videos are gone.
    """
    assert settings.corpus is not None
    folder = own_folder(Path(settings.data), settings.corpus)
    path = folder / ENTRY
    if not path.is_file():
        known = sorted(found.parts[-3] for found in Path(settings.data).glob(f"*/own/{ENTRY}"))
        raise InputError(
            f"there is no corpus {settings.corpus!r}",
            file=path,
            field="corpus",
            hint=f"Run {_COMMAND}" + (f", or choose from: {', '.join(known)}" if known else ""),
        )
    entry = validate(Entry, read_yaml(path), path)
    if not (folder / VIDEOS).is_dir():
        raise InputError(
            f"the videos are not there any more: {entry.videos}",
            file=path,
            field="videos",
            hint=f"Bring the folder back, or run {_COMMAND}",
        )
    return entry
