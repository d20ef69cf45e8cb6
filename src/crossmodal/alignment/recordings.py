"""Watch a recording once, streaming: who is seen when, what is heard, and a crop of every face.

Crops wait in a temporary file, because who a track shows is known only at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crossmodal.alignment.decode import Picture, read_clip
from crossmodal.alignment.faces import crop_square, detector
from crossmodal.alignment.kinds import Row, bounds, whole_numbers
from crossmodal.alignment.speakers import Speech, people_by_speech, speaking_tracks
from crossmodal.alignment.spool import CropSpool
from crossmodal.alignment.timeline import common_span, picture_span
from crossmodal.alignment.tracks import FaceTracker, Track

FACE_PX = 64
FACE_MARGIN = 0.2
EARLY_S = 0.2
"""Crops are kept from so long before a turn: its first frame may begin earlier."""


@dataclass(frozen=True)
class Watched:
    """A recording that was watched.

    Attributes:
        times_s: [frames], time stamps of the video.
        span: From when to when there is both sound and picture, s.
        sound: [samples], int16, mono.
        began_s: Time of the first sample.
        tracks: Number -> face track.
        shown: For each turn the number of the track that shows its speaker, or None.
        crops: By track and frame, `FACE_PX` a side.
    """

    times_s: NDArray[np.float64]
    span: tuple[float, float]
    sound: NDArray[np.int16]
    began_s: float
    tracks: dict[int, Track]
    shown: list[int | None]
    crops: CropSpool

    def seen(self, track: int) -> list[int]:
        """Return the frames of which there is a crop of a track, as indices into `times_s`."""
        frames = np.searchsorted(self.times_s, self.tracks[track].times_s).tolist()
        return [frame for frame in frames if (track, frame) in self.crops]


def watch(path: Path, turns: list[Row], rate_hz: int) -> Watched:
    """Watch a recording in one pass.

    Args:
        turns: Who speaks when: rows with `person`, `start_s` and `end_s`; empty times stand for
            the start and the end of the recording.

    Raises:
        ClipError: The recording cannot be read, or has no sound or no picture.
    """
    speech = [Speech(*bounds(turn, (-np.inf, np.inf)), str(turn["person"])) for turn in turns]
    times: list[float] = []
    tracker, crops = FaceTracker(detector()), CropSpool(FACE_PX)

    def see(time_s: float, picture: Picture) -> None:
        for track, box in tracker.update(time_s, picture):
            if any(turn.start_s - EARLY_S <= time_s <= turn.end_s for turn in speech):
                crops.add(track, len(times), crop_square(picture, box, FACE_PX, FACE_MARGIN))
        times.append(time_s)

    sound, began_s = read_clip(path, rate_hz, see)
    tracks = tracker.finish()
    return Watched(
        times_s=np.array(times),
        span=common_span([picture_span(times), (began_s, began_s + len(sound) / rate_hz)]),
        sound=whole_numbers(sound),
        began_s=began_s,
        tracks=tracks,
        shown=speaking_tracks(tracks, people_by_speech(tracks, speech), speech),
        crops=crops,
    )
