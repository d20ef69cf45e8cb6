"""Documents about topics: a mixture of topics, its picture and its words.

A picture is a ground with shapes of the document's topics on it, then light, blur and noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crossmodal_standins.canvas import Canvas, Picture, gradient, oval, photograph
from crossmodal_standins.colours import Colour, mixed, palette, rgb, varied
from crossmodal_standins.words import Topic
from crossmodal_standins.writing import Checked, share

SIZES = ((160, 120), (160, 120), (120, 160), (128, 128))
"""Widths and heights in px, drawn with equal chance; landscape is the most common."""


@dataclass(frozen=True)
class Difficulty(Checked):
    """How hard the documents are; labels are never wrong.

    The values were set by hand with two rulers, a linear classifier of each feature and regularised
    linear CCA (test against test), so that both come out near those of the real Wikipedia features.
    No hashing method was run on the stand-ins while they were set.
    """

    own_topic: tuple[float, float] = share((0.3, 0.75))  # of the label's topics, least and most
    stray_elements: float = share(0.35)  # of a picture's elements, from any topic
    stray_words: float = share(0.2)  # the same of words
    background_words: float = share(0.55)  # of words, that belong to no topic
    elements: tuple[int, int] = (5, 9)  # fewest and most in a picture, beside the ground
    words: tuple[int, int] = (40, 119)  # fewest and most in a document
    light: float = share(0.25)  # largest change of exposure, and from edge to edge, of 1
    blur_px: float = 1.2  # largest standard deviation of the blur
    noise: float = 8.0  # largest standard deviation of the noise, grey levels of 255


def draw_mixture(
    generator: np.random.Generator, own: Sequence[int], topics: int, difficulty: Difficulty
) -> NDArray[np.float64]:
    """Draw the share of each topic in a document, [topics], summing to 1.

    `own` are the topics of the document's labels, which share its own part equally.
    """
    part = generator.uniform(*difficulty.own_topic) if len(own) else 0.0
    mixture = (1 - part) * generator.dirichlet(np.full(topics, 0.3))
    mixture[list(own)] += part / max(len(own), 1)
    return np.asarray(mixture / mixture.sum())


def draw_words(
    generator: np.random.Generator,
    topics: Sequence[Topic],
    mixture: NDArray[np.float64],
    background: Sequence[str],
    difficulty: Difficulty,
) -> list[str]:
    """Draw a document's words: from its mixture, from anywhere, and from the background."""
    count = int(generator.integers(*difficulty.words, endpoint=True))
    shares = (1 - difficulty.stray_words) * mixture + difficulty.stray_words / len(topics)
    chosen = generator.choice(len(topics), size=count, p=shares)
    common = generator.random(count) < difficulty.background_words
    sources = [
        background if plain else topics[index].words
        for plain, index in zip(common, chosen, strict=True)
    ]
    return [_falling(generator, source) for source in sources]


def _falling(generator: np.random.Generator, words: Sequence[str]) -> str:
    """Draw a word with a chance that falls with its rank, as word frequencies do."""
    weights = np.cumsum(1 / (np.arange(len(words)) + 4.0))
    return words[int(np.searchsorted(weights, generator.random() * weights[-1]))]


def draw_picture(
    generator: np.random.Generator,
    topics: Sequence[Topic],
    mixture: NDArray[np.float64],
    difficulty: Difficulty,
) -> Picture:
    """Draw a picture of a document with a mixture of topics, [topics]."""
    width, height = SIZES[generator.integers(len(SIZES))]
    shares = (1 - difficulty.stray_elements) * mixture + difficulty.stray_elements / len(topics)
    count = 1 + generator.integers(*difficulty.elements, endpoint=True)
    order = generator.choice(len(topics), size=count, p=shares)
    ground = topics[order[0]]
    first, second = (varied(generator, rgb(code), 14) for code in ground.ground.split())
    canvas = Canvas(gradient((first, second), height, width))
    _texture(canvas, generator, ground.texture, mixed(second, mixed(first, (0, 0, 0), 0.2), 0.35))
    for index in order[1:]:
        _place(canvas, generator, topics[index])
    angle = generator.uniform(0, 2 * np.pi)
    slant = (difficulty.light * np.cos(angle), difficulty.light * np.sin(angle))
    light = generator.uniform(1 - difficulty.light, 1 + difficulty.light)
    blur, noise = generator.uniform((0, 0.3), (1, 1)) * (difficulty.blur_px, difficulty.noise)
    return photograph(
        canvas.picture, generator, light=light, slant=slant, blur_px=blur, noise=noise
    )


def _place(canvas: Canvas, generator: np.random.Generator, topic: Topic) -> None:
    """Draw one of the topic's shapes somewhere, on a shadow."""
    size = generator.uniform(0.14, 0.3) * min(1.0, canvas.wide)
    x, y = generator.uniform(0.1, 0.9) * canvas.wide, generator.uniform(0.15, 0.9)
    side = generator.choice((-1.0, 1.0))
    own = canvas.placed(x, y, size, generator.normal(0, 0.22), side)
    own.fill(oval(0.08, 0.9, 0.8, 0.16), (70, 62, 58))
    colours = palette(topic.palette)
    name = topic.shapes[generator.integers(len(topic.shapes))]
    own.draw(name, {key: varied(generator, colour, 16) for key, colour in colours.items()})


def _texture(canvas: Canvas, generator: np.random.Generator, kind: str, colour: Colour) -> None:
    """Draw dots or stripes over the ground."""
    wide = canvas.wide
    if kind == "dots":
        for x, y, radius in generator.uniform((0, 0, 0.01), (wide, 1, 0.035), (60, 3)):
            canvas.fill(oval(x, y, radius, radius), colour)
    else:
        gap, lean = generator.uniform((0.06, -0.25), (0.13, 0.25))
        for x in np.arange(-0.25, wide + 0.25, gap):
            canvas.line([(x, 0), (x + lean, 1)], 0.02, colour)
