"""What a look at a video says, and that a damaged one is found without decoding it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fixture_stage import cut_off, tone, write_video, write_wav

from crossmodal.alignment.decode import Picture
from crossmodal.alignment.faces import Faces
from crossmodal.alignment.survey import LOOKS, survey
from crossmodal.errors import ClipError


class Seen:
    """A detector that finds as many faces as it is told, look by look, and keeps what it saw."""

    def __init__(self, *counts: int) -> None:
        self.counts, self.frames = list(counts), list[Picture]()

    def __call__(self, frame: Picture) -> Faces:
        self.frames.append(frame)
        count = self.counts[len(self.frames) - 1]
        return Faces(np.zeros((count, 4)), np.zeros(count))


def test_streams_length_and_faces(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", 2.0)
    detect = Seen(1, 0, 2, 1, 0)
    found = survey(path, detect)
    assert len(detect.frames) == LOOKS
    assert detect.frames[0].shape == (found.height_px, found.width_px, 3)
    assert (found.face_share, found.most_faces) == (0.6, 2)
    assert (found.frame_hz, found.sound_hz, found.channels) == (25, 44_100, 1)
    assert found.start_s == pytest.approx(0, abs=0.03)
    assert found.end_s == pytest.approx(2.0, abs=0.03)


def test_damaged_files_have_a_reason(tmp_path: Path) -> None:
    detect = Seen(*[0] * LOOKS)
    wav = write_wav(tmp_path / "a.wav", tone(1.0))
    silent = write_video(tmp_path / "silent.mp4", sounds=[])
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    for path, reason in (
        (wav, "there is no video"),
        (silent, "there is no sound"),
        (text, "not a video"),
        (tmp_path / "none.mp4", "there is no such file"),
    ):
        with pytest.raises(ClipError, match=reason):
            survey(path, detect)
    assert not detect.frames


def test_a_file_that_was_cut_off_is_found(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", 4.0, options={"movflags": "faststart"})
    with pytest.raises(ClipError, match="before its end: cut off"):
        survey(cut_off(path, 0.6), Seen(*[0] * LOOKS))
