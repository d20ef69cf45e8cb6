"""Scenes to be described: what is where, in which colour, in what weather, and their pictures.

A scene has a subject (one to three of a kind), nearly always something else beside, before, behind
or above it, a place and a weather. No two scenes of a corpus are alike in what is there, though
often in all but a colour or the place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crossmodal_standins.canvas import (
    BLACK,
    INK,
    PAPER,
    WHITE,
    Canvas,
    Colour,
    Picture,
    gradient,
    mixed,
    oval,
    palette,
    photograph,
    rgb,
)
from crossmodal_standins.people import SKINS
from crossmodal_standins.words import choose
from crossmodal_standins.writing import Checked, share

RELATIONS = ["left", "right", "front", "behind", "above"]
PEOPLE = ("man", "woman", "child")
ANIMALS = ("dog", "cat", "horse", "cow")
FLYING = ("bird", "kite", "balloon")
HEIGHTS = {
    "man": 0.42, "woman": 0.41, "child": 0.3, "dog": 0.22, "cat": 0.2, "horse": 0.34,
    "cow": 0.3, "bird": 0.1, "car": 0.24, "truck": 0.3, "bicycle": 0.25, "boat": 0.36,
    "house": 0.48, "tent": 0.26, "tree": 0.52, "bench": 0.16, "umbrella": 0.36, "ball": 0.13,
    "kite": 0.17, "balloon": 0.26,
}  # fmt: skip
"""Kind of a thing -> its height, of the picture's."""

_COATS = ["brown", "black", "white", "grey"]
_PAINTS = ["red", "blue", "green", "yellow", "orange", "purple", "pink", "white", "black"]
COLOURS: dict[str, Colour] = {
    "red": rgb("cf3430"), "blue": rgb("2f62c4"), "green": rgb("3a9447"), "yellow": rgb("f0c52e"),
    "orange": rgb("ea842a"), "purple": rgb("7d46a8"), "pink": rgb("ee8fb4"),
    "white": rgb("f4f2ec"), "black": rgb("2c2a2d"), "brown": rgb("86552f"), "grey": rgb("8f9296"),
}  # fmt: skip

_HORIZON = 0.56
"""Where the ground begins, in heights of the picture from above."""
PLACES = {
    "beach": ("ead39c d3b176", "wave", "2f7fb5", 9, 0.05),
    "park": ("79b653 4a8a3a", "tree", "2f7d3f 2f7d3f 6a4526", 7, 0.13),
    "street": ("8b8d92 5f6167", "townhouse", "b5705a 5c6b7c", 6, 0.17),
    "field": ("c9b653 94913a", "furrow", "a89a3c", 8, 0.22),
    "mountains": ("8a9a70 5f7350", "peak", "7d8aa0", 5, 0.16),
    "lake": ("3f8fc0 4c7a45", "wave", "7fb8da", 9, 0.05),
    "desert": ("e2a860 bf7f3f", "cactus", "4f8a4a", 4, 0.1),
    "snow": ("f3f7fb cfdbe8", "fir", "2f5a4a 2f5a4a 5a3a24", 6, 0.13),
}
"""Place -> colours of the ground, a shape along the horizon, its colours, number, half height."""

WEATHERS = {
    "sunny": ("4a97dd cfe8f7", "sun", "ffdf4f", 2, "ffffff", 0.0),
    "cloudy": ("8c9aa8 cdd5da", "", "", 6, "ffffff", 0.1),
    "rainy": ("5b6876 9aa7b0", "", "", 6, "54606c", 0.3),
    "night": ("0b1130 2a3566", "moon", "f6f0c0", 0, "101a40", 0.55),
    "sunset": ("5a3f86 f59b55", "sun", "ffb040", 1, "e0703a", 0.25),
}
"""Weather -> colours of the sky, what is seen there, its colour, clouds, tint of all, its share."""


@dataclass(frozen=True)
class Scene:
    """What a picture shows.

    Attributes:
        subject: Kind of the subject, one of `HEIGHTS`.
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
class Difficulty(Checked):
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

    no_colour: float = share(0.15)
    no_other: float = share(0.15)
    no_place: float = share(0.25)
    no_weather: float = share(0.6)
    vague_count: float = share(0.2)
    other_word: float = share(0.4)
    light: float = share(0.15)
    noise: float = 6.0
    murmur_db: float = -45.0
    decay_s: float = 0.3


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
    """
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
    return photograph(
        canvas.picture,
        generator,
        light=1 + generator.uniform(-1, 1) * difficulty.light,
        slant=0.5 * difficulty.light * generator.uniform(-1, 1, 2),
        noise=difficulty.noise * generator.uniform(0.2, 1),
    )


def _draw_scene(generator: np.random.Generator) -> Scene:
    place = choose(generator, list(PLACES))
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
    return Scene(
        subject=subject,
        colour=_colour(generator, subject),
        count=int(generator.choice((1, 1, 1, 2, 3))),
        action=action,
        other=other,
        other_colour=_colour(generator, other) if other else "",
        relation=relation,
        place=place,
        weather=choose(generator, list(WEATHERS)),
    )


def _colour(generator: np.random.Generator, kind: str) -> str:
    if kind in ANIMALS:
        return choose(generator, _COATS)
    return "green" if kind == "tree" else choose(generator, _PAINTS)


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
    wanted = []
    if scene.other:
        wanted.append((scene.other, scene.other_colour, middle - away, 0.83 - depth))
    for index in range(scene.count):
        x = middle + away + gap * (index - (scene.count - 1) / 2)
        wanted.append(
            (scene.subject, scene.colour, x, 0.85 + depth + generator.uniform(-0.02, 0.02))
        )
    things = []
    for kind, colour, x, y in wanted:
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
    high, body, body_colour, clouds, tint, share_ = WEATHERS[scene.weather]
    ground, scenery, colours, count, half = PLACES[scene.place]

    def lit(codes: str) -> list[Colour]:
        return [mixed(colour, rgb(tint), share_) for colour in palette(codes).values()]

    sky = list(palette(high).values())
    near, far = lit(ground)
    edge = round(_HORIZON * height)
    above = gradient(sky[0], sky[1], edge, width)
    canvas = Canvas(np.concatenate([above, gradient(near, far, height - edge, width)]))
    if body:
        at = _HORIZON - 0.06 if scene.weather == "sunset" else 0.13
        x = generator.uniform(0.15, 0.85) * canvas.wide
        canvas.placed(x, at, 0.11).draw(body, {"a": rgb(body_colour)})
    tone = mixed(sky[1], WHITE, 0.6) if scene.weather in ("sunny", "cloudy") else rgb("76818c")
    for x, y in generator.uniform((0, 0.05), (canvas.wide, 0.32), (clouds, 2)):
        for dx, dy, r in ((-0.09, 0.01, 0.05), (0.09, 0.01, 0.05), (0, -0.02, 0.06)):
            canvas.fill(oval(x + dx, y + dy, 1.25 * r, r), tone)
    tones = dict(zip("abc", lit(colours), strict=False))
    water = scenery == "wave"
    if water:
        shore = _HORIZON + (0.13 if scene.place == "lake" else 0.03)
        blue = lit("2f7fb5")[0]
        top = _HORIZON - 0.06
        canvas.fill([(0, top), (canvas.wide, top), (canvas.wide, shore), (0, shore)], blue)
        tones["a"] = mixed(blue, WHITE, 0.35)
    for place in (np.arange(count) + generator.uniform(0.2, 0.8, count)) / count:
        x, y = place * canvas.wide, _HORIZON + 0.02 - half
        if water:
            y = generator.uniform(_HORIZON - 0.04, shore - 0.02)
        elif scenery == "furrow":
            y = 1 - half
        canvas.placed(x, y, half).draw(scenery, tones)
    return canvas


def _draw_thing(
    generator: np.random.Generator, own: Canvas, kind: str, colour: Colour, action: str
) -> None:
    """Draw a thing in the square of its canvas; people's skin and trousers differ."""
    skin = SKINS[generator.integers(len(SKINS))]
    if kind in PEOPLE:
        trousers = mixed(rgb("33415c"), rgb("6b4a3a"), float(generator.random()))
        clothes = {"a": colour, "b": skin, "c": trousers}
        own.draw(action, clothes)
        low = action == "sitting"
        if kind == "woman" and not low:
            own.draw("skirt", clothes)
        own.placed(0.1 if action == "running" else 0, -0.42 if low else -0.78).draw(kind, clothes)
        return
    other = {"cow": INK if sum(colour) > 600 else PAPER, "house": rgb("6b3f33")}
    tones = {"a": colour, "b": other.get(kind, mixed(colour, BLACK, 0.5)), "c": rgb("8a5f38")}
    if kind == "car":
        tones["b"] = rgb("8f9296")
    if kind == "bird":
        tones["c"] = rgb("e8a020")
    if kind in ANIMALS:
        own.draw(f"legs {action or 'standing'}", tones)
    own.draw(kind, tones)
