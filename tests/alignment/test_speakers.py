"""Joining face tracks with who speaks when."""

from __future__ import annotations

import numpy as np

from crossmodal.alignment.speakers import Speech, overlap_s, people_by_speech, speaking_tracks
from crossmodal.alignment.tracks import Track


def track(start_s: float, end_s: float, x: float = 0.0) -> Track:
    times = np.arange(start_s, end_s + 1e-9, 0.04)
    boxes = np.tile([x, 0.0, 40.0, 40.0], (len(times), 1))
    return Track(times, boxes, np.ones(len(times), dtype=bool))


TRACKS = {0: track(0.0, 4.0), 1: track(2.0, 6.0, x=30.0), 4: track(8.0, 9.0)}


def test_overlap() -> None:
    assert overlap_s((0.0, 2.0), (1.5, 3.0)) == 0.5
    assert overlap_s((0.0, 1.0), (2.0, 3.0)) == 0.0


def test_speech_names_who_is_alone_on_the_screen() -> None:
    speech = [Speech(0.0, 3.0, "Amy"), Speech(3.0, 6.0, "Bert"), Speech(8.0, 8.5, "Amy")]
    assert people_by_speech(TRACKS, speech) == {0: "Amy", 1: "Bert", 4: "Amy"}


def test_a_face_that_hears_two_people_or_is_never_alone_stays_without_a_name() -> None:
    speech = [Speech(0.0, 1.0, "Amy"), Speech(1.0, 2.0, "Bert")]
    assert people_by_speech(TRACKS, speech) == {}
    covered = {0: track(0.0, 4.0), 1: track(0.0, 4.0)}
    assert people_by_speech(covered, [Speech(0.0, 4.0, "Amy")]) == {}


def test_each_turn_gets_the_track_that_shows_its_speaker_longest() -> None:
    people = {0: "Amy", 1: "Bert", 4: "Amy"}
    speech = [
        Speech(3.0, 8.2, "Amy"),
        Speech(5.0, 7.0, "Bert"),
        Speech(6.5, 7.5, "Bert"),
        Speech(0.0, 1.0, "Carl"),
    ]
    assert speaking_tracks(TRACKS, people, speech) == [0, 1, None, None]
