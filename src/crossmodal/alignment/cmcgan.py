"""Windows of `cmcgan`: half a second of one instrument, and the first frame of it.

- `sub_urmp`: clips that are cut already, a sound and a picture file each.
- `urmp`: a piece has one video with all its players side by side and the sound of each by
  itself. A player's picture is his or her strip of the frame.
- `folder`: one's own videos; a row is a stretch of one of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crossmodal.alignment.clips import clip_sound, read_picture
from crossmodal.alignment.decode import Picture, frames, probe, read_audio
from crossmodal.alignment.kinds import (
    SHORT,
    Plan,
    Row,
    Window,
    bounds,
    described,
    fitted,
    whole_numbers,
)
from crossmodal.alignment.spool import CropSpool
from crossmodal.alignment.timeline import cut, picture_span, samples_between
from crossmodal.alignment.windows import HALF_SECOND_S, cmcgan
from crossmodal.config import CmcganWindows
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import ClipError
from crossmodal.features.frames import square_frame
from crossmodal.windows import KINDS

RATE_HZ = 44_100
SIDE_PX = 128
FORM = KINDS["cmcgan"].form
WHOLE_SHARE = 0.9
"""Share of half a second that a ready-cut clip must hold at least."""


def plan(corpus: str, columns: Collection[str], settings: CmcganWindows) -> Plan:
    """Say how windows of this kind are cut.

    Args:
        settings: `step_ms` is from one window of a recording to the next.
    """
    if corpus == "sub_urmp":
        return Plan("clip", "audio", FORM, take_clip)
    column = "file" if corpus == "folder" else "video"
    return Plan(column, column, FORM, partial(cut_video, column, settings.step_ms / 1000))


def take_clip(folder: Path, rows: list[Row], _: Quarantine) -> Iterator[Window]:
    """Read a clip's sound and picture."""
    (row,) = rows
    sound = clip_sound(folder, row, RATE_HZ)
    if len(sound) < WHOLE_SHARE * FORM.samples:
        raise ClipError("the sound is shorter than half a second")
    if not row["image"]:
        raise ClipError("there is no picture")
    picture = square_frame(read_picture(folder, row["image"]), SIDE_PX)
    wave = fitted(sound, FORM.samples)
    yield Window(described(row, min(len(sound), FORM.samples)), wave, picture)


@dataclass(frozen=True)
class _Part:
    """A row of a video: its sound, which begins at `began_s`, and the stretch to cut, s."""

    row: Row
    sound: NDArray[np.int16]
    began_s: float
    span: tuple[float, float]


def cut_video(
    column: str, step_s: float, folder: Path, rows: list[Row], aside: Quarantine
) -> Iterator[Window]:
    """Cut the rows of a video, which is decoded once and converted where a window begins."""
    path = folder / rows[0][column]
    parts = _parts(folder, path, rows, aside)
    crops, times_s = _first_frames(path, parts, step_s)
    seen_s = picture_span(times_s)[1]
    for number, part in enumerate(parts):
        windows = cmcgan(times_s, (part.span[0], min(part.span[1], seen_s)), step_s)
        if not len(windows):
            aside.add(part.row["clip"], path.relative_to(folder), SHORT)
        for place, start_s in enumerate(windows.start_s.tolist()):
            yield Window(
                described(
                    part.row,
                    FORM.samples,
                    clip=f"{part.row['clip']}-{place:04d}",
                    span=(start_s, start_s + HALF_SECOND_S),
                    frame_s=float(windows.frame_times_s[place, 0]),
                ),
                samples_between(part.sound, part.began_s, RATE_HZ, start_s, HALF_SECOND_S),
                crops[number, place],
            )


def _parts(folder: Path, path: Path, rows: list[Row], aside: Quarantine) -> list[_Part]:
    """Read the sound of the rows, each file once; those that have none are set aside."""
    video = probe(path).video
    if video is None:
        raise ClipError("there is no video")
    read = cache(_sound)
    parts = []
    for row in rows:
        source = folder / row["audio"] if "audio" in row else path
        try:
            sound, began_s = read(source)
        except ClipError as error:
            aside.add(row["clip"], source.relative_to(folder), error.reason)
            continue
        start_s, end_s = bounds(row, (-np.inf, np.inf))
        span = (max(video.start_s, began_s, start_s), min(began_s + len(sound) / RATE_HZ, end_s))
        parts.append(_Part(row, sound, began_s, span))
    return parts


def _first_frames(path: Path, parts: list[_Part], step_s: float) -> tuple[CropSpool, list[float]]:
    """Return the first frame of every window, by part and window, and the video's time stamps."""
    wanted = sorted(
        (float(start_s), number, place)
        for number, part in enumerate(parts)
        for place, start_s in enumerate(cut(*part.span, HALF_SECOND_S, step_s))
    )
    crops, times_s = CropSpool(SIDE_PX), list[float]()
    # Without any window one frame is looked at all the same: damage is damage.
    looks = frames(path, times_s=[start_s for start_s, _, _ in wanted] or [0.0], stamps_s=times_s)
    for (_, picture), (_, number, place) in zip(looks, wanted, strict=False):
        strip = _strip(picture, parts[number].row)
        crops.add(number, place, square_frame(strip, SIDE_PX))
    return crops, times_s


def _sound(path: Path) -> tuple[NDArray[np.int16], float]:
    sound, began_s = read_audio(path, RATE_HZ)
    return whole_numbers(sound), began_s


def _strip(picture: Picture, row: Row) -> Picture:
    """Return the player's part of a frame that shows all players side by side."""
    player, players = int(row.get("player", 1)), int(row.get("players", 1))
    left, right = (picture.shape[1] * place // players for place in (player - 1, player))
    return picture[:, left:right]
