"""Windows of `msvae`: an utterance, its first three seconds of sound, and four faces.

- `voxceleb1`: a sound file, and the folder of the face tracks of the same video. The tracks'
  numbers are not those of the utterances, so that the utterances of a video, in the order of
  their names, take its tracks in turn.
- `folder`: one's own videos; a row is an utterance of its person, whose face is found in the video.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from crossmodal.alignment.clips import clip_sound, read_picture
from crossmodal.alignment.kinds import UNSEEN, Plan, Row, Window, bounds, described, fitted
from crossmodal.alignment.recordings import FACE_PX, watch
from crossmodal.alignment.timeline import samples_between
from crossmodal.alignment.windows import msvae
from crossmodal.config import WindowSettings
from crossmodal.corpora.layout import files_below
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import ClipError
from crossmodal.features.frames import square_frame
from crossmodal.windows import KINDS

RATE_HZ = 16_000
VOICE_S = 3.0
FACES = 4
FORM = KINDS["msvae"].form


def plan(corpus: str, columns: Collection[str], settings: WindowSettings) -> Plan:
    """Say how windows of this kind are cut."""
    if corpus == "folder":
        return Plan("file", "file", FORM, cut_video, named=True)
    return Plan("clip", "audio", FORM, take_clip)


def take_clip(folder: Path, rows: list[Row], _: Quarantine) -> Iterator[Window]:
    """Read an utterance's sound file, and four images of the face track that goes with it."""
    (row,) = rows
    sound = clip_sound(folder, row, RATE_HZ)
    images = _track(folder, row["audio"], row["faces"])
    places = ((np.arange(FACES) + 0.5) / FACES * len(images)).astype(int)
    faces = [square_frame(read_picture(folder, images[place]), FACE_PX) for place in places]
    span = bounds(row, (0.0, len(sound) / RATE_HZ))
    heard = described(row, min(len(sound), FORM.samples), span=span)
    yield Window(heard, fitted(sound, FORM.samples), np.stack(faces))


def _track(folder: Path, audio: str, faces: str) -> list[str]:
    """Return the images of the face track that an utterance takes, in order.

    Raises:
        ClipError: There are none.
    """
    tracks = _tracks(folder, faces)
    if not tracks:
        raise ClipError("there are no faces of the video")
    utterance = Path(audio)
    place = _utterances(folder / utterance.parent).index(utterance.name)
    return tracks[place % len(tracks)]


@lru_cache(maxsize=64)
def _utterances(video: Path) -> list[str]:
    return files_below(video, ".wav")


@lru_cache(maxsize=64)
def _tracks(folder: Path, faces: str) -> list[list[str]]:
    """Return the face tracks of a video, each as its images; tracks and images by name."""
    tracks: dict[str, list[str]] = {}
    for name in files_below(folder / faces, ".jpg"):
        tracks.setdefault(name.rpartition("/")[0], []).append(f"{faces}/{name}")
    return [tracks[track] for track in sorted(tracks)]


def cut_video(folder: Path, turns: list[Row], aside: Quarantine) -> Iterator[Window]:
    """Take the utterances of a video, each with its speaker's face."""
    video = turns[0]["file"]
    watched = watch(folder / video, turns, RATE_HZ)
    for turn, track in zip(turns, watched.shown, strict=True):
        start_s, end_s = bounds(turn, watched.span)
        span = max(start_s, watched.span[0]), min(end_s, watched.span[1])
        seen = watched.seen(track) if track is not None else []
        if track is None or not seen:
            aside.add(turn["clip"], video, UNSEEN)
            continue
        # Where the face is not found for a moment, it is the last that was.
        windows = msvae(watched.times_s[seen], [span], FACES)
        frames = [(track, seen[place]) for place in windows.frames[0]]
        sound = samples_between(watched.sound, watched.began_s, RATE_HZ, span[0], span[1] - span[0])
        heard = min(len(sound), FORM.samples)
        # The classes are people here, whatever else a table of labels is about.
        named = {**turn, "label": turn["person"]}
        yield Window(
            described(named, heard, span=span, frame_s=float(windows.frame_times_s[0, 0])),
            fitted(sound, FORM.samples),
            np.stack([watched.crops[frame] for frame in frames]),
        )
