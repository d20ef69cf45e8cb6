"""Join face tracks with a speaker track: whose face is this, and which face is speaking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from crossmodal.alignment.tracks import Track

ALONE_SHARE = 0.8
"""Share of the speech heard while a face is alone on the screen that must be one person's."""


@dataclass(frozen=True)
class Speech:
    """One person speaks from `start_s` to `end_s`."""

    start_s: float
    end_s: float
    person: str


def overlap_s(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Return for how many seconds two stretches of time overlap."""
    return max(0.0, min(first[1], second[1]) - max(first[0], second[0]))


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
        people: Number -> person, as from `people_by_speech`.

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
