"""Scenes to be described: what is where, in which colour, in what weather, and their pictures.

A scene has a subject (one to three of a kind), nearly always something else beside, before, behind
or above it, a place and a weather. No two scenes of a corpus are alike in what is there, though
often in all but a colour or the place.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from crossmodal.errors import InputError
from crossmodal_standins.painting import Painter, Picture
from crossmodal_standins.photographs import draw_fine, photograph
from crossmodal_standins.scene_living import Place
from crossmodal_standins.scene_objects import DRAWINGS, draw_thing
from crossmodal_standins.scene_places import (
    HORIZON,
    PLACES,
    WEATHERS,
    draw_place,
    draw_weather,
)

RELATIONS = ("left", "right", "front", "behind", "above")
PEOPLE = ("man", "woman", "child")
ANIMALS = ("dog", "cat", "horse", "cow")
FLYING = ("bird", "kite", "balloon")

_HEIGHTS = {
    "man": 0.42, "woman": 0.41, "child": 0.3, "dog": 0.2, "cat": 0.17, "horse": 0.32,
    "cow": 0.29, "bird": 0.09, "car": 0.2, "truck": 0.3, "bicycle": 0.25, "boat": 0.36,
    "house": 0.48, "tent": 0.26, "tree": 0.52, "bench": 0.16, "umbrella": 0.36, "ball": 0.13,
    "kite": 0.17, "balloon": 0.26,
}  # fmt: skip
"""Of the picture's."""

_COATS = ("brown", "black", "white", "grey")
_PAINTS = ("red", "blue", "green", "yellow", "orange", "purple", "pink", "white", "black")


@dataclass(frozen=True)
class Scene:
    """What a picture shows.

    Attributes:
        subject: Kind of the subject, one of `scene_objects.DRAWINGS`.
        colour: Its colour.
        count: How many of it, 1 to 3.
        action: "standing", "running", "sitting" or "waving"; "" for things.
        other: Kind of the second thing, or "".
        other_colour: Its colour, or "".
        relation: Where the subject is, seen from the other: one of `RELATIONS`; "above" says that
            the other flies above the subject; "" without other.
        place: One of `PLACES`.
        weather: One of `WEATHERS`.
    """

    subject: str
    colour: str
    count: int
    action: str
    other: str
    other_colour: str
    relation: str
    place: str
    weather: str


@dataclass(frozen=True)
class Difficulty:
    """How hard it is to find the picture of a caption, and the caption of a picture.

    Fixed by hand before any model was trained on the stand-ins. What a caption says is true.

    Attributes:
        no_colour: Share of things whose colour a caption leaves out.
        no_other: Share of captions that leave out the second thing.
        no_place: Share that leave out the place.
        no_weather: Share that leave out the weather.
        vague_count: Share that say "some" for two or three.
        other_word: Share of words in whose place a synonym stands.
        light: Largest change of exposure of a picture, of 1.
        noise: Largest standard deviation of a picture's noise, in grey levels of 255.
        murmur_db: Loudest background of a recording, relative to full scale.
        decay_s: Longest reverberation of a recording.
    """

    no_colour: float = 0.15
    no_other: float = 0.15
    no_place: float = 0.25
    no_weather: float = 0.6
    vague_count: float = 0.2
    other_word: float = 0.4
    light: float = 0.15
    noise: float = 6.0
    murmur_db: float = -45.0
    decay_s: float = 0.3

    def __post_init__(self) -> None:
        """Refuse shares outside 0 to 1."""
        for field in (
            "no_colour",
            "no_other",
            "no_place",
            "no_weather",
            "vague_count",
            "other_word",
            "light",
        ):
            if not 0 <= getattr(self, field) <= 1:
                raise InputError("a share lies between 0 and 1", field=field)


def draw_scenes(generator: np.random.Generator, count: int) -> list[Scene]:
    """Draw scenes, no two alike."""
    scenes: dict[Scene, None] = {}
    while len(scenes) < count:
        scenes.setdefault(_draw_scene(generator))
    return list(scenes)


def draw_scene_picture(
    generator: np.random.Generator, scene: Scene, size: tuple[int, int], difficulty: Difficulty
) -> Picture:
    """Draw a scene.

    Args:
        generator: Decides where things stand, and the light; two pictures of a scene differ.
        scene: What is shown.
        size: Width and height in px.
        difficulty: Light and noise.

    Returns:
        Red, green, blue, uint8, [height, width, 3].
    """
    placed = _arrange(generator, scene, size[0] / size[1])

    def draw(canvas: Picture) -> None:
        draw_place(generator, canvas, scene.place, scene.weather)
        painter = Painter(canvas)
        for kind, colour, place, variety in placed:
            if kind not in FLYING:
                shade = canvas.copy()
                shadow = Painter(shade)
                wide = 0.55 * place.height * (0.4 if kind in PEOPLE else 1)
                shadow.oval(place.foot, wide, 0.05 * place.height, (22, 24, 30))
                cv2.addWeighted(shade, 0.35, canvas, 0.65, 0, dst=canvas)
            action = scene.action if kind == scene.subject else "standing"
            draw_thing(painter, kind, colour, action, place, variety)
        draw_weather(generator, canvas, scene.weather)

    light = 1 + generator.uniform(-1, 1) * difficulty.light
    slant = 0.5 * difficulty.light * complex(*generator.uniform(-1, 1, 2))
    noise = difficulty.noise * generator.uniform(0.2, 1)
    return photograph(draw_fine(size, draw), generator, light=light, slant=slant, noise=noise)


def _draw_scene(generator: np.random.Generator) -> Scene:
    kinds = list(DRAWINGS)
    place = _pick(generator, PLACES)
    here = [kind for kind in kinds if kind != "boat" or place in ("lake", "beach")]
    subjects = [kind for kind in here if kind not in ("tree", "house", "bench", "umbrella")]
    subject = _pick(generator, subjects)
    others = [kind for kind in here if kind != subject and not {kind, subject} <= set(FLYING)]
    other = _pick(generator, others) if generator.random() < 0.9 else ""
    action = ""
    if subject in PEOPLE:
        action = _pick(generator, ("standing", "running", "sitting", "waving"))
    elif subject in ANIMALS:
        action = _pick(generator, ("standing", "running"))
    relation = _pick(generator, RELATIONS[:4]) if other else ""
    if other in FLYING:
        relation = "above"
    elif other and subject in FLYING:
        relation = _pick(generator, ("left", "right"))
    return Scene(
        subject=subject,
        colour=_colour(generator, subject),
        count=int(generator.choice((1, 1, 1, 2, 3))) if subject != "house" else 1,
        action=action,
        other=other,
        other_colour=_colour(generator, other) if other else "",
        relation=relation,
        place=place,
        weather=_pick(generator, WEATHERS),
    )


def _pick(generator: np.random.Generator, options: tuple[str, ...] | list[str]) -> str:
    return options[generator.integers(len(options))]


def _colour(generator: np.random.Generator, kind: str) -> str:
    if kind in ANIMALS:
        return _pick(generator, _COATS)
    return "green" if kind == "tree" else _pick(generator, _PAINTS)


def _arrange(
    generator: np.random.Generator, scene: Scene, width: float
) -> list[tuple[str, str, Place, float]]:
    """Decide where things stand, the farthest first: kind, colour, place, variety."""
    side = int(generator.choice((-1, 1)))
    spread = 0.26 * width
    offset = {"left": -spread, "right": spread, "front": 0.2 * side, "behind": 0.2 * side}
    depth = {"front": 0.13, "behind": -0.1}
    away = offset.get(scene.relation, 0.0) / 2
    middle = width / 2 + generator.uniform(-0.05, 0.05)
    zoom = generator.uniform(0.9, 1.12) * (1 if scene.count == 1 else 0.85)

    def place(kind: str, x: float, y: float) -> Place:
        flies = kind in FLYING
        near = 1.0 if flies else 0.75 + 0.6 * (y - HORIZON)
        height = _HEIGHTS[kind] * zoom * near
        foot = complex(x, height + generator.uniform(0.03, 0.12) if flies else y)
        return Place(foot, height, int(generator.choice((-1, 1))))

    things = []
    if scene.other:
        ground = 0.83 - depth.get(scene.relation, 0.0) / 2
        things.append((scene.other, scene.other_colour, place(scene.other, middle - away, ground)))
    gap = _HEIGHTS[scene.subject] * (0.55 if scene.subject in PEOPLE else 1.3)
    for index in range(scene.count):
        x = middle + away + gap * zoom * (index - (scene.count - 1) / 2)
        y = 0.85 + depth.get(scene.relation, 0.0) / 2 + generator.uniform(-0.02, 0.02)
        things.append((scene.subject, scene.colour, place(scene.subject, x, y)))
    things.sort(key=lambda thing: thing[2].foot.imag)
    return [(kind, colour, where, float(generator.random())) for kind, colour, where in things]
