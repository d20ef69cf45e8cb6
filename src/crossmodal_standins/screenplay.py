"""Who says what, when and where in an episode, its sound, and what the camera shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal_standins.lines import line
from crossmodal_standins.people import Person
from crossmodal_standins.rooms import KINDS
from crossmodal_standins.voices import RATE_HZ, Sound, as_int16, in_room, say, with_noise

FPS = 25
KINDS_OF_SHOT = ("close", "two", "wide")


@dataclass(frozen=True)
class Difficulty:
    """How hard it is to see and hear who speaks.

    Set by hand before anything was trained, looking at the pictures, at the size of the files and
    at how many of the faces OpenCV's cascade finds (about 97 %).

    Attributes:
        off_screen: Share of the shots that show somebody else than the speaker.
        others: Share of the scenes in which somebody else than the five joins.
        occlusion: Share of the shots in which a plant stands before the people; listeners also
            drink from cups that hide their mouths.
        decay_s: Shortest and longest reverberation of a scene.
        noise_db: Least and most noise of a scene, relative to full scale.
        exposure: Largest change of a scene's brightness, of 1.
        grain: Standard deviation of the camera's noise, in grey levels of 255.
        yaw_deg: Largest turn of a head from the camera.
    """

    off_screen: float = 0.12
    others: float = 0.3
    occlusion: float = 0.12
    decay_s: tuple[float, float] = (0.1, 0.35)
    noise_db: tuple[float, float] = (-58.0, -42.0)
    exposure: float = 0.15
    grain: float = 2.0
    yaw_deg: float = 16.0

    def __post_init__(self) -> None:
        """Refuse numbers that are no shares or no ranges."""
        for field in ("off_screen", "others", "occlusion"):
            if not 0 <= getattr(self, field) <= 1:
                raise InputError("a share lies between 0 and 1", field=field)
        for field in ("decay_s", "noise_db"):
            least, most = getattr(self, field)
            if least > most:
                raise InputError("give the least, then the most", field=field)


@dataclass(frozen=True)
class Turn:
    """Something a person says; times in seconds from the start of the episode.

    Attributes:
        person: Who.
        text: What.
        start_s, end_s: First and last sample.
        sound: [samples] as spoken, before the room.
    """

    person: Person
    text: str
    start_s: float
    end_s: float
    sound: Sound


@dataclass(frozen=True)
class Scene:
    """People talking in a room.

    Attributes:
        room: Kind of room.
        people: Who is there, from left to right.
        turns: What is said, one after the other.
        start_s, end_s: Of the scene; whole frames.
        exposure: Factor on the brightness of the pictures.
        light: Where the light comes from, -1 left to 1 right.
    """

    room: str
    people: tuple[Person, ...]
    turns: tuple[Turn, ...]
    start_s: float
    end_s: float
    exposure: float
    light: float


@dataclass(frozen=True)
class Shot:
    """What the camera shows without a cut.

    Attributes:
        scene: The scene.
        kind: One of `KINDS_OF_SHOT`.
        people: Who is seen, from left to right.
        first, beyond: First frame of the shot, and of the next.
    """

    scene: Scene
    kind: str
    people: tuple[Person, ...]
    first: int
    beyond: int


def write_scenes(
    generator: np.random.Generator,
    cast: Sequence[Person],
    extras: Iterable[Person],
    scenes: int,
    turns: tuple[int, int],
    difficulty: Difficulty,
) -> list[Scene]:
    """Write an episode.

    Everybody of the cast speaks before anybody begins a second round, so that even short episodes
    have all of them.

    Args:
        generator: Every choice comes from it.
        cast: The regular characters.
        extras: Somebody new each time one is needed.
        scenes: How many.
        turns: Fewest turns in a scene, and one more than the most.
        difficulty: Share of scenes with an extra, light.
    """
    extras = iter(extras)
    waiting: list[Person] = []
    written: list[Scene] = []
    time_s = 0.0
    for _ in range(scenes):
        count = int(generator.integers(2, 4))
        while len(waiting) < count:
            fresh = [person for person in cast if person not in waiting]
            waiting += [fresh[index] for index in generator.permutation(len(fresh))]
        here, waiting = waiting[:count], waiting[count:]
        if generator.random() < difficulty.others:
            here.append(next(extras))
        people = tuple(here[index] for index in generator.permutation(len(here)))
        said = _turns(generator, people, max(int(generator.integers(*turns)), count), time_s + 0.4)
        end_s = np.ceil((said[-1].end_s + 0.4) * FPS) / FPS
        written.append(
            Scene(
                room=list(KINDS)[generator.integers(len(KINDS))],
                people=people,
                turns=said,
                start_s=time_s,
                end_s=float(end_s),
                exposure=float(1 + difficulty.exposure * generator.uniform(-1, 1)),
                light=float(generator.uniform(-1, 1)),
            )
        )
        time_s = float(end_s)
    return written


def mix(generator: np.random.Generator, scenes: Sequence[Scene], difficulty: Difficulty) -> Sound:
    """Return the sound of an episode, [samples] at `RATE_HZ`: turns, rooms, noise."""
    parts = []
    for scene in scenes:
        start, end = (round(time_s * RATE_HZ) for time_s in (scene.start_s, scene.end_s))
        sound: NDArray[np.float64] = np.zeros(end - start)
        for turn in scene.turns:
            first = round(turn.start_s * RATE_HZ) - start
            sound[first : first + len(turn.sound)] += turn.sound / 32768
        sound = in_room(sound, generator, RATE_HZ, float(generator.uniform(*difficulty.decay_s)))
        parts.append(with_noise(sound, generator, float(generator.uniform(*difficulty.noise_db))))
    return as_int16(0.8 * np.concatenate(parts))


def plan_shots(
    generator: np.random.Generator, scenes: Sequence[Scene], difficulty: Difficulty
) -> list[Shot]:
    """Decide what the camera shows; it may cut a little before a turn begins."""
    shots = []
    for scene in scenes:
        cuts = [round(scene.start_s * FPS)]
        cuts += [round((turn.start_s - 0.16) * FPS) for turn in scene.turns[1:]]
        ends = [*cuts[1:], round(scene.end_s * FPS)]
        for turn, first, beyond in zip(scene.turns, cuts, ends, strict=True):
            kind = KINDS_OF_SHOT[generator.choice(3, p=(0.42, 0.33, 0.25))]
            seen = _seen(generator, scene, turn.person, kind, difficulty)
            shots.append(Shot(scene, kind, seen, first, beyond))
    return shots


def _turns(
    generator: np.random.Generator, people: tuple[Person, ...], count: int, start_s: float
) -> tuple[Turn, ...]:
    """Let people speak: all of them once in any order, then anyone but the last speaker."""
    order = list(generator.permutation(len(people)))
    while len(order) < count:
        order.append((order[-1] + generator.integers(1, len(people))) % len(people))
    turns = []
    for index in order[: max(count, len(people))]:
        text = line(generator)
        sound = say(text, people[index].voice)
        first = round(start_s * RATE_HZ)
        turn = Turn(people[index], text, first / RATE_HZ, (first + len(sound)) / RATE_HZ, sound)
        turns.append(turn)
        start_s = turn.end_s + float(generator.uniform(0.25, 0.6))
    return tuple(turns)


def _seen(
    generator: np.random.Generator,
    scene: Scene,
    speaker: Person,
    kind: str,
    difficulty: Difficulty,
) -> tuple[Person, ...]:
    """Return who is in the picture, in the order in which they stand in the room."""
    listeners = [person for person in scene.people if person is not speaker]
    hidden = generator.random() < difficulty.off_screen
    order = generator.permutation(len(listeners))
    wanted = [] if hidden else [speaker]
    wanted += [listeners[index] for index in order]
    count = {"close": 1, "two": 2, "wide": 4}[kind]
    return tuple(person for person in scene.people if person in wanted[:count])
