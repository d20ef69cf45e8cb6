"""Tracks on real speakers and on drawn scenes with known boxes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import fixture_media as media
import numpy as np
import pytest
from numpy.typing import NDArray

from crossmodal.alignment.decode import frames
from crossmodal.alignment.faces import Faces, detector
from crossmodal.alignment.tracks import EVERY, PATIENCE, CutFinder, FaceTracker, Track, iou

HEIGHT, WIDTH, SIDE = 120, 200, 40
Places = Sequence[tuple[float, float]]


def texture(seed: int, height: int, width: int) -> NDArray[np.uint8]:
    coarse = np.random.default_rng(seed).integers(30, 225, (height // 5, width // 5, 1))
    return np.repeat(np.kron(coarse, np.ones((5, 5, 1))), 3, axis=2).astype(np.uint8)


def scene(places: Places, background: int = 0) -> NDArray[np.uint8]:
    """Draw one textured square a place, each person their own texture."""
    frame = texture(100 + background, HEIGHT, WIDTH) // 4 + 60 + 90 * background
    for person, (x, y) in enumerate(places):
        left, top = round(x), round(y)
        if 0 <= left <= WIDTH - SIDE and 0 <= top <= HEIGHT - SIDE:
            frame[top : top + SIDE, left : left + SIDE] = texture(person, SIDE, SIDE)
    return frame


class Script:
    """Plays scenes; as a detector it says the true boxes of the present frame, if it may."""

    def __init__(self, places: Sequence[Places], backgrounds: Sequence[int] | None = None) -> None:
        self.places = places
        self.backgrounds = backgrounds or [0] * len(places)
        self.blind: set[int] = set()
        self.ghosts: dict[int, tuple[float, float]] = {}
        self.calls: list[int] = []
        self.now = 0

    def __call__(self, frame: NDArray[np.uint8]) -> Faces:
        self.calls.append(self.now)
        here = [] if self.now in self.blind else list(self.places[self.now])
        here += [self.ghosts[self.now]] if self.now in self.ghosts else []
        boxes = np.array([(x, y, SIDE, SIDE) for x, y in here], dtype=np.float64).reshape(-1, 4)
        return Faces(boxes, np.ones(len(boxes)))

    def play(self, every: int = EVERY) -> dict[int, Track]:
        tracker = FaceTracker(self, every=every)
        pairs = enumerate(zip(self.places, self.backgrounds, strict=True))
        for self.now, (places, background) in pairs:
            tracker.update(self.now / 25, scene(places, background))
        return tracker.finish()


@media.needs_data
@pytest.mark.parametrize("path", sorted((media.DATA / "grid").glob("*.mpg")), ids=lambda p: p.name)
def test_every_speaker_is_one_track_through_the_whole_clip(path: Path) -> None:
    tracker = FaceTracker(detector())
    times, seen = [], []
    for time_s, frame in frames(path):
        times.append(time_s)
        seen.append({number for number, _ in tracker.update(time_s, frame)})
    tracks = tracker.finish()
    assert list(tracks) == [0]
    assert len(tracks[0].times_s) >= 0.95 * len(times)
    assert seen == [{0} if time in tracks[0].times_s else set() for time in times]


@media.needs_data
def test_followed_boxes_are_where_the_detector_would_put_them() -> None:
    detect = detector()
    for path in sorted((media.DATA / "grid").glob("*.mpg"))[:3]:
        tracker = FaceTracker(detect)
        overlaps = []
        for number, (time_s, frame) in enumerate(frames(path)):
            (_, box), *_ = tracker.update(time_s, frame)
            if number % 9 == 8:
                overlaps.append(iou(box, detect(frame).boxes).max())
        assert np.mean(overlaps) > 0.8


def test_a_moving_face_is_followed_between_detections() -> None:
    places = [[(20 + 1.5 * t, 30 + 10 * np.sin(t / 5))] for t in range(60)]
    script = Script(places)
    tracks = script.play()
    assert script.calls == list(range(0, 60, EVERY))
    assert list(tracks) == [0]
    truth = np.array([place[0] for place in places])
    assert np.abs(tracks[0].boxes[:, :2] - truth).max() < 1.5
    assert tracks[0].detected.tolist() == [t % EVERY == 0 for t in range(60)]
    assert (tracks[0].start_s, tracks[0].end_s) == (0.0, 59 / 25)


def test_people_who_come_and_go_have_their_own_tracks() -> None:
    both = [[(20.0, 40.0), (130.0, 40.0)]] * 30
    tracks = Script([[(20.0, 40.0)]] * 15 + both + [[(20.0, 40.0)]] * 60).play()
    assert len(tracks) == 2
    assert (tracks[0].start_s, tracks[0].end_s) == (0.0, 104 / 25)
    assert 15 / 25 <= tracks[1].start_s < (15 + EVERY) / 25
    assert 30 / 25 < tracks[1].end_s <= 44 / 25


def test_a_cut_ends_all_tracks_and_is_followed_by_a_detection() -> None:
    script = Script([[(20.0, 40.0)]] * 20 + [[(22.0, 40.0)]] * 20, [0] * 20 + [1] * 20)
    tracks = script.play()
    assert [(t.start_s, t.end_s) for t in tracks.values()] == [(0.0, 19 / 25), (20 / 25, 39 / 25)]
    assert 20 in script.calls


def test_a_face_the_detector_misses_for_a_while_stays_one_track() -> None:
    script = Script([[(20.0 + t, 40.0)] for t in range(70)])
    script.blind = set(range(5, 5 + (PATIENCE - 1) * EVERY))
    tracks = script.play()
    assert list(tracks) == [0]
    assert len(tracks[0].times_s) == 70


def test_a_single_false_alarm_is_no_track() -> None:
    script = Script([[(20.0, 40.0)]] * 80)
    script.ghosts = {EVERY: (140.0, 60.0)}
    assert list(script.play()) == [0]


def test_what_was_followed_after_the_last_detection_is_dropped_when_it_is_not_found_again() -> None:
    script = Script([[(20.0, 40.0)]] * 80)
    script.blind = set(range(EVERY + 1, 80))
    tracks = script.play()
    assert tracks[0].end_s == EVERY / 25


def test_an_empty_and_a_one_frame_video() -> None:
    assert FaceTracker(Script([])).finish() == {}
    tracks = Script([[(20.0, 40.0)]]).play()
    assert len(tracks[0].times_s) == 1


def test_flat_frames_are_followed_without_a_number_going_wrong() -> None:
    script = Script([[(20.0, 40.0)]] * 30)
    tracker = FaceTracker(script)
    for script.now in range(30):
        seen = tracker.update(script.now / 25, np.full((HEIGHT, WIDTH, 3), 128, dtype=np.uint8))
        assert all(np.isfinite(box).all() for _, box in seen)


def test_iou_is_the_share_of_pixels_in_both() -> None:
    random = np.random.default_rng(2)
    boxes = random.integers(0, 20, (30, 4)) + np.array([0, 0, 1, 1])
    masks = np.zeros((30, 45, 45), dtype=bool)
    for mask, (x, y, width, height) in zip(masks, boxes, strict=True):
        mask[y : y + height, x : x + width] = True
    expected = (masks & masks[0]).sum((1, 2)) / (masks | masks[0]).sum((1, 2))
    np.testing.assert_allclose(iou(boxes[0].astype(float), boxes.astype(float)), expected)


def test_a_pan_is_no_cut_and_other_people_in_the_same_room_are_one() -> None:
    wide = texture(7, HEIGHT, 4 * WIDTH)
    find = CutFinder()
    pan = [find(wide[:, 3 * t : 3 * t + WIDTH, 0]) for t in range(60)]
    assert sum(pan) <= 1  # where it sets in
    find = CutFinder()
    shots: list[Places] = [[(20.0, 40.0)], [(70.0, 40.0), (130.0, 40.0)]]
    found = [find(scene(shots[t // 10])[:, :, 0]) for t in range(20)]
    assert found == [t == 10 for t in range(20)]
