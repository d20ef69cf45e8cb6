"""Film a shot: where people stand and how they move, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from crossmodal_standins.faces import Place, draw_bust, face_box
from crossmodal_standins.head import Look
from crossmodal_standins.people import Colour, Person
from crossmodal_standins.rooms import (
    Picture,
    backdrop,
    draw_cup,
    draw_plant,
    draw_room,
    draw_table,
)
from crossmodal_standins.screenplay import FPS, Difficulty, Shot
from crossmodal_standins.voices import RATE_HZ, loudness

SIZE = (320, 180)
"""Width and height of the pictures, in px."""

Series = NDArray[np.float64]
"""[frames]."""

_UNIT_PX = {"close": 46.0, "two": 33.0, "wide": 23.0}
_ZOOM = {"close": (1.9, 2.2), "two": (1.4, 1.3), "wide": (1.0, 0.6)}
"""Kind of shot -> zoom and blur in px of the background."""


@dataclass(frozen=True)
class Seen:
    """A person in a frame: who, the box x, y, width, height in px, and the mouth, 0 to 1."""

    person: Person
    box: tuple[float, float, float, float]
    mouth: float


@dataclass(frozen=True)
class _Actor:
    """A person during a shot: one value a frame of each movement."""

    person: Person
    clothes: Colour
    x_px: Series
    y_px: Series
    unit_px: float
    roll_deg: Series
    yaw_deg: Series
    pitch_deg: Series
    mouth: Series
    blink: Series
    cup: Series
    smile: float
    brows: float


def film(
    generator: np.random.Generator,
    shot: Shot,
    room: Picture,
    clothes: dict[str, Colour],
    difficulty: Difficulty,
) -> Iterator[tuple[Picture, list[Seen]]]:
    """Yield the frames of a shot and who is seen in them.

    Args:
        generator: Every choice comes from it.
        shot: The shot.
        room: The picture of the scene's room, as `draw_room` draws it.
        clothes: Name of a person -> what they wear today.
        difficulty: Occlusion, grain, turns of the head.
    """
    zoom, blur = _ZOOM[shot.kind]
    scenery = backdrop(room, float(generator.uniform(0.3, 0.7)), zoom, SIZE, blur)
    actors = [
        _actor(generator, shot, person, index, clothes[person.name], difficulty)
        for index, person in enumerate(shot.people)
    ]
    front = _foreground(generator, shot, difficulty)
    grain = [_grain(generator, difficulty.grain) for _ in range(3)]
    cup_colour: Colour = (222, 214, 92)
    for frame in range(shot.beyond - shot.first):
        picture = scenery.copy()
        seen = []
        for actor in actors:
            place = Place(
                actor.x_px[frame], actor.y_px[frame], actor.unit_px, actor.roll_deg[frame]
            )
            draw_bust(picture, actor.person.face, _look(actor, frame, shot), place, actor.clothes)
            if actor.cup[frame] > 0.02:
                lower = 1.6 - 0.8 * actor.cup[frame]
                y_px = place.y_px + lower * actor.unit_px
                draw_cup(picture, place.x_px, y_px, 0.26 * actor.unit_px, cup_colour)
            box = face_box(actor.person.face, place)
            seen.append(Seen(actor.person, box, float(actor.mouth[frame])))
        if front is not None:
            colours, behind = front
            picture = np.asarray(cv2.add(cv2.multiply(picture, behind, scale=1 / 255), colours))
        lit: Any = cv2.convertScaleAbs(picture, alpha=shot.scene.exposure)
        speck = grain[frame % len(grain)]
        yield np.asarray(cv2.add(lit, speck, dtype=cv2.CV_8U), dtype=np.uint8), seen


def furnish(generator: np.random.Generator, kinds: set[str]) -> dict[str, Picture]:
    """Draw each room of an episode once: kind -> picture."""
    return {kind: draw_room(generator, kind) for kind in sorted(kinds)}


def mouth_opening(shot: Shot, person: Person) -> Series:
    """Return how wide a person's mouth is open in each frame, 0 to 1: it follows the loudness."""
    times_s = np.arange(shot.first, shot.beyond) / FPS
    opening = np.zeros(len(times_s))
    for turn in shot.scene.turns:
        if turn.person is person:
            opening += loudness(turn.sound, RATE_HZ, times_s - turn.start_s)
    return np.clip(opening / 0.2, 0, 1) ** 0.7


def _actor(
    generator: np.random.Generator,
    shot: Shot,
    person: Person,
    index: int,
    clothes: Colour,
    difficulty: Difficulty,
) -> _Actor:
    """Place a person and let them move."""
    frames = shot.beyond - shot.first
    width, height = SIZE
    unit = _UNIT_PX[shot.kind] * float(generator.uniform(0.94, 1.04))
    middle = width * (index + 1) / (len(shot.people) + 1) + generator.uniform(-8, 8)
    mouth = mouth_opening(shot, person)
    speaks = bool(mouth.any())
    nod = np.convolve(mouth, np.full(5, 0.2), mode="same")
    inward = np.sign(width / 2 - middle) if len(shot.people) > 1 else generator.choice((-1, 1))
    glance = inward * generator.uniform(0.2, 0.9) * difficulty.yaw_deg
    return _Actor(
        person=person,
        clothes=clothes,
        x_px=middle + _sway(generator, frames, 0.05 * unit),
        y_px=0.47 * height
        + generator.uniform(-3, 3)
        + (0.04 * unit) * nod
        + _sway(generator, frames, 0.02 * unit),
        unit_px=unit,
        roll_deg=_sway(generator, frames, 2.5) + generator.uniform(-2, 2),
        yaw_deg=_glances(generator, frames, float(glance), 0.4 * difficulty.yaw_deg),
        pitch_deg=1.5 + 3 * nod + _sway(generator, frames, 1.5),
        mouth=mouth,
        blink=_blinks(generator, frames),
        cup=np.zeros(frames) if speaks else _drinks(generator, frames, difficulty.occlusion),
        smile=float(generator.uniform(-0.4, 1)),
        brows=float(generator.choice((-1, 0, 0, 1))),
    )


def _look(actor: _Actor, frame: int, shot: Shot) -> Look:
    return Look(
        yaw_deg=actor.yaw_deg[frame],
        pitch_deg=actor.pitch_deg[frame],
        mouth=actor.mouth[frame],
        blink=actor.blink[frame],
        smile=actor.smile,
        brows=actor.brows,
        light=shot.scene.light,
    )


def _sway(generator: np.random.Generator, frames: int, size: float) -> Series:
    """Return a slow movement to and fro."""
    time_s = np.arange(frames) / FPS
    rates_hz, phases = generator.uniform(0.1, 0.45, 2), generator.uniform(0, 2 * np.pi, 2)
    waves = np.sin(2 * np.pi * rates_hz[:, None] * time_s + phases[:, None])
    return np.asarray(size * waves.mean(axis=0))


def _glances(
    generator: np.random.Generator, frames: int, angle_deg: float, spread_deg: float
) -> Series:
    """Return where a head points: held for one to three seconds, then turned within a fifth."""
    angles = np.empty(frames)
    frame = 0
    while frame < frames:
        length = int(generator.integers(FPS, 3 * FPS))
        angles[frame : frame + length] = angle_deg + generator.uniform(-1, 1) * spread_deg
        frame += length
    padded = np.pad(angles, 2, mode="edge")
    return np.convolve(padded, np.full(5, 0.2), mode="valid")


def _blinks(generator: np.random.Generator, frames: int) -> Series:
    """Return the closing of the eyes: 0.16 s long, every two to five seconds."""
    closed = np.zeros(frames + 4)
    frame = int(generator.integers(0, 3 * FPS))
    while frame < frames:
        closed[frame : frame + 4] = (0.5, 1, 1, 0.5)
        frame += int(generator.integers(2 * FPS, 5 * FPS))
    return closed[:frames]


def _drinks(generator: np.random.Generator, frames: int, share: float) -> Series:
    """Return how far a cup is raised, 0 to 1: at most once, for up to 1.6 s."""
    raised = np.zeros(frames)
    start, drinks = int(generator.integers(0, frames)), generator.random() < 2 * share
    if drinks:
        bell = np.clip(2 * np.sin(np.linspace(0, np.pi, 40)), 0, 1)[: frames - start]
        raised[start : start + len(bell)] = bell
    return raised


def _foreground(
    generator: np.random.Generator, shot: Shot, difficulty: Difficulty
) -> tuple[Picture, Picture] | None:
    """Return what stands before the people, if anything: colours times alpha, and 1 - alpha."""
    width, height = SIZE
    side = (-0.02, 0.5, 1.02)[generator.choice(3, p=(0.45, 0.1, 0.45))]
    plant = generator.random() < difficulty.occlusion
    seed = int(generator.integers(2**32))
    if not plant and not (shot.kind == "wide" and shot.scene.room in ("cafeteria", "living room")):
        return None
    black, white = (np.full((height, width, 3), ground, dtype=np.uint8) for ground in (0, 255))
    for ground in (black, white):  # what differs between the two shines through
        if plant:
            draw_plant(ground, side * width, np.random.default_rng(seed))
        else:
            draw_table(ground, np.random.default_rng(seed))
    return black, white - black


def _grain(generator: np.random.Generator, size: float) -> NDArray[np.int16]:
    width, height = SIZE
    noise = generator.standard_normal((height, width, 1), dtype=np.float32)
    return np.repeat(np.round(size * noise), 3, axis=2).astype(np.int16)
