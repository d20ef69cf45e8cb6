"""Sentences for invented people to say: patterns with gaps, so that few are heard twice."""

from __future__ import annotations

import re

import numpy as np

from crossmodal_standins.topics import word_list

_GAPS = {
    "thing": """telescope, sandwich, notebook, kettle, bicycle, whiteboard, comic, magnet, parcel,
        umbrella, ladder, teapot, keyboard, carpet, lamp, microwave, chess-board, spoon""",
    "place": """kitchen, laboratory, laundry room, library, comic shop, cafeteria, stairwell,
        car park, museum, bakery, garden, basement""",
    "day": "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday",
    "quality": """warm, broken, enormous, purple, quiet, expensive, wobbly, magnificent, ordinary,
        suspicious, radioactive, tiny""",
    "number": "two, three, seven, eleven, nineteen, forty-two, a hundred",
    "doing": """repair, borrow, measure, paint, explain, calibrate, hide, carry, sell, admire,
        photograph, forget""",
}
_PATTERNS = (
    "Who left the {quality} {thing} in the {place}?",
    "I have a plan for {day}, and it needs {number} of you.",
    "On {day} nobody is allowed to {doing} the {thing}.",
    "That is not a {thing}, that is a {quality} {thing}.",
    "We could {doing} it in the {place}, before anyone notices.",
    "Please tell me that you did not {doing} my {thing} again.",
    "There are {number} reasons why the {thing} has to stay {quality}.",
    "I once met a man who would {doing} a {thing} every {day}.",
    "The {place} is closed, so I brought a {thing} instead.",
    "Listen, the {thing} in the {place} makes a {quality} noise.",
    "If you {doing} it now, we will be late for {day}.",
    "My mother says a {quality} {thing} brings luck.",
    "Give me {number} minutes and a {thing}, then we can go.",
    "Why is everybody so {quality} in the {place} today?",
    "It took me {number} years to {doing} a single {thing}.",
    "I like the {place} best on a {quality} {day} evening.",
    "Nobody told me that the {thing} was {quality}.",
    "Let us {doing} it together, right after lunch.",
)


FIRST_NAMES = {
    "low": word_list(
        """Anton Bruno Casimir Dario Edgar Fabian Gustav Hector Ivo Jasper Konrad Linus Magnus
        Nestor Oskar Pavel Quentin Ruben Silas Tobias"""
    ),
    "high": word_list(
        """Adela Bianca Clara Daria Elvira Flora Greta Hanna Irma Judith Katja Livia Martha Nina
        Olga Petra Romy Selma Thea Ursula"""
    ),
}
"""Register -> twenty names."""

LAST_NAMES = word_list(
    """Abendrot Birkholm Castellan Dornbach Eisvogel Falkenau Grunewald Hagedorn Immergrun Jakobsen
    Kirschner Lindqvist Morgenroth Nachtigall Oldenborg Pfefferkorn Quastel Rosenblatt Silberman
    Tannenberg Ulmenhof Vogelsang Wacholder Zimtstern"""
)


def line(generator: np.random.Generator) -> str:
    """Return a sentence of six to twelve words, two or three seconds long."""
    pattern = _PATTERNS[generator.integers(len(_PATTERNS))]

    def fill(gap: re.Match[str]) -> str:
        words = _GAPS[gap[1]].split(",")
        return words[generator.integers(len(words))].strip()

    return re.sub(r"\{(\w+)\}", fill, pattern)
