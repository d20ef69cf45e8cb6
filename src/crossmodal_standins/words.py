"""Words of the stand-ins, read from words.yaml: sentences, names, topics, captions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml


def read_yaml(name: str) -> dict[str, Any]:
    """Read a file of this package."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return data


WORDS = read_yaml("words.yaml")
NAMES: dict[str, list[str]] = {key: text.split() for key, text in WORDS["names"].items()}
"""Twenty first names of each register, "low" and "high", and "last" names."""


@dataclass(frozen=True)
class Topic:
    """A topic of images and texts: how it looks, and its words, the first most often.

    Shapes are of `shapes`; the palette, their colours a, b, c, and the ground, its upper and lower
    colour, are "rrggbb" with spaces between.
    """

    name: str
    shapes: list[str]
    palette: str
    ground: str
    texture: str
    words: list[str]


def read_topics(corpus: str) -> tuple[list[Topic], list[str]]:
    """Return the ten topics of a corpus, in its order, and words of no topic."""
    topics = [
        Topic(**(row | {key: row[key].split() for key in ("shapes", "words")}))
        for row in WORDS[corpus]
    ]
    return topics, WORDS["background"][corpus].split()


def line(generator: np.random.Generator) -> str:
    """Return a sentence of six to twelve words, two or three seconds long."""

    def fill(gap: re.Match[str]) -> str:
        return choose(generator, WORDS["gaps"][gap[1]])

    return re.sub(r"\{(\w+)\}", fill, choose(generator, WORDS["sentences"]))


def choose(generator: np.random.Generator, options: list[str]) -> str:
    """Draw one of some words."""
    return options[int(generator.integers(len(options)))]
