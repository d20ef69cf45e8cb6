"""Who says what, when and where in an episode, its sound, and what the camera shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from crossmodal_standins import voices
from crossmodal_standins.people import Person
from crossmodal_standins.rooms import KINDS
from crossmodal_standins.voices import RATE_HZ, Sound, Wave, say
from crossmodal_standins.words import choose, line
from crossmodal_standins.writing import Checked, share

FPS = 25
KINDS_OF_SHOT = ("close", "two", "wide")


@dataclass(frozen=True)
class Difficulty(Checked):
    """How hard it is to see and hear who speaks; set by hand before anything was trained."""

    off_screen: float = share(0.12)  # of the shots, that show somebody else than the speaker
    others: float = share(0.3)  # of the scenes, in which somebody else than the five joins
    occlusion: float = share(0.12)  # of the shots, in which a plant stands before the people
    decay_s: tuple[float, float] = (0.1, 0.35)  # least and most reverberation of a scene
    noise_db: tuple[float, float] = (-58.0, -42.0)  # of a scene, relative to full scale
    exposure: float = share(0.15)  # largest change of a scene's brightness, of 1
    grain: float = 2.0  # standard deviation of the camera's noise, grey levels of 255
    yaw_deg: float = 16.0  # largest turn of a head from the camera


@dataclass(frozen=True)
class Turn:
    """Something a person says; times in seconds from the start of the episode.

    `sound` is [samples] as spoken, before the room; its first and last are heard at the times.
    """

    person: Person
    text: str
    start_s: float
    end_s: float
    sound: Sound


@dataclass(frozen=True)
class Scene:
    """People talking in a room, from left to right; `light` comes from -1 left to 1 right."""

    room: str
    people: tuple[Person, ...]
    turns: tuple[Turn, ...]
    start_s: float
    end_s: float
    exposure: float
    light: float


@dataclass(frozen=True)
class Shot:
    """What the camera shows without a cut: people from left to right, frames first to beyond."""

    scene: Scene
    kind: str
    people: tuple[Person, ...]
    first: int
    beyond: int


def write_scenes(
    generator: np.random.Generator,
    cast: Sequence[Person],
    extra: Callable[[], Person],
    scenes: int,
    turns: tuple[int, int],
    difficulty: Difficulty,
) -> list[Scene]:
    """Write an episode.

    Everybody of the cast speaks before anybody begins a second round, so that even short episodes
    have all of them.
    `extra` returns somebody new; `turns` are the fewest in a scene, and one more than the most.
    """
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
            here.append(extra())
        people = tuple(here[index] for index in generator.permutation(len(here)))
        said = _turns(generator, people, max(int(generator.integers(*turns)), count), time_s + 0.4)
        end_s = float(np.ceil((said[-1].end_s + 0.4) * FPS) / FPS)
        room = choose(generator, list(KINDS))
        change, light = generator.uniform(-1, 1, 2).tolist()
        exposure = 1 + difficulty.exposure * change
        written.append(Scene(room, people, said, time_s, end_s, exposure, light))
        time_s = end_s
    return written


def mix(generator: np.random.Generator, scenes: Sequence[Scene], difficulty: Difficulty) -> Sound:
    """Return the sound of an episode, [samples] at `RATE_HZ`: turns, rooms, noise."""
    parts = []
    for scene in scenes:
        start, end = (round(time_s * RATE_HZ) for time_s in (scene.start_s, scene.end_s))
        sound: Wave = np.zeros(end - start, np.float32)
        for turn in scene.turns:
            first = round(turn.start_s * RATE_HZ) - start
            sound[first : first + len(turn.sound)] += voices.as_wave(turn.sound)
        sound = voices.in_room(sound, generator, RATE_HZ, generator.uniform(*difficulty.decay_s))
        parts.append(voices.with_noise(sound, generator, generator.uniform(*difficulty.noise_db)))
    return voices.as_int16(0.8 * np.concatenate(parts))


def shoot(
    generator: np.random.Generator, scenes: Sequence[Scene], difficulty: Difficulty
) -> list[Shot]:
    """Decide what the camera shows; it cuts a little before a turn begins."""
    shots = []
    for scene in scenes:
        cuts = [round(scene.start_s * FPS)]
        cuts += [round((turn.start_s - 0.16) * FPS) for turn in scene.turns[1:]]
        ends = [*cuts[1:], round(scene.end_s * FPS)]
        for turn, first, beyond in zip(scene.turns, cuts, ends, strict=True):
            kind = KINDS_OF_SHOT[generator.choice(3, p=(0.42, 0.33, 0.25))]
            listeners = [person for person in scene.people if person is not turn.person]
            wanted = [] if generator.random() < difficulty.off_screen else [turn.person]
            wanted += [listeners[index] for index in generator.permutation(len(listeners))]
            wanted = wanted[: {"close": 1, "two": 2, "wide": 4}[kind]]
            seen = tuple(person for person in scene.people if person in wanted)
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
    for index in order:
        text = line(generator)
        sound = say(text, people[index].voice)
        first = round(start_s * RATE_HZ)
        end_s = (first + len(sound)) / RATE_HZ
        turns.append(Turn(people[index], text, first / RATE_HZ, end_s, sound))
        start_s = end_s + float(generator.uniform(0.25, 0.6))
    return tuple(turns)
