"""Windows of `facevoice`: half a second of a speaker's voice, and 13 crops of the face meanwhile.

The Big Bang Theory in its three layouts, or one's own videos:

- recordings (`episodes`, `folder`): a row is a turn of its speaker, cut where voice and face go
  together. A half second in which the face is lost gives no window.
- `released`: all that a person says in an episode, merged, and a folder of the person's faces;
  they belong to the same person, not to the same moment. Window k takes the 13 images from the
  13 k-th on, starting again when they are used up.
- `prepared`: the makers' arrays; rows pass through, sound and faces stay in their files.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from crossmodal.alignment.clips import clip_sound, read_picture
from crossmodal.alignment.kinds import (
    LOST,
    SHORT,
    SPARE,
    UNSEEN,
    Plan,
    Row,
    Window,
    bounds,
    described,
)
from crossmodal.alignment.recordings import FACE_PX, Watched, watch
from crossmodal.alignment.spool import CropSpool
from crossmodal.alignment.timeline import cut, samples_between
from crossmodal.alignment.windows import FRAME_STEPS, HALF_SECOND_S, facevoice
from crossmodal.config import WindowSettings
from crossmodal.corpora.layout import files_below
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import ClipError
from crossmodal.features.frames import square_frame
from crossmodal.windows import KINDS, Form

RATE_HZ = 16_000
FRAMES = len(FRAME_STEPS)
FORM = KINDS["facevoice"].form
PREPARED = Form(RATE_HZ, 0, (0,))


def plan(corpus: str, columns: Collection[str], settings: WindowSettings) -> Plan:
    """Say how windows of this kind are cut."""
    for column in ("file", "video"):
        if column in columns:
            return Plan(column, column, FORM, partial(cut_recording, column), named=True)
    if "audio_row" in columns:
        return Plan("clip", "audio", PREPARED, pass_on)
    return Plan("clip", "audio", FORM, pair)


def cut_recording(
    column: str, folder: Path, turns: list[Row], aside: Quarantine
) -> Iterator[Window]:
    """Cut the turns of a recording where the speaker's face is seen at all frames of a window."""
    video = turns[0][column]
    watched = watch(folder / video, turns, RATE_HZ)
    for turn, track in zip(turns, watched.shown, strict=True):
        reason = UNSEEN
        if track is not None:
            reason = yield from _cut_turn(watched, turn, track)
        if reason:
            aside.add(turn["clip"], video, reason)


def _cut_turn(watched: Watched, turn: Row, track: int) -> Generator[Window, None, str]:
    """Yield the windows of a turn; return why there is none, or an empty string."""
    start_s, end_s = bounds(turn, watched.span)
    heard = max(start_s, watched.span[0]), min(end_s, watched.span[1])
    windows = facevoice(watched.times_s, heard)
    reason = LOST if len(windows) else SHORT
    for number in range(len(windows)):
        keys = [(track, int(frame)) for frame in windows.frames[number]]
        if not all(key in watched.crops for key in keys):
            continue
        reason = ""
        begin_s, end_s = float(windows.start_s[number]), float(windows.end_s[number])
        yield Window(
            described(
                turn,
                FORM.samples,
                clip=f"{turn['clip']}-{number:04d}",
                span=(begin_s, end_s),
                frame_s=float(windows.frame_times_s[number, 0]),
            ),
            samples_between(watched.sound, watched.began_s, RATE_HZ, begin_s, HALF_SECOND_S),
            np.stack([watched.crops[key] for key in keys]),
        )
    return reason


def pair(folder: Path, rows: list[Row], aside: Quarantine) -> Iterator[Window]:
    """Cut a merged recording of a person, and give its windows the person's faces in turn."""
    (row,) = rows
    sound = clip_sound(folder, row, RATE_HZ)
    starts = cut(0.0, len(sound) / RATE_HZ, HALF_SECOND_S, HALF_SECOND_S)
    if not len(starts):
        raise ClipError(SHORT)
    faces, count = _faces(folder, row, aside)
    for number, start_s in enumerate(starts):
        places = (number * FRAMES + np.arange(FRAMES)) % count
        yield Window(
            described(
                row,
                FORM.samples,
                clip=f"{row['clip']}-{number:04d}",
                span=(float(start_s), float(start_s) + HALF_SECOND_S),
            ),
            samples_between(sound, 0.0, RATE_HZ, float(start_s), HALF_SECOND_S),
            np.stack([faces[0, int(place)] for place in places]),
        )


def _faces(folder: Path, row: Row, aside: Quarantine) -> tuple[CropSpool, int]:
    """Read a folder of faces into a spool; damaged images are entered and left out."""
    spool, count = CropSpool(FACE_PX), 0
    for name in files_below(folder / row["faces"], ".jpg"):
        image = f"{row['faces']}/{name}"
        try:
            face = square_frame(read_picture(folder, image), FACE_PX)
        except ClipError:
            aside.add(row["clip"], image, SPARE)
            continue
        spool.add(0, count, face)
        count += 1
    if not count:
        raise ClipError("no face image can be read")
    return spool, count


def pass_on(_: Path, rows: list[Row], __: Quarantine) -> Iterator[Window]:
    """Keep the rows of the makers' arrays as they are."""
    for row in rows:
        yield Window(described(row, 0), np.zeros(0, np.int16), np.zeros(0, np.uint8))
