"""From recordings to windows: what the papers' features are computed from.

A recording is decoded once, streaming. Faces are tracked while its frames pass by and cropped at
the times that some window needs; the crops wait in a temporary file, because who a track shows is
known only at the end. A recording that cannot be used is set aside, the others go on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.alignment.decode import Picture, read_clip
from crossmodal.alignment.faces import crop_square, detector
from crossmodal.alignment.speakers import Speech, people_by_speech, speaking_tracks
from crossmodal.alignment.timeline import common_span, picture_span, samples_between
from crossmodal.alignment.tracks import FaceTracker
from crossmodal.alignment.windows import Windows, facevoice
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import ClipError

FACE_PX = 64
FACE_MARGIN = 0.2
VOICE_HZ = 16_000


@dataclass(frozen=True)
class Aligned:
    """The windows of one recording.

    Attributes:
        rows: One row a window: the manifest's columns, and `frame_s`, the time stamp of its first
            frame.
        waves: Sound [n, samples], int16.
        pictures: Frames or face crops [n, frames, side, side, 3], uint8 RGB.
    """

    rows: pd.DataFrame
    waves: NDArray[np.int16]
    pictures: NDArray[np.uint8]


@dataclass
class CropSpool:
    """Crops by track and frame, kept in a temporary file while a recording is decoded."""

    side_px: int
    file: Any = field(default_factory=tempfile.TemporaryFile)
    places: dict[tuple[int, int], int] = field(default_factory=dict)

    def add(self, track: int, frame: int, crop: Picture) -> None:
        """Keep a crop [side, side, 3]."""
        self.places[track, frame] = len(self.places)
        self.file.write(crop.tobytes())

    def get(self, track: int, frame: int) -> Picture | None:
        """Return a crop, or None where the track was not seen."""
        place = self.places.get((track, frame))
        if place is None:
            return None
        size = self.side_px * self.side_px * 3
        self.file.seek(place * size)
        found = np.frombuffer(self.file.read(size), np.uint8)
        return found.reshape(self.side_px, self.side_px, 3)


def align_recording(path: Path, turns: pd.DataFrame) -> Aligned:
    """Cut a recording's turns into `facevoice` windows of the speaker's face and voice.

    A turn whose speaker is not to be seen gives no window, and neither does a half second in
    which the face is lost.

    Args:
        path: The recording.
        turns: The manifest's rows of this recording: `clip, person, start_s, end_s` and more.

    Raises:
        ClipError: The recording cannot be read, or shows no speaker at all.
    """
    speech = [
        Speech(start_s, end_s, str(person))
        for start_s, end_s, person in zip(
            turns["start_s"].astype(float),
            turns["end_s"].astype(float),
            turns["person"],
            strict=True,
        )
    ]
    times: list[float] = []
    tracker, spool = FaceTracker(detector()), CropSpool(FACE_PX)

    def see(time_s: float, picture: Picture) -> None:
        for track, box in tracker.update(time_s, picture):
            if any(turn.start_s - 0.2 <= time_s <= turn.end_s for turn in speech):
                spool.add(track, len(times), crop_square(picture, box, FACE_PX, FACE_MARGIN))
        times.append(time_s)

    sound, began_s = read_clip(path, VOICE_HZ, see)
    tracks = tracker.finish()
    shown = speaking_tracks(tracks, people_by_speech(tracks, speech), speech)
    span = common_span([picture_span(times), (began_s, began_s + len(sound) / VOICE_HZ)])
    parts = []
    for (_, turn), track in zip(turns.iterrows(), shown, strict=True):
        if track is not None:
            heard = (max(span[0], turn["start_s"]), min(span[1], turn["end_s"]))
            windows = facevoice(times, heard)
            parts.append(_cut_turn(turn, windows, track, spool, sound, began_s))
    parts = [part for part in parts if len(part.rows)]
    if not parts:
        raise ClipError("no speaker is seen while he or she speaks")
    return Aligned(
        pd.concat([part.rows for part in parts], ignore_index=True),
        np.concatenate([part.waves for part in parts]),
        np.concatenate([part.pictures for part in parts]),
    )


def _cut_turn(
    turn: pd.Series,
    windows: Windows,
    track: int,
    spool: CropSpool,
    sound: NDArray[np.float32],
    began_s: float,
) -> Aligned:
    """Cut one turn, leaving out windows in which the track is not seen at every frame."""
    rows, waves, pictures = [], [], []
    for number in range(len(windows)):
        crops = [spool.get(track, int(frame)) for frame in windows.frames[number]]
        if any(crop is None for crop in crops):
            continue
        start_s, end_s = float(windows.start_s[number]), float(windows.end_s[number])
        wave = samples_between(sound, began_s, VOICE_HZ, start_s, end_s - start_s)
        waves.append(np.round(np.clip(wave, -1, 1) * 32767).astype(np.int16))
        pictures.append(np.stack([crop for crop in crops if crop is not None]))
        rows.append(
            {
                **turn.to_dict(),
                "clip": f"{turn['clip']}-{number:03d}",
                "start_s": start_s,
                "end_s": end_s,
                "frame_s": float(windows.frame_times_s[number, 0]),
            }
        )
    return Aligned(pd.DataFrame(rows), np.array(waves), np.array(pictures))


def recordings(turns: pd.DataFrame, shard: int, shards: int) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield a shard's recordings, in order, with their turns.

    Args:
        turns: A manifest with the column `video`.
        shard: Which shard, from 0.
        shards: How many there are; recordings are dealt to them in turn.
    """
    for place, (video, rows) in enumerate(turns.groupby("video", sort=True)):
        if place % shards == shard:
            yield str(video), rows


def align(
    folder: Path, turns: pd.DataFrame, shard: int, shards: int
) -> tuple[list[Aligned], Quarantine]:
    """Align a shard of a corpus of recordings; what cannot be used is set aside."""
    quarantine, aligned = Quarantine(), []
    for video, rows in recordings(turns, shard, shards):
        try:
            aligned.append(align_recording(folder / video, rows))
        except ClipError as error:
            quarantine.add(str(rows["clip"].iloc[0]), video, error.reason)
    return aligned, quarantine
