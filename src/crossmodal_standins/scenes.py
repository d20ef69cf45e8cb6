"""Scenes to be described: what is where, in which colour, in what weather, and their pictures.

A scene has a subject (one to three of a kind), nearly always something else beside, before, behind
or above it, a place and a weather. No two scenes of a corpus are alike in what is there, though
often in all but a colour or the place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crossmodal_standins.canvas import Canvas, Picture, gradient, oval, photograph
from crossmodal_standins.colours import BLACK, INK, PAPER, Colour, mixed, palette, rgb
from crossmodal_standins.people import SKINS
from crossmodal_standins.words import choose, read_yaml
from crossmodal_standins.writing import Checked, share

RELATIONS = ["left", "right", "front", "behind", "above"]
PEOPLE = ("man", "woman", "child")
ANIMALS = ("dog", "cat", "horse", "cow")
FLYING = ("bird", "kite", "balloon")
_DATA = read_yaml("scenes.yaml")
HEIGHTS: dict[str, float] = _DATA["heights"]
"""Kind of a thing -> its height, of the picture's."""
PLACES, WEATHERS = list(_DATA["places"]), list(_DATA["weathers"])
COLOURS = {name: rgb(code) for name, code in _DATA["colours"].items()}
_HORIZON = 0.56
"""Where the ground begins, in heights of the picture from above."""


@dataclass(frozen=True)
class Scene:
    """What a picture shows.

    A subject of a kind, a colour and a count from 1 to 3, people and animals with an action;
    nearly always something else, else "". The relation says where the subject is, seen from the
    other; "above" that the other flies above the subject.
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
class Difficulty(Checked):
    """How hard it is to find the picture of a caption, and the caption of a picture.

    Fixed by hand before any model was trained on the stand-ins. What a caption says is true.
    """

    no_colour: float = share(0.15)  # of things, whose colour a caption leaves out
    no_other: float = share(0.15)  # of captions that leave out the second thing,
    no_place: float = share(0.25)  # the place,
    no_weather: float = share(0.6)  # the weather,
    vague_count: float = share(0.2)  # or say "some" for two or three
    other_word: float = share(0.4)  # of words, in whose place a synonym stands
    light: float = share(0.15)  # largest change of exposure of a picture, of 1
    noise: float = 6.0  # largest standard deviation of a picture's noise, grey levels of 255
    murmur_db: float = -45.0  # loudest background of a recording, relative to full scale
    decay_s: float = 0.3  # longest reverberation of a recording


def draw_scenes(generator: np.random.Generator, count: int) -> list[Scene]:
    """Draw scenes, no two alike."""
    scenes: dict[Scene, None] = {}
    while len(scenes) < count:
        scenes.setdefault(_draw_scene(generator))
    return list(scenes)


def draw_scene_picture(
    generator: np.random.Generator, scene: Scene, size: tuple[int, int], difficulty: Difficulty
) -> Picture:
    """Draw a scene, `size` wide and high in px; two pictures of a scene differ."""
    canvas = _draw_place(generator, scene, size)
    for kind, colour, x, y, height in _arrange(generator, scene, canvas.wide):
        side = float(generator.choice((-1, 1)))
        if kind not in FLYING:
            broad = 0.5 * height * (0.4 if kind in PEOPLE else 1)
            canvas.fill(oval(x, y, broad, 0.05 * height), mixed(rgb("3a3a36"), (120, 116, 96), 0.3))
        own = canvas.placed(x, y - height / 2, height / 2, side=side)
        action = scene.action if kind == scene.subject else "standing"
        _draw_thing(generator, own, kind, COLOURS[colour], action)
    if scene.weather == "night":
        canvas.picture[:] = (canvas.picture * np.array((0.62, 0.66, 0.82))).astype(np.uint8)
    elif scene.weather == "rainy":
        for x, y in generator.uniform((0, 0), (canvas.wide, 1), (90, 2)):
            canvas.line([(x, y), (x - 0.012, y + 0.05)], 0.003, rgb("c3d2de"))
    light = 1 + generator.uniform(-1, 1) * difficulty.light
    slant = 0.5 * difficulty.light * generator.uniform(-1, 1, 2)
    noise = difficulty.noise * generator.uniform(0.2, 1)
    return photograph(canvas.picture, generator, light=light, slant=slant, noise=noise)


def _draw_scene(generator: np.random.Generator) -> Scene:
    place = choose(generator, PLACES)
    here = [kind for kind in HEIGHTS if kind != "boat" or place in ("lake", "beach")]
    subjects = [kind for kind in here if kind not in ("tree", "house", "bench", "umbrella")]
    subject = choose(generator, subjects)
    others = [kind for kind in here if kind != subject and not {kind, subject} <= set(FLYING)]
    other = choose(generator, others) if generator.random() < 0.9 else ""
    action = ""
    if subject in PEOPLE:
        action = choose(generator, ["standing", "running", "sitting", "waving"])
    elif subject in ANIMALS:
        action = choose(generator, ["standing", "running"])
    relation = choose(generator, RELATIONS[:4]) if other else ""
    if other in FLYING:
        relation = "above"
    elif other and subject in FLYING:
        relation = choose(generator, ["left", "right"])
    colour, other_colour = _colour(generator, subject), _colour(generator, other)
    count, weather = int(generator.choice((1, 1, 1, 2, 3))), choose(generator, WEATHERS)
    return Scene(subject, colour, count, action, other, other_colour, relation, place, weather)


def _colour(generator: np.random.Generator, kind: str) -> str:
    if kind in ("", "tree"):
        return "green" if kind else ""
    return choose(generator, _DATA["coats" if kind in ANIMALS else "paints"])


def _arrange(
    generator: np.random.Generator, scene: Scene, wide: float
) -> list[tuple[str, str, float, float, float]]:
    """Decide where things stand, the farthest first: kind, colour, foot x and y, height."""
    lateral = 0.2 * float(generator.choice((-1, 1)))
    offset = {"left": -0.26 * wide, "right": 0.26 * wide, "front": lateral, "behind": lateral}
    depth = {"front": 0.065, "behind": -0.05}.get(scene.relation, 0.0)
    away = offset.get(scene.relation, 0.0) / 2
    middle = wide / 2 + generator.uniform(-0.05, 0.05)
    zoom = generator.uniform(0.9, 1.12) * (1 if scene.count == 1 else 0.85)
    gap = HEIGHTS[scene.subject] * zoom * (0.55 if scene.subject in PEOPLE else 1.3)
    things = []
    for index in range(-1 if scene.other else 0, scene.count):
        kind, colour = (scene.subject, scene.colour)
        x = middle + away + gap * (index - (scene.count - 1) / 2)
        y = 0.85 + depth + generator.uniform(-0.02, 0.02)
        if index < 0:
            kind, colour, x, y = scene.other, scene.other_colour, middle - away, 0.83 - depth
        height = HEIGHTS[kind] * zoom
        if kind in FLYING:
            y = height + generator.uniform(0.03, 0.12)
        else:
            height *= 0.75 + 0.6 * (y - _HORIZON)
        things.append((kind, colour, float(x), float(y), float(height)))
    return sorted(things, key=lambda thing: thing[3])


def _draw_place(generator: np.random.Generator, scene: Scene, size: tuple[int, int]) -> Canvas:
    """Draw sky, what lies at the horizon, and ground."""
    width, height = size
    sky, body, body_colour, clouds, cloud, tint, tinted = _DATA["weathers"][scene.weather]
    ground, scenery, colours, count, half = _DATA["places"][scene.place]

    def lit(codes: str) -> dict[str, Colour]:
        return {key: mixed(tone, rgb(tint), tinted) for key, tone in palette(codes).items()}

    edge = round(_HORIZON * height)
    above = gradient(palette(sky).values(), edge, width)
    below = gradient(lit(ground).values(), height - edge, width)
    canvas = Canvas(np.concatenate([above, below]))
    if body:
        at = _HORIZON - 0.06 if scene.weather == "sunset" else 0.13
        x = generator.uniform(0.15, 0.85) * canvas.wide
        canvas.placed(x, at, 0.11).draw(body, palette(body_colour))
    for x, y in generator.uniform((0, 0.05), (canvas.wide, 0.32), (clouds, 2)):
        for dx, dy, r in ((-0.09, 0.01, 0.05), (0.09, 0.01, 0.05), (0, -0.02, 0.06)):
            canvas.fill(oval(x + dx, y + dy, 1.25 * r, r), rgb(cloud))
    shore = _HORIZON + _DATA["shores"].get(scene.place, 0.0)
    if scenery == "wave":
        top, wide = _HORIZON - 0.06, canvas.wide
        canvas.fill([(0, top), (wide, top), (wide, shore), (0, shore)], lit(_DATA["water"])["a"])
    for place in (np.arange(count) + generator.uniform(0.2, 0.8, count)) / count:
        y = 1 - half if scenery == "furrow" else _HORIZON + 0.02 - half
        if scenery == "wave":
            y = generator.uniform(_HORIZON - 0.04, shore - 0.02)
        canvas.placed(place * canvas.wide, y, half).draw(scenery, lit(colours))
    return canvas


def _draw_thing(
    generator: np.random.Generator, own: Canvas, kind: str, colour: Colour, action: str
) -> None:
    """Draw a thing in the square of its canvas; people's skin and trousers differ."""
    if kind in PEOPLE:
        skin = SKINS[generator.integers(len(SKINS))]
        trousers = mixed(rgb("33415c"), rgb("6b4a3a"), float(generator.random()))
        tones = {"a": colour, "b": skin, "c": trousers}
        own.draw(action, tones)
        sits = action == "sitting"
        if kind == "woman" and not sits:
            own.draw("skirt", tones)
        own = own.placed(0.1 if action == "running" else 0, -0.42 if sits else -0.78)
    elif kind in _DATA["seconds"]:
        second, third = palette(_DATA["seconds"][kind]).values()
        tones = {"a": colour, "b": second, "c": third}
    else:
        patches = (INK if sum(colour) > 600 else PAPER) if kind == "cow" else None
        tones = {"a": colour, "b": patches or mixed(colour, BLACK, 0.5), "c": rgb("8a5f38")}
    if kind in ANIMALS:
        own.draw(f"legs {action}", tones)
    own.draw(kind, tones)
