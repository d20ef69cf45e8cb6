"""Film a shot: where people stand and how they move, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from crossmodal_standins.canvas import Canvas, Picture
from crossmodal_standins.colours import Colour, palette
from crossmodal_standins.heads import Look, Place, draw_bust, face_box
from crossmodal_standins.people import Person
from crossmodal_standins.rooms import backdrop
from crossmodal_standins.screenplay import FPS, Difficulty, Shot
from crossmodal_standins.voices import RATE_HZ, loudness

SIZE = (320, 180)
"""Width and height of the pictures, in px."""

Series = NDArray[np.float64]
"""[frames]."""

_VIEWS = {"close": (46.0, 1.9, 2.2), "two": (33.0, 1.4, 1.3), "wide": (23.0, 1.0, 0.6)}
"""Kind of shot -> unit of a head in px, zoom and blur in px of the background."""


@dataclass(frozen=True)
class Seen:
    """A person in a frame: who, the box x, y, width, height in px, and the mouth, 0 to 1."""

    person: Person
    box: tuple[float, float, float, float]
    mouth: float


def film(
    generator: np.random.Generator,
    shot: Shot,
    room: Picture,
    clothes: Mapping[str, Colour],
    difficulty: Difficulty,
) -> Iterator[tuple[Picture, list[Seen]]]:
    """Yield the frames of a shot and who is seen in them.

    `room` is the scene's, as `draw_room` draws it; `clothes` are by name of a person.
    """
    _, zoom, blur_px = _VIEWS[shot.kind]
    scenery = backdrop(room, float(generator.uniform(0.3, 0.7)), zoom, SIZE, blur_px)
    acts = [_act(generator, shot, index, difficulty) for index in range(len(shot.people))]
    edge = generator.choice((0.0, SIZE[0] / SIZE[1]))
    hidden = generator.random() < difficulty.occlusion
    noise = generator.standard_normal((3, SIZE[1], SIZE[0], 1), dtype=np.float32)
    grain = np.repeat(np.round(difficulty.grain * noise), 3, axis=3).astype(np.int16)
    for frame, moment in enumerate(zip(*acts, strict=True)):
        picture, seen = scenery.copy(), []
        for person, (look, place) in zip(shot.people, moment, strict=True):
            draw_bust(picture, person.face, look, place, clothes[person.name])
            seen.append(Seen(person, face_box(person.face, place), look.mouth))
        if hidden:
            Canvas(picture).placed(edge, 0.72, 0.32).draw("plant", palette("3a7a4c 3a7a4c a0522d"))
        lit = cv2.convertScaleAbs(picture, alpha=shot.scene.exposure)
        grained = cv2.add(lit, grain[frame % len(grain)], dtype=cv2.CV_8U)
        yield np.asarray(grained, dtype=np.uint8), seen


def mouth_opening(shot: Shot, person: Person) -> Series:
    """Return how wide a person's mouth is open in each frame, 0 to 1: it follows the loudness."""
    times_s = np.arange(shot.first, shot.beyond) / FPS
    opening = np.zeros(len(times_s))
    for turn in shot.scene.turns:
        if turn.person is person:
            opening += loudness(turn.sound, RATE_HZ, times_s - turn.start_s)
    return np.asarray(np.clip(opening / 0.2, 0, 1) ** 0.7)


def _act(
    generator: np.random.Generator, shot: Shot, index: int, difficulty: Difficulty
) -> list[tuple[Look, Place]]:
    """Place a person and let them move: look and place in each frame."""
    frames = shot.beyond - shot.first
    width, height = SIZE
    unit = round(_VIEWS[shot.kind][0] * generator.uniform(0.94, 1.04))
    middle = width * (index + 1) / (len(shot.people) + 1) + generator.uniform(-8, 8)
    mouth = mouth_opening(shot, shot.people[index])
    nod = np.convolve(mouth, np.full(5, 0.2), mode="same")
    inward = np.sign(width / 2 - middle) if len(shot.people) > 1 else generator.choice((-1, 1))
    glance = inward * generator.uniform(0.2, 0.9) * difficulty.yaw_deg
    x = middle + _sway(generator, frames, 0.05 * unit)
    y = 0.47 * height + generator.uniform(-3, 3) + 0.04 * unit * nod
    roll_deg = _sway(generator, frames, 2.5) + generator.uniform(-2, 2)
    yaw_deg = glance + _sway(generator, frames, 0.4 * difficulty.yaw_deg)
    pitch_deg = 1.5 + 3 * nod
    blink = _blinks(generator, frames)
    smile, light = float(generator.uniform(-0.4, 1)), shot.scene.light
    series = np.stack([x, y, roll_deg, yaw_deg, pitch_deg, mouth, blink], axis=1)
    return [
        (Look(yaw, pitch, opened, closed, smile, light), Place(x_px, y_px, unit, roll))
        for x_px, y_px, roll, yaw, pitch, opened, closed in series.tolist()
    ]


def _sway(generator: np.random.Generator, frames: int, size: float) -> Series:
    """Return a slow movement to and fro."""
    time_s = np.arange(frames) / FPS
    rates_hz, phases = generator.uniform(0.1, 0.45, 2), generator.uniform(0, 2 * np.pi, 2)
    waves = np.sin(2 * np.pi * rates_hz[:, None] * time_s + phases[:, None])
    return np.asarray(size * waves.mean(axis=0))


def _blinks(generator: np.random.Generator, frames: int) -> Series:
    """Return the closing of the eyes: 0.16 s long, every two to five seconds."""
    closed = np.zeros(frames + 4)
    frame = int(generator.integers(0, 3 * FPS))
    while frame < frames:
        closed[frame : frame + 4] = (0.5, 1, 1, 0.5)
        frame += int(generator.integers(2 * FPS, 5 * FPS))
    return closed[:frames]
