"""Look at a video before anything is cut out of it: its streams, its length, faces here and there.

Packets are read to the end, because a file that was cut off shows it only there; of the frames only
a few are decoded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from crossmodal.alignment.container import best, decoded, opened, whole
from crossmodal.alignment.decode import Picture, probe
from crossmodal.alignment.faces import Detector
from crossmodal.errors import ClipError

LOOKS = 5
"""Frames of a video in which faces are looked for, from the middles of as many equal parts."""


@dataclass(frozen=True)
class Survey:
    """What a video holds.

    Attributes:
        start_s, end_s: From when to when there is both sound and picture.
        width_px, height_px: Of the picture, upright.
        frame_hz: Frames a second by the header; NaN where it does not say.
        sound_hz: Samples a second.
        channels: Of the sound.
        face_share: Share of the frames looked at that show a face.
        most_faces: Most faces in one of them.
    """

    start_s: float
    end_s: float
    width_px: int
    height_px: int
    frame_hz: float
    sound_hz: int
    channels: int
    face_share: float
    most_faces: int


def survey(path: Path, detect: Detector) -> Survey:
    """Look at a video.

    Raises:
        ClipError: The file is missing, damaged or cut off, or has no sound or no picture.
    """
    media = probe(path)
    if media.video is None or media.audio is None:
        raise ClipError("there is no video" if media.video is None else "there is no sound")
    ends_s: dict[int, float] = {}
    with opened(path) as container:
        streams = [best(container, "video"), best(container, "audio")]
        for _ in whole(container, streams, ends_s):
            pass
    start_s, end_s = max(media.video.start_s, media.audio.start_s), min(ends_s.values())
    if end_s <= start_s:
        raise ClipError("sound and picture are never there together")
    counts = [
        len(detect(_frame_near(path, start_s + part * (end_s - start_s))).boxes)
        for part in (np.arange(LOOKS) + 0.5) / LOOKS
    ]
    return Survey(
        start_s=start_s,
        end_s=end_s,
        width_px=media.video.width_px,
        height_px=media.video.height_px,
        frame_hz=media.video.rate_hz or float("nan"),
        sound_hz=media.audio.rate_hz,
        channels=media.audio.channels,
        face_share=float(np.mean([count > 0 for count in counts])),
        most_faces=max(counts),
    )


def _frame_near(path: Path, time_s: float) -> Picture:
    """Return the key frame before a time, or where there is none a frame after it, upright."""
    with opened(path) as container:
        stream = best(container, "video")
        try:
            container.seek(int(time_s / stream.time_base), stream=stream)
            frame = next(decoded(container, [stream]), None)
        except av.error.FFmpegError as error:
            raise ClipError(f"cannot be read from within ({error.strerror})") from error
        if frame is None:
            raise ClipError("no picture could be decoded")
        turns = round(frame.rotation / 90) % 4
        return np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), turns))
