"""Reader of URMP: pieces of chamber music, a video of each and the sound of each player.

A folder holds the piece folders, such as `01_Jupiter_vn_vc/`, each with one
`Vid_01_Jupiter_vn_vc.mp4` (all players side by side) and a separated recording of every player,
`AuSep_1_vn_01_Jupiter.wav`. Players are numbered from the left of the picture.

Source: Li, Liu, Dinesh, Duan, Sharma, Creating a multitrack classical music performance dataset
for multimodal music analysis, IEEE Transactions on Multimedia 2019.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from crossmodal.corpora.layout import arrange, choose, files_below, need_folder, with_durations
from crossmodal.corpora.quarantine import LIMIT_SHARE, Quarantine, too_many
from crossmodal.corpora.splits import deal

INSTRUMENTS = {
    "bn": "bassoon",
    "vc": "cello",
    "cl": "clarinet",
    "db": "double_bass",
    "fl": "flute",
    "hn": "horn",
    "ob": "oboe",
    "sax": "sax",
    "tbn": "trombone",
    "tpt": "trumpet",
    "tba": "tuba",
    "va": "viola",
    "vn": "violin",
}
"""Abbreviation in the file names -> name as in Sub-URMP."""

SPLITS = ("song", "random")

_TRACK = re.compile(r"(?P<piece>[^/]+)/AuSep_(?P<player>\d+)_(?P<code>[a-z]+)_[^/]+\.wav")
_VIDEO = re.compile(r"(?P<piece>[^/]+)/Vid_[^/]+\.mp4")


def read(
    folder: Path,
    *,
    split: str = "song",
    validation: float = 0.1,
    test: float = 0.1,
    seed: int = 0,
    limit_share: float = LIMIT_SHARE,
    quarantine: Quarantine | None = None,
) -> pd.DataFrame:
    """Read what lies in a folder into a manifest.

    Args:
        split: "song": all players of a piece on one side; "random": players are dealt one by one,
            so that a video may stand on two sides. Nothing is published.

    Returns:
        One row a player in a piece, uncut, sorted by piece and player. `clip` is the piece and
        the name of the recording, `label` the instrument, `source` the piece; `start_s` and
        `end_s` span the recording; `video` and `audio` are paths relative to the folder,
        `player` counts from 1 at the left of the picture, `players` is how many there are.

    Raises:
        InputError: There is no such folder, no piece, an unknown argument, or too many recordings
            without a video, with an unknown instrument or unreadable.
    """
    folder = need_folder(folder)
    choose(split, SPLITS, "split")
    quarantine = Quarantine() if quarantine is None else quarantine
    frame = _players(folder)
    if frame.empty:
        return arrange(frame, folder, [])
    total = len(frame)
    frame = quarantine.sift(frame, frame["video"] == "", "audio", "there is no video of the piece")
    frame = quarantine.sift(frame, frame["label"] == "", "audio", "unknown instrument")
    frame = with_durations(folder, frame, quarantine)
    too_many(quarantine, total, limit_share, folder=folder)
    groups = frame["source" if split == "song" else "clip"]
    frame["split"] = deal(groups.tolist(), validation=validation, test=test, seed=seed)
    return arrange(frame, folder, ["video", "audio", "player", "players"])


def _players(folder: Path) -> pd.DataFrame:
    found = [match for name in files_below(folder, ".mp4") if (match := _VIDEO.fullmatch(name))]
    videos = {match["piece"]: match[0] for match in found}
    tracks = [match for name in files_below(folder, ".wav") if (match := _TRACK.fullmatch(name))]
    tracks.sort(key=lambda match: (match["piece"], int(match["player"])))
    frame = pd.DataFrame(
        {
            "clip": f"{match['piece']}/{Path(match[0]).stem}",
            "label": INSTRUMENTS.get(match["code"], ""),
            "source": match["piece"],
            "video": videos.get(match["piece"], ""),
            "audio": match[0],
            "player": match["player"],
        }
        for match in tracks
    )
    if len(frame):
        frame["players"] = frame.groupby("source")["clip"].transform("size").astype(str)
    return frame
