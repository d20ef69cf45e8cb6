"""Join face tracks with a speaker track: whose face is this, and which face is speaking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from crossmodal.alignment.tracks import Track

ALONE_SHARE = 0.8
"""Share of the speech heard while a face is alone on the screen that must be one person's."""


@dataclass(frozen=True)
class Speech:
    """One person speaks from `start_s` to `end_s`."""

    start_s: float
    end_s: float
    person: str


@dataclass(frozen=True)
class Place:
    """A person's face is known to be at a point of the frame, in pixels, at a time."""

    time_s: float
    person: str
    x: float
    y: float


def overlap_s(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Return for how many seconds two stretches of time overlap."""
    return max(0.0, min(first[1], second[1]) - max(first[0], second[0]))


def people_by_place(tracks: Mapping[int, Track], places: Sequence[Place]) -> dict[int, str]:
    """Name the tracks whose boxes hold a known person's place.

    A place counts for the track whose box at that time has its centre nearest among those that
    hold the point. A track gets the person with most places in it, the first by name of equals.

    Returns:
        Number of the track -> person; tracks that hold no place are left out.
    """
    votes: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for place in places:
        holding = []
        for number, track in tracks.items():
            distance = _distance(track, place)
            if distance is not None:
                holding.append((distance, number))
        if holding:
            votes[min(holding)[1]][place.person] += 1.0
    return {number: _winner(votes[number]) for number in sorted(votes)}


def people_by_speech(tracks: Mapping[int, Track], speech: Sequence[Speech]) -> dict[int, str]:
    """Name the tracks by who is heard while the face is alone on the screen.

    A weak rule for videos without any other knowledge: whoever is shown alone is taken to be the
    speaker. Faces never alone, or alone while several people speak, stay without a name.

    Returns:
        Number of the track -> person.
    """
    named = {}
    for number in tracks:
        heard: dict[str, float] = defaultdict(float)
        for start_s, end_s in _alone(number, tracks):
            for turn in speech:
                heard[turn.person] += overlap_s((start_s, end_s), (turn.start_s, turn.end_s))
        total_s = sum(heard.values())
        if total_s > 0 and heard[_winner(heard)] >= ALONE_SHARE * total_s:
            named[number] = _winner(heard)
    return named


def speaking_tracks(
    tracks: Mapping[int, Track], people: Mapping[int, str], speech: Sequence[Speech]
) -> list[int | None]:
    """Return for each turn of speech the track that shows its speaker longest meanwhile.

    Args:
        people: Number -> person, as from `people_by_place` or `people_by_speech`.

    Returns:
        A number for each turn; None when the speaker is not to be seen.
    """
    chosen: list[int | None] = []
    for turn in speech:
        seen = [
            (-overlap_s((track.start_s, track.end_s), (turn.start_s, turn.end_s)), number)
            for number, track in tracks.items()
            if people.get(number) == turn.person
        ]
        longest_s, number = min(seen, default=(0.0, -1))
        chosen.append(number if longest_s < 0 else None)
    return chosen


def _distance(track: Track, place: Place) -> float | None:
    """Return how far the place is from the middle of the track's box, or None outside it."""
    if not track.start_s <= place.time_s <= track.end_s:
        return None
    x, y, width, height = track.boxes[np.searchsorted(track.times_s, place.time_s, "right") - 1]
    if not (x <= place.x <= x + width and y <= place.y <= y + height):
        return None
    return float(np.hypot(place.x - x - width / 2, place.y - y - height / 2))


def _alone(number: int, tracks: Mapping[int, Track]) -> list[tuple[float, float]]:
    """Return when a track is the only one on the screen, as stretches of time."""
    own = tracks[number]
    others = [track for other, track in tracks.items() if other != number]
    bounds = {own.start_s, own.end_s}
    bounds |= {time for track in others for time in (track.start_s, track.end_s)}
    times = sorted(time for time in bounds if own.start_s <= time <= own.end_s)
    return [
        (start, end)
        for start, end in pairwise(times)
        if not any(overlap_s((start, end), (track.start_s, track.end_s)) > 0 for track in others)
    ]


def _winner(votes: Mapping[str, float]) -> str:
    return min(votes, key=lambda person: (-votes[person], person))
