"""Reader of Sub-URMP: half a second of one instrument, and the first picture of it.

A folder holds `img/<train|validation>/<instrument>/<instrument><song:02>_<ms>.jpg` and
`chunk/<train|validation>/<instrument>/<instrument><song:02>_<ms>.wav`. The number `ms` counts
from 500 in steps of 100: it is read as the end of the chunk in milliseconds from the start of the
song (a chunk of 500 ms that ends at 500 is the first that exists). Derived copies are read
too: pictures under another name that starts with `img`, and pictures of spectrograms as
`spectram/<train|validation>/<instrument>/*.png` in place of the sound.

Chunks of one song share 80 % of their sound with their neighbours, so the default is to split by
song. Source: Chen, Srivastava, Duan, Xu, Deep cross-modal audio-visual generation, 2017.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crossmodal.corpora.layout import arrange, choose, files_below, need_folder
from crossmodal.corpora.quarantine import LIMIT_SHARE, Quarantine, too_many
from crossmodal.corpora.splits import deal
from crossmodal.errors import InputError

INSTRUMENTS = (
    "bassoon",
    "cello",
    "clarinet",
    "double_bass",
    "flute",
    "horn",
    "oboe",
    "sax",
    "trombone",
    "trumpet",
    "tuba",
    "viola",
    "violin",
)
CHUNK_MS = 500
STEP_MS = 100
SPLITS = ("song", "published", "random")
KINDS = {".wav": "audio", ".jpg": "image", ".png": "spectrogram"}
"""Suffix -> the column of the manifest that its path goes to."""

PATTERN = (
    r"^(?:.*?/)?(?:(?P<folder>train|validation|test)/(?:[^/]+/)?)?"
    rf"(?P<clip>(?P<label>{'|'.join(INSTRUMENTS)})(?P<song>\d\d)_(?P<ms>\d+))(?P<suffix>\.\w+)$"
)


def read(
    folder: Path,
    *,
    split: str = "song",
    validation: float = 0.1,
    test: float = 0.1,
    seed: int = 0,
    stride_ms: int = STEP_MS,
    require_both: bool = True,
    limit_share: float = LIMIT_SHARE,
    quarantine: Quarantine | None = None,
) -> pd.DataFrame:
    """Read what lies in a folder into a manifest.

    Args:
        split: "song": songs are dealt within each instrument, none stands on two sides;
            "published": the release's folders, its `validation` being the test set, as the papers
            that report two numbers use it; "random": chunks are dealt one by one, as the papers
            may have done (neighbours then stand on both sides).
        validation: Share of the songs or chunks for validation, unless published.
        test: Share of the songs or chunks for the test set, unless published.
        stride_ms: Keep the chunks that end at 500 ms and every so many milliseconds later; 100
            keeps all, 500 those that do not overlap.
        require_both: Set a clip aside that lacks its picture, or both its sound and the picture
            of its spectrogram; False keeps it with an empty path.

    Returns:
        One row a chunk, sorted by instrument, song and time. `clip` is the file's name without
        suffix, `label` the instrument, `source` instrument and song; `start_s` and `end_s` are
        half a second apart; `audio`, `image` and `spectrogram` are paths relative to the folder,
        empty where there is no such file.

    Raises:
        InputError: There is no such folder, no clip, an unknown argument, a clip that lies there
            twice, or too many clips without their counterpart.
    """
    folder = need_folder(folder)
    choose(split, SPLITS, "split")
    if stride_ms < STEP_MS or stride_ms % STEP_MS:
        raise InputError(
            f"{stride_ms} is no step between chunks",
            field="stride_ms",
            hint=f"Use a multiple of {STEP_MS}",
        )
    quarantine = Quarantine() if quarantine is None else quarantine
    frame = _clips(folder)
    frame = frame[(frame["ms"] - CHUNK_MS) % stride_ms == 0]
    total = len(frame)
    if require_both:
        frame = _with_both(frame, quarantine)
        too_many(quarantine, total, limit_share, folder=folder)
    frame["split"] = _split(frame, folder, split, validation, test, seed)
    return arrange(frame, folder, list(KINDS.values()))


def _clips(folder: Path) -> pd.DataFrame:
    """List the clips: name, instrument, song, end in ms, the release's side, and its files."""
    paths = pd.Series(files_below(folder, *KINDS), dtype=str)
    files = paths.str.extract(PATTERN).assign(path=paths)
    files = files[files["clip"].notna()]
    if files.empty:
        raise InputError(
            "no clips are found",
            file=folder,
            hint="Place img/ and chunk/ of the archive in the folder",
        )
    files["kind"] = files["suffix"].map(KINDS)
    files["folder"] = files["folder"].fillna("train")
    repeated = files[files.duplicated(["clip", "kind"])]
    if len(repeated):
        raise InputError(
            f"{repeated['clip'].iloc[0]!r} lies there more than once",
            file=folder / repeated["path"].iloc[0],
            hint="Keep one of the two files",
        )
    about = files.drop_duplicates("clip").set_index("clip")
    frame = files.pivot(index="clip", columns="kind", values="path")
    frame = frame.reindex(columns=list(KINDS.values())).astype(object).fillna("").astype(str)
    frame = frame.join(about[["label", "song", "ms", "folder"]]).reset_index()
    frame["ms"] = frame["ms"].astype(int)
    frame["source"] = frame["label"] + frame["song"]
    frame["end_s"] = frame["ms"] / 1000
    frame["start_s"] = (frame["ms"] - CHUNK_MS) / 1000
    return frame.sort_values(["source", "ms"])


def _with_both(frame: pd.DataFrame, quarantine: Quarantine) -> pd.DataFrame:
    sound = frame["audio"].where(frame["audio"] != "", frame["spectrogram"])
    frame = frame.assign(sound=sound)
    frame = quarantine.sift(frame, frame["image"] == "", "sound", "there is no picture")
    frame = quarantine.sift(frame, frame["sound"] == "", "image", "there is no sound")
    return frame.drop(columns="sound")


def _split(
    frame: pd.DataFrame, folder: Path, split: str, validation: float, test: float, seed: int
) -> list[str]:
    if split == "published":
        sides = {"train": "train", "validation": "test", "test": "test"}
        return frame["folder"].map(sides).tolist()
    return deal(
        frame["source" if split == "song" else "clip"].tolist(),
        validation=validation,
        test=test,
        seed=seed,
        strata=frame["label"].tolist(),
    )
