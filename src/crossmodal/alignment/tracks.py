"""Follow faces through a video: detection now and then, template matching between, cuts end all.

tracker = FaceTracker(detector())
for time_s, frame in frames(path):
    for number, box in tracker.update(time_s, frame):
        ...  # crop here, while the frame is at hand
tracks = tracker.finish()  # number -> track; numbers not in it were not faces after all
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from crossmodal.alignment.faces import Box, Detector, Picture, reduced_grey

EVERY = 12
"""Frames from one detection to the next while somebody is followed: about half a second."""
EVERY_ALONE = 6
"""The same while nobody is followed."""
FOLLOW_PX = 120
"""Shorter side of the frame on which faces are followed."""
REACH = 0.35
"""How far a face may move from frame to frame, as a share of its size."""
ALIKE = 0.6
"""Lowest correlation with the face last detected that still counts as that face."""
SAME_IOU = 0.25
"""Lowest overlap of a detection with a followed face to be that face."""
PATIENCE = 3
"""Detections in a row that may miss a face before its track ends."""
FOUND_SHARE = 0.5
"""A track is kept when this share of the detections on its way found it, and more than one did
where there were more."""
CUT_DISTANCE = 0.05
"""Least histogram distance of successive frames, in [0, 1], that can be a cut."""
CUT_RISE = 4.0
"""A cut's distance is this many times the usual one of the frames before it: motion is not."""
USUAL_WEIGHT = 0.3
"""Weight of the latest distance in the usual one, an exponential mean."""
CELLS, BINS = 4, 16
"""The histogram is taken in CELLS x CELLS parts of the frame, in BINS grey levels each."""

Grey = NDArray[np.uint8]


@dataclass(frozen=True)
class Track:
    """One face from one cut to the next.

    Attributes:
        times_s: [n], time stamps of the frames in which the face was seen, rising.
        boxes: [n, 4], x, y, width, height in pixels of the frame.
        detected: [n], True where the detector found it, False where it was followed.
    """

    times_s: NDArray[np.float64]
    boxes: NDArray[np.float64]
    detected: NDArray[np.bool_]

    @property
    def start_s(self) -> float:
        """Time of the first frame."""
        return float(self.times_s[0])

    @property
    def end_s(self) -> float:
        """Time of the last frame; it is shown a little longer."""
        return float(self.times_s[-1])


@dataclass
class _Live:
    """A track in the making."""

    box: Box
    rounds: int
    missed: int = 0
    template: Grey = field(default_factory=lambda: np.zeros((0, 0), dtype=np.uint8))
    offset: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    times_s: list[float] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    detected: list[bool] = field(default_factory=list)

    def add(self, time_s: float, detected: bool) -> None:
        self.times_s.append(time_s)
        self.boxes.append(self.box.copy())
        self.detected.append(detected)

    def forget_since_detection(self) -> None:
        """Drop what was followed after the last detection."""
        keep = max(i for i, found in enumerate(self.detected) if found) + 1
        del self.times_s[keep:], self.boxes[keep:], self.detected[keep:]

    def track(self) -> Track | None:
        """Return the track, or None when too few detections speak for it."""
        found = sum(self.detected)
        if found < FOUND_SHARE * (self.rounds - self.missed) or (found == 1 and self.missed):
            return None
        return Track(np.array(self.times_s), np.array(self.boxes), np.array(self.detected))


class CutFinder:
    """Says of each frame whether it begins a new shot."""

    def __init__(self) -> None:
        self._last: NDArray[np.float64] | None = None
        self._usual = 0.0

    def __call__(self, grey: Grey) -> bool:
        """Take the next frame [height, width]; True when it differs suddenly from the last."""
        histograms = _histograms(grey)
        last, self._last = self._last, histograms
        if last is None:
            return False
        distance = float(np.abs(histograms - last).sum() / 2)
        is_cut = distance > max(CUT_DISTANCE, CUT_RISE * self._usual)
        self._usual += USUAL_WEIGHT * (distance - self._usual)
        return is_cut


class FaceTracker:
    """Takes the frames of a video in order; knows at each where which face is."""

    def __init__(self, detect: Detector, *, every: int = EVERY) -> None:
        self._detect = detect
        self._every = every
        self._cut = CutFinder()
        self._live: dict[int, _Live] = {}
        self._done: dict[int, Track] = {}
        self._started = 0
        self._until_detection = 0

    def update(self, time_s: float, frame: Picture) -> list[tuple[int, Box]]:
        """Take the next frame, [height, width, 3] uint8 RGB.

        Returns:
            Number and box [4] of every face seen in it.
        """
        grey, scale = reduced_grey(frame, FOLLOW_PX)
        if self._cut(grey):
            self._end(list(self._live))
            self._until_detection = 0
        seen = {number for number, live in self._live.items() if _follow(live, grey, scale)}
        found: set[int] = set()
        if self._until_detection <= 0:
            found = self._look(frame, grey, scale, seen)
            self._until_detection = self._every if self._live else min(EVERY_ALONE, self._every)
        self._until_detection -= 1
        here = [number for number in sorted(seen | found) if number in self._live]
        for number in here:
            self._live[number].add(time_s, number in found)
        return [(number, self._live[number].box.copy()) for number in here]

    def finish(self) -> dict[int, Track]:
        """Return the tracks by number, without those that too few detections speak for."""
        self._end(list(self._live))
        return dict(sorted(self._done.items()))

    def _look(self, frame: Picture, grey: Grey, scale: float, seen: set[int]) -> set[int]:
        """Detect faces, join them to the tracks or start new ones; return the tracks found."""
        boxes = self._detect(frame).boxes
        joined = _join({number: live.box for number, live in self._live.items()}, boxes)
        lost = []
        for number, live in self._live.items():
            live.rounds += 1
            live.missed = 0 if number in joined.values() else live.missed + 1
            if live.missed >= PATIENCE:
                lost.append(number)
        for row, box in enumerate(boxes):
            if row not in joined:
                joined[row] = self._started
                self._live[self._started] = _Live(box, rounds=1)
                self._started += 1
            live = self._live[joined[row]]
            # The detector's boxes tremble: half the followed box steadies them.
            live.box = (live.box + box) / 2 if joined[row] in seen else box
            _remember(live, grey, scale)
        self._end(lost)
        return set(joined.values())

    def _end(self, numbers: list[int]) -> None:
        for number in numbers:
            live = self._live.pop(number)
            if live.missed:
                live.forget_since_detection()
            track = live.track()
            if track is not None:
                self._done[number] = track


def iou(box: Box, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the intersection over union of a box [4] with boxes [n, 4], [n]."""
    upper_left = np.maximum(box[:2], boxes[:, :2])
    lower_right = np.minimum(box[:2] + box[2:], boxes[:, :2] + boxes[:, 2:])
    shared = np.prod(np.maximum(lower_right - upper_left, 0.0), axis=1)
    area: NDArray[np.float64] = shared / (box[2:].prod() + boxes[:, 2:].prod(axis=1) - shared)
    return area


def _join(live: dict[int, Box], boxes: NDArray[np.float64]) -> dict[int, int]:
    """Give detections, by row, to the tracks they overlap most, the best pair first."""
    pairs = [
        (-overlap, number, row)
        for number, box in live.items()
        for row, overlap in enumerate(iou(box, boxes))
        if overlap >= SAME_IOU
    ]
    joined: dict[int, int] = {}
    for _, number, row in sorted(pairs):
        if row not in joined and number not in joined.values():
            joined[row] = number
    return joined


def _remember(live: _Live, grey: Grey, scale: float) -> None:
    """Keep how the face looks in the reduced grey frame, to find it in those that follow."""
    x, y, width, height = live.box * scale
    left, top = max(0, round(x)), max(0, round(y))
    live.template = grey[top : round(y + height), left : round(x + width)].copy()
    live.offset = np.array([x - left, y - top])


def _follow(live: _Live, grey: Grey, scale: float) -> bool:
    """Move the box to where the face looks most as it did; False when nothing there does."""
    height, width = live.template.shape
    reach = int(np.ceil(REACH * max(height, width)))
    x, y = live.box[:2] * scale - live.offset
    left, top = max(0, round(x) - reach), max(0, round(y) - reach)
    region = grey[top : round(y) + height + reach, left : round(x) + width + reach]
    if min(height, width) < 4 or region.shape[0] < height or region.shape[1] < width:
        return False
    likeness = cv2.matchTemplate(region, live.template, cv2.TM_CCOEFF_NORMED)
    _, best, _, (column, row) = cv2.minMaxLoc(likeness)
    if not best >= ALIKE:
        return False
    moved = _peak(likeness[row], column), _peak(likeness[:, column], row)
    live.box[:2] = (np.add(moved, (left, top)) + live.offset) / scale
    return True


def _peak(values: NDArray[Any], at: int) -> float:
    """Return where the parabola through a maximum and its neighbours has its top."""
    if not 0 < at < len(values) - 1:
        return float(at)
    before, here, after = (float(value) for value in values[at - 1 : at + 2])
    bend = before - 2 * here + after
    return at + 0.5 * (before - after) / bend if bend < 0 else float(at)


def _histograms(grey: Grey) -> NDArray[np.float64]:
    """Return the grey-level histograms of the parts of a frame, [parts, bins], summing to 1."""
    rows = np.arange(grey.shape[0]) * CELLS // grey.shape[0]
    columns = np.arange(grey.shape[1]) * CELLS // grey.shape[1]
    part = rows[:, None] * CELLS + columns
    level = grey.astype(np.int64) * BINS // 256
    counts = np.bincount((part * BINS + level).ravel(), minlength=CELLS * CELLS * BINS)
    return counts.reshape(-1, BINS) / grey.size
